"""Readiness gates for Pods behind target groups (spec/targets.md §4.5)."""

from typing import Any

import pytest

from albc.crds.target_group_binding import TargetGroupBinding
from albc.kube.objects import Service
from albc.kube.objects.core import ServiceSpec
from albc.webhooks.readiness_gates import inject_readiness_gates

OURS = "target-health.elbv2.k8s.aws/"
LEGACY = "target-health.alb.ingress.k8s.aws/web_web_80"
SERVICES = {
    "web": Service(spec=ServiceSpec(selector={"app": "web"})),
    "both": Service(spec=ServiceSpec(selector={"app": "web", "tier": "front"})),
    "headless": Service(),
}


def find(namespace: str, name: str) -> Service | None:
    assert namespace == "shop"
    return SERVICES.get(name)


def binding(name: str, service: str = "web", target_type: str | None = "ip") -> TargetGroupBinding:
    return TargetGroupBinding.model_validate(
        {
            "metadata": {"name": name, "namespace": "shop"},
            "spec": {"targetType": target_type, "serviceRef": {"name": service, "port": 80}},
        }
    )


def pod(*gates: str, **labels: str) -> dict[str, Any]:
    spec: dict[str, Any] = {"containers": [{"name": "web"}]}
    if gates:
        spec["readinessGates"] = [{"conditionType": gate} for gate in gates]
    return {"metadata": {"labels": labels or {"app": "web"}}, "spec": spec}


def gates_of(pod: Any) -> list[str]:
    return [gate["conditionType"] for gate in pod["spec"].get("readinessGates", [])]


def test_each_binding_whose_service_selects_the_pod_gives_a_gate(review: Any, admitted: Any) -> None:
    asked = review(pod())

    verdict = inject_readiness_gates(asked, [binding("b"), binding("a"), binding("c", "both")], find)

    assert gates_of(admitted(asked, verdict)) == [OURS + "b", OURS + "a"]


@pytest.mark.parametrize(
    "other",
    [
        binding("x", target_type="instance"),
        binding("x", target_type=None),
        binding("x", "gone"),
        binding("x", "headless"),
        binding("x", "both"),
    ],
)
def test_a_pod_of_no_ip_binding_is_untouched(review: Any, admitted: Any, other: TargetGroupBinding) -> None:
    asked = review(pod(LEGACY))

    assert admitted(asked, inject_readiness_gates(asked, [other], find)) == asked.object


def test_gates_of_others_stay_in_their_order_and_legacy_ones_go(review: Any, admitted: Any) -> None:
    asked = review(pod("example.com/a", LEGACY, OURS + "b", "example.com/b"))

    verdict = inject_readiness_gates(asked, [binding("a"), binding("b")], find)

    assert gates_of(admitted(asked, verdict)) == ["example.com/a", OURS + "b", "example.com/b", OURS + "a"]


def test_a_gate_that_is_there_is_not_added_again(review: Any, admitted: Any) -> None:
    asked = review(pod(OURS + "a"))

    assert admitted(asked, inject_readiness_gates(asked, [binding("a")], find)) == asked.object
