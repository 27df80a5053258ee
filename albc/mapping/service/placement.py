"""Where a Service's load balancer stands: scheme, IP address type and subnets (spec/service.md A7).

Called by `build`; everything that depends on the place takes a `Placed`.
"""

from dataclasses import dataclass

from albc.mapping import subnets
from albc.mapping.invalid import Invalid, step
from albc.mapping.service.parsed import INTERNAL, IP_ADDRESS_TYPE, SCHEME, SUBNETS, ServiceAnnotations, full_name
from albc.mapping.settings import MappingSettings
from albc.mapping.subnets import Placement
from albc.model.facts import ExistingLoadBalancer, Facts, FactsRequest, Subnet

SCHEMES = ("internal", "internet-facing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    scheme: str
    ip_address_type: str
    subnets: tuple[Subnet, ...]

    @property
    def dualstack(self) -> bool:
        return self.ip_address_type == "dualstack"


def wants(annotations: ServiceAnnotations, settings: MappingSettings) -> FactsRequest:
    """Named subnets are looked up, others discovered: unless the load balancer exists, which nobody knows yet."""
    if (named := annotations[SUBNETS]) is not None:
        return subnets.wants_named(named)
    return subnets.wants_discovery(settings)


def place(annotations: ServiceAnnotations, facts: Facts, settings: MappingSettings) -> Placed:
    """A load balancer that exists keeps its scheme, and as long as that does not change, its subnets."""
    with step("build_load_balancer_scheme_error"):
        scheme = load_balancer_scheme(annotations, facts.existing, settings)
    with step("build_load_balancer_ip_address_type_error"):
        ip_address_type = load_balancer_ip_address_type(annotations)
    placement = Placement(load_balancer_type="network", scheme=scheme, ip_address_type=ip_address_type)
    with step("build_load_balancer_subnets_error"):
        chosen = _subnets(annotations, placement, facts, settings)
    return Placed(scheme=scheme, ip_address_type=ip_address_type, subnets=chosen)


def _subnets(
    annotations: ServiceAnnotations, placement: Placement, facts: Facts, settings: MappingSettings
) -> tuple[Subnet, ...]:
    if (named := annotations[SUBNETS]) is not None:
        try:
            return subnets.resolve_names_or_ids(named, placement, facts, settings)
        except Invalid as fault:
            raise fault.within(f"{full_name(SUBNETS)}: ") from None
    if facts.existing is not None and facts.existing.scheme == placement.scheme:
        return subnets.resolve_names_or_ids(facts.existing.subnet_ids, placement, facts, settings)
    return subnets.discover(placement, facts, settings)


def load_balancer_scheme(
    annotations: ServiceAnnotations, existing: ExistingLoadBalancer | None, settings: MappingSettings
) -> str:
    """The annotation, else the older `-internal`, else what the load balancer has, else the flag."""
    if (scheme := annotations[SCHEME]) is not None:
        if scheme not in SCHEMES:
            raise annotations.invalid(SCHEME, f"must be {' or '.join(SCHEMES)}")
        return scheme
    if (internal := annotations[INTERNAL]) is not None:
        return "internal" if internal else "internet-facing"
    return existing.scheme if existing is not None else settings.default_load_balancer_scheme


def load_balancer_ip_address_type(annotations: ServiceAnnotations) -> str:
    """Of the load balancer; its target groups follow the Service's `ipFamilies`."""
    ip_address_type = annotations[IP_ADDRESS_TYPE]
    if ip_address_type is None:
        return "ipv4"
    if ip_address_type not in ("ipv4", "dualstack"):
        raise annotations.invalid(IP_ADDRESS_TYPE, "must be ipv4 or dualstack")
    return ip_address_type
