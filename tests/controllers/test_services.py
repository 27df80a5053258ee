"""Which events concern Services, and in which order their kinds come and go."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest
import structlog
from opentelemetry.trace import INVALID_SPAN, Span

from albc.controllers.services import Services
from albc.engine.controller import Reconcile
from albc.engine.informer import Change
from albc.engine.outcome import Done, Outcome
from albc.engine.store import ObjectKey
from albc.engine.watches import Watches
from albc.errors import Pending
from albc.kube.objects import NODES, SERVICES, Node, Service

pytestmark = pytest.mark.anyio

KEY = ObjectKey("shop", "web")


def service(*, finalizers: tuple[str, ...] = (), kind: str = "", **metadata: Any) -> Service:
    """`kind` is the kind of load balancer that it shall have."""
    return SERVICES.convert(
        {
            "metadata": {"name": "web", "namespace": "shop", "finalizers": list(finalizers), **metadata},
            "spec": {"loadBalancerClass": kind},
        }
    )


class FakeKind:
    """Notes what it was asked."""

    def __init__(self, name: str, notes: list[str], *, left: bool = False) -> None:
        self.name = name
        self.notes = notes
        self.left = left

    def is_ours(self, service: Service) -> bool:
        return service.spec.load_balancer_class == self.name

    def is_pending(self, service: Service) -> bool:
        return self.name in service.metadata.finalizers

    async def ensure(self, service: Service, ctx: Reconcile) -> Outcome:
        self.notes.append(f"ensure {self.name}")
        return Done()

    async def clean_up(self, service: Service, ctx: Reconcile) -> None:
        self.notes.append(f"clean up {self.name}")
        if self.left:
            raise Pending("something is left", 5.0)


def controller(subject: Service | None, notes: list[str], *, left: bool = False, nodes: bool = True) -> Services:
    found = {KEY: subject} if subject else {}
    stores: Any = SimpleNamespace(services=SimpleNamespace(get=found.get, objects=found))
    kinds = (FakeKind("network", notes, left=left), FakeKind("classic", notes, left=left))
    return Services(stores, kinds, kinds[1].is_ours if nodes else None)


@contextmanager
def stage(name: str) -> Iterator[Span]:
    yield INVALID_SPAN


CTX = Reconcile("service", 1, cast(Any, structlog.get_logger()), stage, lambda category: None)


async def reconciled(subject: Service | None) -> list[str]:
    notes: list[str] = []
    await controller(subject, notes).reconcile(KEY, CTX)
    return notes


async def test_a_service_gets_the_kind_that_it_asks_for() -> None:
    assert await reconciled(service(kind="network")) == ["ensure network"]
    assert await reconciled(service(kind="classic", finalizers=("classic",))) == ["ensure classic"]


async def test_nothing_is_done_for_a_service_that_is_not_ours_and_never_was() -> None:
    assert await reconciled(service(kind="other")) == []
    assert await reconciled(None) == []


async def test_the_kind_that_it_no_longer_wants_goes_first() -> None:
    both = ("network", "classic")

    assert await reconciled(service(kind="network", finalizers=both)) == ["clean up classic", "ensure network"]
    assert await reconciled(service(kind="classic", finalizers=both)) == ["clean up network", "ensure classic"]
    assert await reconciled(service(finalizers=both)) == ["clean up network", "clean up classic"]


async def test_the_new_kind_waits_until_nothing_is_left_of_the_old_one() -> None:
    notes: list[str] = []

    with pytest.raises(Pending):
        await controller(service(kind="network", finalizers=("classic",)), notes, left=True).reconcile(KEY, CTX)

    assert notes == ["clean up classic"]


def lines(**options: Any) -> dict[str, Any]:
    """The lines of its watches, by kind."""
    watches: Watches[ObjectKey] = Watches()
    controller(service(kind="classic"), [], **options).watches(watches)
    return {line.resource.kind: line for line in watches.lines}


def matters(change: Change[Service]) -> bool:
    return bool(lines()["Service"].when(change))


def test_a_service_matters_while_it_is_ours_or_has_our_finalizer() -> None:
    assert matters(Change("added", service(kind="network")))
    assert matters(Change("added", service(kind="other", finalizers=("classic",))))
    assert not matters(Change("added", service(kind="other")))
    assert not matters(Change("deleted", service(kind="network")))


def test_an_update_of_status_labels_or_finalizers_does_not_matter() -> None:
    old = service(kind="network")

    assert not matters(Change("updated", service(kind="network", labels={"a": "b"}), old))
    assert not matters(Change("updated", service(kind="network", finalizers=("network",)), old))
    assert matters(Change("updated", service(kind="network", annotations={"a": "b"}), old))
    assert matters(Change("resynced", old, old))
    gone = service(kind="network", finalizers=("network",), deletionTimestamp="2026-01-01T00:00:00Z")
    assert matters(Change("updated", gone, old))


def node(**labels: str) -> Node:
    return NODES.convert({"metadata": {"name": "a", "labels": labels}, "spec": {"providerID": "aws:///z/i-1"}})


def test_a_node_concerns_the_services_that_follow_nodes() -> None:
    line = lines()["Node"]

    assert list(line.keys(Change("added", node()))) == [KEY]
    assert line.when(Change("added", node()))
    assert line.when(Change("deleted", node()))
    assert line.when(Change("updated", node(pool="web"), node()))
    assert not line.when(Change("updated", node(), node()))
    assert not line.when(Change("resynced", node(), node()))


def test_no_node_is_watched_where_nobody_follows_them() -> None:
    assert "Node" not in lines(nodes=False)
