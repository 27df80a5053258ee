"""What the local cluster accepts and refuses of the Gateway API, as a real one does."""

from collections.abc import Callable
from typing import Any

import pytest

from albc.local.gateway_api import manifests

Verdict = Callable[[dict[str, Any], Any], list[str]]
BY_KIND = {manifest["spec"]["names"]["kind"]: manifest for manifest in manifests()}


def listener(**fields: Any) -> dict[str, Any]:
    return {"name": "web", "port": 80, "protocol": "HTTP", **fields}


def gateway(*listeners: dict[str, Any]) -> dict[str, Any]:
    return {"gatewayClassName": "alb", "listeners": list(listeners)}


def test_all_kinds_that_the_controllers_watch_are_there() -> None:
    assert set(BY_KIND) == {
        "GatewayClass",
        "Gateway",
        "ListenerSet",
        "HTTPRoute",
        "GRPCRoute",
        "TCPRoute",
        "UDPRoute",
        "TLSRoute",
        "ReferenceGrant",
    }
    for kind, manifest in BY_KIND.items():
        served = {version["name"] for version in manifest["spec"]["versions"]}
        assert "v1" in served, kind
    assert "v1beta1" in {version["name"] for version in BY_KIND["ReferenceGrant"]["spec"]["versions"]}


def test_calling_twice_gives_schemas_that_share_nothing() -> None:
    first, second = manifests(), manifests()
    first[0]["spec"]["group"] = "changed"

    assert second[0]["spec"]["group"] == "gateway.networking.k8s.io"


@pytest.mark.parametrize(
    ("listeners", "refusal"),
    [
        ([listener()], []),
        ([listener(), listener(name="tls", protocol="HTTPS", port=443)], []),
        (
            [listener(tls={"mode": "Passthrough"})],
            ["tls must not be specified for protocols ['HTTP', 'TCP', 'UDP']"],
        ),
        (
            [listener(protocol="HTTPS", tls={"mode": "Passthrough"})],
            ["tls mode must be Terminate for protocol HTTPS"],
        ),
        ([listener(protocol="TLS")], ["tls mode must be set for protocol TLS"]),
        (
            [listener(protocol="TCP", hostname="a.example.com")],
            ["hostname must not be specified for protocols ['TCP', 'UDP']"],
        ),
        (
            [listener(), listener(port=81)],
            ["Listener name must be unique within the Gateway"],
        ),
        (
            [listener(), listener(name="again")],
            ["Combination of port, protocol and hostname must be unique for each listener"],
        ),
        ([listener(hostname="a.example.com"), listener(name="b", hostname="b.example.com")], []),
        (
            [listener(protocol="TLS", tls={"mode": "Terminate"})],
            ["certificateRefs or options must be specified when mode is Terminate"],
        ),
        ([listener(protocol="TLS", tls={"mode": "Terminate", "options": {"why": "ACM"}})], []),
    ],
)
def test_listeners_that_contradict_themselves_are_refused(
    refusals: Verdict, listeners: list[dict[str, Any]], refusal: list[str]
) -> None:
    assert refusals(BY_KIND["Gateway"], gateway(*listeners)) == refusal


def parent(**fields: Any) -> dict[str, Any]:
    return {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "edge", **fields}


SPECIFIED = "sectionName or port must be specified when parentRefs includes 2 or more references to the same parent"
UNIQUE = "sectionName or port must be unique when parentRefs includes 2 or more references to the same parent"


@pytest.mark.parametrize(
    ("parents", "refusal"),
    [
        ([parent(), parent(name="other")], []),
        ([parent(), parent(namespace="other")], []),
        ([parent(sectionName="a"), parent(sectionName="b")], []),
        ([parent(port=80), parent(port=443)], []),
        ([parent(), parent(sectionName="a")], [SPECIFIED]),
        ([parent(sectionName="a"), parent(port=80)], [SPECIFIED]),
        ([parent(sectionName="a"), parent(sectionName="a")], [UNIQUE]),
    ],
)
def test_two_references_to_one_parent_must_differ_by_section_or_port(
    refusals: Verdict, parents: list[dict[str, Any]], refusal: list[str]
) -> None:
    # The API server hands `namespace` to CEL under its escaped name.
    escaped = [{"__namespace__" if key == "namespace" else key: value for key, value in p.items()} for p in parents]

    assert refusals(BY_KIND["HTTPRoute"], {"parentRefs": escaped}) == refusal


def rule(**fields: Any) -> dict[str, Any]:
    return {"matches": [{"path": {"type": "PathPrefix", "value": "/a"}}], **fields}


