"""A group as one stack: what a faulty or contradicting member does to the others (issue "Ingress, whole")."""

import json
from dataclasses import replace
from typing import Any

import pytest

from albc.kube.objects import Ingress
from albc.mapping.ingress.build import BuiltGroup, build, owners, wants
from albc.model.facts import FactsRequest
from albc.model.stack import Stack
from albc.model.target_group_binding import FrontendNLBTargets
from tests.mapping.ingress.kit import (
    FACTS,
    SETTINGS,
    action,
    annotated,
    bodies,
    built,
    class_with,
    errors,
    fixed,
    group_id,
    ingress,
    load_balancer,
    path,
    rule,
    rules,
    service,
    snapshot,
    stack,
    warnings,
)


def member(name: str, says: str = "", **annotations: Any) -> Ingress:
    """A member of the group `edge` whose only rule answers `says`, its name by default."""
    own = {"group.name": "edge", "actions.go": fixed(says or name)}
    own |= {key.replace("_", "-"): value for key, value in annotations.items()}
    return ingress(rule(action("go"), host=f"{name}.com"), name=name, annotations=own)


def answers(result: BuiltGroup) -> list[str]:
    assert result.stack is not None
    return bodies(rules(result.stack))


def names(result: BuiltGroup) -> list[str]:
    return [problem.object.name for problem in errors(result)]


def test_the_example_of_the_spec_byte_for_byte() -> None:
    subject = ingress(rule(path("cart", "http", "/cart"), host="cart.example.com"), name="web-front")
    found = stack(subject, service(uid="uid-1"), group="shop/web-front")

    lb = '"#/resources/AWS::ElasticLoadBalancingV2::LoadBalancer/LoadBalancer/status/loadBalancerARN"'
    tg = '"#/resources/AWS::ElasticLoadBalancingV2::TargetGroup/shop/web-front-cart:http/status/targetGroupARN"'
    assert found.to_json() == (
        '{"id":"shop/web-front","resources":{'
        '"AWS::EC2::SecurityGroup":{"ManagedLBSecurityGroup":{"spec":{"groupName":"k8s-shop-webfront-d3c102fcfb",'
        '"description":"[k8s] Managed SecurityGroup for LoadBalancer","ingress":[{"ipProtocol":"tcp","fromPort":80,'
        '"toPort":80,"ipRanges":[{"cidrIP":"0.0.0.0/0"}]}]}}},'
        '"AWS::ElasticLoadBalancingV2::Listener":{"80":{"spec":{"loadBalancerARN":{"$ref":' + lb + '},"port":80,'
        '"protocol":"HTTP","defaultActions":[{"type":"fixed-response","fixedResponseConfig":{"contentType":"text/plain",'
        '"statusCode":"404"}}]}}},'
        '"AWS::ElasticLoadBalancingV2::ListenerRule":{"80:1":{"spec":{"listenerARN":{"$ref":'
        '"#/resources/AWS::ElasticLoadBalancingV2::Listener/80/status/listenerARN"},"priority":1,"actions":[{"type":'
        '"forward","forwardConfig":{"targetGroups":[{"targetGroupARN":{"$ref":' + tg + "}}]}}],"
        '"conditions":[{"field":"host-header","hostHeaderConfig":{"values":["cart.example.com"]}},{"field":'
        '"path-pattern","pathPatternConfig":{"values":["/cart","/cart/*"]}}]}}},'
        '"AWS::ElasticLoadBalancingV2::LoadBalancer":{"LoadBalancer":{"spec":{"name":"k8s-shop-webfront-da453b323a",'
        '"type":"application","scheme":"internal","ipAddressType":"ipv4","subnetMapping":[{"subnetID":"subnet-1"},'
        '{"subnetID":"subnet-2"}],"securityGroups":[{"$ref":'
        '"#/resources/AWS::EC2::SecurityGroup/ManagedLBSecurityGroup/status/groupID"},"sg-0be"]}}},'
        '"AWS::ElasticLoadBalancingV2::TargetGroup":{"shop/web-front-cart:http":{"spec":{"name":'
        '"k8s-shop-cart-52e37e6625","targetType":"ip","port":8080,"protocol":"HTTP","protocolVersion":"HTTP1",'
        '"ipAddressType":"ipv4","healthCheckConfig":{"port":"traffic-port","protocol":"HTTP","path":"/","matcher":'
        '{"httpCode":"200"},"intervalSeconds":15,"timeoutSeconds":5,"healthyThresholdCount":2,'
        '"unhealthyThresholdCount":2}}}},'
        '"FrontendNLBTargetGroup":{"FrontendNLBTargetGroup":{"TargetGroups":{}}},'
        '"K8S::ElasticLoadBalancingV2::TargetGroupBinding":{"shop/web-front-cart:http":{"spec":{"template":{"metadata":'
        '{"name":"k8s-shop-cart-52e37e6625","namespace":"shop"},"spec":{"targetGroupARN":{"$ref":' + tg + "},"
        '"targetType":"ip","serviceRef":{"name":"cart","port":"http"},"networking":{"ingress":[{"from":'
        '[{"securityGroup":{"groupID":"sg-0be"}}],"ports":[{"protocol":"TCP","port":8080}]}]},"ipAddressType":"ipv4",'
        '"vpcID":"vpc-1","targetGroupProtocol":"HTTP"}}}}}}}'
    )


