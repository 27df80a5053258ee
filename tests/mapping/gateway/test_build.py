"""The whole of a Gateway: what is built, what is left alone, and whose fault it is."""

import random
from dataclasses import replace
from typing import Any

import pytest

from albc.mapping.gateway.build import build
from albc.mapping.snapshot import NamespacedName, Snapshot
from albc.model.actions import FixedResponse, Forward
from albc.model.addons import WAFv2Association
from albc.model.listener import Listener, ListenerRule
from albc.model.load_balancer import Attribute, LoadBalancer
from albc.model.problem import ObjectRef
from albc.model.stack import StackID
from albc.model.target_group import TargetGroup
from tests.mapping.gateway.kit import (
    CLASSES,
    FACTS,
    SETTINGS,
    Plain,
    asked,
    built,
    configured,
    extension,
    faults,
    fixed_response,
    gateway,
    http,
    http_route,
    https,
    lbc,
    listener_set,
    lrc,
    prefix,
    rules,
    service,
    snapshot,
    stack,
    tgc,
    to,
)

DENY = {"matches": [prefix("/metrics")], "filters": [extension("deny-metrics")]}
FRONT = to("web", matches=[prefix("/")])

EXAMPLE = (
    lbc(
        scheme="internet-facing",
        tags={"team": "shop"},
        loadBalancerAttributes=[
            {"key": "access_logs.s3.enabled", "value": "true"},
            {"key": "access_logs.s3.bucket", "value": "acme-alb-logs"},
        ],
        wafV2={"webACL": "arn:aws:wafv2:eu-west-1:1:regional/webacl/edge/0f"},
        listenerConfigurations=[{"protocolPort": "HTTPS:443", "defaultCertificate": "arn:cert/mine"}],
    ),
    gateway(http(), https(), infrastructure=configured()),
    lrc("deny-metrics", fixed_response(403, messageBody="forbidden")),
    tgc(targetType="ip", healthCheckConfig={"healthCheckPath": "/healthz", "healthCheckInterval": 10}),
    service(),
    http_route(DENY, FRONT, name="storefront"),
)
"""The hands-on example: HTTPS with a certificate, access logs, a web ACL, a fixed answer under `/metrics`."""


def test_the_hands_on_example_denies_metrics_before_it_forwards_the_rest() -> None:
    found = stack(*EXAMPLE)

    https_rules = [rule for rule in found.all(ListenerRule) if rule.id.startswith("443:")]
    assert [rule.id for rule in https_rules] == ["443:1", "443:2"]
    assert https_rules[0].actions == (
        FixedResponse(content_type="text/plain", message_body="forbidden", status_code="403"),
    )
    (forward,) = https_rules[1].actions
    assert isinstance(forward, Forward)
    (group,) = found.all(TargetGroup)
    assert [target.target_group_arn for target in forward.target_groups] == [group.arn]
    assert (group.target_type, group.port) == ("ip", 8080)
    assert group.health_check is not None
    assert (group.health_check.path, group.health_check.interval_seconds) == ("/healthz", 10)


def test_the_hands_on_example_has_its_certificate_logs_and_web_acl() -> None:
    found = stack(*EXAMPLE)

    (balancer,) = found.all(LoadBalancer)
    assert balancer.scheme == "internet-facing"
    assert balancer.load_balancer_attributes == (
        Attribute(key="access_logs.s3.enabled", value="true"),
        Attribute(key="access_logs.s3.bucket", value="acme-alb-logs"),
    )
    assert [mapping.subnet_id for mapping in balancer.subnet_mapping] == ["subnet-3", "subnet-4"]
    listener = found.get(Listener, "443")
    assert listener is not None
    assert listener.certificates == ("arn:cert/mine",)
    (association,) = found.all(WAFv2Association)
    assert association.web_acl_arn == "arn:aws:wafv2:eu-west-1:1:regional/webacl/edge/0f"


def test_nothing_is_wrong_with_the_hands_on_example() -> None:
    assert built(*EXAMPLE).built.problems == ()


def test_the_stack_bears_the_gateways_name_and_prints_the_references_form() -> None:
    printed = stack(*EXAMPLE).to_plain()

    assert printed["id"] == "shop/edge"
    assert list(printed["resources"]) == [
        "AWS::EC2::SecurityGroup",
        "AWS::ElasticLoadBalancingV2::Listener",
        "AWS::ElasticLoadBalancingV2::ListenerRule",
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        "AWS::ElasticLoadBalancingV2::TargetGroup",
        "AWS::WAFv2::WebACLAssociation",
        "FrontendNLBTargetGroup",
        "K8S::ElasticLoadBalancingV2::TargetGroupBinding",
    ]


@pytest.mark.parametrize("seed", range(5))
def test_the_order_in_which_objects_came_in_changes_nothing(seed: int) -> None:
    routes = [http_route(to("web", matches=[prefix(f"/{name}")]), name=name) for name in "cab"]
    objects: list[Plain] = [*CLASSES, *EXAMPLE, *routes, service("other")]
    shuffled = objects.copy()
    random.Random(seed).shuffle(shuffled)

    def result(objects: list[Plain]) -> str:
        known = snapshot(objects)
        found = build(known.gateways[NamespacedName("shop", "edge")], known, FACTS, SETTINGS)
        assert found is not None
        assert found.built.stack is not None
        return found.built.stack.to_json() + repr(found.built.problems) + repr(found.routes)

    assert result(shuffled) == result(objects)