REDIRECT = {"type": "RequestRedirect", "requestRedirect": {"scheme": "https", "statusCode": 301}}
BACKEND = {"group": "", "kind": "Service", "name": "web", "port": 80, "weight": 1}
PREFIX_REWRITE = {
    "type": "URLRewrite",
    "urlRewrite": {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/b"}},
}


@pytest.mark.parametrize(
    ("broken", "refusal"),
    [
        (rule(backendRefs=[BACKEND]), []),
        (rule(filters=[REDIRECT]), []),
        (
            rule(filters=[REDIRECT], backendRefs=[BACKEND]),
            ["RequestRedirect filter must not be used together with backendRefs"],
        ),
        (
            rule(filters=[REDIRECT, {"type": "URLRewrite", "urlRewrite": {"hostname": "a.example.com"}}]),
            ["May specify either httpRouteFilterRequestRedirect or httpRouteFilterRequestRewrite, but not both"],
        ),
        (rule(filters=[PREFIX_REWRITE], backendRefs=[BACKEND]), []),
        (
            {**rule(filters=[PREFIX_REWRITE]), "matches": [{"path": {"type": "Exact", "value": "/a"}}]},
            [
                "When using URLRewrite filter with path.replacePrefixMatch, exactly one PathPrefix match must be "
                "specified"
            ],
        ),
        (
            rule(filters=[{"type": "RequestRedirect"}]),
            ["filter.requestRedirect must be specified for RequestRedirect filter.type"],
        ),
        (rule(backendRefs=[{**BACKEND, "port": 0}]), ["0 is less than the minimum of 1"]),
        (
            rule(backendRefs=[{"group": "", "kind": "Service", "name": "web"}]),
            ["Must have port for Service reference"],
        ),
        (
            rule(matches=[{"path": {"type": "PathPrefix", "value": "/a?b"}}]),
            [
                "must only contain valid characters (matching ^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|[%][0-9a-fA-F]{2})+$) "
                "for types ['Exact', 'PathPrefix']"
            ],
        ),
        (
            rule(matches=[{"path": {"type": "Exact", "value": "/a//b"}}]),
            ["must not contain '//' when type is 'Exact' or 'PathPrefix'"],
        ),
        (rule(matches=[{"path": {"type": "RegularExpression", "value": "^a?$"}}]), []),
        (rule(timeouts={"request": "1s", "backendRequest": "500ms"}), []),
        (
            rule(timeouts={"request": "1s", "backendRequest": "2s"}),
            ["backendRequest timeout cannot be longer than request timeout"],
        ),
    ],
)
def test_http_rules_that_contradict_themselves_are_refused(
    refusals: Verdict, broken: dict[str, Any], refusal: list[str]
) -> None:
    assert refusals(BY_KIND["HTTPRoute"], {"rules": [broken]}) == refusal


def test_a_route_may_hold_128_matches_and_no_more(refusals: Verdict) -> None:
    match = {"path": {"type": "PathPrefix", "value": "/a"}}

    assert refusals(BY_KIND["HTTPRoute"], {"rules": [{"matches": [match] * 64}] * 2}) == []
    assert len(refusals(BY_KIND["HTTPRoute"], {"rules": [{"matches": [match] * 43}] * 3})) == 1


@pytest.mark.parametrize(
    ("match", "accepted"),
    [
        ({"type": "Exact", "service": "shop.Orders", "method": "List"}, True),
        ({"type": "Exact"}, False),
        ({"type": "Exact", "service": "shop/Orders"}, False),
        ({"type": "RegularExpression", "service": "shop.*"}, True),
    ],
)
def test_a_grpc_match_names_a_service_or_a_method(refusals: Verdict, match: dict[str, Any], accepted: bool) -> None:
    assert (refusals(BY_KIND["GRPCRoute"], {"rules": [{"matches": [{"method": match}]}]}) == []) is accepted


def test_l4_routes_have_one_rule_with_backends(refusals: Verdict) -> None:
    one = {"backendRefs": [BACKEND]}

    assert refusals(BY_KIND["TCPRoute"], {"rules": [one]}) == []
    assert refusals(BY_KIND["TCPRoute"], {"rules": [one, one]}) != []
    assert refusals(BY_KIND["UDPRoute"], {"rules": [{"backendRefs": []}]}) != []


def test_a_server_name_is_not_an_address(refusals: Verdict) -> None:
    rules = [{"backendRefs": [BACKEND]}]

    assert refusals(BY_KIND["TLSRoute"], {"hostnames": ["*.example.com"], "rules": rules}) == []
    assert refusals(BY_KIND["TLSRoute"], {"hostnames": ["10.0.0.1"], "rules": rules}) == [
        "Hostnames cannot contain an IP"
    ]


def test_what_waits_for_a_controller_says_so_from_the_start() -> None:
    def default(kind: str) -> list[tuple[str, str, str]]:
        schema = BY_KIND[kind]["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["status"]
        return [(c["type"], c["status"], c["reason"]) for c in schema["default"]["conditions"]]

    assert default("GatewayClass") == [("Accepted", "Unknown", "Pending")]
    assert default("Gateway") == [("Accepted", "Unknown", "Pending"), ("Programmed", "Unknown", "Pending")]
    assert default("ListenerSet") == default("Gateway")
