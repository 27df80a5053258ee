"""Whatever users write, and whatever their objects refer to: a stack that holds together or a problem, never a crash,
and the same result whatever the order of the objects."""

import random
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from albc.mapping.gateway import BuiltGateway, build, wants
from albc.mapping.gateway.status import LoadBalancerState, gateway_status, listener_set_status
from albc.mapping.snapshot import NamespacedName
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

OFTEN_WRONG = st.sampled_from([None, "", "10.0.0.1", "*.example.com", "www.example.com", "example.org", "a..b"])
PORTS = st.sampled_from([0, 80, 81, 443, 70000])
KINDS = st.sampled_from(["HTTPRoute", "GRPCRoute", "TCPRoute", "UDPRoute", "TLSRoute", "Other"])
NAMESPACES = st.sampled_from(["All", "Same", "Selector", "None", "Odd"])
SERVICES = st.sampled_from(["web", "api", "six", "local", "gone"])
REGEX = st.sampled_from(["Exact", "RegularExpression"])


@st.composite
def namespaces_from(draw: st.DrawFn) -> Plain:
    operator = draw(st.sampled_from(["In", "NotIn", "Exists", "DoesNotExist", "Like"]))
    selector = {"matchExpressions": [{"key": "kind", "operator": operator, "values": ["tenant"]}]}
    return {"from": draw(NAMESPACES), **({"selector": selector} if draw(st.booleans()) else {})}


@st.composite
def listeners(draw: st.DrawFn) -> list[Plain]:
    found = []
    for index in range(draw(st.integers(1, 4))):
        listener: Plain = {
            "name": f"l{index}",
            "protocol": draw(st.sampled_from(["HTTP", "HTTPS", "TCP", "UDP", "TLS", "SCTP"])),
            "port": draw(PORTS),
            "hostname": draw(OFTEN_WRONG),
            "allowedRoutes": {
                "namespaces": draw(namespaces_from()),
                "kinds": [{"kind": kind} for kind in draw(st.lists(KINDS, max_size=2))],
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
    for _ in range(draw(st.integers(0, 3))):
        reference: Plain = {
            "name": draw(SERVICES),
            "kind": draw(st.sampled_from(["Service", "Service", "Service", "TargetGroupName", "Gateway", "Other"])),
            "port": draw(st.sampled_from([None, 80, 81, 53])),
            "weight": draw(st.sampled_from([None, 0, 1, 5, 999, 1000, 1_000_000])),
        }
        if draw(st.booleans()):
            reference["namespace"] = draw(st.sampled_from(["shop", "team"]))
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
            "name": draw(st.sampled_from(["edge", "more", "other"])),
            "kind": draw(st.sampled_from(["Gateway", "Gateway", "ListenerSet", "Service"])),
            "namespace": draw(st.sampled_from([None, "shop", "team"])),
            "sectionName": draw(st.sampled_from([None, None, "l0", "l1"])),
            "port": draw(st.sampled_from([None, None, 80])),
            "group": draw(st.sampled_from(["gateway.networking.k8s.io", "example.net"])),
        }
        for _ in range(draw(st.integers(1, 2)))
    ]


@st.composite
def routes(draw: st.DrawFn) -> list[Plain]:
    found: list[Plain] = []
    for index in range(draw(st.integers(0, 4))):
        name, where = f"r{index}", {"namespace": draw(st.sampled_from(["shop", "team"]))}
        hosts = [host for host in draw(st.lists(OFTEN_WRONG, max_size=2)) if host]
        match draw(st.sampled_from(["HTTP", "HTTP", "GRPC", "TCP", "UDP", "TLS"])):
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
        "securityGroups": draw(st.sampled_from([None, [], ["web"], ["gone"]])),
        "sourceRanges": draw(st.sampled_from([None, [], ["everywhere"], ["192.0.2.0/24", "::/0"]])),
        "tags": draw(st.sampled_from([None, {"a": "b"}])),
        "minimumLoadBalancerCapacity": draw(st.sampled_from([None, {"capacityUnits": -1}, {"capacityUnits": 9}])),
        "wafV2": draw(st.sampled_from([None, {"webACL": "acl"}])),
        "defaultTargetGroupConfiguration": draw(st.sampled_from([None, None, {"name": "base"}, {"name": "web"}])),
        "loadBalancerSubnets": draw(
            st.sampled_from(
                [
                    None,
                    [],
                    [{}],
                    [{"identifier": "subnet-1"}],
                    [{"identifier": "subnet-1", "eipAllocation": "e"}, {"identifier": "subnet-2"}],
                    [{"privateIPv4Allocation": "10.0.1.9"}, {"privateIPv4Allocation": "x"}],
                ]
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
        "protocol": draw(st.sampled_from([None, "HTTPS", "UDP"])),
        "ipAddressType": draw(st.sampled_from([None, "ipv6"])),
        "targetControlPort": draw(st.sampled_from([None, 0, 3000])),
        "healthCheckConfig": draw(
            st.sampled_from([None, {"healthCheckPort": "http"}, {"healthCheckPort": ""}, {"matcher": {}}])
        ),
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
                "group": draw(st.sampled_from(["gateway.k8s.aws", "gateway.k8s.aws", "x"])),
                "kind": "LoadBalancerConfiguration",
                "name": draw(st.sampled_from(["edge", "edge", "gone"])),
            }
        }
    if draw(st.booleans()):
        spec["allowedListeners"] = {"namespaces": draw(namespaces_from())}
    deleted = {"deletionTimestamp": "2026-01-01T00:00:00Z"} if draw(st.integers(0, 9)) == 0 else {}
    edge = gateway(*draw(listeners()), layer=draw(st.sampled_from(["alb", "nlb"])), metadata=deleted, **spec)
    more = listener_set(*draw(listeners()), namespace=draw(st.sampled_from(["shop", "team"])))
    return [*STANDING, edge, more, *draw(routes()), *draw(configurations())]


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
    for acting in (*stack.all(Listener), *stack.all(ListenerRule)):
        actions = acting.default_actions if isinstance(acting, Listener) else acting.actions
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
