"""What the API server and AWS say when they, or something between us and them, have gone mad."""

import json
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import anyio
import structlog
from golden import FOLDER
from hostile import attack, mutated
from hypothesis import strategies as st

from albc.aws.backend_security_group import BackendSecurityGroup
from albc.aws.calls import Aws
from albc.aws.clients import AwsSettings
from albc.aws.facts.account import FactsFromAWS
from albc.aws.facts.questions import Scope
from albc.aws.inventory import Inventory, InventorySettings
from albc.aws.services import SERVICE_IDS
from albc.engine.informer import Informer
from albc.errors import Unavailable
from albc.kube.client import Client, Page
from albc.kube.objects import HTTP_ROUTES, INGRESSES, PODS, SERVICES
from albc.kube.resource import Resource
from albc.model.facts import FactsRequest
from albc.model.stack import Stack, StackID

# The API server

META = {"name": "web", "namespace": "shop", "uid": "u", "resourceVersion": "7", "labels": {"a": "b"}}
EVENTS = [
    {"type": "ADDED", "object": {"metadata": META, "spec": {"ports": [{"port": 80}], "type": "NodePort"}}},
    {"type": "MODIFIED", "object": {"metadata": META, "spec": {"rules": [{"host": "a", "http": {"paths": []}}]}}},
    {"type": "DELETED", "object": {"metadata": META, "status": {"podIP": "10.0.0.1", "conditions": []}}},
    {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "9", "annotations": {"k": "v"}}}},
    {"type": "ERROR", "object": {"kind": "Status", "code": 410, "message": "too old", "reason": "Expired"}},
]
LINES = mutated(EVENTS).map(lambda event: json.dumps(event).encode()) | st.binary(max_size=40)


class MadServer:
    """Lists nothing, then sends these lines, then is silent for ever."""

    def __init__(self, lines: list[bytes]) -> None:
        self.lines = lines
        self.told = anyio.Event()

    async def page(self, *_: Any) -> Page:
        return Page(metadata=cast(Any, Page().metadata.__class__(resource_version="1")))

    @asynccontextmanager
    async def watch(self, *_: Any) -> AsyncIterator[AsyncIterator[bytes]]:
        yield self._lines()

    async def _lines(self) -> AsyncIterator[bytes]:
        while self.lines:
            yield self.lines.pop(0)
        self.told.set()
        await anyio.sleep_forever()


@attack(
    st.tuples(st.sampled_from([SERVICES, INGRESSES, PODS, HTTP_ROUTES]), st.lists(LINES, min_size=1, max_size=4)),
    examples=200,
)
def test_whatever_a_watch_sends_its_informer_goes_on(sent: tuple[Resource[Any], list[bytes]], folder: Path) -> None:
    resource, lines = sent
    server = MadServer(list(lines))

    async def follow() -> None:
        informer = Informer(cast(Client, server), resource)
        informer._delay = 0.0  # no pause between attempts

        async def no_pause(error: Exception) -> None:
            informer._last_error = str(error)
            await anyio.lowlevel.checkpoint()

        informer._pause = no_pause  # type: ignore[method-assign]
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(informer.run)
            await server.told.wait()
            tasks.cancel_scope.cancel()

    with structlog.testing.capture_logs():
        anyio.run(follow)


# AWS

