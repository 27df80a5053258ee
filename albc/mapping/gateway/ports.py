"""The listeners of AWS: one for each port of the valid listeners, with the routes that reach it (spec §13.1).

Called by `build` and, for what certificates and trust stores ask of AWS, by `wants`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from albc.crds.gateway import ListenerConfiguration, LoadBalancerConfigurationSpec
from albc.mapping.gateway import hostnames
from albc.mapping.gateway.listeners import GatewayListener
from albc.mapping.gateway.resolution import Resolution, ResolvedRoute


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
        """ARNs, the default certificate first."""
        if self.configuration is None:
            return ()
        default = self.configuration.default_certificate
        return (*((default,) if default else ()), *(self.configuration.certificates or ()))

    @property
    def certificate_hosts(self) -> tuple[str, ...]:
        """Hosts that certificates must cover where none is given, of listeners and of routes, sorted."""
        hosts = {listener.hostname for listener in self.listeners if listener.hostname}
        for each in self.routes:
            hosts.update(each.hostnames)
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
        configuration=_configuration(protocol, number, resolution.configuration.load_balancer),
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


def _configuration(protocol: str, number: int, spec: LoadBalancerConfigurationSpec) -> ListenerConfiguration | None:
    """The last one for protocol and port, whatever the case of its letters."""
    key = f"{protocol}:{number}".lower()
    matching = [each for each in spec.listener_configurations or () if each.protocol_port.lower() == key]
    return matching[-1] if matching else None
