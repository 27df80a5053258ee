"""Listeners of a Service's load balancer: protocol, TLS and attributes (spec/service.md A10).

Called by `build`, which gives each listener its action. Resource id of a listener is its port.
"""

from dataclasses import dataclass, replace

from albc.kube.objects import Service
from albc.mapping.service.merging import ListenerPort
from albc.mapping.service.parsed import (
    ALPN_POLICY,
    BACKEND_PROTOCOL,
    CERTIFICATES,
    LISTENER_ATTRIBUTES,
    QUIC_PORTS,
    SSL_POLICY,
    TLS_PORTS,
    ServiceAnnotations,
)
from albc.mapping.settings import MappingSettings
from albc.model.actions import Forward
from albc.model.listener import Listener, ListenerAttribute
from albc.model.load_balancer import LoadBalancer

_ALPN_POLICIES = ("HTTP1Only", "HTTP2Only", "HTTP2Optional", "HTTP2Preferred", "None")
_QUIC = {"UDP": "QUIC", "TCP_UDP": "TCP_QUIC"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocols:
    listener: str
    target_group: str
    """Of the Service's own targets."""


def check_tls_ports(service: Service, annotations: ServiceAnnotations) -> None:
    """Every entry of `-ssl-ports` names a port, also where there is no certificate."""
    known = {word for port in service.spec.ports for word in (str(port.port), port.name) if word}
    if unused := [entry for entry in annotations[TLS_PORTS] or () if entry not in known]:
        raise annotations.invalid(
            TLS_PORTS,
            f"must name ports of the service ({', '.join(sorted(known))}); leave it out to mean all of them",
            value=",".join(unused),
        )


def protocols(listener_port: ListenerPort, annotations: ServiceAnnotations) -> Protocols:
    listener = target_group = listener_port.protocol
    if listener_port.protocol not in ("UDP", "TCP_UDP") and wants_tls(listener_port, annotations):
        listener = "TLS"
        if annotations[BACKEND_PROTOCOL] == "ssl":
            target_group = "TLS"
    if listener_port.named_in(annotations[QUIC_PORTS] or ()):
        if listener not in _QUIC:
            raise annotations.invalid(
                QUIC_PORTS,
                f"cannot be upgraded: Unsupported QUIC upgrade for protocol {listener}, QUIC needs UDP",
                value=str(listener_port.port.port),
            )
        listener = target_group = _QUIC[listener]
    return Protocols(listener=listener, target_group=target_group)


def wants_tls(listener_port: ListenerPort, annotations: ServiceAnnotations) -> bool:
    """Whether the user asks for TLS on this port; UDP cannot have it."""
    tls_ports = annotations[TLS_PORTS]
    return bool(annotations[CERTIFICATES]) and (not tls_ports or listener_port.named_in(tls_ports))


def listener(
    port: int,
    protocol: str,
    action: Forward,
    load_balancer: LoadBalancer,
    annotations: ServiceAnnotations,
    settings: MappingSettings,
) -> Listener:
    """The listener has the load balancer's tags."""
    given = annotations[LISTENER_ATTRIBUTES.at(f"{protocol}-{port}")] or {}
    bare = Listener(
        id=str(port),
        load_balancer_arn=load_balancer.arn,
        port=port,
        protocol=protocol,
        default_actions=(action,),
        tags=load_balancer.tags,
        # In the model for TLS listeners too, where they are never written (spec/service.md A13.4).
        listener_attributes=tuple(ListenerAttribute(key=key, value=given[key]) for key in sorted(given)),
    )
    if protocol != "TLS":
        return bare
    policy = annotations[SSL_POLICY]
    return replace(
        bare,
        certificates=annotations[CERTIFICATES] or (),
        ssl_policy=settings.default_ssl_policy if policy is None else policy,
        alpn_policy=_alpn_policy(annotations),
    )


def _alpn_policy(annotations: ServiceAnnotations) -> tuple[str, ...]:
    """At most one."""
    policy = annotations[ALPN_POLICY]
    if policy is None:
        return ()
    if policy not in _ALPN_POLICIES:
        raise annotations.invalid(ALPN_POLICY, f"must be one of {', '.join(_ALPN_POLICIES)}")
    return (policy,)
