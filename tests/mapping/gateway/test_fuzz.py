"""Whatever users write, and whatever their objects refer to: a stack that holds together or a problem, never a crash,
and the same result whatever the order of the objects."""

import random
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from albc.mapping.gateway.build import build, wants
from albc.mapping.gateway.outcome import BuiltGateway
from albc.mapping.gateway.status import LoadBalancerState, gateway_status, listener_set_status
from albc.mapping.snapshot import NamespacedName, Snapshot
from albc.model.actions import Forward
from albc.model.listener import Listener, ListenerRule
from albc.model.reference import Ref
from albc.model.stack import Stack
from albc.model.target_group import TargetGroup
from tests.mapping.gateway.kit import (
    CLASSES,
    FACTS,
    SETTINGS,
    Plain,
    extension,
    fixed_response,
    gateway,
    grpc_route,
    http_route,
    l4_route,
    lbc,
    listener_set,
    lrc,
    namespace,
    service,
    snapshot,
    tgc,
)


def mostly(good: Any, *odd: Any) -> st.SearchStrategy[Any]:
    """`good` in most examples: what is wrong everywhere at once exercises nothing but the first check."""
    return st.sampled_from([good] * (5 * len(odd)) + list(odd))


HOSTNAMES = mostly("www.example.com", None, "", "10.0.0.1", "*.example.com", "api.example.com", "example.org", "a..b")
PORTS = st.sampled_from([80, 81, 443, 80, 81, 443, 80, 81, 443, 0, 70000])
KINDS = st.sampled_from(["HTTPRoute", "GRPCRoute", "TCPRoute", "UDPRoute", "TLSRoute", "Other"])
SERVICES = st.sampled_from(["web", "web", "web", "api", "six", "local", "gone"])
REGEX = st.sampled_from(["Exact", "RegularExpression"])
PROTOCOLS = {"alb": ["HTTP", "HTTPS"], "nlb": ["TCP", "UDP", "TLS"]}


@st.composite
def namespaces_from(draw: st.DrawFn) -> Plain:
    operator = draw(mostly("In", "NotIn", "Exists", "DoesNotExist", "Like"))
    selector = {"matchExpressions": [{"key": "kind", "operator": operator, "values": ["tenant"]}]}
    return {
        "from": draw(mostly("All", "Same", "Selector", "None", "Odd")),
        **({"selector": selector} if draw(st.booleans()) else {}),
    }


@st.composite
def listeners(draw: st.DrawFn, layer: str) -> list[Plain]:
    found = []
    for index in range(draw(mostly(3, 1, 2, 4))):
        listener: Plain = {
            "name": f"l{index}",
            "protocol": draw(st.sampled_from(PROTOCOLS[layer] * 6 + ["HTTP", "TCP", "SCTP"])),
            "port": draw(PORTS),
            "hostname": draw(HOSTNAMES),
            "allowedRoutes": {
                "namespaces": draw(namespaces_from()),
                "kinds": draw(st.just([]) | st.just([]) | st.lists(st.fixed_dictionaries({"kind": KINDS}), max_size=2)),
            },
        }
        if draw(st.booleans()):
            listener["allowedRoutes"] = None
        if draw(st.booleans()):
            listener["tls"] = {"mode": draw(st.sampled_from(["Terminate", "Passthrough"]))}
        found.append(listener)
    return found


@st.composite
def backends(draw: st.DrawFn) -> list[Plain]:
    found: list[Plain] = []
    for _ in range(draw(mostly(2, 0, 1, 3))):
        reference: Plain = {
            "name": draw(SERVICES),
            "kind": draw(mostly("Service", "TargetGroupName", "Gateway", "Other")),
            "port": draw(mostly(80, None, 81, 53)),
            "weight": draw(st.sampled_from([None, 0, 1, 5, 999, 1000, 1_000_000])),
        }
        if draw(st.booleans()):
            reference["namespace"] = draw(mostly("shop", "team"))
        found.append(reference)
    return found


PATH_MODIFIER = st.sampled_from(
    [
        {"type": "ReplaceFullPath", "replaceFullPath": "/x"},
        {"type": "ReplaceFullPath", "replaceFullPath": "/x*"},
        {"type": "ReplacePrefixMatch", "replacePrefixMatch": ""},
        {"type": "ReplacePrefixMatch"},
    ]
)


