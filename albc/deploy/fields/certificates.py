"""Fields of a certificate that albc requests from ACM (spec/aws.md §7.1). ACM changes nothing in place."""

from albc.deploy.fields.field import Change, Field, told
from albc.model.certificate import Certificate
from albc.model.inventory import ActualCertificate

AMAZON_ISSUED = "AMAZON_ISSUED"

CERTIFICATE: tuple[Field[Certificate, ActualCertificate], ...] = (
    Field(
        name="DomainName",
        wanted=lambda certificate, _: certificate.domain_name,
        actual=told("DomainName"),
        change=Change.IGNORE,
    ),
    Field(
        name="SubjectAlternativeNames",
        wanted=lambda certificate, _: list(certificate.subject_alternative_names) or None,
        actual=told("SubjectAlternativeNames"),
        same=lambda wanted, actual: sorted(wanted) == sorted(actual or ()),
        change=Change.REPLACE,
    ),
    Field(
        name="ValidationMethod",
        wanted=lambda certificate, _: certificate.validation_method or None,
        actual=lambda _: None,
        change=Change.IGNORE,
    ),
    Field(
        name="CertificateAuthorityArn",
        wanted=lambda certificate, _: certificate.certificate_authority_arn or None,
        actual=told("CertificateAuthorityArn"),
        change=Change.IGNORE,
    ),
    Field(
        name="KeyAlgorithm",
        wanted=lambda certificate, _: certificate.key_algorithm or None,
        actual=told("KeyAlgorithm"),
        change=Change.IGNORE,
    ),
)
