"""GatewayClasses and Gateways: listeners, certificates of Secrets, and what their statuses say."""

import base64

import pytest
from tls_secrets import pem, tls_secret

from tests.gateway_conformance.objects import (
    CLASS,
    INFRA,
    WEB,
    Plain,
    certificate,
    from_,
    gateway,
    grant,
    http,
    http_route,
    https,
    parent,
    to,
)
from tests.gateway_conformance.suite import Request, Suite

pytestmark = pytest.mark.anyio

V1, V2 = "infra-backend-v1", "infra-backend-v2"


@pytest.mark.conformance("GatewayClassObservedGenerationBump", profile="Gateway", level="core")
async def test_a_class_is_accepted_at_each_of_its_generations_and_says_what_it_supports(suite: Suite) -> None:
    plain: Plain = {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "GatewayClass",
        "metadata": {"name": "bumped"},
        "spec": {"controllerName": "gateway.k8s.aws/alb"},
    }
    await suite.apply(plain)
    await suite.says("GatewayClass", "bumped", Accepted="True Accepted")

    await suite.apply({**plain, "spec": {**plain["spec"], "description": "another"}})

    await suite.says("GatewayClass", "bumped", Accepted="True Accepted")
    status = (await suite.get("GatewayClass", "bumped"))["status"]
    names = [feature["name"] for feature in status["supportedFeatures"]]
    assert {"Gateway", "HTTPRoute", "ReferenceGrant", "ListenerSet"} <= set(names)
    assert names == sorted(names)


@pytest.mark.conformance("GatewayObservedGenerationBump", profile="Gateway", level="core")
@pytest.mark.conformance("GatewayModifyListeners", profile="Gateway", level="core")
async def test_listeners_come_and_go_with_edits(suite: Suite) -> None:
    one = http("one", 8001)
    await suite.apply(gateway("edited", one), http_route("edited", to(V1), parents=[parent("edited")]))
    await suite.gets("edited", Request(port=8001), pod=V1)

    await suite.apply(gateway("edited", one, http("two", 8002)))
    await suite.says("Gateway", "edited", Accepted="True", Programmed="True")
    await suite.listener_says("edited", "two", attached=1, Accepted="True", ResolvedRefs="True", Programmed="True")
    await suite.gets("edited", Request(port=8002), pod=V1)

    await suite.apply(gateway("edited", http("two", 8002)))
    await suite.says("Gateway", "edited", Accepted="True", Programmed="True")

    async def closed() -> bool:
        return await suite.place("edited", 8001) is None

    await suite.until(closed, "the first port closed")
    status = (await suite.get("Gateway", "edited"))["status"]
    assert [each["name"] for each in status["listeners"]] == ["two"]


@pytest.mark.conformance("GatewayInvalidRouteKind", profile="Gateway", level="core")
async def test_a_listener_that_lists_a_kind_that_nobody_knows_says_so(suite: Suite) -> None:
    unknown, known = {"kind": "InvalidRoute"}, {"kind": "HTTPRoute"}
    await suite.apply(
        gateway("only-invalid", http(allowedRoutes={"kinds": [unknown]})),
        gateway("some-invalid", http(allowedRoutes={"kinds": [unknown, known]})),
    )

    await suite.listener_says("only-invalid", "http", kinds=[], ResolvedRefs="False InvalidRouteKinds")
    await suite.listener_says("some-invalid", "http", kinds=["HTTPRoute"], ResolvedRefs="False InvalidRouteKinds")


@pytest.mark.conformance("GatewayInvalidTLSConfiguration", profile="Gateway", level="core")
async def test_a_listener_with_a_wrong_certificate_reference_says_so_and_counts_its_routes(suite: Suite) -> None:
    malformed = tls_secret("malformed", pem("*.example.org"), INFRA)
    malformed["data"] = {key: base64.b64encode(b"Hello world\n").decode() for key in malformed["data"]}
    wrong = {
        "tls-nonexistent": certificate("nowhere"),
        "tls-group": certificate("certificate", group="wrong.group.company.io"),
        "tls-kind": certificate("certificate", kind="WrongKind"),
        "tls-malformed": certificate("malformed"),
    }
    await suite.apply(malformed)
    for name, tls in wrong.items():
        await suite.apply(gateway(name, https(tls=tls)), http_route(name, to(V1), parents=[parent(name)]))

    for name in wrong:
        await suite.listener_says(name, "https", attached=1, ResolvedRefs="False InvalidCertificateRef")