@st.composite
def filters(draw: st.DrawFn) -> list[Plain]:
    redirect = {
        "scheme": draw(st.sampled_from([None, "http", "https", "ftp"])),
        "statusCode": draw(st.sampled_from([None, 301, 302, 307])),
        "port": draw(st.sampled_from([None, 8443])),
        "path": draw(st.none() | PATH_MODIFIER),
    }
    choices: list[Plain] = [
        {"type": "RequestRedirect", "requestRedirect": redirect},
        {"type": "RequestRedirect"},
        {"type": "URLRewrite", "urlRewrite": {"hostname": "b.example.com", "path": draw(st.none() | PATH_MODIFIER)}},
        {"type": "RequestHeaderModifier", "requestHeaderModifier": {"remove": ["a"]}},
        {"type": "CORS"},
        {"type": "ExtensionRef"},
        extension("deny"),
        extension("sign-in"),
        extension("oidc"),
        extension("gone"),
        extension("deny", kind="Policy"),
    ]
    return draw(st.lists(st.sampled_from(choices), max_size=2))


@st.composite
def http_rules(draw: st.DrawFn) -> list[Plain]:
    def match() -> Plain:
        return {
            "path": draw(
                st.sampled_from(
                    [
                        None,
                        {"type": "PathPrefix", "value": "/"},
                        {"type": "PathPrefix", "value": "/a*"},
                        {"type": "PathPrefix", "value": "/a/"},
                        {"type": "Exact", "value": "/a"},
                        {"type": "RegularExpression", "value": "("},
                        {},
                    ]
                )
            ),
            "headers": draw(st.sampled_from([[], [{"name": "x", "value": "a,\\", "type": draw(REGEX)}]])),
            "queryParams": draw(st.sampled_from([[], [{"name": "q", "value": "1"}]])),
            "method": draw(st.sampled_from([None, "GET"])),
        }

    return [
        {
            "matches": [match() for _ in range(draw(st.integers(0, 2)))],
            "filters": draw(filters()),
            "backendRefs": draw(backends()),
        }
        for _ in range(draw(st.integers(0, 3)))
    ]


@st.composite
def grpc_rules(draw: st.DrawFn) -> list[Plain]:
    method = {"type": draw(REGEX), "service": draw(st.sampled_from([None, "a.B"])), "method": draw(st.none())}
    matches = draw(st.sampled_from([[], [{}], [{"method": method}]]))
    return [{"matches": matches, "filters": draw(filters()), "backendRefs": draw(backends())}]


@st.composite
def parents(draw: st.DrawFn) -> list[Plain]:
    return [
        {
            **draw(
                mostly(
                    {"name": "edge", "kind": "Gateway", "namespace": "shop"},
                    {"name": "more", "kind": "ListenerSet", "namespace": "shop"},
                    {"name": "more", "kind": "ListenerSet", "namespace": "team"},
                    {"name": "edge", "kind": "Service", "namespace": "shop"},
                    {"name": "other", "kind": "Gateway"},
                )
            ),
            "sectionName": draw(mostly(None, "l0", "l1")),
            "port": draw(mostly(None, 80)),
            "group": draw(mostly("gateway.networking.k8s.io", "example.net")),
        }
        for _ in range(draw(st.integers(1, 2)))
    ]


@st.composite
def routes(draw: st.DrawFn, layer: str) -> list[Plain]:
    found: list[Plain] = []
    kinds = {"alb": ["HTTP", "HTTP", "GRPC"], "nlb": ["TCP", "UDP", "TLS"]}[layer] * 4 + ["HTTP", "TCP"]
    for index in range(draw(st.integers(1, 4))):
        name, where = f"r{index}", {"namespace": draw(mostly("shop", "team"))}
        hosts = [host for host in draw(st.lists(HOSTNAMES, max_size=2)) if host]
        match draw(st.sampled_from(kinds)):
            case "HTTP":
                route = http_route(name=name, parents=draw(parents()), hostnames=hosts, **where)
                route["spec"]["rules"] = draw(http_rules())
            case "GRPC":
                route = grpc_route(*draw(grpc_rules()), name=name, parents=draw(parents()), **where)
            case other:
                route = l4_route(f"{other}Route", name=name, parents=draw(parents()), hostnames=hosts, **where)
                route["spec"]["rules"] = [{"backendRefs": draw(backends())}]
        found.append(route)
    return found


