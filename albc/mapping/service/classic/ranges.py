"""From where clients may come (spec/service.md B3, step 5). Called by `build`."""

from ipaddress import IPv4Network, IPv6Network, ip_network

from albc.kube.objects import Service
from albc.mapping import cidrs, go
from albc.mapping.invalid import Invalid
from albc.mapping.service.classic.parsed import SOURCE_RANGES
from albc.mapping.service.parsed import ServiceAnnotations, full_name


def source_ranges(service: Service, annotations: ServiceAnnotations) -> tuple[str, ...]:
    """Networks, each once, sorted; a list in the spec wins over the annotation."""
    if listed := service.spec.load_balancer_source_ranges:
        networks = [_parse(text) for text in listed]
        if wrong := [text for text, network in zip(listed, networks, strict=True) if network is None]:
            raise Invalid(
                f"service.Spec.LoadBalancerSourceRanges: [{' '.join(listed)}] is not valid. Expecting a list of IP "
                f"ranges. For example, 10.0.0.0/24. Error msg: invalid CIDR address: {wrong[0].strip(go.SPACE)}"
            )
    else:
        text = (annotations[SOURCE_RANGES] or "").strip(go.SPACE) or cidrs.ANYWHERE_IPV4
        networks = [_parse(part) for part in text.split(",")]
        if None in networks:
            raise Invalid(
                f"{full_name(SOURCE_RANGES)}: {text} is not valid. Expecting a comma-separated list of source IP "
                "ranges. For example, 10.0.0.0/24,192.168.2.0/24"
            )
    for network in networks:
        if isinstance(network, IPv6Network):
            raise Invalid(f'IPv6 source range "{network}" is not supported for Classic Load Balancer; name IPv4 ranges')
    return tuple(sorted({str(network) for network in networks}))


def _parse(text: str) -> IPv4Network | IPv6Network | None:
    """As Go's `net.ParseCIDR`, with blanks around it: bits of the host are dropped, a bare address is no network."""
    address, slash, length = text.strip(go.SPACE).partition("/")
    if not slash or not (length.isascii() and length.isdecimal()) or cidrs.parse_address(address) is None:
        return None
    try:
        return ip_network(f"{address}/{length}", strict=False)
    except ValueError:
        return None
