"""Which changes of the cluster make which TargetGroupBindings be looked at."""

from types import SimpleNamespace
from typing import Any

import pytest

from albc.controllers.binding_events import (
    BindingEvents,
    endpoints_changed,
    more_than_checkpoint,
    pod_matters,
    ports_changed,
)
from albc.controllers.stores import Stores
from albc.crds.resources import TARGET_GROUP_BINDINGS
from albc.engine.informer import Change
from albc.engine.store import ObjectKey, Store
from albc.kube.objects import ENDPOINT_SLICES, NODES, PODS, SERVICES
from albc.kube.resource import Resource

PREFIX = "target-health.elbv2.k8s.aws"


def changed(resource: Resource[Any], old: dict[str, Any] | None, new: dict[str, Any] | None) -> Change[Any]:
    before, after = (resource.convert(each) if each is not None else None for each in (old, new))
    type_: Any = "added" if old is None else "deleted" if new is None else "updated"
    return Change(type_, after or before, before if type_ == "updated" else None)


def binding(name: str, target_type: str | None = "ip", service: str = "web", **spec: Any) -> dict[str, Any]:
    given = {"serviceRef": {"name": service, "port": 80}, "targetType": target_type, **spec}
    return {"metadata": {"name": name, "namespace": "shop"}, "spec": given}


def slice_of(service: str | None, *pods: str, ready: bool = True) -> dict[str, Any]:
    labels = {"kubernetes.io/service-name": service} if service else {}
    return {
        "metadata": {"name": "web-1", "namespace": "shop", "labels": labels},
        "ports": [{"port": 80}],
        "endpoints": [
            {"conditions": {"ready": ready}, "targetRef": {"kind": "Pod", "name": name}, "addresses": ["10.0.0.1"]}
            for name in pods
        ],
    }


def pod(*gates: str, **more: Any) -> dict[str, Any]:
    spec = {"readinessGates": [{"conditionType": gate} for gate in gates]}
    return {"metadata": {"name": "a", "namespace": "shop", **more}, "spec": spec, "status": {"podIP": "10.0.0.1"}}


def node(ready: str | None, labels: dict[str, str] | None = None) -> dict[str, Any]:
    conditions = [{"type": "Ready", "status": ready}] if ready else []
    return {"metadata": {"name": "n", "labels": labels or {}}, "status": {"conditions": conditions}}


def events(*bindings: dict[str, Any], slices: tuple[dict[str, Any], ...] = ()) -> BindingEvents:
    asked: dict[Any, Store[Any]] = {}

    def store(resource: Resource[Any], indexes: Any = None, **_: Any) -> Store[Any]:
        asked[resource] = Store(resource.kind, indexes)
        return asked[resource]

    manager: Any = SimpleNamespace(store=store)
    stores = Stores.of(manager)
    for each in bindings:
        asked[TARGET_GROUP_BINDINGS].put(TARGET_GROUP_BINDINGS.convert(each))
    for each in slices:
        asked[ENDPOINT_SLICES].put(ENDPOINT_SLICES.convert(each))
    return BindingEvents(stores)


def names(keys: Any) -> set[str]:
    return {key.name for key in keys}


def test_a_service_concerns_its_bindings_of_type_instance() -> None:
    found = events(binding("i", "instance"), binding("p"), binding("o", "instance", "other"), binding("n", None))
    service = {"metadata": {"name": "web", "namespace": "shop"}, "spec": {"ports": [{"port": 80}]}}
    assert names(found.of_service(changed(SERVICES, None, service))) == {"i"}


@pytest.mark.parametrize(("port", "expected"), [(80, False), (81, True)])
def test_of_a_service_only_its_ports_matter(port: int, expected: bool) -> None:
    old = {"metadata": {"name": "web"}, "spec": {"ports": [{"port": 80}]}}
    new = {"metadata": {"name": "web", "labels": {"new": "label"}}, "spec": {"ports": [{"port": port}]}}
    assert ports_changed(changed(SERVICES, old, new)) is expected
    assert ports_changed(changed(SERVICES, old, None))


def test_a_slice_concerns_the_bindings_of_type_ip_of_its_service() -> None:
    found = events(binding("i", "instance"), binding("p"), binding("o", "ip", "other"))
    assert names(found.of_slice(changed(ENDPOINT_SLICES, None, slice_of("web")))) == {"p"}
    assert names(found.of_slice(changed(ENDPOINT_SLICES, None, slice_of(None)))) == set()