@st.composite
def configurations(draw: st.DrawFn) -> list[Plain]:
    spec: Plain = {
        "scheme": draw(st.sampled_from([None, "internal", "internet-facing"])),
        "ipAddressType": draw(st.sampled_from([None, "ipv4", "dualstack"])),
        "disableSecurityGroup": draw(st.sampled_from([None, True])),
        "securityGroups": draw(mostly(None, [], ["web"], ["gone"])),
        "sourceRanges": draw(st.sampled_from([None, [], ["everywhere"], ["192.0.2.0/24", "::/0"]])),
        "tags": draw(st.sampled_from([None, {"a": "b"}])),
        "minimumLoadBalancerCapacity": draw(st.sampled_from([None, {"capacityUnits": -1}, {"capacityUnits": 9}])),
        "wafV2": draw(st.sampled_from([None, {"webACL": "acl"}])),
        "defaultTargetGroupConfiguration": draw(mostly(None, {"name": "base"}, {"name": "web"})),
        "loadBalancerSubnets": draw(
            mostly(
                None,
                [],
                [{}],
                [{"identifier": "subnet-1"}],
                [{"identifier": "subnet-1", "eipAllocation": "e"}, {"identifier": "subnet-2"}],
                [{"privateIPv4Allocation": "10.0.1.9"}, {"privateIPv4Allocation": "x"}],
            )
        ),
        "listenerConfigurations": draw(
            st.sampled_from(
                [
                    None,
                    [{"protocolPort": "HTTPS:443", "defaultCertificate": "arn:c", "quicEnabled": True}],
                    [
                        {"protocolPort": "HTTPS:443", "certificates": ["arn:c"]},
                        {"protocolPort": "TLS:443", "defaultCertificate": "arn:c"},
                        {"protocolPort": "UDP:80", "quicEnabled": True},
                    ],
                    [{"protocolPort": "HTTPS:443", "mutualAuthentication": {"mode": "verify"}}],
                ]
            )
        ),
    }
    props: Plain = {
        "targetType": draw(st.sampled_from([None, "ip", "instance"])),
        "targetGroupName": draw(st.sampled_from([None, "same"])),
        "protocol": draw(mostly(None, "HTTPS", "UDP")),
        "ipAddressType": draw(st.sampled_from([None, "ipv6"])),
        "targetControlPort": draw(st.sampled_from([None, 0, 3000])),
        "healthCheckConfig": draw(mostly(None, {"healthCheckPort": "http"}, {"healthCheckPort": ""}, {"matcher": {}})),
        "nodeSelector": draw(st.sampled_from([None, {}, {"matchExpressions": [{"key": "a", "operator": "Like"}]}])),
    }
    return [lbc(**spec), tgc(**props), tgc("api", service="api", **props), tgc("base", service=None, targetType="ip")]


COGNITO: Plain = {
    "type": "authenticate-cognito",
    "authenticateCognitoConfig": {"userPoolArn": "a", "userPoolClientId": "b", "userPoolDomain": "c"},
}
OIDC: Plain = {
    "type": "authenticate-oidc",
    "authenticateOIDCConfig": {
        "issuer": "i",
        "authorizationEndpoint": "a",
        "tokenEndpoint": "t",
        "userInfoEndpoint": "u",
        "secret": {"name": "oidc"},
    },
}
RESTRICTED: Plain = {"field": "source-ip", "sourceIPConfig": {"values": ["192.0.2.0/24"]}, "matchIndexes": [0, 5]}
STANDING: tuple[Plain, ...] = (
    *CLASSES,
    namespace("team", kind="tenant"),
    service("web"),
    service("api", {"name": "http", "port": 80, "targetPort": "http"}, type="ClusterIP"),
    service("six", ipFamilies=["IPv6"]),
    service("local", type="LoadBalancer", externalTrafficPolicy="Local"),
    lrc("deny", fixed_response(), conditions=[RESTRICTED]),
    lrc("sign-in", COGNITO, {"type": "redirect", "redirectConfig": {}}),
    lrc("oidc", OIDC),
    {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "oidc", "namespace": "shop"},
        "data": {"clientID": "bWU=", "clientSecret": "%"},
    },
)


