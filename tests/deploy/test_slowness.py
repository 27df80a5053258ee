"""AWS shows late what it has done: nothing is made twice, and a worker is never held."""

import contextlib
from collections.abc import Callable
from typing import Any

import pytest

from albc.errors import Pending
from albc.local.aws import AccountOptions
from albc.model.stack import Stack

pytestmark = pytest.mark.anyio

Local = Callable[..., tuple[Any, Any]]


async def passes(controller: Any, stack: Stack, time: Any, seconds: float = 2.0) -> None:
    """As requeues would."""
    for _ in range(40):
        with contextlib.suppress(Pending):
            applied = await controller.deploy(stack)
            if applied.is_complete and (await controller.plan(stack)).is_empty:
                return
        time.now += seconds
    raise AssertionError("not complete")


def made(controller: Any) -> list[str]:
    """Names of the creations that AWS has carried out."""
    calls = controller.account.calls.writes()
    return sorted(call.operation for call in calls if call.outcome == "ok" and call.operation.startswith("Create"))


@pytest.mark.parametrize("seconds", [1.0, 5.0, 20.0])
async def test_what_is_not_shown_yet_is_not_made_again(local: Local, time: Any, seconds: float) -> None:
    controller, site = local(AccountOptions(active_seconds=0.0, consistency_seconds=seconds), time=time)

    await passes(controller, site.stack("a.example.com"), time)

    assert made(controller) == [
        "CreateListener",
        "CreateLoadBalancer",
        "CreateRule",
        "CreateSecurityGroup",
        "CreateTargetGroup",
    ]


async def test_a_load_balancer_goes_only_when_its_successor_is_active(local: Local, time: Any) -> None:
    controller, site = local(AccountOptions(active_seconds=100.0), time=time)
    await controller.settle(site.stack("a.example.com"))
    other = site.stack("a.example.com", scheme="internal", name="k8s-shop-web-other")

    applied = await controller.deploy(other)

    assert "DeleteLoadBalancer" not in controller.writes()
    assert applied.requeue_after is not None
    time.now += 101
    await controller.settle(other)
    assert controller.writes().count("DeleteLoadBalancer") == 1
    assert controller.writes().count("CreateLoadBalancer") == 2


async def test_a_security_group_waits_for_the_network_interfaces_to_be_released(local: Local, time: Any) -> None:
    controller, site = local(AccountOptions(active_seconds=0.0, release_seconds=60.0), time=time)
    await controller.settle(site.stack("a.example.com"))

    for _ in range(3):
        applied = await controller.deploy(Stack(site.id))
    assert [waiting.operation.action for waiting in applied.waiting] == ["delete_security_group"]
    time.now += 61
    applied = await controller.deploy(Stack(site.id))

    assert applied.is_complete
    assert controller.writes().count("DeleteLoadBalancer") == 1
