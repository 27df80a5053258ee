"""Security groups of a Classic Load Balancer (spec/service.md B6). Called by `build`.

Either the user names them, or the operator does for all by the flag --classic-elb-security-group, or albc manages one.
Extra ones come on top of any of these.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from albc.kube.objects import Service
from albc.mapping.invalid import Invalid
from albc.mapping.security_groups import inbound
from albc.mapping.service.classic.parsed import EXTRA_SECURITY_GROUPS, SECURITY_GROUPS
from albc.mapping.service.parsed import Field, ServiceAnnotations, full_name
from albc.mapping.settings import MappingSettings
from albc.model.facts import Facts, FactsRequest
from albc.model.reference import Token
from albc.model.security_group import IPPermission, IPRange, SecurityGroup

_GROUP_NAME = "k8s-elb-{}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassicGroups:
    load_balancer: tuple[Token, ...]
    managed: SecurityGroup | None = None


def wants(annotations: ServiceAnnotations) -> FactsRequest:
    named = (*(annotations[SECURITY_GROUPS] or ()), *(annotations[EXTRA_SECURITY_GROUPS] or ()))
    return FactsRequest(security_groups=frozenset(named))


def choose(
    service: Service,
    annotations: ServiceAnnotations,
    managed: SecurityGroup,
    facts: Facts,
    settings: MappingSettings,
) -> ClassicGroups:
    """In the order in which the load balancer gets them; `managed` is what there would be if nobody named any."""
    extra = _resolved(annotations, EXTRA_SECURITY_GROUPS, facts)
    if named := _resolved(annotations, SECURITY_GROUPS, facts):
        return ClassicGroups(load_balancer=_once(*named, *extra))
    if settings.classic_elb_security_group:
        return ClassicGroups(load_balancer=_once(settings.classic_elb_security_group, *extra))
    return ClassicGroups(load_balancer=(managed.group_id, *_once(*extra)), managed=managed)


def managed_group(service: Service, name: str, tags: Mapping[str, str], sources: Sequence[str]) -> SecurityGroup:
    """Open for every port of the Service, and for the message by which senders learn that packets are too big."""
    return SecurityGroup(
        group_name=_GROUP_NAME.format(name),
        description=f"Security group for Kubernetes ELB {name} ({service.namespace}/{service.name})",
        tags=tags,
        ingress=tuple(_permissions(service, sources)),
    )


def _permissions(service: Service, sources: Sequence[str]) -> Iterator[IPPermission]:
    for port in service.spec.ports:
        yield from inbound("tcp", port.port, sources)
    for cidr in sources:
        yield IPPermission(ip_protocol="icmp", from_port=3, to_port=4, ip_ranges=(IPRange(cidr_ip=cidr),))


def _resolved(annotations: ServiceAnnotations, field: Field[tuple[str, ...]], facts: Facts) -> list[str]:
    """Ids or Name tags, one by one in the order given; a name stands for every group of the VPC that bears it."""
    found: list[str] = []
    known = {group.id for group in facts.security_groups}
    for entry in annotations[field] or ():
        namesakes = sorted(g.id for g in facts.security_groups if g.name_tag == entry and g.vpc_id == facts.vpc.id)
        ids = [entry] if entry in known else namesakes
        if not ids:
            raise Invalid(
                f"{full_name(field)}: couldn't find all security groups: none has the id or the Name tag {entry} in "
                f"{facts.vpc.id}; correct it or create the group"
            )
        found += ids
    return found


def _once(*groups: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(groups))
