"""HTTPRoutes: which requests reach which backend."""

import aiohttp
import pytest

from tests.gateway_conformance.objects import (
    APP,
    INFRA,
    WEB,
    Plain,
    exact,
    gateway,
    grant,
    headers,
    http,
    http_route,
    https,
    matching,
    parent,
    prefix,
    queries,
    service,
    to,
)
from tests.gateway_conformance.suite import Request, Suite

pytestmark = pytest.mark.anyio

V1, V2, V3 = "infra-backend-v1", "infra-backend-v2", "infra-backend-v3"


@pytest.mark.conformance("HTTPRouteSimpleSameNamespace", profile="HTTPRoute", level="core")
async def test_a_route_serves_behind_a_gateway_of_its_namespace(suite: Suite) -> None:
    await suite.apply(gateway("simple"), http_route("simple", to(V1), parents=[parent("simple")]))

    await suite.gets("simple", Request("/"), pod=V1)
    await suite.says("Gateway", "simple", Accepted="True", Programmed="True")
    await suite.route_says("simple", Accepted="True Accepted", ResolvedRefs="True ResolvedRefs")


@pytest.mark.conformance("HTTPRouteCrossNamespace", profile="HTTPRoute", level="core")
async def test_a_route_of_another_namespace_attaches_where_the_listener_allows_it(suite: Suite) -> None:
    await suite.apply(
        http_route("cross-namespace", to("web-backend"), parents=[parent("backend-namespaces")], namespace=WEB)
    )

    await suite.gets("backend-namespaces", Request("/"), pod="web-backend", namespace=WEB)


@pytest.mark.conformance("HTTPRouteInvalidCrossNamespaceParentRef", profile="HTTPRoute", level="core")
async def test_a_route_of_a_namespace_that_is_not_allowed_is_refused(suite: Suite) -> None:
    await suite.apply(http_route("uninvited", to("web-backend"), namespace=WEB))

    await suite.route_says("uninvited", namespace=WEB, Accepted="False NotAllowedByListeners")


@pytest.mark.conformance("HTTPRouteExactPathMatching", profile="HTTPRoute", level="core")
async def test_an_exact_path_takes_nothing_else(suite: Suite) -> None:
    rules = to(V1, **matching(exact("/one"))), to(V2, **matching(exact("/two")))
    await suite.apply(gateway("exact"), http_route("exact", *rules, parents=[parent("exact")]))

    await suite.gets("exact", Request("/one"), pod=V1)
    await suite.gets("exact", Request("/two"), pod=V2)
    for path in ("/", "/one/example", "/two/", "/Two"):
        await suite.answers("exact", Request(path), 404)


@pytest.mark.conformance("HTTPRouteMatching", profile="HTTPRoute", level="core")
async def test_paths_and_headers_choose_the_backend(suite: Suite) -> None:
    rules = (
        to(V1, **matching(prefix("/"), headers(version="one"))),
        to(V2, **matching(prefix("/v2"), headers(version="two"))),
    )
    await suite.apply(gateway("matching"), http_route("matching", *rules, parents=[parent("matching")]))

    for path, sent, pod in (
        ("/", {}, V1),
        ("/example", {}, V1),
        ("/", {"Version": "one"}, V1),
        ("/v2", {}, V2),
        ("/v2/example", {}, V2),
        ("/", {"Version": "two"}, V2),
        ("/v2/", {}, V2),
        ("/v2example", {}, V1),
        ("/foo/v2/example", {}, V1),
    ):
        await suite.gets("matching", Request(path, headers=sent), pod=pod)


