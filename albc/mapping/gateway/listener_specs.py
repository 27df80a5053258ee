"""The AWS listener of a port: protocol, certificates, TLS, client certificates, attributes (spec/gateway.md §13).

Raises `Invalid` for a listener that cannot be made; its port alone is left out. Called by `build`.
"""

from collections.abc import Mapping
from dataclasses import replace

from albc.crds.gateway import MutualAuthentication as MutualAuthenticationConfiguration
from albc.mapping import certificates
from albc.mapping.certificates import IMPORTED
from albc.mapping.gateway.load_balancer import Frame
from albc.mapping.gateway.ports import Port
from albc.mapping.invalid import Invalid
from albc.mapping.settings import MappingSettings
from albc.model.facts import Facts, FactsRequest
from albc.model.listener import Listener, ListenerAttribute, MutualAuthentication
from albc.model.reference import Token

_QUIC: Mapping[str, str] = {"UDP": "QUIC", "TCP_UDP": "TCP_QUIC"}


def wants(port: Port) -> FactsRequest:
    """Nothing for a port without routes: it gets no listener."""
    if not port.routes:
        return FactsRequest()
    name = _trust_store_name(port)
    return FactsRequest(
        certificates=port.needs_discovery,
        trust_store_names=frozenset({name} if name else ()),
    )


def listener_protocol(port: Port) -> str:
    """What AWS calls it: with `quicEnabled`, UDP becomes QUIC."""
    if port.configuration is None or not port.configuration.quic_enabled:
        return port.protocol
    if port.protocol not in _QUIC:
        raise Invalid(
            f"QUIC protocol upgrade not supported for protocol {port.protocol} of port {port.number}; "
            "it works for UDP, and for TCP and UDP together",
            reason="UnsupportedProtocol",
        )
    return _QUIC[port.protocol]


def listener(port: Port, frame: Frame, facts: Facts, settings: MappingSettings) -> Listener:
    """Without default actions."""
    config = port.configuration
    plain = Listener(
        id=str(port.number),
        load_balancer_arn=frame.load_balancer.arn,
        port=port.number,
        protocol=listener_protocol(port),
        tags=frame.load_balancer.tags,
        listener_attributes=tuple(
            ListenerAttribute(key=each.key, value=each.value)
            for each in (config.listener_attributes if config else None) or ()
        ),
    )
    if not port.ends_tls:
        return plain
    return replace(
        plain,
        certificates=_certificates(port, facts, settings),
        ssl_policy=(config.ssl_policy if config else None) or settings.default_ssl_policy,
        alpn_policy=((config.alpn_policy if config else "None"),) if port.protocol == "TLS" else (),
        mutual_authentication=_mutual_authentication(port, facts) if port.protocol == "HTTPS" else None,
    )


def _certificates(port: Port, facts: Facts, settings: MappingSettings) -> tuple[Token, ...]:
    if port.explicit_certificates:
        return port.explicit_certificates
    imported = tuple(certificate.arn for certificate in port.imported_certificates)
    return (*imported, *(_discovered(port, facts, settings) if port.needs_discovery else ()))


def _discovered(port: Port, facts: Facts, settings: MappingSettings) -> tuple[str, ...]:
    hosts = port.certificate_hosts
    where = f"listener {', '.join(listener.name for listener in port.listeners)} ({port.protocol}:{port.number})"
    if not hosts:
        raise Invalid(
            f"No hostnames found for TLS cert discovery for {where}: give the listener or its routes a hostname, "
            "or name a certificate in the LoadBalancerConfiguration",
            reason="InvalidCertificateRef",
        )
    try:
        return certificates.discover(hosts, facts, settings, marks=[IMPORTED])
    except Invalid as fault:
        raise Invalid(f"{fault.message} ({where} serves {', '.join(hosts)})", reason="InvalidCertificateRef") from None


def _trust_store_name(port: Port) -> str | None:
    mutual = port.configuration.mutual_authentication if port.configuration else None
    if port.protocol != "HTTPS" or mutual is None or mutual.mode != "verify":
        return None
    store = mutual.trust_store or ""
    return None if store.startswith("arn:") else store


def _mutual_authentication(port: Port, facts: Facts) -> MutualAuthentication | None:
    mutual = port.configuration.mutual_authentication if port.configuration else None
    if mutual is None:
        return None
    verifies = mutual.mode == "verify"
    return MutualAuthentication(
        mode=mutual.mode,
        trust_store_arn=_trust_store(mutual, port, facts) if verifies else None,
        ignore_client_certificate_expiry=(
            mutual.ignore_client_certificate_expiry or False if verifies else mutual.ignore_client_certificate_expiry
        ),
        advertise_trust_store_ca_names=mutual.advertise_trust_store_ca_names or "",
    )


def _trust_store(mutual: MutualAuthenticationConfiguration, port: Port, facts: Facts) -> str | None:
    name = _trust_store_name(port)
    if name is None:
        return mutual.trust_store
    if name not in facts.trust_store_arns:
        raise Invalid(
            f"failed to resolve trustStore ARN for name {name}: couldn't find TrustStores with names [{name}] in this "
            "Region",
            reason="InvalidCertificateRef",
        )
    return facts.trust_store_arns[name]
