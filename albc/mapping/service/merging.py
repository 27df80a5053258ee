"""Which listeners a Service's ports make: one each, or one TCP_UDP listener for a pair (spec/service.md A10.1).

Called by `listeners` and `hints`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from albc.kube.objects import Service
from albc.kube.objects.core import ServicePort
from albc.mapping.invalid import Invalid
from albc.mapping.service.parsed import MERGE_TCP_AND_UDP, ServiceAnnotations
from albc.mapping.settings import MappingSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerPort:
    port: ServicePort
    """Of a merged pair, the entry that stands first in the Service: its name, node port and target port count."""
    protocol: str
    """`TCP_UDP` for a merged pair, else the port's own."""

    def named_in(self, ports: Sequence[str]) -> bool:
        """Whether a list of port names and numbers, as users write them, names this one."""
        return str(self.port.port) in ports or bool(self.port.name and self.port.name in ports)


def merges(annotations: ServiceAnnotations, settings: MappingSettings) -> bool:
    asked = annotations[MERGE_TCP_AND_UDP]
    return settings.enable_tcp_udp_listener if asked is None else asked


def listener_ports(
    service: Service, annotations: ServiceAnnotations, settings: MappingSettings
) -> tuple[ListenerPort, ...]:
    """Unmerged in the Service's order; a number that stands twice gives two entries, of which the first will hold.

    Merged by port number, so that nothing depends on the order in which the pairs happen to be visited.
    """
    if not merges(annotations, settings):
        return tuple(ListenerPort(port=port, protocol=port.protocol) for port in service.spec.ports)
    by_number: dict[int, list[ServicePort]] = {}
    for port in sorted(service.spec.ports, key=lambda port: port.port):
        by_number.setdefault(port.port, []).append(port)
    return tuple(ListenerPort(port=group[0], protocol=_merged_protocol(group)) for group in by_number.values())


def _merged_protocol(group: Sequence[ServicePort]) -> str:
    first, *others = group
    if not others:
        return first.protocol
    if len(others) > 1:
        raise Invalid(f"port {first.port} stands {len(group)} times: can only merge two ports, one TCP and one UDP")
    for port in group:
        if port.protocol not in ("TCP", "UDP"):
            raise Invalid(f"port {first.port}: unsupported protocol for merging: {port.protocol}; keep TCP and UDP")
    if first.protocol == others[0].protocol:
        raise Invalid(f"port {first.port} stands twice with protocol {first.protocol}; remove one of the two")
    return "TCP_UDP"
