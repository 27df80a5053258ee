"""What the account holds for ACM, and the certificate authority that issues it.

Keys are P-256 whatever was asked for: making an RSA key would hold up the server for a tenth of a second.
"""

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from albc.local.aws.clock import Clock
from albc.local.aws.options import AccountOptions

LIFETIME = timedelta(days=395)


@dataclass(slots=True)
class Certificate:
    """A certificate of ACM. `chain` and `key` are PEM."""

    arn: str
    domain_name: str
    alternative_names: tuple[str, ...]
    """As ACM lists them: the domain name first."""
    status: str
    kind: str
    """`AMAZON_ISSUED`, `IMPORTED` or `PRIVATE`."""
    key_algorithm: str
    created_at: float
    not_before: float = 0.0
    not_after: float = 0.0
    serial: str = ""
    leaf: bytes = b""
    chain: bytes = b""
    """What a server sends: the leaf, then what is between it and the root."""
    key: bytes = field(default=b"", repr=False)
    validation_method: str | None = None
    authority_arn: str | None = None
    tags: dict[str, str] = field(default_factory=dict)


class Certificates:
    """Certificates by ARN, and the authority."""

    def __init__(self, options: AccountOptions, clock: Clock, recorded: Iterable[Mapping[str, Any]] = ()) -> None:
        self._options = options
        self._clock = clock
        self.by_arn = {item["CertificateArn"]: _recorded(item) for item in recorded}
        self.by_token: dict[tuple[str, tuple[str, ...]], str] = {}
        """Idempotency token and names of a request → ARN."""

    @cached_property
    def _authority(self) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"albc local CA {self._options.account_id}")])
        now = self._now()
        usage = x509.KeyUsage(
            digital_signature=True,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=True,
            crl_sign=True,
            encipher_only=False,
            decipher_only=False,
        )
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=3650))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        return certificate, key

    @property
    def ca_pem(self) -> bytes:
        """The authority's certificate, for clients that are to trust what ACM issues here."""
        return self._authority[0].public_bytes(Encoding.PEM)

    def find(self, arn: str) -> Certificate | None:
        """A certificate, issued by now if its time has come (`issue_seconds`)."""
        certificate = self.by_arn.get(arn)
        if certificate and certificate.status == "PENDING_VALIDATION" and self._is_due(certificate):
            self._issue(certificate)
        return certificate

    def all(self) -> list[Certificate]:
        """Every certificate, each as `find` gives it."""
        return [found for arn in self.by_arn if (found := self.find(arn))]

    def _is_due(self, certificate: Certificate) -> bool:
        return self._clock() - certificate.created_at >= self._options.issue_seconds

    def _issue(self, certificate: Certificate) -> None:
        """Fill in validity, PEM and key of a certificate, and mark it as issued."""
        authority, authority_key = self._authority
        key = ec.generate_private_key(ec.SECP256R1())
        now = self._now()
        leaf = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, certificate.domain_name[:64])]))
            .issuer_name(authority.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + LIFETIME)
            .add_extension(_names(certificate.alternative_names), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False
            )
            .sign(authority_key, hashes.SHA256())
        )
        certificate.leaf = certificate.chain = leaf.public_bytes(Encoding.PEM)
        certificate.key = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        describe(certificate, leaf)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)


def _recorded(item: Mapping[str, Any]) -> Certificate:
    """A certificate of another account, to be issued again under its ARN."""
    return Certificate(
        arn=item["CertificateArn"],
        domain_name=item["DomainName"],
        alternative_names=tuple(item["SubjectAlternativeNames"]),
        status="PENDING_VALIDATION",
        kind=item["Type"],
        key_algorithm=item["KeyAlgorithm"],
        created_at=0.0,
        validation_method="DNS",
    )


def describe(certificate: Certificate, leaf: x509.Certificate) -> None:
    """Take validity and serial number from the X.509 certificate."""
    certificate.not_before = leaf.not_valid_before_utc.timestamp()
    certificate.not_after = leaf.not_valid_after_utc.timestamp()
    certificate.serial = f"{leaf.serial_number:x}"
    certificate.status = "ISSUED"


def _names(names: Sequence[str]) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName([_name(name) for name in names])


def _name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
