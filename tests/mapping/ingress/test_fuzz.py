"""Whatever users write, mapping answers with a stack and problems, the same for every order of the input."""

import json
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from albc.kube.objects import Ingress, Service
from albc.mapping.ingress.annotations import REGISTER
from albc.mapping.ingress.build import build, wants
from albc.mapping.ingress.groups import groups, load_problems
from albc.mapping.snapshot import Snapshot
from tests.mapping.ingress.kit import FACTS, SETTINGS, class_with, ingress, service, snapshot

NAMES = sorted(
    {
        row.name.replace("PROTO-PORT", "HTTP-80").replace("SERVICE.PORT", "cart.80").replace("NAME", name)
        for row in REGISTER.rows
        for name in ("cart", "go")
    }
)

WORDS = st.sampled_from(
    [
        *("", "true", "false", "0", "1", "80", "443", "-1", "70000", "99999999999", "none", "ip", "instance", "HTTP"),
        *("HTTPS", "GRPC", "internal", "internet-facing", "dualstack", "traffic-port", "oidc", "cognito", "edge"),
        *("a=b", "a=b,c", "k=1,k=2", "=", ",", "\\", "80=443", "web,db", "sg-0a", "subnet-1,subnet-2", "10.0.0.0/8"),
        *("::/0", "CapacityUnits=5", "[]", "{}", "null", "[{}]", '[{"HTTP": 80}]', '[{"HTTP": 80}, {"HTTPS": 443}]'),
        *('[{"port": 443, "mode": "off"}]', "arn:cert/own", "[" * 2000, '{"type": "redirect"}', '"\\ud800"'),
    ]
)
FIELDS = st.sampled_from(
    [
        *("type", "redirect", "forward", "fixed-response", "statusCode", "200", "redirectConfig", "forwardConfig"),
        *("fixedResponseConfig", "targetGroups", "serviceName", "cart", "servicePort", "weight", "targetGroupARN"),
        *("targetGroupName", "outside", "field", "host-header", "hostHeaderConfig", "values", "regexValues", "mode"),
        *("path-pattern", "pathPatternConfig", "source-ip", "sourceIPConfig", "query-string", "queryStringConfig"),
        *("url-rewrite", "urlRewriteConfig", "rewrites", "regex", "issuer", "jwksEndpoint", "secretName", "HTTP"),
    ]
)
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2**33) | FIELDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=4),
    max_leaves=12,
).map(json.dumps)

VALUES = WORDS | DOCUMENTS | st.text(max_size=20)
ANNOTATIONS = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=6)

TEXTS = st.sampled_from(["", "/", "/*", "/x", "/x/", "/x?", "//", "*", "é"]) | st.text(max_size=8)
BACKENDS = st.fixed_dictionaries(
    {
        "service": st.fixed_dictionaries(
            {
                "name": st.sampled_from(["cart", "go", "gone"]),
                "port": st.sampled_from([{"number": 80}, {"name": "http"}, {"name": "use-annotation"}, {}]),
            }
        )
    }
) | st.just({"resource": {"kind": "Bucket", "name": "x"}})
PATHS = st.fixed_dictionaries(
    {
        "path": TEXTS,
        "pathType": st.sampled_from(["Exact", "Prefix", "ImplementationSpecific", None, "Regex"]),
        "backend": BACKENDS,
    }
)
RULES = st.fixed_dictionaries(
    {
        "host": st.sampled_from(["", "example.com", "*.example.com", "x.org"]),
        "http": st.none() | st.fixed_dictionaries({"paths": st.lists(PATHS, max_size=3)}),
    }
)


@st.composite
def ingresses(draw: st.DrawFn, name: str) -> Ingress:
    return ingress(
        *draw(st.lists(RULES, max_size=3)),
        name=name,
        annotations={"group.name": "edge", **draw(ANNOTATIONS)},
        class_name=draw(st.sampled_from(["alb", "alb", "alb", None, "gone"])),
        defaultBackend=draw(st.none() | BACKENDS),
        finalizers=draw(st.sampled_from([[], ["group.ingress.k8s.aws/edge"]])),
        deleted=draw(st.sampled_from([False, False, True])),
    )


