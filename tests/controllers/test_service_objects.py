"""What a Service's owner is told, in which words, when something cannot be written on it."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import pytest
import structlog
from opentelemetry.trace import INVALID_SPAN, Span

from albc.controllers.reporting import Reporter
from albc.controllers.service_objects import ServiceObjects
from albc.engine.controller import Reconcile
from albc.errors import Forbidden, Invalid, Pending, Unavailable
from albc.kube.objects import SERVICES, Service
from albc.model.problem import Built, ObjectRef, Problem

pytestmark = pytest.mark.anyio

FINALIZER = "service.k8s.aws/resources"


def service(*, hostname: str = "", finalizers: tuple[str, ...] = (), type_: str = "LoadBalancer") -> Service:
    status = {"loadBalancer": {"ingress": [{"hostname": hostname}]}} if hostname else {}
    return SERVICES.convert(
        {
            "metadata": {"name": "web", "namespace": "shop", "uid": "u", "finalizers": list(finalizers)},
            "spec": {"type": type_, "ports": [{"port": 80}]},
            "status": status,
        }
    )


class FakeClient:
    """Reads one Service; every write is noted, or refused."""

    def __init__(self, subject: Service, error: Exception | None = None) -> None:
        self.subject = subject
        self.error = error
        self.writes: list[Any] = []

    async def get(self, *_: Any) -> Service:
        return self.subject

    async def patch(self, _resource: Any, _name: str, patch: Any, _namespace: str) -> None:
        self.writes.append(patch.changes)
        if self.error:
            raise self.error

    patch_status = patch


class FakeRecorder:
    def __init__(self) -> None:
        self.events: list[tuple[str, str, str]] = []

    def record(self, _component: str, _regarding: Any, type_: str, reason: str, message: str) -> None:
        self.events.append((type_, reason, message))


def objects(client: FakeClient) -> tuple[ServiceObjects, FakeRecorder]:
    recorder: Any = FakeRecorder()
    fake: Any = client
    return ServiceObjects(fake, Reporter(recorder, "service")), recorder


Action = Callable[[ServiceObjects, Service], Awaitable[None]]

FAILURES: list[tuple[Service, Action, str, str]] = [
    (service(), lambda o, s: o.claim(s, FINALIZER), "FailedAddFinalizer", "Failed add finalizer due to no"),
    (service(), lambda o, s: o.write_status(s, "a.example"), "FailedUpdateStatus", "Failed update status due to no"),
    (
        service(hostname="a.example"),
        lambda o, s: o.release(s, FINALIZER),
        "FailedCleanupStatus",
        "Failed update status due to no",
    ),
    (
        service(finalizers=(FINALIZER,)),
        lambda o, s: o.release(s, FINALIZER),
        "FailedRemoveFinalizer",
        "Failed remove finalizer due to no",
    ),
]


@pytest.mark.parametrize(("subject", "act", "reason", "message"), FAILURES)
async def test_a_write_that_is_refused_is_told(subject: Service, act: Action, reason: str, message: str) -> None:
    writing, recorder = objects(FakeClient(subject, Forbidden("no")))

    with pytest.raises(Forbidden):
        await act(writing, subject)

    assert recorder.events == [("Warning", reason, message)]


@pytest.mark.parametrize("error", [Pending("not yet", 5.0), Unavailable("not now")])
async def test_waiting_is_no_news(error: Exception) -> None:
    writing, recorder = objects(FakeClient(service()))

    with pytest.raises(type(error)), writing.failure(service(), "FailedDeployModel", "deploy model"):
        raise error

    assert recorder.events == []


async def test_a_deployment_that_fails_is_told() -> None:
    writing, recorder = objects(FakeClient(service()))

    with pytest.raises(Forbidden), writing.failure(service(), "FailedDeployModel", "deploy model"):
        raise Forbidden("no")

    assert recorder.events == [("Warning", "FailedDeployModel", "Failed deploy model due to no")]


@contextmanager
def stage(name: str) -> Iterator[Span]:
    yield INVALID_SPAN


async def test_a_fault_of_the_service_and_every_success_are_told() -> None:
    counted: list[str] = []
    ctx = Reconcile("service", 1, cast(Any, structlog.get_logger()), stage, counted.append)
    writing, recorder = objects(FakeClient(service()))
    of = ObjectRef("Service", "shop", "web")
    category = "build_load_balancer_scheme_error"
    fault = Problem(of, "FailedBuildModel", "unknown scheme: x", category=category)

    with pytest.raises(Invalid, match="unknown scheme: x"):
        writing.stack_of(service(), Built(None, (fault,)), ctx)
    assert counted == [category]
    writing.success(service())
    writing.success(service())

    assert [event[:2] for event in recorder.events] == [
        ("Warning", "FailedBuildModel"),
        ("Normal", "SuccessfullyReconciled"),
        ("Normal", "SuccessfullyReconciled"),
    ]


async def test_the_status_is_written_once_and_only_where_the_api_takes_it() -> None:
    client = FakeClient(service())
    writing, _ = objects(client)

    await writing.write_status(service(), "a.example")
    await writing.write_status(service(type_="ClusterIP"), "a.example")

    entry = {"hostname": "a.example", "ports": [{"port": 80, "protocol": "TCP"}]}
    assert client.writes == [{"status": {"loadBalancer": {"ingress": [entry]}}}]


async def test_the_finalizer_goes_after_the_status() -> None:
    client = FakeClient(service(hostname="a.example", finalizers=(FINALIZER, "other")))
    writing, _ = objects(client)

    await writing.release(client.subject, FINALIZER)

    status, finalizers = client.writes
    assert status == {"status": {"loadBalancer": None}}
    assert finalizers["metadata"]["finalizers"] == ["other"]
