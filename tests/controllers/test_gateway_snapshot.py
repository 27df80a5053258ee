"""What comes while AWS is asked for a Gateway waits for the next reconcile: nothing was asked for its sake."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
import structlog
from opentelemetry.trace import INVALID_SPAN, Span
from small_vpc import SMALL_VPC

from albc.controllers.gateways import Gateways
from albc.controllers.reporting import Reporter
from albc.controllers.stores import Stores
from albc.engine.controller import Reconcile
from albc.engine.store import ObjectKey, Store
from albc.errors import Pending
from albc.kube.objects import GATEWAY_CLASSES, GATEWAYS, HTTP_ROUTES, NAMESPACES, SERVICES
from albc.mapping.gateway.classes import ALB
from albc.mapping.settings import MappingSettings
from albc.model.facts import CertificateFact, Facts, FactsRequest
from albc.model.listener import Listener
from albc.model.stack import Stack

pytestmark = pytest.mark.anyio

KEY = ObjectKey("shop", "edge")
CLASS = {
    "metadata": {"name": "alb"},
    "spec": {"controllerName": "gateway.k8s.aws/alb"},
    "status": {"conditions": [{"type": "Accepted", "status": "True"}]},
}
LISTENER = {"name": "https", "protocol": "HTTPS", "port": 443, "hostname": "web.example.com"}
GATEWAY = {
    "metadata": {"name": "edge", "namespace": "shop", "finalizers": ["gateway.k8s.aws/alb"]},
    "spec": {"gatewayClassName": "alb", "listeners": [LISTENER]},
}
ROUTE = {
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {"parentRefs": [{"name": "edge"}], "rules": [{"backendRefs": [{"name": "web", "port": 80}]}]},
}
SERVICE = {
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {"type": "NodePort", "ports": [{"port": 80, "nodePort": 30080}]},
}
CERTIFICATE = CertificateFact(arn="arn:web", domains=("web.example.com",))
FACTS = replace(SMALL_VPC, backend_security_group="sg-0b")


class Cluster:
    """Learns of a route while AWS is asked, and keeps what is told."""

    def __init__(self) -> None:
        self.stores = Stores(**{field.name: Store(field.name) for field in fields(Stores)})
        self.stores.namespaces.put(NAMESPACES.convert({"metadata": {"name": "shop"}}))
        self.stores.gateway_classes.put(GATEWAY_CLASSES.convert(CLASS))
        self.stores.gateways.put(GATEWAYS.convert(GATEWAY))
        self.stores.services.put(SERVICES.convert(SERVICE))
        self.events: list[str] = []
        self.asked: list[bool] = []
        """Whether certificates were, at each reconcile."""
        self.deployed: list[int] = []
        """Numbers of listeners."""

    async def answer(self, request: FactsRequest) -> Facts:
        self.asked.append(request.certificates)
        self.stores.http_routes.put(HTTP_ROUTES.convert(ROUTE))
        return replace(FACTS, certificates=(CERTIFICATE,) if request.certificates else ())

    def record(self, _component: str, _regarding: Any, _type: str, reason: str, message: str) -> None:
        self.events.append(f"{reason}: {message}")

    async def existing(self, *_: Any) -> None:
        return None

    async def imported_certificates(self, *_: Any) -> Mapping[str, str]:
        return {}

    async def deploy(self, stack: Stack, *_: Any) -> None:
        self.deployed.append(len(stack.all(Listener)))
        raise Pending("that is enough to see", 1.0)

    async def nothing(self, *_: Any) -> None:
        return None


@contextmanager
def stage(name: str) -> Iterator[Span]:
    yield INVALID_SPAN


async def test_a_route_that_comes_meanwhile_is_not_told_that_its_certificate_is_missing() -> None:
    cluster = Cluster()
    shared = SimpleNamespace(
        client=None,
        stores=cluster.stores,
        facts=cluster,
        deployer=cluster,
        group=None,
        settings=MappingSettings(cluster_name="demo", vpc_id="vpc-1", region="eu-west-1"),
    )
    statuses = SimpleNamespace(write=cluster.nothing, write_routes=cluster.nothing)
    secrets = SimpleNamespace(refer=lambda *_: None)
    report = Reporter(cast(Any, cluster), "gateway")
    gateways = Gateways(
        ALB, cast(Any, shared), cast(Any, secrets), cast(Any, statuses), report, listener_sets=lambda: True
    )
    ctx = Reconcile("gateway", 1, cast(Any, structlog.get_logger()), stage, lambda category: None)

    for _ in range(2):
        with pytest.raises(Pending):
            await gateways.reconcile(KEY, ctx)

    assert (cluster.asked, cluster.deployed, cluster.events) == ([False, True], [0, 1], [])
