"""The Network Load Balancer in front of the ALB (spec/ingress.md §21)."""

from typing import Any

import pytest

from albc.kube.objects import Ingress
from albc.mapping.ingress.build import wants
from albc.model.actions import Forward
from albc.model.listener import Listener
from albc.model.load_balancer import Attribute
from albc.model.stack import Stack
from albc.model.target_group import HealthCheck, HealthCheckMatcher, TargetGroup
from albc.model.target_group_binding import FrontendNLBTargets
from tests.mapping.ingress.kit import (
    SETTINGS,
    Thing,
    built,
    errors,
    fault,
    group_id,
    ingress,
    load_balancer,
    settings,
    snapshot,
    stack,
    target_group,
    warnings,
)

PREFIX = "frontend-nlb-"


def subject(name: str = "web", group: str = "", **own: Any) -> Ingress:
    """With a Network Load Balancer and these annotations of it."""
    annotations = {"enable-frontend-nlb": "true"} | ({"group.name": group} if group else {})
    return ingress(name=name, annotations=annotations | {PREFIX + k.replace("_", "-"): v for k, v in own.items()})


def nlb(*things: Thing, **more: Any) -> Any:
    return load_balancer(stack(*things, **more), "FrontendNlb")


def ports(of: Stack) -> dict[int, int]:
    [state] = of.all(FrontendNLBTargets)
    return {target.port: target.target_port for target in state.targets}


def health(of: Stack, port: int = 80) -> HealthCheck:
    found = target_group(of, f"FrontendNlb-tg-TCP-{port}").health_check
    assert found is not None
    return found


def test_without_the_wish_there_is_an_empty_state_only() -> None:
    found = stack(ingress())

    assert found.all(FrontendNLBTargets) == (FrontendNLBTargets(),)
    assert len(found.all(TargetGroup)) == 1


def test_it_stands_in_front_of_every_port() -> None:
    found = stack(subject())
    group = target_group(found, "FrontendNlb-tg-TCP-80")
    listener = found.get(Listener, "FrontendNlb-ls-TCP-80")

    assert (group.target_type, group.protocol, group.port, group.ip_address_type) == ("alb", "TCP", 80, "ipv4")
    assert listener is not None
    assert isinstance(listener.default_actions[0], Forward)
    assert listener.default_actions[0].target_groups[0].target_group_arn == group.arn
    assert ports(found) == {80: 80}


def test_its_names_are_those_of_the_reference() -> None:
    found = stack(subject("web-front"), group="shop/web-front")

    assert load_balancer(found, "FrontendNlb").name == "k8s-shop-webfront-da453b323a-nlb"
    assert target_group(found, "FrontendNlb-tg-TCP-80").name == "k8s-shop-webfront-ab949d70f5"


def test_it_has_the_albs_groups_tags_and_address_type() -> None:
    own = ingress(annotations={"enable-frontend-nlb": "true", "tags": "a=1", "ip-address-type": "dualstack"})
    found = stack(own)
    alb, front = load_balancer(found), load_balancer(found, "FrontendNlb")

    assert (front.kind, front.ip_address_type) == ("network", "dualstack")
    assert (front.security_groups, front.tags) == (alb.security_groups, alb.tags)


def test_its_scheme_is_its_own() -> None:
    own = ingress(annotations={"enable-frontend-nlb": "true", "scheme": "internet-facing"})

    assert nlb(own).scheme == "internal"
    assert nlb(subject(scheme="internet-facing")).scheme == "internet-facing"
    assert nlb(subject(), settings=settings(default_load_balancer_scheme="internet-facing")).scheme == "internet-facing"


def test_its_groups_and_subnets_may_be_named() -> None:
    found = nlb(subject(security_groups="web", subnets="subnet-4"))

    assert found.security_groups == ("sg-0a",)
    assert [each.subnet_id for each in found.subnet_mapping] == ["subnet-4"]


def test_fixed_addresses_go_to_subnets_in_order() -> None:
    found = nlb(subject(scheme="internet-facing", eip_allocations="eip-2,eip-1"))

    assert [(each.subnet_id, each.allocation_id) for each in found.subnet_mapping] == [
        ("subnet-3", "eip-2"),
        ("subnet-4", "eip-1"),
    ]


@pytest.mark.parametrize(
    ("own", "told"),
    [
        ({"eip_allocations": "eip-1,eip-2"}, "only be set for internet facing"),
        ({"scheme": "internet-facing", "eip_allocations": "eip-1"}, "EIP allocations (1) and subnets (2)"),
        ({"scheme": "public"}, "frontend-nlb-scheme"),
        ({"subnets": "nowhere"}, "[nowhere]"),
        ({"security_groups": "nowhere"}, "[nowhere]"),
        ({"attributes": "dns_record.client_routing_policy=near"}, '"near" is no dns_record.client_routing_policy'),
        ({"listener_port_mapping": "80"}, "key=value"),
        ({"listener_port_mapping": "x=80"}, '"x" is no NLB listener port'),
        ({"listener_port_mapping": "80=x"}, '"x" is no ALB listener port'),
        ({"listener_port_mapping": "70000=80"}, '"70000" is no NLB listener port'),
        ({"healthcheck_port": "http"}, "frontend-nlb-healthcheck-port"),
        ({"healthcheck_protocol": "TCP"}, "frontend-nlb-healthcheck-protocol"),
        ({"healthcheck_interval_seconds": "x"}, "frontend-nlb-healthcheck-interval-seconds"),
    ],
)
def test_unusable_settings_are_told(own: dict[str, str], told: str) -> None:
    assert told in fault(subject(**own))


