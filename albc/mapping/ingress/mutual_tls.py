"""`mutual-authentication`: whether clients show a certificate, and to which trust store (spec/ingress.md §9.3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from albc.mapping.go import JSONObject, json_objects
from albc.mapping.ingress.member import Member
from albc.mapping.invalid import Invalid
from albc.model.facts import Facts, FactsRequest
from albc.model.listener import MutualAuthentication

MODES = ("off", "passthrough", "verify")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientVerification:
    mode: str
    trust_store: str
    """Name or ARN; empty unless the mode is `verify`."""
    ignore_expiry: bool | None
    advertise_ca_names: str | None

    @property
    def trust_store_name(self) -> str | None:
        return self.trust_store if self.trust_store and not self.trust_store.startswith("arn:") else None


def read(member: Member) -> Mapping[int, ClientVerification]:
    """By port; of two entries for one port the last counts."""

    def decode(document: Any) -> dict[int, ClientVerification]:
        entries = [_entry(entry) for entry in json_objects(document)]
        if not entries:
            raise ValueError('must have at least one entry, such as [{"port": 443, "mode": "passthrough"}]')
        return dict(entries)

    return member.annotations.json("mutual-authentication", decode) or {}


def _entry(entry: JSONObject) -> tuple[int, ClientVerification]:
    port, mode = entry.int32("port") or 0, entry.string("mode") or ""
    trust_store = entry.string("trustStore")
    ignore_expiry = entry.boolean("ignoreClientCertificateExpiry")
    advertise = entry.string("advertiseTrustStoreCaNames")
    if not 1 <= port <= 65535:
        raise ValueError(f"must have ports from 1 to 65535, not {port}")
    if mode not in MODES:
        given = f'"{mode[:40]}"' if mode else "none"
        raise ValueError(f"must have one of the modes {', '.join(MODES)} for port {port}, not {given}")
    if mode == "verify":
        if not trust_store:
            raise ValueError(f"must name a trustStore for port {port}, as mode verify needs one")
    else:
        only_verify = {
            "trustStore": trust_store,
            "ignoreClientCertificateExpiry": ignore_expiry,
            "advertiseTrustStoreCaNames": advertise,
        }
        for field, value in only_verify.items():
            if value is not None:
                raise ValueError(f"must not have {field} for port {port}: mode {mode} does not support it")
    if advertise not in (None, "on", "off"):
        raise ValueError(f'must have "on" or "off" for advertiseTrustStoreCaNames of port {port}')
    return port, ClientVerification(
        mode=mode,
        trust_store=trust_store or "",
        ignore_expiry=ignore_expiry or False if mode == "verify" else None,
        advertise_ca_names=advertise,
    )


def wants(verification: Mapping[int, ClientVerification]) -> FactsRequest:
    names = frozenset(name for entry in verification.values() if (name := entry.trust_store_name))
    return FactsRequest(trust_store_names=names)


def resolve(verification: Mapping[int, ClientVerification], facts: Facts) -> Mapping[int, MutualAuthentication]:
    """With ARNs in place of trust store names."""
    return {port: _resolve(entry, facts) for port, entry in verification.items()}


def _resolve(entry: ClientVerification, facts: Facts) -> MutualAuthentication:
    name = entry.trust_store_name
    if name and name not in facts.trust_store_arns:
        raise Invalid(
            f"alb.ingress.kubernetes.io/mutual-authentication: couldn't find TrustStore with name {name} in this Region"
        )
    return MutualAuthentication(
        mode=entry.mode,
        trust_store_arn=facts.trust_store_arns[name] if name else entry.trust_store,
        ignore_client_certificate_expiry=entry.ignore_expiry,
        advertise_trust_store_ca_names=entry.advertise_ca_names,
    )


def describe(authentication: MutualAuthentication) -> str:
    """All four values as text."""
    return (
        f"mode {authentication.mode}, trustStore {authentication.trust_store_arn or 'none'}, "
        f"ignoreClientCertificateExpiry {authentication.ignore_client_certificate_expiry}, "
        f"advertiseTrustStoreCaNames {authentication.advertise_trust_store_ca_names}"
    )