ANSWERS = {
    (service, operation.replace("_", "").lower()): answer
    for service, operations in json.loads((FOLDER / "facts.json").read_text(encoding="utf-8"))["api"].items()
    for operation, answer in operations.items()
}
OURS = [
    {"Key": "elbv2.k8s.aws/cluster", "Value": "demo"},
    {"Key": "ingress.k8s.aws/stack", "Value": "shop/web"},
    {"Key": "ingress.k8s.aws/resource", "Value": "LoadBalancer"},
]
ARN = "arn:aws:elasticloadbalancing:us-west-2:1:loadbalancer/app/web/1"
GROUP = "arn:aws:elasticloadbalancing:us-west-2:1:targetgroup/web/1"
BALANCER = {
    "LoadBalancerArn": ARN,
    "DNSName": "web.elb.amazonaws.com",
    "LoadBalancerName": "web",
    "Scheme": "internal",
    "VpcId": "vpc-1",
    "Type": "application",
    "State": {"Code": "active"},
    "AvailabilityZones": [{"ZoneName": "a", "SubnetId": "subnet-1", "LoadBalancerAddresses": []}],
    "SecurityGroups": ["sg-1"],
    "IpAddressType": "ipv4",
}
LISTENER = {"ListenerArn": f"{ARN}/l", "LoadBalancerArn": ARN, "Port": 80, "Protocol": "HTTP", "DefaultActions": []}
OWNED = {
    "describeloadbalancers": {"LoadBalancers": [BALANCER]},
    "describetargetgroups": {
        "TargetGroups": [{"TargetGroupArn": GROUP, "TargetGroupName": "web", "Protocol": "HTTP", "Port": 1}]
    },
    "describetags": {"TagDescriptions": [{"ResourceArn": arn, "Tags": OURS} for arn in (ARN, GROUP)]},
    "describelisteners": {"Listeners": [LISTENER]},
    "describerules": {"Rules": [{"RuleArn": f"{ARN}/r", "Priority": "1", "Conditions": [], "Actions": []}]},
    "describeloadbalancerattributes": {"Attributes": [{"Key": "idle_timeout.timeout_seconds", "Value": "60"}]},
}
ANSWERS |= {("elbv2", operation): answer for operation, answer in OWNED.items()}
ANSWERED = mutated([[ANSWERS[key] for key in sorted(ANSWERS)]]).map(
    lambda answers: dict(zip(sorted(ANSWERS), answers, strict=False)) if isinstance(answers, list) else {}
)
WANTED = FactsRequest(
    certificates=True,
    route_tables=True,
    security_groups=frozenset({"sg-1", "edge"}),
    target_group_names=frozenset({"web"}),
    subnet_ids=frozenset({"subnet-1"}),
)


class MadService:
    """A client of botocore's kind whose answers are these, whatever is asked."""

    def __init__(self, service: str, answers: dict[tuple[str, str], Any]) -> None:
        self.meta = self
        self.method_to_api_mapping: defaultdict[str, str] = defaultdict(lambda: "Operation")
        self._service = service
        self._answers = answers

    def __getattr__(self, operation: str) -> Any:
        async def answer(**_: Any) -> Any:
            found = self._answers.get((self._service, operation.replace("_", "")), {})
            found = found if isinstance(found, dict) else {}
            return {**found, "ResponseMetadata": {"HTTPStatusCode": 200}}

        return answer


@attack(ANSWERED, examples=200)
def test_whatever_aws_answers_the_inventory_goes_on_and_questions_end(answers: Any, folder: Path) -> None:
    settings = AwsSettings(region="us-west-2", endpoints={}, max_attempts=1)
    aws = Aws({service: MadService(service, answers) for service in SERVICE_IDS}, settings)
    looks = 0

    async def sleep(_: float) -> None:
        nonlocal looks
        looks += 1
        await anyio.lowlevel.checkpoint()

    async def look() -> None:
        inventory = Inventory(aws, InventorySettings(cluster_name="demo", vpc_id="vpc-1"), sleep=sleep)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(inventory.run)
            while looks < 2:
                await anyio.lowlevel.checkpoint()
            tasks.cancel_scope.cancel()
        group = BackendSecurityGroup(aws, Scope("demo", "vpc-1", False), {})
        # A reconcile makes an outcome of whatever is raised (tests/engine/test_worker.py): here, that it ends.
        for question in (
            inventory.view(Stack(StackID("shop", "web")), "ingress.k8s.aws"),
            FactsFromAWS(aws, Scope("demo", "vpc-1", False), group).answer(WANTED),
        ):
            try:
                await question
            except Exception as error:
                assert str(error) or repr(error)  # noqa: PT017 - both ends are good

    with structlog.testing.capture_logs():
        anyio.run(look)


def test_a_page_that_leads_to_itself_ends_the_reading() -> None:
    answers = {("elbv2", "describetargetgroups"): {"TargetGroups": [{}], "NextMarker": "again"}}
    aws = Aws({"elbv2": MadService("elbv2", answers)}, AwsSettings(region="us-west-2", endpoints={}))

    async def read() -> str:
        try:
            await aws.paginate("elbv2", "describe_target_groups", "TargetGroups")
        except Unavailable as error:
            return str(error)
        return ""

    assert "the same page again and again" in anyio.run(read)