def test_settings_are_only_read_where_it_is_enabled() -> None:
    assert stack(ingress(annotations={"frontend-nlb-scheme": "public"}))


def test_a_setting_of_a_silent_member_is_read_once_another_enables_it() -> None:
    other = ingress(name="b", annotations={"group.name": "edge", "frontend-nlb-scheme": "public"})
    result = built(subject("a", "edge"), other, group="edge")

    assert [ref.name for ref in result.left_out] == ["b"]


def test_an_empty_name_of_the_alb_gives_it_a_name_of_its_own() -> None:
    own = ingress(annotations={"enable-frontend-nlb": "true", "load-balancer-name": ""})

    assert nlb(own).name.startswith("k8s-shop-web-")
    assert nlb(own).name.endswith("-nlb")


def test_a_mapping_gives_ports_other_numbers() -> None:
    assert ports(stack(subject(listener_port_mapping="8080=80,8081=81"))) == {8080: 80}


def test_a_mapping_that_leaves_nothing_is_warned_of() -> None:
    own = subject(listener_port_mapping="80=81")

    assert ports(stack(own)) == {}
    assert [warning.reason for warning in warnings(own)] == ["NoListener"]


def test_its_health_checks_have_defaults() -> None:
    assert health(stack(subject())) == HealthCheck(
        port="traffic-port",
        protocol="HTTP",
        path="/",
        matcher=HealthCheckMatcher(http_code="200"),
        interval_seconds=15,
        timeout_seconds=5,
        healthy_threshold_count=2,
        unhealthy_threshold_count=2,
    )


def test_an_explicit_health_check_beats_defaults_of_other_members() -> None:
    found = stack(subject("a", "edge"), subject("b", "edge", healthcheck_path="/hc"), group="edge")

    assert health(found).path == "/hc"


def test_equal_success_codes_agree_and_others_are_told() -> None:
    found = stack(
        subject("a", "edge", healthcheck_success_codes="200-299"),
        subject("b", "edge", healthcheck_success_codes="200-299"),
        group="edge",
    )
    assert health(found).matcher == HealthCheckMatcher(http_code="200-299")

    result = built(
        subject("a", "edge", healthcheck_success_codes="200"),
        subject("b", "edge", healthcheck_success_codes="201"),
        group="edge",
    )
    assert [problem.object.name for problem in errors(result)] == ["b"]


def test_two_members_that_map_one_port_to_two_are_told() -> None:
    ports_81 = {"listen-ports": '[{"HTTP": 81}]', "group.name": "edge", "frontend-nlb-listener-port-mapping": "8080=81"}
    other = ingress(name="b", annotations=ports_81)
    result = built(subject("a", "edge", listener_port_mapping="8080=80"), other, group="edge")

    assert result.stack is not None
    assert ports(result.stack) == {8080: 80}
    assert [problem.object.name for problem in errors(result)] == ["b"]


def test_attributes_are_sorted_and_a_later_member_without_is_told() -> None:
    found = nlb(subject(attributes="b=1,a=2"))
    assert found.load_balancer_attributes == (Attribute(key="a", value="2"), Attribute(key="b", value="1"))

    result = built(subject("a", "edge", attributes="k=1"), subject("b", "edge"), group="edge")
    assert result.stack is not None
    assert [
        (problem.object.name, problem.severity) for problem in result.problems if "attributes" in problem.message
    ] == [("b", "warning")]


def test_its_own_tags_stand_alone() -> None:
    defaults = settings(default_tags={"z": "default"})

    assert nlb(subject(tags="a=1"), settings=defaults).tags == {"a": "1"}
    assert nlb(subject(tags=""), settings=defaults).tags == {}
    assert nlb(subject(), settings=defaults).tags == {"z": "default"}


def test_who_disagrees_on_having_it_is_told() -> None:
    other = ingress(name="b", annotations={"group.name": "edge", "enable-frontend-nlb": "false"})
    result = built(subject("a", "edge"), other, group="edge")

    assert [problem.object.name for problem in errors(result)] == ["b"]


def test_its_groups_and_subnets_are_asked_for_where_it_is_enabled() -> None:
    own = {"frontend-nlb-security-groups": "web", "frontend-nlb-subnets": "subnet-4a"}
    off, on = ingress(annotations=own), ingress(annotations={**own, "enable-frontend-nlb": "true"})

    assert wants(group_id("shop/web"), snapshot(off), SETTINGS).security_groups == frozenset()
    asked = wants(group_id("shop/web"), snapshot(on), SETTINGS)
    assert asked.security_groups == {"web"}
    assert asked.subnet_ids == {"subnet-4a"}