@pytest.mark.conformance("HTTPRouteMatchingAcrossRoutes", profile="HTTPRoute", level="core")
async def test_routes_of_one_listener_share_out_hosts_and_paths(suite: Suite) -> None:
    at = [parent("across")]
    await suite.apply(
        gateway("across"),
        http_route(
            "across-1",
            to(V1, **matching(prefix("/"), headers(version="one"))),
            parents=at,
            hostnames=["example.com", "example.net"],
        ),
        http_route(
            "across-2",
            to(V2, **matching(prefix("/v2"), headers(version="two"))),
            parents=at,
            hostnames=["example.com"],
        ),
    )

    for host, path, sent, pod in (
        ("example.com", "/", {}, V1),
        ("example.com", "/example", {"Version": "one"}, V1),
        ("example.net", "/example", {"Version": "two"}, V1),
        ("example.com", "/v2", {}, V2),
        ("example.com", "/v2/example", {}, V2),
        ("example.com", "/", {"Version": "two"}, V2),
        ("example.net", "/v2", {}, V1),
    ):
        await suite.gets("across", Request(path, host, headers=sent), pod=pod)


@pytest.mark.conformance("HTTPRouteHeaderMatching", profile="HTTPRoute", level="core")
async def test_headers_match_by_name_whatever_its_case_and_more_headers_win(suite: Suite) -> None:
    rules = (
        to(V1, **matching(headers(version="one"))),
        to(V2, **matching(headers(version="two"))),
        to(V1, **matching(headers(version="two", color="orange"))),
        to(V2, **matching(headers(color="blue"), headers(color="green"))),
        to(V1, **matching(headers(color="red"), headers(color="yellow"))),
    )
    await suite.apply(gateway("headers"), http_route("headers", *rules, parents=[parent("headers")]))

    for sent, pod in (
        ({"Version": "one"}, V1),
        ({"version": "two"}, V2),
        ({"Version": "two", "Color": "orange"}, V1),
        ({"Color": "blue"}, V2),
        ({"COLOR": "green"}, V2),
        ({"Color": "red"}, V1),
        ({"Color": "yellow"}, V1),
    ):
        await suite.gets("headers", Request(headers=sent), pod=pod)
    for wrong in ({}, {"Version": "three"}, {"Color": "purple"}, {"Some-Other": "one"}):
        await suite.answers("headers", Request(headers=wrong), 404)


@pytest.mark.conformance("HTTPRouteMethodMatching", profile="HTTPRoute", level="extended")
async def test_methods_choose_the_backend(suite: Suite) -> None:
    rules = (
        to(V1, **matching({"method": "POST"})),
        to(V2, **matching({"method": "GET"})),
        to(V3, **matching(prefix("/path", method="GET"))),
        to(V3, **matching({"method": "PATCH", **headers(version="four")})),
    )
    await suite.apply(gateway("methods"), http_route("methods", *rules, parents=[parent("methods")]))

    await suite.gets("methods", Request(method="POST"), pod=V1, method="POST")
    await suite.gets("methods", Request(method="GET"), pod=V2, method="GET")
    await suite.gets("methods", Request("/path/more"), pod=V3)
    await suite.gets("methods", Request(method="PATCH", headers={"Version": "four"}), pod=V3)
    await suite.answers("methods", Request(method="PUT"), 404)


@pytest.mark.conformance("HTTPRouteQueryParamMatching", profile="HTTPRoute", level="extended")
async def test_query_parameters_choose_the_backend_and_more_of_them_win(suite: Suite) -> None:
    rules = (
        to(V1, **matching(queries(animal="whale"))),
        to(V2, **matching(queries(animal="dolphin"))),
        to(V3, **matching(queries(animal="dolphin", color="blue"), queries(ANIMAL="Whale"))),
    )
    await suite.apply(gateway("queries"), http_route("queries", *rules, parents=[parent("queries")]))

    await suite.gets("queries", Request("/?animal=whale"), pod=V1)
    await suite.gets("queries", Request("/?animal=dolphin"), pod=V2)
    await suite.gets("queries", Request("/?animal=dolphin&color=yellow"), pod=V2)
    await suite.gets("queries", Request("/?animal=dolphin&color=blue"), pod=V3)
    for path in ("/", "/?animal=shark", "/?color=blue"):
        await suite.answers("queries", Request(path), 404)


