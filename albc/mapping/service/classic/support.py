"""Annotations that a Classic Load Balancer cannot fulfil: refused, not ignored (spec/service.md B2).

The in-tree provider ignores them; whoever writes one expects something that will not be. Called by `build` first.
"""

from albc.mapping.invalid import Invalid
from albc.mapping.service import parsed as network
from albc.mapping.service.classic.parsed import IP_ADDRESS_TYPE, TARGET_TYPE, TYPE
from albc.mapping.service.parsed import PREFIX, Field, ServiceAnnotations, full_name
from albc.mapping.settings import MappingSettings

_NETWORK_TYPES = ("nlb", "nlb-ip", "external")

_UNSUPPORTED = tuple(
    field.name
    for field in (
        network.NAME,
        network.LOAD_BALANCER_ATTRIBUTES,
        network.EIP_ALLOCATIONS,
        network.PRIVATE_IPV4_ADDRESSES,
        network.IPV6_ADDRESSES,
        network.SOURCE_NAT_SWITCH,
        network.SOURCE_NAT_PREFIXES,
        network.ALPN_POLICY,
        network.MINIMUM_CAPACITY,
        network.PRIVATE_LINK_RULES,
        network.PREFIX_LISTS,
        network.PATH_MTU_DISCOVERY,
        network.MERGE_TCP_AND_UDP,
        network.DISABLE_SECURITY_GROUPS,
        network.QUIC_PORTS,
        network.PROXY_PROTOCOL_PORTS,
        network.HEALTH_CHECK_SUCCESS_CODES,
        network.MULTI_CLUSTER,
    )
)
_UNSUPPORTED_FAMILIES = (network.LISTENER_ATTRIBUTES, network.ACTIONS)


def check_supported(annotations: ServiceAnnotations, settings: MappingSettings) -> None:
    """Raises `Invalid` for the first annotation that belongs to another kind of load balancer."""
    if (type_ := annotations[TYPE]) in _NETWORK_TYPES:
        raise Invalid(
            f'annotation "{full_name(TYPE)}"="{type_}" conflicts with loadBalancerClass '
            f'"{settings.classic_load_balancer_class}"; remove it, or create the Service anew with the class '
            f'"{settings.load_balancer_class}"'
        )
    _only(annotations, TARGET_TYPE, "instance")
    _only(annotations, IP_ADDRESS_TYPE, "ipv4")
    present = annotations.raw.suffixes()
    for suffix in present:
        if suffix in _UNSUPPORTED or suffix.startswith(tuple(f"{family.name}." for family in _UNSUPPORTED_FAMILIES)):
            raise Invalid(
                f'annotation "{PREFIX}{suffix}" is not supported for Classic Load Balancer; remove it, or use a '
                "Network Load Balancer"
            )
    if any(suffix.partition(".")[0] == network.TARGET_GROUP_ATTRIBUTES.name for suffix in present):
        raise Invalid("target group attributes annotation is only supported for NLB")


def _only(annotations: ServiceAnnotations, field: Field[str], accepted: str) -> None:
    value = annotations[field]
    if value not in (None, accepted):
        raise Invalid(
            f'annotation "{full_name(field)}"="{value}" is not supported for Classic Load Balancer; only {accepted} is'
        )
