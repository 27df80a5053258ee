"""Target groups: what is changed in place, and what takes another one (spec/aws.md §5.1)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from albc.deploy.plan import Operation, Verb, make_plan
from albc.deploy.settings import DeploySettings
from albc.model.inventory import InventoryView
from albc.model.load_balancer import Attribute
from albc.model.stack import Stack
from albc.model.target_group import HealthCheck, HealthCheckMatcher, TargetGroup

View = Callable[..., InventoryView]


@pytest.fixture
def group(site: Any) -> TargetGroup:
    result: TargetGroup = site.target_group("a.example.com")
    return result


@pytest.fixture
def change(site: Any, group: TargetGroup, deployed: View, settings: DeploySettings) -> Callable[..., list[Operation]]:
    """The operations after the target group was edited."""

    def change(before: TargetGroup = group, gates: dict[str, Any] | None = None, **edit: Any) -> list[Operation]:
        stack = Stack.of(site.id, [replace(before, **edit)])
        view = deployed(Stack.of(site.id, [before]))
        return list(make_plan(stack, view, replace(settings, **(gates or {}))).operations)

    return change


def check(**edit: Any) -> HealthCheck:
    whole = HealthCheck(
        port="traffic-port",
        protocol="HTTP",
        path="/",
        matcher=HealthCheckMatcher(http_code="200"),
        interval_seconds=15,
        timeout_seconds=5,
        healthy_threshold_count=2,
        unhealthy_threshold_count=2,
    )
    return replace(whole, **edit)


@pytest.mark.parametrize(
    "edit",
    [
        {"target_type": "ip"},
        {"protocol": "HTTPS"},
        {"protocol_version": "HTTP2"},
        {"target_control_port": 3000},
        {"ip_address_type": "ipv6"},
    ],
)
def test_what_aws_cannot_change_takes_another_target_group(change: Any, edit: dict[str, Any]) -> None:
    create, delete = change(**edit)

    assert (create.verb, create.action, delete.action) == (Verb.REPLACE, "create_target_group", "delete_target_group")
    assert create.params["Name"] != delete.before["Name"]


@pytest.mark.parametrize("edit", [{"name": "other"}, {"port": 1}, {"health_check": None}])
def test_what_the_reference_ignores_is_ignored(change: Any, edit: dict[str, Any]) -> None:
    assert change(**edit) == []


@pytest.mark.parametrize(
    "edit",
    [
        {"port": 8080},
        {"protocol": "HTTPS"},
        {"path": "/healthz"},
        {"matcher": HealthCheckMatcher(http_code="200-399")},
        {"interval_seconds": 30},
        {"healthy_threshold_count": 5},
    ],
)
def test_a_health_check_is_changed_as_a_whole(change: Any, edit: dict[str, Any]) -> None:
    [operation] = change(health_check=check(**edit))

    assert operation.action == "modify_target_group"
    assert operation.params["HealthCheckEnabled"] is True
    assert operation.params["UnhealthyThresholdCount"] == 2
    assert len(operation.after) == 1


def test_a_port_is_compared_as_text(change: Any, group: TargetGroup) -> None:
    assert change(replace(group, health_check=check(port=8080)), health_check=check(port="8080")) == []


@pytest.mark.parametrize(("gate", "action"), [(True, "modify_target_group"), (False, "create_target_group")])
def test_a_health_check_of_an_nlb_is_fixed_without_the_gate(
    change: Any, group: TargetGroup, gate: bool, action: str
) -> None:
    tcp = replace(group, protocol="TCP", protocol_version=None, health_check=check(matcher=None))

    operations = change(
        tcp, {"nlb_health_check_advanced_config": gate}, health_check=check(matcher=None, interval_seconds=30)
    )

    assert operations[0].action == action


def test_attributes_are_written_where_they_differ(change: Any, group: TargetGroup) -> None:
    before = replace(group, attributes=(Attribute(key="a", value="1"), Attribute(key="b", value="2")))

    [operation] = change(before, attributes=(Attribute(key="b", value="3"),))

    assert operation.params["Attributes"] == [{"Key": "b", "Value": "3"}]
    assert operation.before == {"b": "2"}


def test_an_attribute_that_is_named_twice_has_its_last_value(change: Any) -> None:
    twice = (Attribute(key="a", value="1"), Attribute(key="a", value="2"))

    [operation] = change(attributes=twice)

    assert operation.params["Attributes"] == [{"Key": "a", "Value": "2"}]