@pytest.mark.conformance("HTTPRoutePathMatchOrder", profile="HTTPRoute", level="core")
async def test_the_longest_path_wins_and_exact_before_prefix(suite: Suite) -> None:
    rules = (
        to(V3, **matching(prefix("/match/prefix/"))),
        to(V2, **matching(prefix("/match/prefix/one"))),
        to(V1, **matching(prefix("/match/prefix/one/any"), exact("/match/exact/one"))),
        to(V3, **matching(exact("/match/exact"))),
        to(V2, **matching(prefix("/match"))),
    )
    await suite.apply(gateway("order"), http_route("order", *rules, parents=[parent("order")]))

    for path, pod in (
        ("/match/exact/one", V1),
        ("/match/exact", V3),
        ("/match", V2),
        ("/match/prefix/one/any", V1),
        ("/match/prefix/one/any/more", V1),
        ("/match/prefix/one", V2),
        ("/match/prefix/any", V3),
        ("/match/any", V2),
    ):
        await suite.gets("order", Request(path), pod=pod)


@pytest.mark.conformance("HTTPRouteWeight", profile="HTTPRoute", level="core")
async def test_weights_share_out_requests_and_a_weight_of_nought_gets_none(suite: Suite) -> None:
    backends = {"name": V1, "weight": 70}, {"name": V2, "weight": 30}, {"name": V3, "weight": 0}
    await suite.apply(gateway("weights"), http_route("weights", to(*backends), parents=[parent("weights")]))
    for pod in (V1, V2):
        await suite.gets("weights", Request(), pod=pod)

    place = await suite.place("weights", 80)
    assert place is not None
    replies = [await suite.ask_at(place, Request()) for _ in range(80)]

    pods = [reply.pod.rpartition("-")[0].rpartition("-")[0] for reply in replies if reply is not None]
    assert V3 not in pods
    assert 0.4 < pods.count(V1) / len(pods) < 0.95


@pytest.mark.conformance("HTTPRouteAllBackendsWeightZero", profile="HTTPRoute", level="core")
async def test_a_rule_whose_backends_all_weigh_nought_answers_500(suite: Suite) -> None:
    backends = {"name": V1, "weight": 0}, {"name": V2, "weight": 0}
    await suite.apply(gateway("nought"), http_route("nought", to(*backends), parents=[parent("nought")]))

    await suite.answers("nought", Request(), 500)


@pytest.mark.conformance("HTTPRouteListenerHostnameMatching", profile="HTTPRoute", level="core")
async def test_listeners_of_one_port_take_their_hostnames(suite: Suite) -> None:
    hosts = {"exact": "very.specific.com", "wild": "*.wildcard.io", "any": None}
    listeners = [http(name, hostname=host) if host else http(name) for name, host in hosts.items()]
    await suite.apply(
        gateway("hostnames", *listeners),
        http_route("host-exact", to(V1), parents=[parent("hostnames", sectionName="exact")]),
        http_route("host-wild", to(V2), parents=[parent("hostnames", sectionName="wild")]),
        http_route("host-any", to(V3), parents=[parent("hostnames", sectionName="any")]),
    )

    for host, pod in (
        ("very.specific.com", V1),
        ("foo.wildcard.io", V2),
        ("foo.bar.wildcard.io", V2),
        ("non.matching.com", V3),
        ("wildcard.io", V3),
    ):
        await suite.gets("hostnames", Request(host=host), pod=pod)


