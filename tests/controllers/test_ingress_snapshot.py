"""A group is built, given finalizers and shown statuses as it was when the reconcile began (spec/ingress.md §5.2)."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
import structlog
from opentelemetry.trace import INVALID_SPAN, Span
from small_vpc import SMALL_VPC

from albc.controllers.ingress_groups import IngressGroups
from albc.controllers.reporting import Reporter
from albc.controllers.stores import Stores
from albc.engine.controller import Reconcile
from albc.engine.outcome import Done
from albc.engine.store import Store
from albc.kube.objects import INGRESS_CLASSES, INGRESSES, Ingress
from albc.mapping.ingress.groups import GroupID
from albc.mapping.settings import MappingSettings
from albc.model.conditions import HostHeader
from albc.model.listener import ListenerRule
from albc.model.stack import Stack

pytestmark = pytest.mark.anyio

PREFIX = "alb.ingress.kubernetes.io/"
SETTINGS = MappingSettings(cluster_name="demo", vpc_id="vpc-1", region="eu-west-1")
FACTS = replace(SMALL_VPC, backend_security_group="sg-0b")
GROUP = GroupID("", "edge")


def member(name: str, says: str = "hello") -> Ingress:
    """Answers for a host of its own."""
    answer = f'{{"type":"fixed-response","fixedResponseConfig":{{"statusCode":"200","messageBody":"{says}"}}}}'
    annotations = {f"{PREFIX}group.name": "edge", f"{PREFIX}actions.go": answer}
    backend = {"service": {"name": "go", "port": {"name": "use-annotation"}}}
    rule = {"host": f"{name}.com", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
    return INGRESSES.convert(
        {
            "metadata": {"name": name, "namespace": "shop", "annotations": annotations},
            "spec": {"ingressClassName": "alb", "rules": [rule]},
        }
    )


class Cluster:
    """A group whose stores learn something while AWS is asked, and what the reconcile has made of it all."""

    def __init__(self, *members: Ingress) -> None:
        self.stores = Stores(**{field.name: Store(field.name) for field in fields(Stores)})
        spec = {"metadata": {"name": "alb"}, "spec": {"controller": "ingress.k8s.aws/alb"}}
        self.stores.ingress_classes.put(INGRESS_CLASSES.convert(spec))
        self.meanwhile: list[Ingress] = []
        self.finalized: list[str] = []
        self.shown: list[str] = []
        self.stack = Stack(GROUP.stack_id)
        for each in members:
            self.stores.ingresses.put(each)

    def hosts(self) -> list[Any]:
        """Of the rules that were deployed."""
        conditions = [condition for rule in self.stack.all(ListenerRule) for condition in rule.conditions]
        return [condition.values for condition in conditions if isinstance(condition, HostHeader)]

    # What a controller is given

    async def answer(self, _: Any) -> Any:
        for each in self.meanwhile:
            self.stores.ingresses.put(each)
        return FACTS

    async def existing(self, *_: Any) -> None:
        return None

    async def deploy(self, stack: Stack, *_: Any, **__: Any) -> Any:
        self.stack = stack
        return SimpleNamespace(outcome=Done(), over_quota=())

    async def add_finalizers(self, _: GroupID, members: Iterable[Ingress]) -> None:
        self.finalized += [each.name for each in members]

    async def write_statuses(self, members: Iterable[Ingress], *_: Any) -> None:
        self.shown += [each.name for each in members]

    async def nothing(self, *_: Any) -> None:
        return None

    def no_news(self, *_: Any, **__: Any) -> None:
        return None


@contextmanager
def stage(name: str) -> Iterator[Span]:
    yield INVALID_SPAN


async def reconcile(cluster: Cluster) -> None:
    shared = SimpleNamespace(
        stores=cluster.stores,
        facts=cluster,
        deployer=cluster,
        group=SimpleNamespace(enter=cluster.no_news, release=cluster.nothing),
        settings=SETTINGS,
    )
    members = SimpleNamespace(
        add_finalizers=cluster.add_finalizers, show_plan=cluster.nothing, write_statuses=cluster.write_statuses
    )
    secrets = SimpleNamespace(refer=cluster.no_news, get=cluster.nothing)
    recorder = SimpleNamespace(record=cluster.no_news)
    groups = IngressGroups(
        cast(Any, shared), cast(Any, members), cast(Any, secrets), Reporter(cast(Any, recorder), "ingress")
    )
    ctx = Reconcile("ingress", 1, cast(Any, structlog.get_logger()), stage, cluster.no_news)
    await groups.reconcile(GROUP, ctx)


async def test_a_member_that_comes_meanwhile_waits_for_the_next_reconcile() -> None:
    cluster = Cluster(member("first"))
    cluster.meanwhile = [member("later")]

    await reconcile(cluster)

    assert (cluster.finalized, cluster.hosts(), cluster.shown) == (["first"], [("first.com",)], ["first"])


async def test_a_member_that_is_edited_meanwhile_is_built_as_it_was() -> None:
    cluster = Cluster(member("first", "before"))
    cluster.meanwhile = [member("first", "after")]

    await reconcile(cluster)

    assert "before" in cluster.stack.to_json()
    assert "after" not in cluster.stack.to_json()
