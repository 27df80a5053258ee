"""Target groups as they follow the account. No sockets here."""

from typing import Any

from albc.local.dataplane.balancing import Health, TargetKey
from albc.local.dataplane.upstreams import TargetGroup

A, B = TargetKey("10.0.0.1", 80), TargetKey("10.0.0.2", 80)


def described(key: TargetKey, state: str = "registered") -> dict[str, Any]:
    return {"Id": key.id, "Port": key.port, "Address": key.id, "State": state}


def group(*targets: dict[str, Any], **attributes: str) -> TargetGroup:
    made = TargetGroup("tg")
    item = {"Protocol": "HTTP", "Attributes": {name.replace("__", "."): value for name, value in attributes.items()}}
    made.update(item, targets)
    return made


def picked(held: TargetGroup, times: int = 8, **how: Any) -> set[TargetKey]:
    return {target.key for _ in range(times) if (target := held.pick(**how))}


def test_a_target_gets_traffic_from_its_first_good_verdict_on() -> None:
    held = group(described(A))
    assert picked(held) == set()

    held.judge(held.targets[A], Health.HEALTHY)

    assert picked(held) == {A}


def test_a_draining_target_gets_no_new_traffic() -> None:
    held = group(described(A), described(B))
    for target in held.targets.values():
        held.judge(target, Health.HEALTHY)

    held.update(held.item, (described(A, "draining"), described(B)))

    assert picked(held) == {B}


def test_a_target_that_is_registered_again_must_prove_itself_again() -> None:
    held = group(described(A))
    held.judge(held.targets[A], Health.HEALTHY)

    held.update(held.item, (described(A, "draining"),))
    held.update(held.item, (described(A),))

    assert held.targets[A].health is Health.INITIAL


def test_health_outlives_a_change_of_attributes() -> None:
    held = group(described(A))
    held.judge(held.targets[A], Health.HEALTHY)

    held.update({**held.item, "Attributes": {"deregistration_delay.timeout_seconds": "5"}}, (described(A),))

    assert held.targets[A].health is Health.HEALTHY


def test_a_preferred_target_wins_only_while_it_may_get_traffic() -> None:
    held = group(described(A), described(B))
    for target in held.targets.values():
        held.judge(target, Health.HEALTHY)
    assert picked(held, preferred=B) == {B}

    held.judge(held.targets[B], Health.UNHEALTHY)

    assert picked(held, preferred=B) == {A}


def test_least_outstanding_requests_follows_what_is_under_way() -> None:
    held = group(described(A), described(B), load_balancing__algorithm__type="least_outstanding_requests")
    for target in held.targets.values():
        held.judge(target, Health.HEALTHY)

    held.targets[A].outstanding = 1

    assert picked(held) == {B}


def test_one_client_stays_with_one_target_by_its_address() -> None:
    held = group(described(A), described(B))
    for target in held.targets.values():
        held.judge(target, Health.HEALTHY)

    assert len(picked(held, source_ip="192.0.2.1")) == 1