@pytest.mark.conformance("HTTPRouteHostnameIntersection", profile="HTTPRoute", level="core")
async def test_a_route_serves_the_hostnames_that_it_shares_with_its_listener(suite: Suite) -> None:
    hosts = {"exact": "very.specific.com", "wild": "*.wildcard.io", "deep": "*.anotherwildcard.io"}
    at = [parent("intersection")]
    await suite.apply(
        gateway("intersection", *(http(name, hostname=host) for name, host in hosts.items())),
        http_route(
            "specific",
            to(V1, **matching(prefix("/s1"))),
            parents=at,
            hostnames=["non.matching.com", "*.nonmatchingwildcard.io", "very.specific.com"],
        ),
        http_route(
            "specifics-under-wildcard",
            to(V2, **matching(prefix("/s2"))),
            parents=at,
            hostnames=["non.matching.com", "wildcard.io", "foo.wildcard.io", "foo.bar.wildcard.io"],
        ),
        http_route(
            "wildcard-over-specific", to(V3, **matching(prefix("/s3"))), parents=at, hostnames=["*.specific.com"]
        ),
        http_route("wildcards", to(V1, **matching(prefix("/s4"))), parents=at, hostnames=["*.anotherwildcard.io"]),
        http_route("nothing", to(V2), parents=at, hostnames=["specific.but.wrong.com", "wildcard.io"]),
    )

    for host, path, pod in (
        ("very.specific.com", "/s1", V1),
        ("foo.wildcard.io", "/s2", V2),
        ("foo.bar.wildcard.io", "/s2", V2),
        ("very.specific.com", "/s3", V3),
        ("one.anotherwildcard.io", "/s4", V1),
        ("one.two.anotherwildcard.io", "/s4", V1),
    ):
        await suite.gets("intersection", Request(path, host), pod=pod)
    for host, path in (
        ("non.matching.com", "/s1"),
        ("foo.nonmatchingwildcard.io", "/s1"),
        ("wildcard.io", "/s2"),
        ("other.wildcard.io", "/s2"),
        ("more.specific.com", "/s3"),
        ("anotherwildcard.io", "/s4"),
    ):
        await suite.answers("intersection", Request(path, host), 404)
    await suite.route_says("nothing", Accepted="False NoMatchingListenerHostname")


@pytest.mark.conformance("HTTPRouteListenerPortMatching", profile="HTTPRoute", level="extended")
async def test_routes_choose_listeners_by_port(suite: Suite) -> None:
    await suite.apply(
        gateway("ports", http("one", 8001), http("two", 8002)),
        http_route("port-one", to(V1), parents=[parent("ports", port=8001)]),
        http_route("port-two", to(V2), parents=[parent("ports", port=8002)]),
        http_route("port-any", to(V3, **matching(prefix("/any"))), parents=[parent("ports")]),
    )

    await suite.gets("ports", Request(port=8001), pod=V1)
    await suite.gets("ports", Request(port=8002), pod=V2)
    for port in (8001, 8002):
        await suite.gets("ports", Request("/any", port=port), pod=V3)


@pytest.mark.conformance("GatewayWithAttachedRoutesWithPort8080", profile="Gateway", level="extended")
async def test_a_route_attaches_to_the_section_that_it_names(suite: Suite) -> None:
    await suite.apply(
        gateway("two-ports", http("unattached", 80), http("attached", 8080)),
        http_route("section", to(V1), parents=[parent("two-ports", sectionName="attached")]),
    )

    await suite.listener_says("two-ports", "attached", attached=1, Accepted="True", ResolvedRefs="True")
    await suite.listener_says("two-ports", "unattached", attached=0, Accepted="True", ResolvedRefs="True")
    await suite.gets("two-ports", Request(port=8080), pod=V1)


@pytest.mark.conformance("HTTPRouteHTTPSListener", profile="HTTPRoute", level="core")
async def test_a_route_serves_behind_https_with_the_certificate_of_a_secret(suite: Suite) -> None:
    name = "same-namespace-with-https-listener"
    await suite.apply(
        http_route("https", to(V1), parents=[parent(name)]),
        http_route("https-host", to(V2), parents=[parent(name)], hostnames=["second.example.org"]),
    )

    await suite.gets(name, Request("/", "unknown.example.org", port=443, tls=True), pod=V1)
    await suite.gets(name, Request("/", "second.example.org", port=443, tls=True), pod=V2)
    await suite.listener_says(name, "https", attached=2, Programmed="True Programmed", ResolvedRefs="True")


