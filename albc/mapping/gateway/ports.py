"""The listeners of AWS: one for each port of the valid listeners, with the routes that reach it (spec §13.1).

Called by `build` and, for what certificates and trust stores ask of AWS, by `wants`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from albc.crds.gateway import ListenerConfiguration
from albc.mapping.gateway import hostnames
from albc.mapping.gateway.listener_configurations import configuration_for, explicit_certificates
from albc.mapping.gateway.listeners import GatewayListener
from albc.mapping.gateway.resolution import Resolution, ResolvedRoute
from albc.model.imported_certificate import ImportedCertificate


@dataclass(frozen=True, slots=True)
class PortRoute:
    route: ResolvedRoute
    hostnames: tuple[str, ...]
    """Over all listeners of the port; `hostnames.ANY` stands for every host."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    number: int
    protocol: str
    """HTTP, HTTPS, TCP, UDP, TLS, or TCP_UDP where TCP and UDP share the port."""
    listeners: tuple[GatewayListener, ...]
    routes: tuple[PortRoute, ...]
    configuration: ListenerConfiguration | None
    """Of protocol and port, before any upgrade to QUIC."""

    @property
    def ends_tls(self) -> bool:
        return self.protocol in ("HTTPS", "TLS")

    @property
    def explicit_certificates(self) -> tuple[str, ...]:
        """As the LoadBalancerConfiguration gives them."""
        return explicit_certificates(self.configuration)

    @property
    def imported_certificates(self) -> tuple[ImportedCertificate, ...]:
        """From the Secrets of its listeners, each once."""
        return tuple({each.id: each for listener in self.listeners for each in listener.certificates}.values())

    @property
    def needs_discovery(self) -> bool:
        """Whether some listener names no certificate, nor does the LoadBalancerConfiguration."""
        given = self.explicit_certificates or all(listener.certificates for listener in self.listeners)
        return self.ends_tls and not given

    @property
    def certificate_hosts(self) -> tuple[str, ...]:
        """Hosts that certificates must cover where none is given, of listeners and of their routes, sorted."""
        bare = [listener for listener in self.listeners if not listener.certificates]
        hosts = {listener.hostname for listener in bare if listener.hostname}
        for each in self.routes:
            for attached in each.route.attached.listeners:
                if any(attached.listener is listener for listener in bare):
                    hosts.update(attached.hostnames)
        return tuple(sorted(hosts - {hostnames.ANY}))


def ports_of(resolution: Resolution) -> tuple[Port, ...]:
    """Ascending. A port without routes is among them; AWS gets no listener for it."""
    by_number: dict[int, list[GatewayListener]] = {}
    for listener in resolution.listeners:
        if listener.valid:
            by_number.setdefault(listener.port, []).append(listener)
    return tuple(_port(number, by_number[number], resolution) for number in sorted(by_number))


def _port(number: int, listeners: Sequence[GatewayListener], resolution: Resolution) -> Port:
    protocols = {listener.effective_protocol for listener in listeners}
    protocol = "TCP_UDP" if protocols == {"TCP", "UDP"} else min(protocols)
    return Port(
        number=number,
        protocol=protocol,
        listeners=tuple(listeners),
        routes=tuple(_routes(listeners, resolution)),
        configuration=configuration_for(protocol, number, resolution.configuration.load_balancer),
    )


def _routes(listeners: Sequence[GatewayListener], resolution: Resolution) -> Sequence[PortRoute]:
    here = {id(listener) for listener in listeners}
    result = []
    for route in resolution.routes:
        reached = [attached for attached in route.attached.listeners if id(attached.listener) in here]
        if reached:
            hosts = dict.fromkeys(host for attached in reached for host in attached.hostnames)
            result.append(PortRoute(route, tuple(hosts)))
    return result
