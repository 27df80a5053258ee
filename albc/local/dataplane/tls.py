"""Certificates of a TLS listener: which one a client gets, and the server contexts that hold them.

The choice is PURE (`choose`); `Certificates` keeps one context for each certificate and swaps them without closing a
listener, so that a new or renewed certificate is served from the next handshake on. Used by `plane` for HTTPS and TLS
listeners.
"""

import contextlib
import ssl
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509


@dataclass(frozen=True)
class Names:
    """A certificate and the host names that it covers (lower case, perhaps `*.example.com`)."""

    arn: str
    covers: tuple[str, ...]


def choose(server_name: str | None, certificates: Sequence[Names]) -> str | None:
    """ARN of the certificate for a client that asks for `server_name`; the first certificate is the default.

    An exact name goes before a wildcard, which covers one label; without a match, or without a name, the default is
    served, as the AWS page "SSL certificates for your Application Load Balancer" has it.
    """
    if server_name:
        name = server_name.lower().rstrip(".")
        _, _, parent = name.partition(".")
        for wanted in (name, f"*.{parent}"):
            for certificate in certificates:
                if wanted in certificate.covers:
                    return certificate.arn
    return certificates[0].arn if certificates else None


def names_of(arn: str, chain: bytes) -> Names:
    """Subject alternative names of the leaf, else its common name. Raises ValueError for what is no PEM."""
    leaf = x509.load_pem_x509_certificate(chain)
    try:
        extension = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        covered = extension.value.get_values_for_type(x509.DNSName)
    except x509.ExtensionNotFound:
        common = leaf.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        covered = [str(attribute.value) for attribute in common]
    return Names(arn, tuple(name.lower() for name in covered))


def oldest_version(policy: str | None) -> ssl.TLSVersion:
    """The oldest version of TLS that a policy lets in. Those before 1.2 are not played: OpenSSL has them off."""
    return ssl.TLSVersion.TLSv1_3 if policy and "-TLS13-1-3-" in policy else ssl.TLSVersion.TLSv1_2


@dataclass(frozen=True)
class _Loaded:
    pair: tuple[bytes, bytes] = field(repr=False)
    names: Names
    context: ssl.SSLContext


class Certificates:
    """The certificates of one listener. `context` goes to the server socket once and lives as long as it does."""

    def __init__(self, alpn: Sequence[str] = ()) -> None:
        self._alpn = list(alpn)
        self._names: tuple[Names, ...] = ()
        self._loaded: dict[str, _Loaded] = {}
        self.context = self._new_context()
        self.context.sni_callback = self._serve

    def update(
        self, default_first: Sequence[str], known: Mapping[str, tuple[bytes, bytes]], policy: str | None = None
    ) -> None:
        """Serve these ARNs, under this security policy, from now on. A certificate that the account does not hold, or
        that is none, is left out."""
        self.context.minimum_version = oldest_version(policy)
        loaded: dict[str, _Loaded] = {}
        for arn in default_first:
            pair, before = known.get(arn), self._loaded.get(arn)
            if pair is None:
                continue
            if before is not None and before.pair == pair:
                loaded[arn] = before
                continue
            with contextlib.suppress(ValueError, ssl.SSLError):
                loaded[arn] = _Loaded(pair, names_of(arn, pair[0]), self._load(pair))
        self._loaded, self._names = loaded, tuple(held.names for held in loaded.values())

    def _serve(self, connection: ssl.SSLObject, server_name: str | None, _: ssl.SSLContext) -> int | None:
        arn = choose(server_name, self._names)
        if arn is None:
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        connection.context = self._loaded[arn].context
        return None

    def _load(self, pair: tuple[bytes, bytes]) -> ssl.SSLContext:
        context = self._new_context()
        with tempfile.TemporaryDirectory() as folder:  # mode 700; the ssl module reads from files only
            file = Path(folder, "pair.pem")
            file.write_bytes(pair[1].rstrip() + b"\n" + pair[0])
            context.load_cert_chain(file)
        return context

    def _new_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = oldest_version(None)
        if self._alpn:
            context.set_alpn_protocols(self._alpn)
        return context
