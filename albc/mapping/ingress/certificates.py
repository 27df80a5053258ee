"""Certificates of one member's HTTPS listeners (spec/ingress.md §10).

Class parameters beat the annotation, which beats a certificate that albc requests, which beats discovery by host.
"""

from albc.kube.objects import Ingress
from albc.mapping import certificates as shared
from albc.mapping import nearest
from albc.mapping.go import parse_bool
from albc.mapping.ingress.member import Member
from albc.mapping.ingress.tags import of_certificate, own
from albc.mapping.invalid import Invalid
from albc.mapping.settings import MappingSettings
from albc.model.certificate import Certificate
from albc.model.facts import Facts
from albc.model.names import digest
from albc.model.reference import Token

REQUESTED = ("elbv2.k8s.aws/cluster", "ingress.k8s.aws/stack")
"""What is requested from ACM for an Ingress bears both."""


def explicit(member: Member) -> tuple[str, ...]:
    """ARNs that the user names, the default certificate first."""
    return member.params.certificate_arn or member.annotations.string_list("certificate-arn") or ()


def requested(member: Member, settings: MappingSettings) -> Certificate | None:
    """The certificate that albc requests for the member, if it asks for one and its annotation names none."""
    if not settings.enable_certificate_management or not parse_bool(member.annotations.string("create-acm-cert") or ""):
        return None
    if member.annotations.string_list("certificate-arn"):
        return None
    names = hosts(member.ingress)
    if not names:
        raise member.annotations.invalid(
            "create-acm-cert", "needs a hostname in spec.rules[].host or spec.tls[].hosts to request a certificate for"
        )
    authority = member.annotations.string("acm-pca-arn") or settings.default_pca_arn
    kind = "PRIVATE" if authority else "AMAZON_ISSUED"
    owner = digest(str(member.name))[:8]
    return Certificate(
        id=f"{kind.lower()}/{names[0].replace('*', 'wildcard')}-{owner}",
        kind=kind,
        certificate_authority_arn=authority,
        domain_name=names[0],
        subject_alternative_names=names,
        validation_method="DNS",
        tags=of_certificate(own(member, settings), settings),
    )


def misread(member: Member, settings: MappingSettings) -> str:
    """What is wrong with a `create-acm-cert` that counts as false, in words; nothing if all is well."""
    given = member.annotations.string("create-acm-cert")
    if not settings.enable_certificate_management or given is None or parse_bool(given) is not None:
        return ""
    return member.annotations.invalid("create-acm-cert", f"counts as false{nearest.truth(given)}").message


def hosts(ingress: Ingress) -> tuple[str, ...]:
    """Every host that rules or TLS name, sorted."""
    found = {rule.host for rule in ingress.spec.rules if rule.host}
    return tuple(sorted(found.union(*(tls.hosts for tls in ingress.spec.tls))))


def discovered(ingress: Ingress, facts: Facts, settings: MappingSettings) -> tuple[Token, ...]:
    """ARNs of the issued certificates that cover the Ingress's hosts; none for an Ingress without hosts."""
    try:
        marks = (REQUESTED, shared.IMPORTED) if settings.enable_certificate_management else ()
        return shared.discover(hosts(ingress), facts, settings, marks)
    except Invalid as fault:
        raise Invalid(f"{fault.message} in alb.ingress.kubernetes.io/certificate-arn") from None
