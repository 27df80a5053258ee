"""Certificates that albc makes for itself."""

import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from albc.webhooks.authority import AUTHORITY_LIFETIME, Certificates, renewed

NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)
NAMES = ("albc-webhook-service.kube-system.svc", "albc-webhook-service.kube-system")


def made(now: datetime = NOW, known: Certificates | None = None) -> Certificates:
    fresh = renewed(known, NAMES, now)
    assert fresh is not None
    return fresh


def authorities(certificates: Certificates) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(certificates.authorities)


def test_a_client_that_trusts_the_authority_trusts_the_server(tmp_path: Path) -> None:
    certificates = made()
    (tmp_path / "crt").write_bytes(certificates.certificate)
    (tmp_path / "key").write_bytes(certificates.key)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(tmp_path / "crt", tmp_path / "key")
    client = ssl.create_default_context(cadata=certificates.authorities.decode())
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (
        client.wrap_bio(to_client, to_server, server_hostname=NAMES[0]),
        server.wrap_bio(to_server, to_client, server_side=True),
    )

    unfinished = list(ends)
    while unfinished:
        for end in list(unfinished):
            try:
                end.do_handshake()
                unfinished.remove(end)
            except ssl.SSLWantReadError:
                continue

    assert dict(ends[0].getpeercert() or {})["subjectAltName"] == tuple(("DNS", name) for name in NAMES)


def test_what_is_good_is_kept() -> None:
    assert renewed(made(), NAMES, NOW + 300 * DAY) is None


def test_a_certificate_near_its_end_is_renewed_by_the_same_authority() -> None:
    old = made()

    new = made(NOW + 340 * DAY, old)

    assert new.authorities == old.authorities
    assert new.certificate != old.certificate


def test_an_authority_near_its_end_has_its_successor_beside_it() -> None:
    last_year = NOW + AUTHORITY_LIFETIME - 365 * DAY
    old = made()

    new = made(last_year, old)

    assert len(authorities(new)) == 2
    assert new.authorities.endswith(old.authorities)
    assert renewed(new, NAMES, last_year) is None


def test_an_authority_that_has_ended_goes() -> None:
    both = made(NOW + AUTHORITY_LIFETIME - 365 * DAY, made())

    later = made(NOW + AUTHORITY_LIFETIME + DAY, both)

    assert len(authorities(later)) == 1


def test_a_certificate_without_one_of_the_names_is_renewed() -> None:
    old = made()

    assert renewed(old, (*NAMES, "other.svc"), NOW) is not None


@pytest.mark.parametrize("field", ["authorities", "authority_key", "certificate", "key"])
@pytest.mark.parametrize(
    "content", [b"", b"nonsense", b"-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"]
)
def test_what_cannot_be_read_is_replaced(field: str, content: bytes) -> None:
    broken = replace(made(), **{field: content})

    fresh = renewed(broken, NAMES, NOW)

    assert fresh is not None
    assert renewed(fresh, NAMES, NOW) is None


def test_parts_that_do_not_belong_together_are_replaced() -> None:
    one, other = made(), made()

    for field in ("authorities", "authority_key", "certificate", "key"):
        mixed = replace(one, **{field: getattr(other, field)})
        fresh = renewed(mixed, NAMES, NOW)
        assert fresh is not None, field
        assert renewed(fresh, NAMES, NOW) is None, field


def test_keys_are_never_printed() -> None:
    assert "PRIVATE" not in repr(made())
