"""Whatever users write, mapping answers with a stack and problems, the same for every order of the input.

The long forms (`make soak`) try a hundred times as many clusters, unlike ones each time.
"""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from albc.kube.objects import Ingress, Service
from albc.mapping.ingress.annotations import REGISTER
from albc.mapping.ingress.build import build, wants
from albc.mapping.ingress.groups import groups, load_problems
from albc.mapping.settings import MappingSettings
from albc.mapping.snapshot import Snapshot
from tests.mapping.ingress.kit import FACTS, SETTINGS, class_with, ingress, secret, service, snapshot

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


TRUTH = st.booleans()
MAPPING = st.builds(
    MappingSettings,
    cluster_name=st.just("demo"),
    vpc_id=st.just("vpc-1"),
    ingress_class=st.sampled_from(["alb", "alb", ""]),
    tolerate_non_existent_backend_service=TRUTH,
    tolerate_non_existent_backend_action=TRUTH,
    default_tags=st.sampled_from([{}, {"a": "default", "k": "default"}]),
    external_managed_tags=st.sampled_from([frozenset(), frozenset({"k"})]),
    default_target_type=st.sampled_from(["instance", "ip"]),
    enable_backend_security_group=TRUTH,
    backend_security_group=st.sampled_from(["", "sg-given"]),
    disable_restricted_sg_rules=TRUTH,
    enable_ip_target_type=TRUTH,
    alb_single_subnet=TRUTH,
    lb_capacity_reservation=TRUTH,
    enable_default_tags_low_priority=TRUTH,
    enable_certificate_management=TRUTH,
    required_secrets_label=st.sampled_from(["", "use=albc"]),
)
SECRET = secret("go", clientID="bWU=", clientSecret="eA==")


def outcome(cluster: Snapshot, mapping: MappingSettings = SETTINGS) -> tuple[Any, ...]:
    """All that mapping says of a cluster."""
    found: list[Any] = [load_problems(cluster, mapping)]
    for group in groups(cluster, mapping):
        assert wants(group, cluster, mapping)
        result = build(group, cluster, FACTS, mapping)
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
            for field in ("ingresses", "services", "secrets", "ingress_classes", "ingress_class_params")
        }
    )


@st.composite
def clusters(draw: st.DrawFn) -> Snapshot:
    """Three Ingresses, mostly of one group, a Service, class parameters and a Secret."""
    members = [draw(ingresses(name)) for name in "abc"]
    params: dict[str, Any] = draw(PARAMS)
    return snapshot(*members, draw(services()), SECRET, *class_with(**params))


def check_cluster(cluster: Snapshot, mapping: MappingSettings) -> None:
    assert outcome(cluster, mapping) == outcome(reversed_maps(cluster), mapping)


def check_value(name: str, value: str) -> None:
    assume(name != "group.name")
    subject = ingress(annotations={"enable-frontend-nlb": "true", name: value})

    [_, (_, _, problems, _)] = outcome(snapshot(subject, service()))

    assert all(problem.message and "\n" not in problem.message for problem in problems)


def check_edit(first: Ingress, second: Ingress, edited: Ingress, own: Service) -> None:
    before, after = snapshot(first, second, own), snapshot(first, edited, own)
    for group in groups(after, SETTINGS):
        earlier = build(group, before, FACTS, SETTINGS).in_effect
        fresh, kept = build(group, after, FACTS, SETTINGS), build(group, after, FACTS, SETTINGS, earlier)
        # A member whose class cannot be told is held: its problem is told elsewhere, and what was good of it stays.
        if not fresh.left_out and not fresh.faults:
            assert kept.stack == fresh.stack


SLOW = [HealthCheck.too_slow]


@settings(deadline=None, suppress_health_check=SLOW, max_examples=150)
@given(clusters(), MAPPING)
def test_any_cluster_gives_stacks_and_problems_whatever_the_order_of_the_input(
    cluster: Snapshot, mapping: MappingSettings
) -> None:
    check_cluster(cluster, mapping)


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(NAMES), VALUES)
def test_any_value_of_any_annotation_is_taken_or_told(name: str, value: str) -> None:
    check_value(name, value)


@settings(deadline=None, suppress_health_check=SLOW, max_examples=60)
@given(ingresses("a"), ingresses("b"), ingresses("b"), services())
def test_what_was_built_before_changes_nothing_where_nothing_is_faulty(
    first: Ingress, second: Ingress, edited: Ingress, own: Service
) -> None:
    check_edit(first, second, edited, own)


@pytest.mark.soak
@settings(deadline=None, suppress_health_check=SLOW, max_examples=15_000)
@given(clusters(), MAPPING)
def test_any_of_many_clusters(cluster: Snapshot, mapping: MappingSettings) -> None:
    check_cluster(cluster, mapping)


@pytest.mark.soak
@settings(deadline=None, max_examples=20_000)
@given(st.sampled_from(NAMES), VALUES)
def test_any_of_many_values(name: str, value: str) -> None:
    check_value(name, value)


@pytest.mark.soak
@settings(deadline=None, suppress_health_check=SLOW, max_examples=6_000)
@given(ingresses("a"), ingresses("b"), ingresses("b"), services())
def test_any_of_many_edits(first: Ingress, second: Ingress, edited: Ingress, own: Service) -> None:
    check_edit(first, second, edited, own)