def test_a_group_that_all_members_have_left_has_an_empty_stack() -> None:
    moved = ingress(annotations={"group.name": "elsewhere"}, finalizers=["group.ingress.k8s.aws/edge"])

    found = built(moved, group="edge").stack

    assert found == Stack.of(group_id("edge").stack_id, [FrontendNLBTargets()])


def test_a_deleted_member_goes_whatever_its_annotations_say() -> None:
    unreadable = {"load-balancer-attributes": "nonsense"}
    deleted = ingress(annotations=unreadable, deleted=True, finalizers=["ingress.k8s.aws/resources"])

    result = built(deleted)

    assert result.stack == Stack.of(group_id("shop/web").stack_id, [FrontendNLBTargets()])
    assert result.problems == ()


def test_a_faulty_member_does_not_stop_the_others() -> None:
    result = built(member("a"), member("b", scheme="typo"), member("c"), group="edge")

    assert answers(result) == ["a", "c"]
    assert names(result) == ["b"]
    assert [ref.name for ref in result.left_out] == ["b"]


@pytest.mark.parametrize(
    ("subject", "category"),
    [
        (annotated(scheme="x"), "build_load_balancer_error"),
        (annotated(security_groups="nobody"), "build_load_balancer_error"),
        (annotated(listen_ports="x"), "build_listener_error"),
        (annotated(ssl_redirect="443"), "build_ssl_redirct_config_error"),
        (
            ingress(rule(path("cart"), host="a.test"), annotations={"listen-ports": '[{"HTTPS": 443}]'}),
            "build_certificate_error",
        ),
        (annotated(healthcheck_interval_seconds="x"), "build_listener_rule_error"),
        (annotated(enable_frontend_nlb="true", frontend_nlb_scheme="x"), "build_frontend_nlb"),
        (annotated(wafv2_acl_name="a", wafv2_acl_arn="b"), "build_load_balancer_addons"),
    ],
)
def test_a_fault_says_at_which_step_of_the_build_it_was_found(subject: Ingress, category: str) -> None:
    [problem] = errors(built(subject))

    assert problem.category == category


def test_without_any_sound_member_aws_stays_as_it_is() -> None:
    result = built(member("a", scheme="typo"), group="edge")

    assert result.stack is None
    assert names(result) == ["a"]


def test_what_is_nobodys_fault_is_told_to_all() -> None:
    nowhere = replace(FACTS, subnets=())
    result = built(member("a"), member("b"), group="edge", facts=nowhere)

    assert result.stack is None
    assert sorted(names(result)) == ["a", "b"]


def test_members_stand_in_group_order() -> None:
    result = built(member("a", **{"group.order": "5"}), member("b"), member("c", **{"group.order": "-1"}), group="edge")

    assert answers(result) == ["c", "b", "a"]


def test_a_member_left_out_by_a_faulty_one_is_back() -> None:
    faulty = member("a", security_groups="nowhere")
    result = built(faulty, member("b", security_groups="web"), group="edge")

    assert answers(result) == ["b"]
    assert result.stack is not None
    assert load_balancer(result.stack).security_groups == ("sg-0a",)
    assert names(result) == ["a"]


def test_problems_are_the_same_at_every_try() -> None:
    things = [member("a", tags="k=1"), member("b", tags="k=2"), member("c", scheme="typo")]

    assert built(*things, group="edge").problems == built(*reversed(things), group="edge").problems


# What was good before


def then(before: BuiltGroup, *things: Any) -> BuiltGroup:
    return built(*things, group="edge", earlier=before.in_effect)


def test_the_last_good_rules_of_a_faulty_member_stay() -> None:
    before = built(member("a", "old"), member("b"), group="edge")
    after = then(before, member("a", "new", scheme="typo"), member("b"))

    assert answers(after) == ["old", "b"]
    [problem] = errors(after)
    assert problem.message.endswith("until then its last good state is served")
    assert after.left_out == ()