def test_of_a_slice_only_ports_and_endpoints_matter() -> None:
    old = slice_of("web", "a")
    labelled = {**old, "metadata": {**old["metadata"], "annotations": {"some": "note"}}}
    assert not endpoints_changed(changed(ENDPOINT_SLICES, old, labelled))
    assert endpoints_changed(changed(ENDPOINT_SLICES, old, slice_of("web", "a", ready=False)))


@pytest.mark.parametrize(
    ("gate", "expected"),
    [
        (f"{PREFIX}/web", {"web"}),
        ("target-health.alb.ingress.k8s.aws/web.v1", {"web.v1"}),
        (f"{PREFIX}/", set()),
        (PREFIX, set()),
        (f"{PREFIX}/Web", set()),
        (f"{PREFIX}/web_1", set()),
        (f"{PREFIX}/web/1", set()),
        (f"{PREFIX}/{'x' * 254}", set()),
        ("example.com/web", set()),
    ],
)
def test_a_pod_concerns_the_bindings_that_its_gates_name(gate: str, expected: set[str]) -> None:
    assert names(events().of_pod(changed(PODS, None, pod(gate)))) == expected


def test_a_pod_that_is_told_to_go_concerns_all_bindings_that_have_it_gate_or_not() -> None:
    found = events(binding("p"), binding("o", "ip", "other"), slices=(slice_of("web", "a"),))
    going = pod(deletionTimestamp="2026-01-01T00:00:00Z")
    assert names(found.of_pod(changed(PODS, pod(), going))) == {"p"}
    assert names(found.of_pod(changed(PODS, None, pod()))) == set()


def test_the_end_of_a_pod_was_told_before() -> None:
    assert not pod_matters(changed(PODS, pod(), None))
    assert pod_matters(changed(PODS, None, pod()))
    assert pod_matters(changed(PODS, pod(), pod(deletionTimestamp="2026-01-01T00:00:00Z")))
    assert not pod_matters(changed(PODS, pod(), pod(labels={"new": "label"})))


LABELS = {"node.kubernetes.io/exclude-from-external-load-balancers": "true"}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (None, node("True"), True),
        (None, node("Unknown"), True),
        (None, node("False"), False),
        (None, node(None), False),
        (None, node("True", LABELS), False),
        (node("True"), node("True"), False),
        (node("True"), node("Unknown"), True),
        (node("False"), node("True"), True),
        (node("True"), node("True", LABELS), True),
        (node("False"), node("False", LABELS), False),
        (node("True", LABELS), node("True"), True),
        (node("True", LABELS), node("False"), False),
        (node("True", LABELS), node("False", LABELS), False),
        (node("True"), None, True),
        (node("False"), None, False),
    ],
)
def test_a_node_concerns_bindings_of_type_instance_when_their_targets_may_change(
    old: dict[str, Any] | None, new: dict[str, Any] | None, expected: bool
) -> None:
    found = events(binding("i", "instance"), binding("p"))
    assert names(found.of_node(changed(NODES, old, new))) == ({"i"} if expected else set())


def test_a_binding_with_a_bad_selector_holds_up_no_other() -> None:
    bad = {"matchExpressions": [{"key": "zone", "operator": "Like", "values": ["a"]}]}
    found = events(binding("bad", "instance", nodeSelector=bad), binding("good", "instance"))
    assert names(found.of_node(changed(NODES, None, node("True")))) == {"good"}


def test_a_checkpoint_alone_is_told_apart_from_other_changes() -> None:
    old = binding("web")
    noted = {**old, "metadata": {**old["metadata"], "annotations": {"elbv2.k8s.aws/checkpoint": "x"}}}
    finalized = {**old, "metadata": {**old["metadata"], "finalizers": ["elbv2.k8s.aws/resources"]}}
    assert not more_than_checkpoint(changed(TARGET_GROUP_BINDINGS, old, noted))
    assert more_than_checkpoint(changed(TARGET_GROUP_BINDINGS, old, finalized))
    assert more_than_checkpoint(changed(TARGET_GROUP_BINDINGS, old, None))


def test_keys_are_in_the_namespace_of_the_pod() -> None:
    (key,) = events().of_pod(changed(PODS, None, pod(f"{PREFIX}/web")))
    assert key == ObjectKey("shop", "web")
