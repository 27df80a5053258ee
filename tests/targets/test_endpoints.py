"""Which Pods become ip targets."""

from collections.abc import Callable

import pytest

from albc.kube.key import NamespacedName
from albc.kube.objects import EndpointSlice, Node, Pod, Service
from albc.targets.endpoints import BackendNotFound, EndpointRules, PodView, pod_endpoints, service_port

Make = Callable[..., Pod]


def view_of(*pods: Pod, nodes: tuple[Node, ...] = ()) -> PodView:
    return PodView({NamespacedName(pod.namespace, pod.name): pod for pod in pods}, {node.name: node for node in nodes})


def identifiers(service: Service, slice_: EndpointSlice, view: PodView, *, fail_open: bool = True) -> list[str]:
    port = service_port(service, 80)
    found = pod_endpoints(service, port, [slice_], view, EndpointRules(fail_open=fail_open))
    return [endpoint.identifier for endpoint in found]


def test_ready_pods_are_targets_at_the_slices_port(
    make_pod: Make, make_service: Callable[..., Service], make_slice: Callable[..., EndpointSlice]
) -> None:
    slice_ = make_slice(("10.0.0.2", "b", True, False), ("10.0.0.1", "a", None, False))
    assert identifiers(make_service(), slice_, view_of(make_pod("a"), make_pod("b"))) == [
        "10.0.0.1:8080",
        "10.0.0.2:8080",
    ]


def test_a_pod_that_is_not_ready_is_no_target(
    make_pod: Make, make_service: Callable[..., Service], make_slice: Callable[..., EndpointSlice]
) -> None:
    assert identifiers(make_service(), make_slice(("10.0.0.1", "a", False, False)), view_of(make_pod("a"))) == []


def test_a_pod_that_only_its_gate_holds_back_is_a_target(
    make_pod: Make,
    make_node: Callable[..., Node],
    make_service: Callable[..., Service],
    make_slice: Callable[..., EndpointSlice],
) -> None:
    view = view_of(make_pod("a", ContainersReady="True"), nodes=(make_node("node-a"),))
    assert identifiers(make_service(), make_slice(("10.0.0.1", "a", False, False)), view) == ["10.0.0.1:8080"]


def test_a_terminating_pod_is_no_target_although_its_containers_still_run(
    make_pod: Make,
    make_node: Callable[..., Node],
    make_service: Callable[..., Service],
    make_slice: Callable[..., EndpointSlice],
) -> None:
    view = view_of(make_pod("a", ContainersReady="True"), nodes=(make_node("node-a"),))
    assert identifiers(make_service(), make_slice(("10.0.0.1", "a", False, True)), view) == []


@pytest.mark.parametrize(("fail_open", "expected"), [(True, ["10.0.0.1:8080"]), (False, [])])
def test_when_no_pod_is_ready_those_of_a_silent_node_stay_if_the_gate_says_so(
    make_pod: Make,
    make_node: Callable[..., Node],
    make_service: Callable[..., Service],
    make_slice: Callable[..., EndpointSlice],
    fail_open: bool,
    expected: list[str],
) -> None:
    view = view_of(make_pod("a", ContainersReady="True"), nodes=(make_node("node-a", ready="Unknown"),))
    slice_ = make_slice(("10.0.0.1", "a", False, False))
    assert identifiers(make_service(), slice_, view, fail_open=fail_open) == expected


def test_slices_of_the_other_address_family_do_not_count(
    make_pod: Make, make_service: Callable[..., Service], make_slice: Callable[..., EndpointSlice]
) -> None:
    slice_ = make_slice(("fd00::1", "a", True, False), family="IPv6")
    assert identifiers(make_service(), slice_, view_of(make_pod("a"))) == []


def test_a_named_service_port_takes_only_the_slice_port_of_its_name(
    make_pod: Make, make_service: Callable[..., Service], make_slice: Callable[..., EndpointSlice]
) -> None:
    slice_ = make_slice(("10.0.0.1", "a", True, False), port_name="admin")
    assert identifiers(make_service(), slice_, view_of(make_pod("a"))) == []


def test_a_port_that_the_service_lacks_is_named_in_the_message(make_service: Callable[..., Service]) -> None:
    with pytest.raises(BackendNotFound, match="unable to find port https on service shop/web"):
        service_port(make_service(), "https")


def test_endpoints_without_a_pod_are_targets_while_they_are_ready(
    make_service: Callable[..., Service], make_slice: Callable[..., EndpointSlice]
) -> None:
    slice_ = make_slice(("10.0.0.1", "", True, False), ("10.0.0.2", "", None, False), ("10.0.0.3", "", False, False))

    assert identifiers(make_service(), slice_, view_of()) == ["10.0.0.1:8080", "10.0.0.2:8080"]


def test_an_endpoint_whose_pod_is_not_known_yet_waits_for_it(
    make_service: Callable[..., Service], make_slice: Callable[..., EndpointSlice]
) -> None:
    assert identifiers(make_service(), make_slice(("10.0.0.1", "a", True, False)), view_of()) == []