@pytest.mark.conformance("HTTPRouteReferenceGrant", profile="HTTPRoute", level="core")
async def test_a_granted_backend_of_another_namespace_serves_until_the_grant_goes(suite: Suite) -> None:
    reference = {"name": "web-backend", "namespace": WEB}
    permission = grant("http", WEB, "HTTPRoute", "Service", to_name="web-backend")
    await suite.apply(gateway("granted"), http_route("granted", to(reference), parents=[parent("granted")]), permission)
    await suite.gets("granted", Request(), pod="web-backend", namespace=WEB)

    await suite.world.delete(permission)

    await suite.answers("granted", Request(), 500)
    await suite.route_says("granted", Accepted="True", ResolvedRefs="False RefNotPermitted")


@pytest.mark.conformance("HTTPRouteInvalidReferenceGrant", profile="HTTPRoute", level="core")
@pytest.mark.conformance("HTTPRouteInvalidCrossNamespaceBackendRef", profile="HTTPRoute", level="core")
async def test_a_backend_of_another_namespace_without_a_fitting_grant_answers_500(suite: Suite) -> None:
    reference = {"name": "app-backend-v1", "namespace": APP}
    await suite.apply(
        gateway("ungranted"),
        http_route("ungranted", to(reference), parents=[parent("ungranted")]),
        grant("wrong-kind", APP, "GRPCRoute", "Service"),
        grant("wrong-name", APP, "HTTPRoute", "Service", to_name="another"),
        grant("wrong-namespace", APP, "HTTPRoute", "Service", of=WEB),
        grant("wrong-place", INFRA, "HTTPRoute", "Service"),
    )

    await suite.answers("ungranted", Request(), 500)
    await suite.route_says("ungranted", Accepted="True", ResolvedRefs="False RefNotPermitted")


@pytest.mark.conformance("HTTPRoutePartiallyInvalidViaInvalidReferenceGrant", profile="HTTPRoute", level="core")
async def test_a_rule_without_grant_answers_500_and_the_others_serve(suite: Suite) -> None:
    refused = {"name": "app-backend-v1", "namespace": APP}
    rules = to(V1, **matching(prefix("/ok"))), to(refused, **matching(prefix("/refused")))
    await suite.apply(gateway("partial"), http_route("partial", *rules, parents=[parent("partial")]))

    await suite.gets("partial", Request("/ok"), pod=V1)
    await suite.answers("partial", Request("/refused"), 500)
    await suite.route_says("partial", ResolvedRefs="False RefNotPermitted")


@pytest.mark.conformance("HTTPRouteInvalidNonExistentBackendRef", profile="HTTPRoute", level="core")
@pytest.mark.conformance("HTTPRouteInvalidBackendRefUnknownKind", profile="HTTPRoute", level="core")
async def test_a_backend_that_is_not_there_or_of_an_unknown_kind_answers_500(suite: Suite) -> None:
    at = [parent("unknown")]
    unknown = {"group": "unknownkind.example.com", "kind": "NonExistent", "name": "x"}
    await suite.apply(
        gateway("unknown"),
        http_route("missing", to("nonexistent", **matching(prefix("/missing"))), parents=at),
        http_route("kind", to(unknown, **matching(prefix("/kind"))), parents=at),
    )

    await suite.answers("unknown", Request("/missing"), 500)
    await suite.answers("unknown", Request("/kind"), 500)
    await suite.route_says("missing", Accepted="True", ResolvedRefs="False BackendNotFound")
    await suite.route_says("kind", Accepted="True", ResolvedRefs="False InvalidKind")


@pytest.mark.conformance("HTTPRouteInvalidParentRefNotMatchingListenerPort", profile="HTTPRoute", level="extended")
@pytest.mark.conformance("HTTPRouteInvalidParentRefNotMatchingSectionName", profile="HTTPRoute", level="core")
@pytest.mark.conformance("HTTPRouteInvalidParentRefSectionNameNotMatchingPort", profile="HTTPRoute", level="extended")
async def test_a_parent_reference_that_meets_no_listener_is_told(suite: Suite) -> None:
    wrong: dict[str, Plain] = {
        "port": {"port": 81},
        "section": {"sectionName": "nope"},
        "both": {"sectionName": "http", "port": 81},
    }
    for name, fields in wrong.items():
        await suite.apply(http_route(f"no-{name}", to(V1), parents=[parent("same-namespace", **fields)]))

    for name in wrong:
        await suite.route_says(f"no-{name}", Accepted="False NoMatchingParent")


