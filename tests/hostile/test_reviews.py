"""What claims to be the API server and asks the webhooks: each question gets an answer, and none a crash."""

import json
from pathlib import Path
from typing import Any, cast

import anyio
import pytest
from golden import read_cases
from hostile import attack, mutated
from hypothesis import strategies as st
from opentelemetry.metrics import NoOpMeterProvider

from albc.aws.calls import Aws
from albc.aws.roles import AssumedRoles
from albc.crds.target_group_binding import TargetGroupBinding
from albc.errors import NotFound
from albc.kube.client import Client
from albc.kube.objects import Namespace, Service
from albc.kube.objects.meta import ObjectMeta
from albc.mapping.settings import MappingSettings
from albc.mapping.snapshot import Snapshot
from albc.webhooks.handlers import Cluster, TargetGroups, Webhook, WebhookSettings, webhooks
from albc.webhooks.metrics import WebhookMetrics
from albc.webhooks.review import MalformedReview, decode, encode
from albc.webhooks.server import judge

POD = {
    "kind": "Pod",
    "apiVersion": "v1",
    "metadata": {"name": "web", "namespace": "shop", "labels": {"app": "web"}, "annotations": {}},
    "spec": {"containers": [{"name": "web", "env": [{"name": "A", "value": "1"}]}], "readinessGates": []},
}
BINDING = {
    "kind": "TargetGroupBinding",
    "apiVersion": "elbv2.k8s.aws/v1beta1",
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {
        "targetGroupARN": "arn:aws:elasticloadbalancing:us-west-2:1:targetgroup/web/1",
        "targetType": "ip",
        "serviceRef": {"name": "web", "port": 80},
        "networking": {"ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}], "ports": [{"port": 80}]}]},
        "nodeSelector": {"matchLabels": {"a": "b"}},
        "vpcID": "vpc-0123abcd",
    },
}
OBJECTS = [
    POD,
    BINDING,
    *(each for family in ("ingress", "service") for _, case in read_cases(family) for each in case["objects"]),
]


def review(operation: str, obj: Any, old: Any) -> dict[str, Any]:
    request = {"uid": "u1", "operation": operation, "namespace": "shop", "object": obj, "oldObject": old}
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}


class Strict(WebhookMetrics):
    """A crash inside a webhook is a failure of the test."""

    def crashed(self) -> None:
        raise AssertionError("a webhook has crashed")


class EmptyCluster:
    async def get(self, *_: Any) -> Any:
        raise NotFound("not here")

    create = get


class Account:
    """Its one target group is what every binding looks for."""

    async def call(self, *_: Any, **__: Any) -> Any:
        return {"TargetGroups": [{"TargetGroupArn": "arn:tg", "TargetType": "ip", "VpcId": "vpc-0123abcd"}]}


class Roles:
    async def get(self, *_: Any) -> Any:
        return Account()


async def _at_once() -> None:
    pass


def served() -> list[Webhook]:
    namespace = Namespace(
        metadata=ObjectMeta(name="shop", labels={"elbv2.k8s.aws/pod-readiness-gate-inject": "enabled"})
    )
    binding = TargetGroupBinding.model_validate(BINDING)
    cluster = Cluster(_at_once, lambda _: [binding], lambda *_: Service(), lambda _: namespace, Snapshot)
    settings = WebhookSettings(MappingSettings(cluster_name="demo"), True, "SERVER_ID", True)
    targets = TargetGroups(cast(Aws, Account()), cast(AssumedRoles, Roles()))
    return webhooks(cluster, settings, cast(Client, EmptyCluster()), targets)


PAIRS = st.tuples(mutated(OBJECTS), mutated(OBJECTS) | st.none())
REVIEWS = st.builds(
    lambda operation, pair: review(operation, *pair), st.sampled_from(["CREATE", "UPDATE", "DELETE", "CONNECT"]), PAIRS
) | mutated([review("CREATE", BINDING, None), review("UPDATE", BINDING, BINDING), review("CREATE", POD, None)])


@attack(REVIEWS, examples=200)
def test_whatever_is_asked_every_webhook_answers(question: Any, folder: Path) -> None:
    metrics = Strict(NoOpMeterProvider().get_meter("none"))
    try:
        asked = decode(json.dumps(question).encode())
    except MalformedReview:
        return

    async def ask() -> None:
        for webhook in served():
            answer = json.loads(encode(asked.uid, await judge(webhook, asked, metrics)))["response"]
            assert answer["uid"] == asked.uid
            assert answer.get("status", {}).get("message", "").isprintable()

    anyio.run(ask)


@pytest.mark.parametrize("body", [b'{"request":' * 5000, b'{"request":{"object":' * 500, b"[" * 10**6, b"\xff" * 99])
def test_bodies_without_end_are_refused(body: bytes) -> None:
    with pytest.raises(MalformedReview):
        decode(body)
