"""Certificates found by host name (spec/targets.md §15).

Called by the listener rules of Ingresses and Gateways that name no certificate. Facts hold all issued certificates of
the account and Region, so choosing among them needs no AWS call.
"""

from collections.abc import Collection, Sequence

from albc.mapping.invalid import Invalid
from albc.mapping.settings import MappingSettings
from albc.model.facts import CertificateFact, Facts
from albc.model.imported_certificate import FINGERPRINT_TAG

IMPORTED = (FINGERPRINT_TAG,)
"""What is put into ACM for a Gateway bears it."""


def discover(
    hosts: Sequence[str], facts: Facts, settings: MappingSettings, marks: Collection[Collection[str]] = ()
) -> tuple[str, ...]:
    """ARNs of all certificates that cover some host, sorted. Raises `Invalid` for the first host that none covers.

    Each of `marks` holds keys of tags: a certificate that bears all of one of them is left out, for albc has it in ACM
    for somebody else, with whom it goes. With `--allowed-certificate-authority-arns` only those authorities count.
    """
    usable = [certificate for certificate in facts.certificates if _usable(certificate, settings, marks)]
    found: set[str] = set()
    for host in hosts:
        covering = {certificate.arn for certificate in usable if any(covers(d, host) for d in certificate.domains)}
        if not covering:
            raise Invalid(
                f"no certificate found for host: {host}; request one in ACM in this Region, or name one by its ARN"
            )
        found |= covering
    return tuple(sorted(found))


def covers(domain: str, host: str) -> bool:
    """Whether a certificate's domain is good for a host: the same text, or a wildcard for exactly one label."""
    if not domain.startswith("*."):
        return domain == host
    _, dot, parent = host.partition(".")
    return bool(dot) and parent == domain[2:]


def _usable(certificate: CertificateFact, settings: MappingSettings, marks: Collection[Collection[str]]) -> bool:
    allowed = settings.allowed_certificate_authority_arns
    if allowed and certificate.certificate_authority_arn not in allowed:
        return False
    return not any(all(key in certificate.tags for key in mark) for mark in marks)