@pytest.mark.conformance("HTTPRouteDisallowedKind", profile="HTTPRoute", level="core")
async def test_a_listener_that_lists_other_kinds_refuses_an_http_route(suite: Suite) -> None:
    only = {"kinds": [{"kind": "GRPCRoute"}]}
    await suite.apply(
        gateway("grpc-only", https(allowedRoutes=only)),
        http_route("disallowed", to(V1), parents=[parent("grpc-only")]),
    )

    await suite.route_says("disallowed", Accepted="False NotAllowedByListeners")
    await suite.listener_says("grpc-only", "https", attached=0, kinds=["GRPCRoute"])


@pytest.mark.conformance("HTTPRouteObservedGenerationBump", profile="HTTPRoute", level="core")
async def test_an_edited_route_is_told_about_its_latest_state(suite: Suite) -> None:
    await suite.apply(gateway("bumped"), http_route("bumped", to(V1), parents=[parent("bumped")]))
    await suite.gets("bumped", Request(), pod=V1)

    await suite.apply(http_route("bumped", to(V2), parents=[parent("bumped")]))

    await suite.gets("bumped", Request(), pod=V2)

    async def bumped() -> bool:
        found = await suite.get("HTTPRoute", "bumped")
        conditions = found["status"]["parents"][0]["conditions"]
        return all(each["observedGeneration"] == found["metadata"]["generation"] == 2 for each in conditions)

    await suite.until(bumped, "conditions of generation 2")


@pytest.mark.conformance("HTTPRouteServiceTypes", profile="HTTPRoute", level="core")
async def test_headless_services_and_those_with_endpoints_of_their_own_serve(suite: Suite) -> None:
    headless = service(INFRA, "headless", selector={"app": V2}, port={"targetPort": 3000}, clusterIP="None")
    manual = service(INFRA, "manual", selector={}, port={"targetPort": 3000})
    address = await suite.pod_address(V2)
    endpoints = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": "manual", "namespace": INFRA, "labels": {"kubernetes.io/service-name": "manual"}},
        "addressType": "IPv4",
        "ports": [{"name": "main", "port": 3000, "protocol": "TCP"}],
        "endpoints": [{"addresses": [address], "conditions": {"ready": True}}],
    }
    rules = to("headless", **matching(prefix("/headless"))), to("manual", **matching(prefix("/manual")))
    await suite.apply(
        gateway("types"), headless, manual, endpoints, http_route("types", *rules, parents=[parent("types")])
    )

    await suite.gets("types", Request("/headless"), pod=V2)
    await suite.gets("types", Request("/manual"), pod=V2)


@pytest.mark.conformance("HTTPRouteNamedRule", profile="HTTPRoute", level="extended")
async def test_rules_may_have_names(suite: Suite) -> None:
    rules = to(V1, name="first", **matching(prefix("/one"))), to(V2, **matching(prefix("/two")))
    await suite.apply(gateway("named"), http_route("named", *rules, parents=[parent("named")]))

    await suite.gets("named", Request("/one"), pod=V1)
    await suite.gets("named", Request("/two"), pod=V2)


@pytest.mark.conformance("HTTPRouteBackendProtocolWebSocket", profile="HTTPRoute", level="extended")
async def test_websockets_reach_the_backend(suite: Suite) -> None:
    await suite.apply(gateway("websocket"), http_route("websocket", to(V1), parents=[parent("websocket")]))
    await suite.gets("websocket", Request(), pod=V1)
    place = await suite.place("websocket", 80)
    assert place is not None

    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"ws://{place[0]}:{place[1]}/ws", headers={"Host": "example.com"}) as socket,
    ):
        await socket.send_str("hello")
        assert await socket.receive_str(timeout=60) == "hello"
