"""The TargetGroupBinding controller: finalizer, status, events, and what becomes of the key."""

from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from target_world import TargetWorld

from albc.controllers.deferred_bindings import Deferral
from albc.controllers.reporting import Reporter
from albc.controllers.target_group_binding import FINALIZER, TargetGroupBindings
from albc.engine.outcome import Done, Outcome, Requeue
from albc.engine.store import ObjectKey, Store
from albc.errors import AlbcError
from albc.local.aws.faults import Fault, FaultKind

pytestmark = pytest.mark.anyio

KEY = ObjectKey("shop", "web")


class Events:
    """What was told, as (type, reason, message)."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, str]] = []

    def record(self, component: str, regarding: Any, type_: str, reason: str, message: str) -> None:
        self.told.append((type_, reason, message))

    @property
    def reasons(self) -> list[str]:
        return [reason for _, reason, _ in self.told]


class Roles:
    def __init__(self, world: TargetWorld) -> None:
        self.world = world
        self.asked: list[Any] = []
        self.fail: Exception | None = None

    async def get(self, role: Any) -> Any:
        self.asked.append(role)
        if self.fail:
            raise self.fail
        return self.world.aws


class Bench:
    """A controller on a world, and what it says."""

    def __init__(self) -> None:
        self.world = TargetWorld()
        self.world.pod("a", "127.19.0.1")
        self.world.slice_of("a")
        self.events = Events()
        self.deferred: list[ObjectKey] = []
        self.roles = Roles(self.world)
        self._store: Store[Any] = Store("TargetGroupBinding", {"service": lambda _: [], "target_type": lambda _: []})
        stores: Any = SimpleNamespace(target_group_bindings=self._store)
        queue: Any = SimpleNamespace(add_after=lambda key, _: self.deferred.append(key))
        recorder: Any = self.events
        client: Any = self.world.cluster
        roles: Any = self.roles
        self.controller = TargetGroupBindings(
            client,
            stores,
            self.world.reconciler,
            roles,
            Deferral(queue, 36_000, self.world.clock),
            Reporter(recorder, "targetGroupBinding"),
            requeue_seconds=15.0,
        )

    async def reconcile(self) -> Outcome:
        self._store.remove(KEY)
        for each in self.world.cluster.typed("TargetGroupBinding"):
            self._store.put(each)
        context: Any = SimpleNamespace(stage=_stage)
        return await self.controller.reconcile(KEY, context)

    async def until_done(self) -> None:
        for _ in range(5):
            if isinstance(await self.reconcile(), Done):
                return
            self.world.clock.advance(15)
        raise AssertionError("not done")

    def mark_deleted(self) -> None:
        binding = self.binding
        metadata = {**binding["metadata"], "deletionTimestamp": "2026-01-01T00:00:00Z", "generation": 7}
        self.world.cluster.apply("TargetGroupBinding", {**binding, "metadata": metadata})

    @property
    def binding(self) -> dict[str, Any]:
        return self.world.cluster.read("TargetGroupBinding", "web")


@contextmanager
def _stage(name: str) -> Any:
    yield None


@pytest.fixture
def bench() -> Bench:
    return Bench()


def fail(bench: Bench, operation: str, times: int = 1) -> None:
    fault = Fault(FaultKind.ERROR, operation=operation, code="AccessDenied", message="no", times=times)
    bench.world.account.faults.add(fault)


async def test_the_finalizer_stands_before_anything_is_registered(bench: Bench) -> None:
    fail(bench, "RegisterTargets")
    with pytest.raises(AlbcError):
        await bench.reconcile()
    assert bench.binding["metadata"]["finalizers"] == [FINALIZER]


async def test_without_the_finalizer_nothing_is_registered(bench: Bench) -> None:
    bench.world.cluster.down = True
    with pytest.raises(AlbcError):
        await bench.reconcile()
    assert bench.world.registered() == set()


async def test_a_pass_ends_with_status_and_event(bench: Bench) -> None:
    bench.binding["metadata"]["generation"] = 3
    assert await bench.reconcile() == Done()
    assert bench.binding["status"] == {"observedGeneration": 3}
    assert bench.events.told == [("Normal", "SuccessfullyReconciled", "Successfully reconciled")]


async def test_a_status_that_is_right_is_not_written_again(bench: Bench) -> None:
    bench.binding["metadata"]["generation"] = 3
    await bench.reconcile()
    bench.world.pod("b", "127.19.0.2")
    bench.world.slice_of("a", "b")
    bench.world.cluster.calls.clear()
    await bench.reconcile()
    assert [verb for verb, kind, _ in bench.world.cluster.calls if verb == "patch status"] == []


async def test_a_binding_that_its_checkpoint_lets_off_is_deferred_without_a_word(bench: Bench) -> None:
    await bench.reconcile()
    bench.events.told.clear()
    bench.world.clock.advance(36_000)
    assert await bench.reconcile() == Done()
    assert bench.deferred == [KEY]
    assert bench.events.told == []


async def test_waiting_for_health_is_no_failure_and_no_success(bench: Bench) -> None:
    bench.world.pod("a", "127.19.0.1", gate=True)
    bench.world.slice_of("a")
    assert await bench.reconcile() == Requeue(15.0, "monitor targetHealth")
    assert bench.events.told == []
    assert "status" not in bench.binding


async def test_a_failure_is_told_on_the_binding(bench: Bench) -> None:
    fail(bench, "RegisterTargets")
    with pytest.raises(AlbcError):
        await bench.reconcile()
    ((type_, reason, message),) = bench.events.told
    assert (type_, reason) == ("Warning", "FailedReconcile")
    assert message.startswith("Failed reconcile due to ")


async def test_a_role_that_cannot_be_assumed_is_a_failure_of_its_binding(bench: Bench) -> None:
    bench.world.binding(iamRoleArnToAssume="arn:aws:iam::1:role/x", assumeRoleExternalId="secret")
    bench.roles.fail = AlbcError("not allowed to assume")
    with pytest.raises(AlbcError):
        await bench.reconcile()
    assert bench.events.reasons == ["FailedReconcile"]
    assert (bench.roles.asked[0].arn, bench.roles.asked[0].external_id) == ("arn:aws:iam::1:role/x", "secret")


async def test_a_missing_service_is_told_and_then_all_is_well(bench: Bench) -> None:
    bench.world.cluster.remove("Service", "web")
    assert await bench.reconcile() == Done()
    assert bench.events.reasons == ["BackendNotFound", "SuccessfullyReconciled"]


async def test_a_binding_goes_when_its_targets_are_gone(bench: Bench) -> None:
    await bench.until_done()
    bench.mark_deleted()
    assert await bench.reconcile() == Done()
    assert bench.world.registered() == set()
    assert bench.binding["metadata"]["finalizers"] == []


async def test_a_binding_of_others_is_not_cleaned_up(bench: Bench) -> None:
    bench.world.by_hand("RegisterTargets", "127.19.0.9:80")
    bench.mark_deleted()
    assert await bench.reconcile() == Done()
    assert bench.world.registered() == {"127.19.0.9:80"}


async def test_a_binding_that_cannot_be_cleaned_up_stays_and_says_why(bench: Bench) -> None:
    await bench.until_done()
    bench.events.told.clear()
    bench.mark_deleted()
    fail(bench, "DeregisterTargets", times=2)
    with pytest.raises(AlbcError):
        await bench.reconcile()
    assert bench.events.reasons == ["FailedCleanup"]
    (condition,) = bench.binding["status"]["conditions"]
    assert (condition["type"], condition["status"], condition["reason"]) == ("Ready", "False", "FailedCleanup")
    assert condition["observedGeneration"] == 7
    assert "AccessDenied" in condition["message"]
    assert bench.binding["metadata"]["finalizers"] == [FINALIZER]

    bench.world.cluster.calls.clear()
    with pytest.raises(AlbcError):
        await bench.reconcile()
    assert bench.world.cluster.calls == [], "the condition stands already"

    assert await bench.reconcile() == Done()
    assert bench.binding["metadata"]["finalizers"] == []


async def test_what_is_gone_needs_nothing(bench: Bench) -> None:
    bench.world.cluster.remove("TargetGroupBinding", "web")
    assert await bench.reconcile() == Done()
    assert list(bench.world.account.calls) == []