@st.composite
def clusters(draw: st.DrawFn) -> list[Plain]:
    spec: Plain = {}
    if draw(st.booleans()):
        spec["infrastructure"] = {
            "parametersRef": {
                "group": draw(mostly("gateway.k8s.aws", "x")),
                "kind": "LoadBalancerConfiguration",
                "name": draw(mostly("edge", "gone")),
            }
        }
    if draw(st.booleans()):
        spec["allowedListeners"] = {"namespaces": draw(namespaces_from())}
    deleted = {"deletionTimestamp": "2026-01-01T00:00:00Z"} if draw(st.integers(0, 9)) == 0 else {}
    layer = draw(st.sampled_from(["alb", "nlb"]))
    edge = gateway(*draw(listeners(layer)), layer=layer, metadata=deleted, **spec)
    more = listener_set(*draw(listeners(layer)), namespace=draw(st.sampled_from(["shop", "team"])))
    # One route that asks for nothing odd keeps most clusters alive beside what is drawn.
    plain = http_route(name="plain") if layer == "alb" else l4_route("TCPRoute", name="plain")
    return [*STANDING, edge, more, plain, *draw(routes(layer)), *draw(configurations())]


def result_of(objects: Iterable[Plain]) -> BuiltGateway:
    known = snapshot(list(objects))
    edge = known.gateways[NamespacedName("shop", "edge")]
    wants(edge, known, SETTINGS)
    found = build(edge, known, FACTS, SETTINGS)
    assert found is not None
    return found


def references(value: Any) -> Iterator[Ref]:
    if isinstance(value, Ref):
        yield value
    elif is_dataclass(value):
        for field in fields(value):
            yield from references(getattr(value, field.name))
    elif isinstance(value, tuple | list):
        for item in value:
            yield from references(item)


def check_stack(stack: Stack) -> None:
    there = {(resource.type, resource.id) for resource in stack.resources}
    assert {(ref.type, ref.id) for resource in stack.resources for ref in references(resource)} <= there
    names = [group.name for group in stack.all(TargetGroup)]
    assert len(names) == len(set(names))
    for rule in stack.all(ListenerRule):
        assert rule.actions
        assert rule.conditions
    of_listeners = [listener.default_actions for listener in stack.all(Listener)]
    of_rules = [rule.actions for rule in stack.all(ListenerRule)]
    for actions in of_listeners + of_rules:
        for action in actions:
            if isinstance(action, Forward):
                tokens = [target.target_group_arn for target in action.target_groups]
                assert len(tokens) == len(set(tokens))
                assert all(0 <= target.weight <= 999 for target in action.target_groups if target.weight is not None)
    stack.to_json()


@settings(max_examples=150, deadline=None)
@given(clusters(), st.integers(0, 1000))
def test_anything_that_passes_the_schema_gives_a_sound_stack_or_a_problem(objects: list[Plain], seed: int) -> None:
    result = result_of(objects)

    if result.built.stack is None:
        assert result.built.problems or not any(outcome.usable for outcome in result.listeners)
    else:
        check_stack(result.built.stack)
    assert all(problem.message for problem in result.built.problems)

    shuffled = objects.copy()
    random.Random(seed).shuffle(shuffled)
    assert repr(result_of(shuffled)) == repr(result)


@settings(max_examples=60, deadline=None)
@given(clusters(), st.sampled_from([None, "provisioning", "active"]))
def test_statuses_of_anything_settle_at_once(objects: list[Plain], state: str | None) -> None:
    known = snapshot(objects)
    result = result_of(objects)
    balancer = LoadBalancerState(arn="arn", dns_name="X", state=state) if state else None
    stored = known.gateways[NamespacedName("shop", "edge")].status

    first = gateway_status(result, stored, balancer, "t1")
    assert gateway_status(result, first, balancer, "t2") == first
    for name, outcome in (result.listener_sets or {}).items():
        before = known.listener_sets[name].status
        once = listener_set_status(outcome, before, balancer, "t1")
        assert listener_set_status(outcome, once, balancer, "t2") == once


@settings(max_examples=100, deadline=None)
@given(clusters(), clusters(), st.sets(st.sampled_from([each.name for each in fields(Snapshot)])))
def test_what_was_known_before_never_shows(one: list[Plain], other: list[Plain], changed: set[str]) -> None:
    """Whatever has changed since: with what an earlier build left, a build gives the same as without."""
    before, after = snapshot(one), snapshot(other)
    mixed = replace(before, **{name: getattr(after, name) for name in changed})
    name = NamespacedName("shop", "edge")
    known = build(before.gateways[name], before, FACTS, SETTINGS)
    assert known is not None
    gateway_ = mixed.gateways[name]

    fresh = build(gateway_, mixed, FACTS, SETTINGS)
    again = build(gateway_, mixed, FACTS, SETTINGS, replace(known.in_effect, sound={}))

    assert repr(again) == repr(fresh)
    assert wants(gateway_, mixed, SETTINGS, known.in_effect) == wants(gateway_, mixed, SETTINGS)
