"""The data plane follows the account."""

from dataclasses import replace
from functools import partial

import anyio
import pytest

from albc.local.dataplane.plane import DataPlane, ServedListener
from albc.local.dataplane.snapshot import Snapshot
from albc.local.network import AddressBook
from tests.local.dataplane.kit import Stack, fixed, forward, free_address, listener

pytestmark = pytest.mark.anyio


async def test_addresses_tell_each_listener_s_real_place(stack: Stack) -> None:
    stack.holds(listener("http", 80, "HTTP", fixed(200)), listener("tcp", 9000, "TCP", forward()))
    await stack.settled(lambda: stack.serves(9000))

    served = stack.plane.addresses()["lb"]

    assert served.address == stack.address
    assert served.listeners == (
        ServedListener(80, "HTTP", *stack.book.resolve(stack.address, 80)),
        ServedListener(9000, "TCP", *stack.book.resolve(stack.address, 9000)),
    )


async def test_a_deleted_listener_closes_and_the_others_stay(stack: Stack) -> None:
    stack.holds(listener("http", 80, "HTTP", fixed(200, "here")), listener("more", 81, "HTTP", fixed(200)))
    await stack.settled(lambda: stack.serves(81))

    stack.holds(listener("http", 80, "HTTP", fixed(200, "here")))

    async def gone() -> bool:
        return not await stack.serves(81)

    await stack.settled(gone)
    assert await stack.get() == (200, "here")


async def test_a_listener_may_change_its_protocol_on_the_same_port(stack: Stack) -> None:
    stack.holds(listener("l", 80, "TCP", forward()))
    await stack.settled(lambda: stack.serves(80))

    stack.holds(listener("l", 80, "HTTP", fixed(200, "http now")))

    async def changed() -> bool:
        return [served.protocol for served in stack.plane.addresses()["lb"].listeners] == ["HTTP"]

    await stack.settled(changed)
    assert await stack.get() == (200, "http now")


async def test_a_load_balancer_in_the_making_does_not_serve_yet(stack: Stack) -> None:
    stack.holds(listener("http", 80, "HTTP", fixed(200)))
    balancer = {**stack.account.load_balancers[0], "State": {"Code": "provisioning"}}
    other = {"LoadBalancerArn": "other", "Address": free_address("18")}
    stack.account = replace(
        stack.account,
        load_balancers=(balancer, other),
        listeners={**stack.account.listeners, "other": (listener("o", 80, "HTTP", fixed(200)),)},
    )
    async with DataPlane(AddressBook(), lambda: stack.account, lambda *_: None) as plane:
        assert set(plane.addresses()) == {"other"}


async def test_a_load_balancer_that_becomes_active_with_time_is_served_without_notice(stack: Stack) -> None:
    held = {"LoadBalancerArn": "lb", "Address": stack.address}
    listeners = {"lb": (listener("http", 80, "HTTP", fixed(200, "active")),)}
    states = iter(["provisioning", "provisioning"])

    def account() -> Snapshot:
        return Snapshot(load_balancers=({**held, "State": {"Code": next(states, "active")}},), listeners=listeners)

    async with DataPlane(stack.book, account, lambda *_: None) as plane:

        async def served() -> bool:
            return "lb" in plane.addresses()

        await stack.settled(served)
        assert await stack.get() == (200, "active")


async def test_what_the_account_holds_at_the_start_is_served_at_once() -> None:
    address = free_address("18")
    account = Snapshot(
        load_balancers=({"LoadBalancerArn": "lb", "Address": address},),
        listeners={"lb": (listener("http", 80, "HTTP", fixed(200)),)},
    )
    async with DataPlane(AddressBook(), lambda: account, lambda *_: None) as plane:
        assert [served.port for served in plane.addresses()["lb"].listeners] == [80]


async def test_many_changes_at_once_are_looked_at_once(stack: Stack) -> None:
    looks = 0

    def counted() -> Snapshot:
        nonlocal looks
        looks += 1
        return Snapshot()

    async with DataPlane(AddressBook(), counted, lambda *_: None) as plane:
        for _ in range(50):
            plane.notify()
        await anyio.wait_all_tasks_blocked()

    assert looks == 2  # at the start, and after the changes


