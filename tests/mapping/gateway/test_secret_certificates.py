"""A listener's certificateRefs: which Secrets are read, what becomes of them, and what a fault costs."""

from dataclasses import replace
from typing import Any

from tls_secrets import pem, tls_secret

from albc.mapping.gateway.outcome import BuiltGateway, ListenerOutcome
from albc.mapping.gateway.status import listener_conditions
from albc.mapping.snapshot import NamespacedName
from albc.model.imported_certificate import ImportedCertificate
from albc.model.listener import Listener
from tests.mapping.gateway.kit import (
    FACTS,
    GROUP,
    Plain,
    asked,
    built,
    configured,
    gateway,
    http,
    http_route,
    https,
    lbc,
    listener,
    listener_set,
    service,
)
from tests.mapping.gateway.kit import SETTINGS as DEFAULTS

SETTINGS = replace(DEFAULTS, enable_certificate_management=True)
WEB = pem("www.example.com")


def ref(name: str = "web", **fields: Any) -> Plain:
    return {"certificateRefs": [{"name": name, **fields}]}


def grant(kind: str = "Gateway", **to: Any) -> Plain:
    return {
        "apiVersion": f"{GROUP}/v1beta1",
        "kind": "ReferenceGrant",
        "metadata": {"name": "certificates", "namespace": "vault"},
        "spec": {
            "from": [{"group": GROUP, "kind": kind, "namespace": "shop"}],
            "to": [{"group": "", "kind": "Secret", **to}],
        },
    }


def build(*objects: Plain, **settings: Any) -> BuiltGateway:
    return built(http_route(), service(), *objects, settings=replace(SETTINGS, **settings))


def serving(found: BuiltGateway, port: int = 443) -> Listener:
    assert found.built.stack is not None, found.built.problems
    result = found.built.stack.get(Listener, str(port))
    assert result is not None
    return result


def told(outcome: ListenerOutcome) -> dict[str, tuple[str, str]]:
    return {c.type: (c.status, c.reason) for c in listener_conditions(outcome, True, 1)}


def test_a_listener_serves_the_certificate_of_its_secret() -> None:
    found = build(gateway(https(tls=ref())), tls_secret("web", WEB))

    certificate = ImportedCertificate(id="shop/web", fingerprint="")
    assert serving(found).certificates == (certificate.arn,)
    assert told(found.listeners[0])["ResolvedRefs"] == ("True", "ResolvedRefs")
    assert found.secrets == {NamespacedName("shop", "web")}


def test_without_the_gate_references_have_no_effect_as_in_the_reference() -> None:
    found = build(gateway(https(tls=ref())), enable_certificate_management=False)

    assert serving(found).certificates == ("arn:cert/wild",)
    assert found.secrets == frozenset()


def test_certificates_of_the_configuration_win_and_the_secret_is_not_read() -> None:
    configuration = lbc(
        listenerConfigurations=[{"protocolPort": "HTTPS:443", "defaultCertificate": "arn:mine", "alpnPolicy": "None"}]
    )
    infrastructure = configured()
    found = build(configuration, gateway(https(tls=ref()), infrastructure=infrastructure))

    assert serving(found).certificates == ("arn:mine",)
    assert found.secrets == frozenset()


def test_two_secrets_with_one_content_are_imported_once() -> None:
    found = build(
        gateway(https(tls=ref("a")), https(name="other", hostname="other.example.com", tls=ref("b"))),
        tls_secret("a", WEB),
        tls_secret("b", WEB),
    )

    assert found.built.stack is not None
    assert [each.id for each in found.built.stack.all(ImportedCertificate)] == ["shop/a"]


def test_a_listener_without_references_is_served_from_acm_beside_one_with() -> None:
    found = build(
        gateway(https(tls=ref()), https(name="other", hostname="api.example.com")),
        tls_secret("web", WEB),
    )

    imported, *discovered = serving(found).certificates
    assert imported == ImportedCertificate(id="shop/web", fingerprint="").arn
    assert discovered == ["arn:cert/api", "arn:cert/wild"]


def test_what_is_no_certificate_fails_its_listener_alone() -> None:
    broken = tls_secret("web", WEB) | {"data": {"tls.crt": "aGVsbG8=", "tls.key": "aGVsbG8="}}
    found = build(gateway(http(), https(tls=ref())), broken)

    assert told(found.listeners[1])["ResolvedRefs"] == ("False", "InvalidCertificateRef")
    assert told(found.listeners[1])["Programmed"][0] == "False"
    assert told(found.listeners[0])["Programmed"][0] == "True"