@st.composite
def services(draw: st.DrawFn) -> Service:
    port = draw(
        st.fixed_dictionaries(
            {
                "name": st.sampled_from(["", "http"]),
                "port": st.just(80),
                "targetPort": st.sampled_from([0, 8080, "web"]),
                "nodePort": st.sampled_from([0, 30080]),
            }
        )
    )
    families = draw(st.sampled_from([[], ["IPv4"], ["IPv6"]]))
    return service("cart", port, annotations=draw(ANNOTATIONS), ipFamilies=families)


PARAMS = st.fixed_dictionaries(
    {},
    optional={
        "scheme": st.sampled_from(["internal", "internet-facing"]),
        "group": st.sampled_from([{"name": "edge"}, {"name": ""}]),
        "inboundCIDRs": st.lists(WORDS, max_size=2),
        "sslRedirectPort": WORDS,
        "certificateArn": st.lists(WORDS, max_size=2),
        "subnets": st.sampled_from([{"ids": ["subnet-1", "subnet-2"]}, {"tags": {"Name": ["x"]}}, {}]),
        "tags": st.lists(st.fixed_dictionaries({"key": WORDS, "value": WORDS}), max_size=2),
        "minimumLoadBalancerCapacity": st.fixed_dictionaries({"capacityUnits": st.integers(-1, 5)}),
        "loadBalancerName": WORDS,
        "wafv2AclName": WORDS,
    },
)


def outcome(cluster: Snapshot) -> tuple[Any, ...]:
    """All that mapping says of a cluster."""
    found: list[Any] = [load_problems(cluster, SETTINGS)]
    for group in groups(cluster, SETTINGS):
        assert wants(group, cluster, SETTINGS)
        result = build(group, cluster, FACTS, SETTINGS)
        text = result.stack.to_json() if result.stack else None
        if text is not None:
            text.encode()
        assert text is not None or result.left_out, "who is not built is named"
        found.append((group, text, result.problems, result.left_out))
    return tuple(found)


def reversed_maps(cluster: Snapshot) -> Snapshot:
    return Snapshot(
        **{
            field: dict(reversed(list(getattr(cluster, field).items())))
            for field in ("ingresses", "services", "ingress_classes", "ingress_class_params")
        }
    )


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=150)
@given(ingresses("a"), ingresses("b"), services(), PARAMS)
def test_any_cluster_gives_stacks_and_problems_whatever_the_order_of_the_input(
    first: Ingress, second: Ingress, own: Service, params: dict[str, Any]
) -> None:
    cluster = snapshot(first, second, own, *class_with(**params))

    assert outcome(cluster) == outcome(reversed_maps(cluster))


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(NAMES), VALUES)
def test_any_value_of_any_annotation_is_taken_or_told(name: str, value: str) -> None:
    assume(name != "group.name")
    subject = ingress(annotations={"enable-frontend-nlb": "true", name: value})

    [_, (_, _, problems, _)] = outcome(snapshot(subject, service()))

    assert all(problem.message and "\n" not in problem.message for problem in problems)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=60)
@given(ingresses("a"), ingresses("b"), ingresses("b"), services())
def test_what_was_built_before_changes_nothing_where_nothing_is_faulty(
    first: Ingress, second: Ingress, edited: Ingress, own: Service
) -> None:
    before, after = snapshot(first, second, own), snapshot(first, edited, own)
    for group in groups(after, SETTINGS):
        earlier = build(group, before, FACTS, SETTINGS).in_effect
        fresh, kept = build(group, after, FACTS, SETTINGS), build(group, after, FACTS, SETTINGS, earlier)
        # A member whose class cannot be told is held: its problem is told elsewhere, and what was good of it stays.
        if not fresh.left_out and not any(problem.severity == "error" for problem in fresh.problems):
            assert kept.stack == fresh.stack