@pytest.mark.conformance("GatewayInvalidParametersRef", profile="Gateway", level="core")
async def test_a_gateway_whose_parameters_do_not_exist_says_so(suite: Suite) -> None:
    missing = {"group": "gateway.k8s.aws", "kind": "LoadBalancerConfiguration", "name": "nowhere"}
    foreign = {"group": "example.net", "kind": "ConfigMap", "name": "x"}
    await suite.apply(
        gateway("parameters", infrastructure={"parametersRef": missing}),
        gateway("foreign-parameters", infrastructure={"parametersRef": foreign}),
    )

    await suite.says("Gateway", "parameters", Accepted="False InvalidParameters")
    await suite.says("Gateway", "foreign-parameters", Accepted="False InvalidParameters")


@pytest.mark.conformance("GatewayNameMaximumLength", profile="Gateway", level="core")
async def test_a_gateway_with_the_longest_name_is_told_its_state(suite: Suite) -> None:
    name = "gateway-name-maximum-length-" + "a" * 225
    await suite.apply(gateway(name))

    async def latest() -> bool:
        conditions = (await suite.get("Gateway", name))["status"]["conditions"]
        return all(each.get("observedGeneration") == 1 for each in conditions)

    await suite.until(latest, "conditions of the latest generation")


@pytest.mark.conformance("GatewayWithAttachedRoutes", profile="Gateway", level="core")
async def test_a_listener_counts_its_routes_also_while_it_cannot_serve_them(suite: Suite) -> None:
    no_certificate = https(tls=certificate("nowhere"))
    await suite.apply(
        gateway("one-route", http(allowedRoutes=from_("All"))),
        gateway("two-routes"),
        gateway("unresolved", no_certificate),
        http_route("attached-1", to(V1), parents=[parent("one-route"), parent("two-routes"), parent("unresolved")]),
        http_route("attached-2", to(V1), parents=[parent("two-routes")]),
    )

    kinds = ["HTTPRoute"]
    await suite.listener_says("one-route", "http", attached=1, kinds=kinds, Accepted="True", ResolvedRefs="True")
    await suite.listener_says("two-routes", "http", attached=2, kinds=kinds, Accepted="True", ResolvedRefs="True")
    await suite.listener_says("unresolved", "https", attached=1, Accepted="True", Programmed="False")


@pytest.mark.conformance("GatewaySecretReferenceGrantSpecific", profile="Gateway", level="core")
@pytest.mark.conformance("GatewaySecretReferenceGrantAllInNamespace", profile="Gateway", level="core")
async def test_a_granted_secret_of_another_namespace_is_used(suite: Suite) -> None:
    by_name, all_of_them = "granted-by-name", "granted-all"
    for name in (by_name, all_of_them):
        await suite.apply(gateway(f"secret-{name}", https(tls=certificate("certificate", namespace=name))))
        await suite.listener_says(f"secret-{name}", "https", ResolvedRefs="False RefNotPermitted")
        await suite.apply(
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}},
            tls_secret("certificate", pem("*.example.org"), name),
            grant("secrets", name, "Gateway", "Secret", to_name="certificate" if name == by_name else None),
        )

    for name in (by_name, all_of_them):
        await suite.listener_says(f"secret-{name}", "https", Programmed="True Programmed", ResolvedRefs="True")


@pytest.mark.conformance("GatewaySecretMissingReferenceGrant", profile="Gateway", level="core")
@pytest.mark.conformance("GatewaySecretInvalidReferenceGrant", profile="Gateway", level="core")
async def test_a_secret_of_another_namespace_without_a_fitting_grant_is_not_read(suite: Suite) -> None:
    await suite.apply(
        tls_secret("certificate", pem("*.example.org"), WEB),
        gateway(
            "secret-missing-grant",
            https(tls=certificate("certificate", namespace=WEB)),
            https("https-nonexistent", hostname="x.example.org", tls=certificate("nowhere", namespace=WEB)),
        ),
        grant("secret-wrong-kind", WEB, "HTTPRoute", "Secret"),
        grant("secret-wrong-name", WEB, "Gateway", "Secret", to_name="another"),
        grant("secret-wrong-place", INFRA, "Gateway", "Secret"),
        grant("secret-wrong-namespace", WEB, "Gateway", "Secret", of=WEB),
    )

    for listener in ("https", "https-nonexistent"):
        await suite.listener_says("secret-missing-grant", listener, ResolvedRefs="False RefNotPermitted")