def test_a_gateway_of_another_controller_is_not_built() -> None:
    foreign = {**gateway(), "spec": {"gatewayClassName": "other", "listeners": [http()]}}
    known = snapshot([*CLASSES, foreign])

    assert build(known.gateways[NamespacedName("shop", "edge")], known, FACTS, SETTINGS) is None


def test_a_missing_configuration_stops_the_gateway_and_names_what_is_missing() -> None:
    result = built(gateway(infrastructure=configured("gone")), service(), http_route())

    assert result.built.stack is None
    (problem,) = result.built.problems
    assert problem.object == ObjectRef("Gateway", "shop", "edge")
    assert "shop/gone" in problem.message


def test_a_missing_service_gives_500_for_its_rule_and_leaves_the_others() -> None:
    objects = (
        gateway(),
        service(),
        http_route(to("gone", matches=[prefix("/gone")]), to("web", matches=[prefix("/web")])),
    )

    first, second = rules(*objects)

    assert first.actions == (FixedResponse(content_type="text/plain", status_code="500"),)
    assert isinstance(second.actions[0], Forward)
    assert faults(*objects) == [("HTTPRoute", "web", "BackendNotFound")]


def test_a_missing_rule_configuration_gives_500_and_never_forwards() -> None:
    objects = (gateway(), service(), http_route(to("web", filters=[extension("gone")])))

    (only,) = rules(*objects)

    assert only.actions == (FixedResponse(content_type="text/plain", status_code="500"),)
    assert faults(*objects) == [("HTTPRoute", "web", "IncompatibleFilters")]


def test_a_listener_without_certificate_is_left_out_and_the_others_serve() -> None:
    objects = (gateway(http(), https(hostname="www.elsewhere.net")), service(), http_route())

    assert [listener.id for listener in stack(*objects).all(Listener)] == ["80"]
    assert faults(*objects) == [("Gateway", "edge", "InvalidCertificateRef")]


def test_without_a_usable_listener_nothing_in_aws_is_touched() -> None:
    result = built(gateway(https(hostname="www.elsewhere.net")), service(), http_route())

    assert result.built.stack is None


def test_a_port_without_routes_has_no_listener() -> None:
    found = stack(gateway(http(80), http(81)), service(), http_route(parents=[{"name": "edge", "port": 80}]))

    assert [listener.id for listener in found.all(Listener)] == ["80"]


DELETED = {"deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["gateway.k8s.aws/alb"]}


def test_a_deleted_gateway_wants_nothing_any_more() -> None:
    result = built(gateway(metadata=DELETED), service(), http_route())

    assert result.built.stack is not None
    assert result.built.stack.id == StackID("shop", "edge")
    assert result.built.stack.resources == ()


def test_a_deleted_gateway_goes_although_its_configuration_is_gone() -> None:
    result = built(gateway(metadata=DELETED, infrastructure=configured("gone")))

    assert result.built.stack is not None
    assert result.built.stack.resources == ()


def test_deletion_protection_keeps_a_deleted_gateway() -> None:
    attribute = {"key": "deletion_protection.enabled", "value": "true"}
    result = built(gateway(metadata=DELETED, infrastructure=configured()), lbc(loadBalancerAttributes=[attribute]))

    assert result.built.stack is None
    assert "deletion protection" in result.built.problems[0].message


def test_a_deleted_gateway_first_takes_its_add_ons_away() -> None:
    annotations = {"gateway.k8s.aws.addon.wafv2": "true"}
    found = stack(
        gateway(metadata={**DELETED, "annotations": annotations}, infrastructure=configured()),
        lbc(wafV2={"webACL": "arn:acl"}),
        service(),
        http_route(),
    )

    (association,) = found.all(WAFv2Association)
    assert association.web_acl_arn == ""


def test_what_is_asked_of_aws_follows_from_what_is_used() -> None:
    plain = asked(gateway(), service(), http_route())
    secure = asked(gateway(https()), service(), http_route())
    explicit = asked(*EXAMPLE)

    assert not plain.certificates
    assert secure.certificates
    assert not explicit.certificates
    assert plain.backend_security_group


def test_an_outside_target_group_is_asked_for_by_name() -> None:
    named: dict[str, Any] = {"backendRefs": [{"kind": "TargetGroupName", "name": "outside"}]}

    assert asked(gateway(), http_route(named)).target_group_names == {"outside"}


def test_a_gateway_without_sign_in_and_certificates_of_its_own_reads_no_secret() -> None:
    assert built(*EXAMPLE).secrets == frozenset()


def test_an_empty_snapshot_has_no_gateway_to_build() -> None:
    known = snapshot([gateway()])

    assert build(known.gateways[NamespacedName("shop", "edge")], Snapshot(), FACTS, SETTINGS) is None


def test_listener_sets_are_not_looked_at_where_they_are_turned_off() -> None:
    objects = (gateway(allowedListeners={"namespaces": {"from": "Same"}}), listener_set(http(81)), service())
    routes = [http_route(parents=[{"kind": "ListenerSet", "name": "more"}]), http_route(name="own")]

    on = built(*objects, *routes)
    off = built(*objects, *routes, settings=replace(SETTINGS, gateway_listener_set=False))

    assert on.listener_sets is not None
    assert on.built.stack is not None
    assert [listener.id for listener in on.built.stack.all(Listener)] == ["80", "81"]
    assert off.listener_sets is None
    assert off.built.stack is not None
    assert [listener.id for listener in off.built.stack.all(Listener)] == ["80"]
