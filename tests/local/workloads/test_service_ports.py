"""Which sockets nodes open for Services, and where they lead."""

import socket
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from albc.local.workloads.service_ports import Backing, Identity, Kind, PortKey, ServicePorts, wanted_ports
from tests.local.workloads.kit import HTTP, endpoint, node, service, slice_of

NODES = (node("a", "127.19.0.1"), node("b", "127.19.0.2"))


def backing(service: dict[str, Any], *endpoints: dict[str, Any]) -> dict[str, tuple[tuple[str, int], ...]]:
    """Node address → where its node port leads."""
    wanted = wanted_ports([service], [slice_of(*endpoints)], NODES)
    return {key.address: held.endpoints for key, held in wanted.items() if not key.answers_health}


def test_every_node_leads_to_every_ready_endpoint() -> None:
    held = backing(service(HTTP), endpoint("10.0.0.1", "a"), endpoint("10.0.0.2", "b"))

    assert held == dict.fromkeys(("127.19.0.1", "127.19.0.2"), (("10.0.0.1", 8080), ("10.0.0.2", 8080)))


def test_local_traffic_stays_on_its_node() -> None:
    local = service(HTTP, externalTrafficPolicy="Local")

    assert backing(local, endpoint("10.0.0.1", "a")) == {
        "127.19.0.1": (("10.0.0.1", 8080),),
        "127.19.0.2": (),
    }


def test_endpoints_that_end_serve_only_when_no_other_does() -> None:
    ending = endpoint("10.0.0.1", ready=False, serving=True, terminating=True)
    unready = endpoint("10.0.0.2", ready=False, serving=False)

    assert backing(service(HTTP), ending, unready)["127.19.0.1"] == (("10.0.0.1", 8080),)
    assert backing(service(HTTP), ending, endpoint("10.0.0.3"))["127.19.0.1"] == (("10.0.0.3", 8080),)


def test_a_service_without_node_ports_opens_nothing() -> None:
    assert wanted_ports([service({"name": "http", "port": 80})], [slice_of(endpoint("10.0.0.1"))], NODES) == {}


def test_ports_are_told_apart_by_name_and_protocol() -> None:
    dns = {"name": "dns", "port": 53, "protocol": "UDP", "nodePort": 30053}
    wanted = wanted_ports(
        [service(HTTP, dns)],
        [slice_of(endpoint("10.0.0.1")), slice_of(endpoint("10.0.0.1"), port=5353, name="dns")],
        NODES[:1],
    )

    assert {(key.port, key.kind): held.endpoints for key, held in wanted.items()} == {
        (30080, socket.SOCK_STREAM): (("10.0.0.1", 8080),),
        (30053, socket.SOCK_DGRAM): (("10.0.0.1", 5353),),
    }


def test_a_health_check_port_is_wanted_for_local_services_alone() -> None:
    local = service(HTTP, externalTrafficPolicy="Local", healthCheckNodePort=32000)
    key = PortKey("127.19.0.1", 32000, socket.SOCK_STREAM, answers_health=True)

    assert key in wanted_ports([local], [], NODES)
    assert key not in wanted_ports([service(HTTP, healthCheckNodePort=32000)], [], NODES)


def _named(obj: dict[str, Any], name: str, service_name: str = "") -> dict[str, Any]:
    labels = {"kubernetes.io/service-name": service_name} if service_name else {}
    return {**obj, "metadata": {"namespace": "shop", "name": name, "labels": labels}}


def _port(number: int) -> dict[str, Any]:
    return {"name": "http", "port": 80, "nodePort": 30000 + number}


# Each change of an object, or its end: kind, name, object.
_services = st.builds(
    lambda number, local, gone: (
        "services",
        f"web-{number}",
        None if gone else _named(service(_port(number), externalTrafficPolicy=local), f"web-{number}"),
    ),
    st.integers(0, 2),
    st.sampled_from(["Local", "Cluster"]),
    st.booleans(),
)
_slices = st.builds(
    lambda number, of, address, gone: (
        "endpointslices",
        f"slice-{number}",
        None if gone else _named(slice_of(endpoint(f"10.0.0.{address}")), f"slice-{number}", f"web-{of}"),
    ),
    st.integers(0, 2),
    st.integers(0, 2),
    st.integers(1, 3),
    st.booleans(),
)
_nodes = st.builds(
    lambda letter, address, gone: ("nodes", letter, None if gone else node(letter, f"127.19.0.{address}")),
    st.sampled_from("ab"),
    st.integers(1, 4),
    st.booleans(),
)
_changes: st.SearchStrategy[tuple[Kind, str, dict[str, Any] | None]] = st.one_of(_services, _slices, _nodes)


@given(st.lists(st.lists(_changes, max_size=4), max_size=6))
def test_following_changes_comes_to_what_the_whole_state_says(
    rounds: list[list[tuple[Kind, str, dict[str, Any] | None]]],
) -> None:
    seen = ServicePorts()
    state: dict[Kind, dict[str, dict[str, Any]]] = {"services": {}, "endpointslices": {}, "nodes": {}}
    followed: dict[Identity, dict[PortKey, Backing]] = {}
    for changes in rounds:
        for kind, name, obj in changes:
            seen.note(kind, ("" if kind == "nodes" else "shop", name), obj)
            if obj is None:
                state[kind].pop(name, None)
            else:
                state[kind][name] = obj
        services, wanted = seen.changes()
        for identity in services:
            followed[identity] = {key: backing for key, backing in wanted.items() if backing.service == identity}

        whole = wanted_ports(*(list(objects.values()) for objects in state.values()))
        assert {key: backing for held in followed.values() for key, backing in held.items()} == whole


def test_a_change_of_one_service_s_endpoints_concerns_that_service_alone() -> None:
    seen = ServicePorts()
    seen.note("nodes", ("", "a"), node("a", "127.19.0.1"))
    for number in range(3):
        seen.note("services", ("shop", f"web-{number}"), _named(service(_port(number)), f"web-{number}"))
    seen.changes()

    seen.note("endpointslices", ("shop", "s"), _named(slice_of(endpoint("10.0.0.1")), "s", "web-1"))
    services, wanted = seen.changes()

    assert services == {("shop", "web-1")}
    assert [key.port for key in wanted] == [30001]


def test_a_node_that_only_reports_its_health_concerns_no_service() -> None:
    seen = ServicePorts()
    seen.note("nodes", ("", "a"), node("a", "127.19.0.1"))
    seen.note("services", ("shop", "web"), service(HTTP))
    seen.changes()

    seen.note("nodes", ("", "a"), {**node("a", "127.19.0.1"), "spec": {"unschedulable": True}})

    assert seen.changes() == (frozenset(), {})
