"""ListenerSets: which are taken in, what their listeners serve, and what their statuses say."""

from typing import Any

import pytest
from tls_secrets import pem, tls_secret

from tests.gateway_conformance.objects import (
    INFRA,
    Plain,
    certificate,
    from_,
    gateway,
    grant,
    http,
    http_route,
    https,
    listener_set,
    matching,
    parent,
    prefix,
    selected,
    to,
)
from tests.gateway_conformance.suite import Request, Suite

pytestmark = pytest.mark.anyio

V1, V2, V3 = "infra-backend-v1", "infra-backend-v2", "infra-backend-v3"
ACCEPTED: Any = {"Accepted": "True", "Programmed": "True", "ResolvedRefs": "True", "Conflicted": "False"}


def taking_in(name: str, which: Plain, *listeners: Plain) -> Plain:
    """A Gateway that takes in ListenerSets."""
    return gateway(name, *listeners, allowedListeners=which)


def namespace(name: str, **labels: str) -> Plain:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def set_parent(name: str, namespace: str = INFRA, **fields: Any) -> Plain:
    return parent(name, namespace, kind="ListenerSet", group="gateway.networking.k8s.io", **fields)


@pytest.mark.conformance("ListenerSetDefaultNotAllowed", profile="ListenerSet", level="extended")
@pytest.mark.conformance("ListenerSetAllowedNamespaceNone", profile="ListenerSet", level="extended")
async def test_a_gateway_takes_in_no_set_unless_it_says_so(suite: Suite) -> None:
    await suite.apply(
        gateway("sets-default"),
        taking_in("sets-none", from_("None")),
        listener_set("unasked", "sets-default", http("more", 8001)),
        listener_set("refused", "sets-none", http("more", 8001)),
    )

    for name in ("unasked", "refused"):
        await suite.says("ListenerSet", name, Accepted="False NotAllowed", Programmed="False NotAllowed")
    await suite.says("Gateway", "sets-default", Accepted="True")
    assert (await suite.get("Gateway", "sets-default"))["status"]["attachedListenerSets"] == 0


@pytest.mark.conformance("ListenerSetAllowedNamespaceSame", profile="ListenerSet", level="extended")
@pytest.mark.conformance("ListenerSetAllowedNamespaceAll", profile="ListenerSet", level="extended")
@pytest.mark.conformance("ListenerSetAllowedNamespaceSelector", profile="ListenerSet", level="extended")
async def test_sets_are_taken_in_by_their_namespaces(suite: Suite) -> None:
    ways = {"same": from_("Same"), "all": from_("All"), "selector": selected({"sets": "allowed"})}
    await suite.apply(namespace("sets-allowed", sets="allowed"), namespace("sets-other"))
    for way, which in ways.items():
        await suite.apply(taking_in(f"sets-{way}", which))
        for place in (INFRA, "sets-allowed", "sets-other"):
            await suite.apply(
                listener_set(f"set-{way}", f"sets-{way}", http(place[-7:], _port(place)), namespace=place)
            )

    taken = {"same": {INFRA}, "all": {INFRA, "sets-allowed", "sets-other"}, "selector": {"sets-allowed"}}
    for way, places in taken.items():
        for place in (INFRA, "sets-allowed", "sets-other"):
            told = "True Accepted" if place in places else "False NotAllowed"
            await suite.says("ListenerSet", f"set-{way}", place, Accepted=told)


def _port(place: str) -> int:
    return {INFRA: 8001, "sets-allowed": 8002, "sets-other": 8003}[place]


@pytest.mark.conformance("ListenerSetAllowedRoutesNamespaces", profile="ListenerSet", level="extended")
@pytest.mark.conformance("ListenerSetAllowedRoutesSupportedKinds", profile="ListenerSet", level="extended")
async def test_listeners_of_a_set_take_routes_by_namespace(suite: Suite) -> None:
    await suite.apply(namespace("routes-allowed", routes="allowed"), namespace("routes-other"))
    hosts = {"all": from_("All"), "same": from_("Same"), "selector": selected({"routes": "allowed"})}
    entries = [http(name, hostname=f"{name}.com", allowedRoutes=which) for name, which in hosts.items()]
    service = {"name": V1, "namespace": INFRA}
    for place in ("routes-allowed", "routes-other"):
        await suite.apply(grant(place, INFRA, "HTTPRoute", "Service", of=place))
    await suite.apply(
        taking_in("sets-routes", from_("Same"), http(hostname="own.com")),
        listener_set("routes", "sets-routes", *entries),
    )
    for place in (INFRA, "routes-allowed", "routes-other"):
        rule = to(service, **matching(prefix(f"/{place}")))
        await suite.apply(http_route("of-set", rule, parents=[set_parent("routes")], namespace=place))

    served = {
        "all.com": {INFRA, "routes-allowed", "routes-other"},
        "same.com": {INFRA},
        "selector.com": {"routes-allowed"},
    }
    for host, places in served.items():
        for place in (INFRA, "routes-allowed", "routes-other"):
            if place in places:
                await suite.gets("sets-routes", Request(f"/{place}", host), pod=V1)
            else:
                await suite.answers("sets-routes", Request(f"/{place}", host), 404)
    for name, attached in (("all", 3), ("same", 1), ("selector", 1)):
        await suite.listener_says(
            "routes", name, kind="ListenerSet", attached=attached, kinds=["HTTPRoute"], **ACCEPTED
        )
    assert (await suite.get("Gateway", "sets-routes"))["status"]["attachedListenerSets"] == 1