def test_a_faulty_member_without_a_last_good_state_is_told_that_its_live_rules_stay() -> None:
    after = built(member("a", "new", scheme="typo"), member("b"), group="edge")

    [problem] = errors(after)
    assert problem.message.endswith("until then rules that AWS has of it stay as they are")
    assert owners(after.left_out) == tuple(f"{ref.namespace}/a-" for ref in after.left_out)


def test_a_fault_that_only_shows_beside_others_keeps_the_last_good_rules_too() -> None:
    before = built(member("a"), member("b", "old"), group="edge")
    after = then(before, member("a", scheme="internal"), member("b", "new", scheme="internet-facing"))

    assert answers(after) == ["a", "old"]
    assert names(after) == ["b"]


def test_the_last_good_rules_outlast_several_bad_edits() -> None:
    state = built(member("a", "old"), group="edge")
    for typo in ("x", "y", "z"):
        state = then(state, member("a", "new", scheme=typo))
        assert answers(state) == ["old"]


def test_a_mended_member_is_served_anew() -> None:
    before = built(member("a", "old"), group="edge")
    during = then(before, member("a", "typo", scheme="x"))
    after = then(during, member("a", "new"))

    assert (answers(after), errors(after)) == (["new"], [])


def test_a_member_whose_class_is_gone_is_served_while_it_is_held() -> None:
    before = built(member("a"), member("b"), group="edge")
    lost = ingress(
        name="a",
        class_name="gone",
        annotations={"group.name": "edge"},
        finalizers=["group.ingress.k8s.aws/edge"],
    )

    assert answers(then(before, lost, member("b"))) == ["a", "b"]


def test_a_deleted_member_goes_while_another_is_faulty() -> None:
    before = built(member("a"), member("b", "old"), group="edge")
    deleted = ingress(name="a", deleted=True, finalizers=["group.ingress.k8s.aws/edge"])

    assert answers(then(before, deleted, member("b", "new", scheme="typo"))) == ["old"]


def test_nothing_is_forgotten_while_nothing_can_be_built() -> None:
    before = built(member("a"), group="edge")
    nowhere = replace(FACTS, subnets=())
    during = build(group_id("edge"), snapshot(member("a", "new")), nowhere, SETTINGS, before.in_effect)

    assert during.stack is None
    assert during.in_effect == before.in_effect


def test_what_the_last_good_state_needs_of_aws_is_asked_for() -> None:
    before = built(member("a", security_groups="web"), group="edge")
    faulty = member("a", scheme="typo")

    asked = wants(group_id("edge"), snapshot(faulty), SETTINGS, before.in_effect)

    assert asked.security_groups == {"web"}


# What AWS is asked


def test_a_plain_group_asks_for_little() -> None:
    asked = wants(group_id("shop/web"), snapshot(ingress()), SETTINGS)

    assert asked == FactsRequest(route_tables=True, backend_security_group=True)


def test_a_faulty_member_asks_for_nothing() -> None:
    assert wants(group_id("shop/web"), snapshot(annotated(scheme="typo")), SETTINGS) == FactsRequest()


def test_named_subnets_need_no_route_tables() -> None:
    asked = wants(group_id("shop/web"), snapshot(annotated(subnets="subnet-1,mine")), SETTINGS)
    by_class = wants(group_id("shop/web"), snapshot(ingress(), *class_with(subnets={"ids": ["subnet-2"]})), SETTINGS)

    assert not asked.route_tables
    assert asked.subnet_ids == {"subnet-1"}
    assert not by_class.route_tables
    assert by_class.subnet_ids == {"subnet-2"}


# Warnings


def test_an_unknown_annotation_is_warned_of_with_the_nearest_name() -> None:
    [warning] = warnings(annotated(schem="internal"))

    assert (warning.object.kind, warning.severity) == ("Ingress", "warning")
    assert "alb.ingress.kubernetes.io/schem is not known" in warning.message
    assert "did you mean scheme?" in warning.message


def test_an_unknown_annotation_of_a_service_is_warned_of_on_the_service() -> None:
    [warning] = warnings(ingress(), service(annotations={"healthcheck-pth": "/"}))

    assert (warning.object.kind, warning.object.name) == ("Service", "cart")


def test_the_plan_that_albc_writes_is_no_unknown_annotation() -> None:
    assert warnings(annotated(**{"dry-run-plan": json.dumps({})})) == []


@pytest.mark.parametrize("order", ["1001", "x"])
def test_an_unreadable_order_is_a_problem_of_its_member_alone(order: str) -> None:
    result = built(member("a", **{"group.order": order}), member("b"), group="edge")

    assert (answers(result), names(result)) == (["b"], ["a"])
    assert [ref.name for ref in result.left_out] == ["a"]