async def test_a_renewed_secret_is_served_without_a_new_certificate_in_acm(suite: Suite) -> None:
    def imported() -> int:
        types = {"Includes": {"keyTypes": ["EC_prime256v1"]}}
        found = suite.world.stack.account.call("acm", "ListCertificates", types)["CertificateSummaryList"]
        return sum(each["DomainName"] == "renewed.example.org" for each in found)

    secret = tls_secret("renewed", pem("renewed.example.org"), INFRA)
    await suite.apply(secret, gateway("renewed", https(secret="renewed")))
    await suite.apply(http_route("renewed", to(V1), parents=[parent("renewed")]))
    request = Request(host="renewed.example.org", port=443, tls=True)
    await suite.gets("renewed", request, pod=V1)
    suite.world.forget_calls()

    await suite.apply(tls_secret("renewed", pem("renewed.example.org", serial=2), INFRA))

    async def renewed() -> bool:
        return "AddTagsToCertificate" in suite.world.writes()

    await suite.until(renewed, "imported again")
    assert suite.world.writes().count("ImportCertificate") == 1
    assert imported() == 1
    await suite.gets("renewed", request, pod=V1)

    await suite.world.delete(secret)
    await suite.listener_says(
        "renewed", "https", ResolvedRefs="False InvalidCertificateRef", Programmed="True Programmed"
    )
    await suite.gets("renewed", request, pod=V1)

    await suite.world.delete({"kind": "Gateway", "metadata": {"name": "renewed", "namespace": INFRA}})
    assert imported() == 0


async def test_private_keys_are_in_no_log(suite: Suite) -> None:
    content = pem("secret.example.org")
    await suite.apply(tls_secret("secret", content, INFRA), gateway("secret", https(secret="secret")))
    await suite.apply(http_route("secret", to(V1), parents=[parent("secret")]))
    await suite.gets("secret", Request(host="secret.example.org", port=443, tls=True), pod=V1)

    body = content.key.splitlines()[1]
    assert body not in suite.world.log()


@pytest.mark.conformance("GatewayOptionalAddressValue", profile="Gateway", level="extended")
async def test_a_gateway_says_where_it_is(suite: Suite) -> None:
    await suite.apply(gateway("where"), http_route("where", to(V2), parents=[parent("where")]))
    await suite.gets("where", Request(), pod=V2)

    status = (await suite.get("Gateway", "where"))["status"]
    [address] = status["addresses"]
    assert address["type"] == "Hostname"
    assert address["value"] == address["value"].lower()
    assert (await suite.get("Gateway", "where"))["spec"]["gatewayClassName"] == CLASS


@pytest.mark.conformance("GatewayPreserveForeignConditions", profile="Gateway", level="core")
async def test_conditions_that_others_wrote_stay(suite: Suite) -> None:
    await suite.apply(gateway("foreign"), http_route("foreign", to(V1), parents=[parent("foreign")]))
    await suite.says("Gateway", "foreign", Programmed="True")
    status = (await suite.get("Gateway", "foreign"))["status"]
    seeded = {
        "type": "example.com/Audited",
        "status": "True",
        "reason": "Seeded",
        "message": "",
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }
    for conditions in (status["conditions"], status["listeners"][0]["conditions"]):
        conditions.append(seeded)
    await suite.patch_status("Gateway", "foreign", status)

    await suite.apply(gateway("foreign", http(hostname="second.example.com")))

    await suite.gets("foreign", Request(host="second.example.com"), pod=V1)

    async def latest() -> bool:
        found = await suite.get("Gateway", "foreign")
        own = [each for each in found["status"]["conditions"] if each["type"] == "Programmed"]
        return bool(own[0]["observedGeneration"] == found["metadata"]["generation"])

    await suite.until(latest, "the latest generation")
    status = (await suite.get("Gateway", "foreign"))["status"]
    assert seeded["type"] in [each["type"] for each in status["conditions"]]
    assert seeded["type"] in [each["type"] for each in status["listeners"][0]["conditions"]]