def test_a_missing_secret_and_a_reference_to_something_else_say_so() -> None:
    found = build(
        gateway(
            https(tls=ref("nowhere")),
            https(name="kind", hostname="a.example.com", tls=ref("web", kind="ConfigMap")),
            https(name="group", hostname="b.example.com", tls=ref("web", group="example.net")),
        ),
        tls_secret("web", WEB),
    )

    assert {told(outcome)["ResolvedRefs"] for outcome in found.listeners} == {("False", "InvalidCertificateRef")}
    assert [problem.reason for problem in found.built.problems][:3] == ["InvalidCertificateRef"] * 3


def test_another_namespace_needs_a_grant_and_the_secret_is_not_read_without() -> None:
    objects = gateway(https(tls=ref(namespace="vault"))), tls_secret("web", WEB, "vault")

    refused, granted = build(*objects), build(*objects, grant())
    other_name, other_kind = build(*objects, grant(name="other")), build(*objects, grant(kind="HTTPRoute"))

    assert told(refused.listeners[0])["ResolvedRefs"] == ("False", "RefNotPermitted")
    assert refused.secrets == other_name.secrets == other_kind.secrets == frozenset()
    assert told(granted.listeners[0])["ResolvedRefs"] == ("True", "ResolvedRefs")
    assert granted.secrets == {NamespacedName("vault", "web")}


def test_a_listener_set_needs_a_grant_of_its_own() -> None:
    allowed = {"namespaces": {"from": "Same"}}
    more = listener_set(https(8443, tls=ref(namespace="vault")))
    objects = gateway(allowedListeners=allowed), more, tls_secret("web", WEB, "vault")

    def resolved(*grants: Plain) -> tuple[str, str]:
        [outcome] = (build(*objects, *grants).listener_sets or {})[NamespacedName("shop", "more")].listeners
        return told(outcome)["ResolvedRefs"]

    assert resolved(grant()) == ("False", "RefNotPermitted")
    assert resolved(grant("ListenerSet")) == ("True", "ResolvedRefs")


def test_a_secret_without_the_required_label_is_not_used() -> None:
    required = {"required_secrets_label": "albc=yes"}
    plain = build(gateway(https(tls=ref())), tls_secret("web", WEB), **required)
    labelled = build(gateway(https(tls=ref())), tls_secret("web", WEB, labels={"albc": "yes"}), **required)

    assert told(plain.listeners[0])["ResolvedRefs"] == ("False", "InvalidCertificateRef")
    assert told(labelled.listeners[0])["ResolvedRefs"] == ("True", "ResolvedRefs")


def test_a_listener_that_loses_its_secret_goes_on_with_what_was_imported_and_says_so() -> None:
    facts = replace(FACTS, imported_certificates={"shop/web": "arn:imported"})
    found = built(http_route(), service(), gateway(https(tls=ref())), facts=facts, settings=SETTINGS)

    assert serving(found).certificates == (ImportedCertificate(id="shop/web", fingerprint="").arn,)
    assert told(found.listeners[0])["ResolvedRefs"] == ("False", "InvalidCertificateRef")
    assert told(found.listeners[0])["Programmed"] == ("True", "Programmed")


def test_a_grant_that_is_taken_back_ends_the_use_of_the_certificate() -> None:
    facts = replace(FACTS, imported_certificates={"vault/web": "arn:imported"})
    found = built(
        http_route(), service(), gateway(http(), https(tls=ref(namespace="vault"))), facts=facts, settings=SETTINGS
    )

    assert found.built.stack is not None
    assert found.built.stack.get(Listener, "443") is None


def test_certificates_of_secrets_need_no_look_at_acm() -> None:
    assert not asked(gateway(https(tls=ref())), http_route(), service(), settings=SETTINGS).certificates
    assert listener(443, gateway(https()), http_route(), service(), settings=SETTINGS).certificates


def test_a_private_key_is_in_no_text_that_is_made_of_the_stack() -> None:
    found = build(gateway(https(tls=ref())), tls_secret("web", WEB))

    assert found.built.stack is not None
    body = WEB.key.splitlines()[1]
    assert body not in found.built.stack.to_json()
    assert body not in repr(found)
