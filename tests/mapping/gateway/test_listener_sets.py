"""Which ListenerSets a Gateway takes in, and what they bring (spec/gateway.md §5)."""

from typing import Any

import pytest

from albc.mapping.snapshot import NamespacedName
from albc.model.listener import Listener
from tests.mapping.gateway.kit import (
    Plain,
    built,
    faults,
    gateway,
    http,
    http_route,
    listener_set,
    namespace,
    service,
    stack,
)

OTHER = namespace("team", kind="tenant")


def allowing(from_: str, **selector: Any) -> Plain:
    return {"namespaces": {"from": from_, **({"selector": selector} if selector else {})}}


def to_set(name: str = "more", namespace: str = "team") -> list[Plain]:
    return [{"kind": "ListenerSet", "name": name, "namespace": namespace}]


@pytest.mark.parametrize(
    ("allowed", "accepted"),
    [
        (None, False),
        (allowing("None"), False),
        (allowing("Same"), False),
        (allowing("All"), True),
        (allowing("Selector", matchLabels={"kind": "tenant"}), True),
        (allowing("Selector", matchLabels={"kind": "other"}), False),
        (allowing("Selector"), False),
        (allowing("Everybody"), False),
    ],
)
def test_a_gateway_says_from_where_it_takes_listener_sets(allowed: Plain | None, accepted: bool) -> None:
    parent = gateway()
    if allowed:
        parent["spec"]["allowedListeners"] = allowed
    result = built(
        parent,
        OTHER,
        listener_set(http(81), namespace="team"),
    )

    assert result.listener_sets is not None
    assert result.listener_sets[NamespacedName("team", "more")].accepted is accepted


def test_listener_sets_of_the_gateways_own_namespace_can_be_allowed_alone() -> None:
    result = built(gateway(allowedListeners=allowing("Same")), listener_set(http(81)))

    assert result.listener_sets is not None
    assert result.listener_sets[NamespacedName("shop", "more")].accepted


def test_a_rejected_listener_set_is_told_so() -> None:
    assert faults(gateway(), listener_set(http(81), namespace="team")) == [("ListenerSet", "more", "NotAllowed")]


def test_a_broken_selector_rejects_listener_sets_and_leaves_the_gateway() -> None:
    selector = {"matchExpressions": [{"key": "kind", "operator": "Like"}]}
    broken = gateway(allowedListeners=allowing("Selector", **selector))

    found = built(broken, OTHER, listener_set(http(81), namespace="team"), service(), http_route())

    assert found.built.stack is not None
    assert ("Gateway", "Invalid") in [(problem.object.kind, problem.reason) for problem in found.built.problems]


def test_routes_of_the_gateway_do_not_reach_a_sets_listeners_nor_the_other_way_round() -> None:
    objects = (
        gateway(http(80), allowedListeners=allowing("All")),
        OTHER,
        listener_set(http(81, allowedRoutes={"namespaces": {"from": "All"}}), namespace="team"),
        service(),
    )

    own = stack(*objects, http_route()).all(Listener)
    through_set = stack(*objects, http_route(parents=to_set())).all(Listener)

    assert [listener.id for listener in own] == ["80"]
    assert [listener.id for listener in through_set] == ["81"]


def test_the_older_of_two_sets_wins_a_port() -> None:
    objects = (
        gateway(allowedListeners=allowing("All")),
        OTHER,
        listener_set(http(81, hostname="a.example.com"), name="aaa", creationTimestamp="2026-02-02T00:00:00Z"),
        listener_set(http(81, hostname="a.example.com"), name="zzz", creationTimestamp="2026-01-01T00:00:00Z"),
    )

    assert faults(*objects) == [("ListenerSet", "aaa", "HostnameConflict")]


def test_a_set_that_names_another_gateway_is_none_of_ours() -> None:
    foreign = listener_set(http(81))
    foreign["spec"]["parentRef"]["name"] = "other"

    assert built(gateway(allowedListeners=allowing("All")), foreign).listener_sets == {}
