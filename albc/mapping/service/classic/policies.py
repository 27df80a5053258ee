"""Policies of a Classic Load Balancer: proxy protocol, and TLS negotiation (spec/service.md B8). Called by `build`."""

from albc.mapping.invalid import Invalid
from albc.mapping.service.classic.parsed import PROXY_PROTOCOL, SSL_POLICY
from albc.mapping.service.parsed import ServiceAnnotations, full_name


def proxy_protocol(annotations: ServiceAnnotations) -> bool:
    """Version 1, on every instance port."""
    value = annotations[PROXY_PROTOCOL]
    if value not in (None, "*"):
        raise Invalid(
            f'annotation "{full_name(PROXY_PROTOCOL)}"="{value}" detected, '
            "but the only value supported currently is '*'"
        )
    return value == "*"


def ssl_negotiation_policy(annotations: ServiceAnnotations) -> str | None:
    """AWS's name of a policy for HTTPS and SSL listeners; None leaves theirs alone."""
    return annotations[SSL_POLICY]
