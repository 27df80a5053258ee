"""The certificates that albc makes for its webhooks: an authority of its own, and a server certificate by it.

`renewed` says what is to be kept from now on. The authority is stable: it lives ten years, and when its last year
begins its successor stands beside it in the bundle until it ends, so that servers with either certificate are trusted.
Pure but for the making of keys. Called by `albc.webhooks.certificate_keeper`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_LIFETIME: Final = timedelta(days=3650)
AUTHORITY_RENEWAL: Final = timedelta(days=366)
"""Before its end; longer than any certificate by it may live."""
LIFETIME: Final = timedelta(days=365)
RENEWAL: Final = timedelta(days=30)
_SKEW: Final = timedelta(minutes=5)
"""Clocks of other machines may be behind."""


@dataclass(frozen=True, slots=True)
class Certificates:
    """All PEM. Never print: two of them are private keys."""

    authorities: bytes
    """What clients trust: the authority, and before its end its predecessor too."""
    authority_key: bytes
    certificate: bytes
    key: bytes

    def __repr__(self) -> str:
        return "Certificates(…)"


def renewed(known: Certificates | None, names: Sequence[str], now: datetime) -> Certificates | None:
    """What to keep instead of `known`, or None if that will do. What cannot be read is replaced."""
    try:
        authorities = _living(known, now) if known else []
        if known is None or not authorities:
            return _with_new_authority([], names, now)
        authority = authorities[0]
        if authority.not_valid_after_utc - now < AUTHORITY_RENEWAL:
            return _with_new_authority(authorities, names, now)
        signer = _private_key(known.authority_key)
        if authority.public_key() != signer.public_key():
            return _with_new_authority(authorities, names, now)
        if _serves(known, authority, names, now) and len(authorities) == known.authorities.count(b"BEGIN"):
            return None
        return _with_new_certificate(authorities, signer, names, now)
    except (ValueError, TypeError):
        return _with_new_authority([], names, now)


def _living(known: Certificates, now: datetime) -> list[x509.Certificate]:
    """Newest first."""
    found = x509.load_pem_x509_certificates(known.authorities)
    return sorted(
        (each for each in found if each.not_valid_after_utc > now),
        key=lambda each: each.not_valid_after_utc,
        reverse=True,
    )


def _serves(known: Certificates, authority: x509.Certificate, names: Sequence[str], now: datetime) -> bool:
    certificate = x509.load_pem_x509_certificate(known.certificate)
    try:
        certificate.verify_directly_issued_by(authority)
    except Exception:  # an InvalidSignature is no ValueError
        return False
    held = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return (
        certificate.not_valid_after_utc - now > RENEWAL
        and set(names) <= set(held.get_values_for_type(x509.DNSName))
        and certificate.public_key() == _private_key(known.key).public_key()
    )


def _with_new_authority(others: list[x509.Certificate], names: Sequence[str], now: datetime) -> Certificates:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "albc-webhook-authority")])
    usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
    authority = (
        _builder(name, name, key.public_key(), now, AUTHORITY_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return _with_new_certificate([authority, *others], key, names, now)


def _with_new_certificate(
    authorities: list[x509.Certificate], signer: ec.EllipticCurvePrivateKey, names: Sequence[str], now: datetime
) -> Certificates:
    key = ec.generate_private_key(ec.SECP256R1())
    # A common name holds 64 characters; nobody reads it where there are alternative names.
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
    certificate = (
        _builder(subject, authorities[0].subject, key.public_key(), now, LIFETIME)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .sign(signer, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    return Certificates(
        b"".join(authority.public_bytes(pem) for authority in authorities),
        _pem(signer),
        certificate.public_bytes(pem),
        _pem(key),
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, lifetime: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(now + lifetime)
    )


def _private_key(pem: bytes) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(pem, None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("not a key that albc made")
    return key


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
