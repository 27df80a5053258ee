"""Plans for Classic Load Balancers, as values."""

from dataclasses import replace
from typing import Any

import pytest

from albc.deploy.plan import Verb
from albc.deploy.plan.classic_listeners import listener_operations
from albc.deploy.plan.classic_policies import policy_operations
from albc.deploy.plan.classic_subnets import subnet_operations
from albc.deploy.plan.operation import Operation, ResourceID
from albc.model.classic import (
    PROXY_PROTOCOL_POLICY,
    AccessLog,
    ClassicAttributes,
    ClassicHealthCheck,
    ClassicListener,
    ClassicLoadBalancer,
    ConnectionDraining,
)
from albc.model.inventory import ActualClassicLoadBalancer

RESOURCE = ResourceID(ClassicLoadBalancer.type, "LoadBalancer")
HTTPS = ClassicListener(
    protocol="HTTPS", load_balancer_port=443, instance_protocol="HTTP", instance_port=31443, ssl_certificate_id="ARN"
)
SHAPE = {
    "Protocol": "HTTPS",
    "LoadBalancerPort": 443,
    "InstanceProtocol": "HTTP",
    "InstancePort": 31443,
    "SSLCertificateId": "arn",
}
ATTACH, DETACH = "attach_load_balancer_to_subnets", "detach_load_balancer_from_subnets"
ZONES = {"a1": "a", "a2": "a", "b1": "b", "b2": "b", "c1": "c"}

WANTED = ClassicLoadBalancer(
    name="edge",
    scheme="internal",
    subnets=("a1", "b1"),
    security_groups=("sg-1",),
    listeners=(HTTPS,),
    health_check=ClassicHealthCheck(
        target="TCP:31443", interval=10, timeout=5, healthy_threshold=2, unhealthy_threshold=6
    ),
    attributes=ClassicAttributes(
        access_log=AccessLog(enabled=False),
        connection_draining=ConnectionDraining(enabled=False),
        idle_timeout=60,
        cross_zone_enabled=False,
    ),
    manage_node_security_groups=True,
    zones=ZONES,
)


def actual(**aws: Any) -> ActualClassicLoadBalancer:
    return ActualClassicLoadBalancer(name="edge", aws=aws)


def subnets(have: list[str], want: tuple[str, ...]) -> list[tuple[str, list[str]]]:
    """Actions and their subnets; a blocked one has no action."""
    found = subnet_operations(RESOURCE, replace(WANTED, subnets=want), actual(Subnets=have))
    return [(one.action, one.params.get("Subnets") or one.after["Subnets"]) for one in found]


def actions(operations: list[Operation]) -> list[str]:
    return [operation.action for operation in operations]


@pytest.mark.parametrize(
    ("have", "want", "steps"),
    [
        (["a1", "b1"], ("b1", "a1"), []),
        (["a1"], ("a1", "b1"), [(ATTACH, ["b1"])]),
        (["a1", "b1"], ("a1",), [(DETACH, ["b1"])]),
        (["a1", "b1"], ("a1", "c1"), [(ATTACH, ["c1"]), (DETACH, ["b1"])]),
        (["a1"], ("b1",), [(ATTACH, ["b1"]), (DETACH, ["a1"])]),
        (
            ["a1", "b1"],
            ("a2", "b2"),
            [(DETACH, ["a1"]), (ATTACH, ["a2"]), (DETACH, ["b1"]), (ATTACH, ["b2"])],
        ),
        (["a1"], ("a2", "b1"), [(ATTACH, ["b1"]), (DETACH, ["a1"]), (ATTACH, ["a2"])]),
    ],
)
def test_there_is_always_a_subnet(have: list[str], want: tuple[str, ...], steps: list[tuple[str, list[str]]]) -> None:
    assert subnets(have, want) == steps


def test_the_only_subnet_is_not_exchanged_behind_the_users_back() -> None:
    [blocked] = subnet_operations(RESOURCE, replace(WANTED, subnets=("a2",)), actual(Subnets=["a1"]))

    assert blocked.verb is Verb.BLOCKED
    assert "create the Service anew" in blocked.because


def listeners(*shapes: dict[str, Any] | None) -> list[str]:
    described = [{"Listener": shape} for shape in shapes]
    return actions(list(listener_operations(RESOURCE, WANTED, actual(ListenerDescriptions=described))))


def test_equal_listeners_stay_whatever_the_case_of_their_words() -> None:
    assert listeners(SHAPE) == []
    assert listeners({**SHAPE, "Protocol": "https", "SSLCertificateId": "Arn"}) == []


def test_a_description_without_a_listener_is_passed_over() -> None:
    assert listeners(SHAPE, None) == []


def test_a_certificate_that_is_absent_differs_from_any() -> None:
    assert listeners({name: value for name, value in SHAPE.items() if name != "SSLCertificateId"}) == [
        "delete_load_balancer_listeners",
        "create_load_balancer_listeners",
    ]


def test_listeners_of_others_go() -> None:
    assert listeners(SHAPE, {**SHAPE, "LoadBalancerPort": 8443}) == ["delete_load_balancer_listeners"]


def policies(wanted: ClassicLoadBalancer, **aws: Any) -> list[tuple[str, Any]]:
    found = policy_operations(RESOURCE, wanted, actual(ListenerDescriptions=[{"Listener": SHAPE}], **aws))
    return [(one.action, one.params.get("InstancePort") or one.params.get("LoadBalancerPort")) for one in found]


def test_proxy_protocol_is_set_where_it_is_not_and_taken_from_ports_that_nobody_uses() -> None:
    wanted = replace(WANTED, proxy_protocol=True)
    set_, create = "set_load_balancer_policies_for_backend_server", "create_load_balancer_policy"
    known: dict[str, Any] = {"Policies": {"OtherPolicies": [PROXY_PROTOCOL_POLICY]}}
    stale = {"InstancePort": 30000, "PolicyNames": ["other"]}
    on = {"InstancePort": 31443, "PolicyNames": [PROXY_PROTOCOL_POLICY]}

    assert policies(wanted) == [(create, None), (set_, 31443)]
    assert policies(wanted, **known) == [(set_, 31443)]
    assert policies(wanted, **known, BackendServerDescriptions=[on, stale]) == [(set_, 30000)]
    assert policies(WANTED, **known, BackendServerDescriptions=[on]) == [(set_, 31443)]
    assert policies(WANTED, **known) == []


def test_the_negotiation_policy_is_for_secure_listeners_only() -> None:
    plain = replace(HTTPS, protocol="TCP", instance_protocol="TCP", load_balancer_port=80, ssl_certificate_id=None)
    wanted = replace(WANTED, ssl_negotiation_policy="P", listeners=(plain,))

    assert policies(wanted) == []


def test_a_policy_that_is_taken_back_stays_with_its_listener() -> None:
    assert policies(WANTED, Policies={"OtherPolicies": ["k8s-SSLNegotiationPolicy-P"]}) == []