@pytest.mark.conformance("ListenerSetHostnameConflict", profile="ListenerSet", level="extended")
@pytest.mark.conformance("ListenerSetProtocolConflict", profile="ListenerSet", level="extended")
async def test_of_two_listeners_that_conflict_the_gateways_or_the_first_sets_stands(suite: Suite) -> None:
    await suite.apply(
        taking_in("sets-conflict", from_("Same"), http("own", hostname="own.com"), http("plain", 8001)),
        listener_set("conflict-1", "sets-conflict", http("own", hostname="own.com"), http("mine", hostname="mine.com")),
        listener_set("conflict-2", "sets-conflict", http("mine", hostname="mine.com"), https("plain", 8001)),
        http_route("conflict", to(V1), parents=[parent("sets-conflict", sectionName="own")]),
        http_route("conflict-set", to(V2), parents=[set_parent("conflict-1")]),
    )

    lost: Any = {"Accepted": "False HostnameConflict", "Conflicted": "True HostnameConflict", "Programmed": "False"}
    clash: Any = {"Accepted": "False ProtocolConflict", "Conflicted": "True ProtocolConflict", "Programmed": "False"}
    await suite.listener_says("conflict-1", "own", kind="ListenerSet", **lost)
    await suite.listener_says("conflict-1", "mine", kind="ListenerSet", **ACCEPTED)
    await suite.listener_says("conflict-2", "mine", kind="ListenerSet", **lost)
    await suite.listener_says("conflict-2", "plain", kind="ListenerSet", **clash)
    await suite.says("ListenerSet", "conflict-1", Accepted="True", Programmed="True Programmed")
    await suite.says(
        "ListenerSet", "conflict-2", Accepted="False ListenersNotValid", Programmed="False ListenersNotValid"
    )
    await suite.says("Gateway", "sets-conflict", Accepted="True", Programmed="True")
    await suite.gets("sets-conflict", Request(host="own.com"), pod=V1)
    await suite.gets("sets-conflict", Request(host="mine.com"), pod=V2)


@pytest.mark.conformance("ListenerSetReferenceGrant", profile="ListenerSet", level="extended")
async def test_a_set_needs_a_grant_of_its_own_for_secrets_elsewhere(suite: Suite) -> None:
    tls = certificate("certificate", namespace="set-vault")
    await suite.apply(
        namespace("set-vault"),
        namespace("set-ungranted"),
        tls_secret("certificate", pem("*.example.org"), "set-vault"),
        grant("sets", "set-vault", "ListenerSet", "Secret"),
        grant("gateways", "set-vault", "Gateway", "Secret", of="set-ungranted"),
        taking_in("sets-grant", from_("All")),
        listener_set("granted", "sets-grant", https("granted", 8443, hostname="a.example.org", tls=tls)),
        listener_set(
            "ungranted",
            "sets-grant",
            https("ungranted", 8444, hostname="b.example.org", tls=tls),
            namespace="set-ungranted",
        ),
    )

    await suite.says("ListenerSet", "granted", Accepted="True", Programmed="True")
    await suite.listener_says("granted", "granted", kind="ListenerSet", ResolvedRefs="True")
    refused = "False ListenersNotValid"
    await suite.says("ListenerSet", "ungranted", "set-ungranted", Accepted=refused, Programmed=refused)
    await suite.listener_says(
        "ungranted", "ungranted", kind="ListenerSet", namespace="set-ungranted", ResolvedRefs="False RefNotPermitted"
    )


@pytest.mark.conformance("ListenerSetParentNotAccepted", profile="ListenerSet", level="extended")
async def test_a_set_of_a_gateway_that_is_not_accepted_says_so(suite: Suite) -> None:
    missing = {"group": "gateway.k8s.aws", "kind": "LoadBalancerConfiguration", "name": "nowhere"}
    await suite.apply(
        gateway("sets-parent", allowedListeners=from_("Same"), infrastructure={"parametersRef": missing}),
        listener_set("orphan", "sets-parent", http("more", 8001)),
    )

    await suite.says("Gateway", "sets-parent", Accepted="False")
    await suite.says("ListenerSet", "orphan", Accepted="False ParentNotAccepted", Programmed="False")


@pytest.mark.conformance("ListenerSetUpdateListenerHostname", profile="ListenerSet", level="extended")
async def test_a_route_attaches_when_the_sets_hostname_comes_to_fit(suite: Suite) -> None:
    await suite.apply(
        taking_in("sets-edit", from_("Same"), http(hostname="own.com")),
        listener_set("edit", "sets-edit", http("edit", hostname="first.com")),
        http_route("edit", to(V3), parents=[set_parent("edit")], hostnames=["second.com"]),
    )
    await suite.route_says("edit", Accepted="False NoMatchingListenerHostname")

    await suite.apply(listener_set("edit", "sets-edit", http("edit", hostname="second.com")))

    await suite.route_says("edit", Accepted="True")
    await suite.gets("sets-edit", Request(host="second.com"), pod=V3)


@pytest.mark.conformance("ListenerSetDualParentRefIndependence", profile="ListenerSet", level="extended")
async def test_a_route_of_gateway_and_set_is_told_about_each(suite: Suite) -> None:
    at = [parent("sets-dual", sectionName="own"), set_parent("dual", sectionName="nowhere")]
    await suite.apply(
        taking_in("sets-dual", from_("Same"), http("own")),
        listener_set("dual", "sets-dual", http("more", 8001)),
        http_route("dual", to(V1), parents=at),
    )

    await suite.route_says("dual", parent="sets-dual", Accepted="True")
    await suite.route_says("dual", parent="dual", Accepted="False NoMatchingParent")
