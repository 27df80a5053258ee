"""What a Pod's readiness gate says."""

from collections.abc import Callable

import pytest

from albc.kube.objects import Pod
from albc.targets.readiness import gate_status, has_gate, held_back
from albc.targets.registration import Target, TargetHealth

GATE = "target-health.elbv2.k8s.aws/web"


@pytest.mark.parametrize(
    ("state", "status", "again"),
    [
        (None, "Unknown", True),
        ("healthy", "True", False),
        ("initial", "False", True),
        ("unhealthy", "False", True),
        ("draining", "False", True),
    ],
)
def test_the_gate_opens_only_for_a_healthy_target(state: str | None, status: str, again: bool) -> None:
    found = gate_status(TargetHealth(Target("10.0.0.1", 80), state))
    assert (found.status, found.probe_again) == (status, again)


def test_a_pod_without_the_bindings_gate_is_left_alone(make_pod: Callable[..., Pod]) -> None:
    assert has_gate(make_pod("a", gates=(GATE,)), "web")
    assert not has_gate(make_pod("a", gates=(GATE,)), "other")


def test_a_pod_waits_until_its_gate_is_open_also_when_the_gates_condition_was_lost(
    make_pod: Callable[..., Pod],
) -> None:
    assert held_back(make_pod("a", gates=(GATE,)), "web")
    assert held_back(make_pod("a", gates=(GATE,), **{GATE: "False"}), "web")
    assert not held_back(make_pod("a", gates=(GATE,), **{GATE: "True"}), "web")


def test_a_pod_does_not_wait_for_the_gates_of_others(make_pod: Callable[..., Pod]) -> None:
    assert not held_back(make_pod("a", gates=("example.com/ready",)), "web")
    assert not held_back(make_pod("a", gates=(f"{GATE}-2",), **{f"{GATE}-2": "False"}), "web")