async def test_only_targets_of_groups_in_use_are_probed(stack: Stack) -> None:
    used, unused = await stack.named("used"), await stack.named("unused")
    stack.group("used", used)
    stack.group("unused", unused)
    stack.holds(listener("http", 80, "HTTP", forward("used")))
    await stack.healthy("used", used)

    assert ("unused", *unused) not in stack.health


async def test_a_changed_health_check_is_asked_at_once(stack: Stack) -> None:
    target = await stack.named("a")
    stack.group("tg", target)
    stack.holds(listener("http", 80, "HTTP", forward("tg")))
    await stack.healthy("tg", target)

    stack.group("tg", target, Matcher={"HttpCode": "404"}, UnhealthyThresholdCount=1)

    await stack.until(lambda: stack.health["tg", *target][0] is False)


async def test_a_target_that_refuses_is_unhealthy_and_says_why(stack: Stack) -> None:
    target = await stack.named("a")
    await stack.shut(target)
    stack.group("tg", target, UnhealthyThresholdCount=1)
    stack.holds(listener("http", 80, "HTTP", forward("tg")))

    await stack.until(lambda: stack.health.get(("tg", *target)) == (False, "Target.FailedHealthChecks"))


async def test_a_target_is_reported_as_being_checked_before_its_first_verdict(stack: Stack) -> None:
    target = await stack.named("a")
    stack.group("tg", target)
    stack.holds(listener("http", 80, "HTTP", forward("tg")))

    await stack.until(lambda: ("tg", *target) in stack.health)

    assert stack.reports[0] == ("tg", *target, False, "Elb.InitialHealthChecking")


async def test_a_change_that_makes_no_sense_leaves_the_rest_serving(stack: Stack) -> None:
    stack.holds(listener("http", 80, "HTTP", fixed(200, "still here")))
    await stack.settled(lambda: stack.serves(80))

    stack.holds(listener("http", 80, "HTTP", [{"Type": "forward"}]))
    await anyio.wait_all_tasks_blocked()
    assert await stack.get() == (200, "still here")

    stack.holds(listener("http", 80, "HTTP", fixed(200, "mended")))
    await stack.settled(lambda: stack.answers((200, "mended")))


async def test_replacing_every_target_loses_no_request(stack: Stack) -> None:
    """A rollout: new targets are healthy before old ones drain, and old ones end only when they are gone."""
    old = [await stack.named(f"old-{number}") for number in range(3)]
    new = [await stack.named(f"new-{number}") for number in range(3)]
    stack.group("tg", *old)
    stack.holds(listener("http", 80, "HTTP", forward("tg")))
    await stack.healthy("tg", *old)
    answers: list[tuple[int, str]] = []
    over = anyio.Event()

    async def clients() -> None:
        while not over.is_set():
            await stack.collect(answers)

    async with anyio.create_task_group() as tasks:
        for _ in range(4):
            tasks.start_soon(clients)
        for step in range(1, 4):
            stack.group("tg", *new[:step], *old[step - 1 :])
            await stack.healthy("tg", *new[:step])
            stack.group("tg", *new[:step], *old[step - 1 :], draining=[old[step - 1]])
            await stack.settled(partial(_more_than, answers, len(answers) + 20))
            stack.group("tg", *new[:step], *old[step:])
            await anyio.wait_all_tasks_blocked()
            await stack.shut(old[step - 1])
        over.set()

    assert {status for status, _ in answers} == {200}
    assert (await stack.get())[1].startswith("new-")


async def _more_than(answers: list[tuple[int, str]], count: int) -> bool:
    return len(answers) > count


async def test_a_change_waits_for_its_propagation_delay(stack: Stack) -> None:
    looks = 0

    def counted() -> Snapshot:
        nonlocal looks
        looks += 1
        return Snapshot()

    async with DataPlane(AddressBook(), counted, lambda *_: None, propagation_delay=3600) as plane:
        plane.notify()
        await anyio.wait_all_tasks_blocked()

    assert looks == 1  # at the start
