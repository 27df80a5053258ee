"""Clients that show certificates (spec/ingress.md §9.3)."""

import json
from typing import Any

import pytest

from albc.mapping.ingress.build import wants
from albc.model.listener import MutualAuthentication
from tests.mapping.ingress.kit import SETTINGS, annotated, fault, group_id, listener, snapshot, stack


def subject(*entries: dict[str, Any]) -> Any:
    return annotated(certificate_arn="x", mutual_authentication=json.dumps(entries))


def found(*entries: dict[str, Any]) -> MutualAuthentication | None:
    return listener(stack(subject(*entries)), 443).mutual_authentication


def test_off_and_passthrough_have_an_empty_trust_store() -> None:
    assert found({"port": 443, "mode": "off"}) == MutualAuthentication(mode="off", trust_store_arn="")


def test_verify_has_a_trust_store_by_arn_or_name_and_does_not_ignore_expiry() -> None:
    by_name = found({"port": 443, "mode": "verify", "trustStore": "clients"})
    by_arn = found({"port": 443, "mode": "verify", "trustStore": "arn:truststore/clients"})

    assert by_name == by_arn
    assert by_name == MutualAuthentication(
        mode="verify", trust_store_arn="arn:truststore/clients", ignore_client_certificate_expiry=False
    )


def test_the_last_entry_of_a_port_counts_and_other_ports_are_ignored() -> None:
    entries = [{"port": 443, "mode": "off"}, {"port": 443, "mode": "passthrough"}, {"port": 8443, "mode": "off"}]

    authentication = found(*entries)

    assert authentication is not None
    assert authentication.mode == "passthrough"


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ({"mode": "off"}, "ports from 1 to 65535, not 0"),
        ({"port": 443}, "one of the modes"),
        ({"port": 443, "mode": "Verify"}, 'for port 443, not "Verify"'),
        ({"port": 443, "mode": "verify"}, "must name a trustStore for port 443"),
        ({"port": 443, "mode": "off", "trustStore": "x"}, "must not have trustStore"),
        ({"port": 443, "mode": "off", "ignoreClientCertificateExpiry": False}, "must not have ignoreClient"),
        ({"port": 443, "mode": "passthrough", "advertiseTrustStoreCaNames": "on"}, "must not have advertise"),
        (
            {"port": 443, "mode": "verify", "trustStore": "clients", "advertiseTrustStoreCaNames": "yes"},
            'must have "on" or "off"',
        ),
        ({"port": "443", "mode": "off"}, "whole number at [0].port"),
    ],
)
def test_unusable_entries_are_told(entry: dict[str, Any], told: str) -> None:
    assert told in fault(subject(entry))


@pytest.mark.parametrize("text", ["[]", "null", "[{", "{}"])
def test_a_document_without_entries_is_refused(text: str) -> None:
    assert "mutual-authentication" in fault(annotated(certificate_arn="x", mutual_authentication=text))


def test_an_unknown_trust_store_is_named() -> None:
    assert "TrustStore with name gone" in fault(subject({"port": 443, "mode": "verify", "trustStore": "gone"}))


def test_only_names_are_asked_for() -> None:
    entries = [
        {"port": 443, "mode": "verify", "trustStore": "clients"},
        {"port": 444, "mode": "verify", "trustStore": "arn:truststore/x"},
    ]

    assert wants(group_id("shop/web"), snapshot(subject(*entries)), SETTINGS).trust_store_names == {"clients"}
