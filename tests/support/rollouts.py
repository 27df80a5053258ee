"""Rollouts of a Deployment behind a load balancer that takes its time, with visitors who count what goes wrong."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import anyio
import yaml

from albc.kube.client import Client
from albc.kube.patches import ApplyPatch, MergePatch
from albc.local.aws import AccountOptions
from albc.local.bindings import Beside, binding_controllers
from albc.local.demo.kinds import KINDS
from albc.local.stack import LocalStack, StackOptions, connection, local_stack
from albc.settings import Settings
from albc.targets.endpoints import Leave

PROPAGATION_SECONDS = 2.0
REPLICAS = 6
VISITORS = 4
PAUSE_SECONDS = 0.02
WITHIN_SECONDS = 120.0
GATE = "target-health.elbv2.k8s.aws/web"

# Pods serve on for longer after their deletion than AWS needs to notice.
OBJECTS = """
apiVersion: v1
kind: Namespace
metadata: {name: roll}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: roll}
spec:
  selector: {app: web}
  ports: [{name: http, port: 80, targetPort: http}]
---
apiVersion: elbv2.k8s.aws/v1beta1
kind: TargetGroupBinding
metadata: {name: web, namespace: roll}
spec:
  targetGroupARN: TARGET_GROUP
  targetType: ip
  serviceRef: {name: web, port: http}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: roll}
spec:
  replicas: 6
  selector: {matchLabels: {app: web}}
  strategy: {rollingUpdate: {maxUnavailable: 0, maxSurge: 3}}
  template:
    metadata: {labels: {app: web}}
    spec:
      readinessGates: [{conditionType: target-health.elbv2.k8s.aws/web}]
      terminationGracePeriodSeconds: 6
      containers:
        - name: web
          image: nginx:stable
          ports: [{name: http, containerPort: 80}]
          lifecycle: {preStop: {sleep: {seconds: 4}}}
"""


@dataclass
class Visits:
    """What the visitors saw."""

    sent: int = 0
    wrong: list[str] = field(default_factory=list)


class Rollouts:
    def __init__(self, stack: LocalStack, client: Client, load_balancer_arn: str) -> None:
        self._stack = stack
        self._client = client
        self._arn = load_balancer_arn
        self._version = 0

    async def roll_out(self, times: int) -> Visits:
        """Replaces all Pods, so many times, one after the other, while visitors come all the time."""
        visits = Visits()
        served = self._stack.data_plane.addresses()[self._arn].listeners[0]
        url = f"http://{served.real_host}:{served.real_port}/"
        connector = aiohttp.TCPConnector(force_close=True)
        timeout = aiohttp.ClientTimeout(total=5)
        async with (
            aiohttp.ClientSession(connector=connector, timeout=timeout) as session,
            anyio.create_task_group() as tasks,
        ):
            for _ in range(VISITORS):
                tasks.start_soon(_visit, session, url, visits)
            for _ in range(times):
                self._version += 1
                labels = {"app": "web", "version": str(self._version)}
                patch = {"spec": {"template": {"metadata": {"labels": labels}}}}
                await self._client.patch(KINDS["Deployment"], "web", MergePatch(patch), "roll")
                await self.settled()
            tasks.cancel_scope.cancel()
        return visits

    async def settled(self) -> None:
        """All Pods are of the newest kind and ready, and the old ones are gone."""
        with anyio.fail_after(WITHIN_SECONDS):
            while not await self._is_settled():  # noqa: ASYNC110 - the cluster's controllers tell nobody here
                await anyio.sleep(0.1)

    async def _is_settled(self) -> bool:
        deployment = await self._client.get(KINDS["Deployment"], "web", "roll")
        status: Mapping[str, Any] = deployment.get("status") or {}
        done = status.get("updatedReplicas") == status.get("readyReplicas") == status.get("replicas") == REPLICAS
        seen = status.get("observedGeneration") == deployment["metadata"]["generation"]
        return done and seen and len((await self._client.list(KINDS["Pod"])).items) == REPLICAS


async def _visit(session: aiohttp.ClientSession, url: str, visits: Visits) -> None:
    while True:
        visits.sent += 1
        try:
            async with session.get(url) as answer:
                if answer.status != 200:
                    visits.wrong.append(f"status {answer.status}")
        except (aiohttp.ClientError, TimeoutError) as error:
            visits.wrong.append(repr(error))
        await anyio.sleep(PAUSE_SECONDS)


@asynccontextmanager
async def rollouts(leave: Leave = "deletion") -> AsyncIterator[Rollouts]:
    """A Deployment of 6 Pods behind an ALB that follows changes with a delay. `leave`: when Pods are deregistered."""
    # A target is healthy when the data plane has probed it, not by the account's clock.
    account = AccountOptions(health_seconds=3600)
    options = StackOptions(propagation_delay=PROPAGATION_SECONDS, account=account)
    async with local_stack(options) as stack, Client(connection(stack.cluster)) as client:
        balancer, target_group = _load_balancer(stack)
        for obj in yaml.safe_load_all(OBJECTS.replace("TARGET_GROUP", target_group)):
            metadata = obj["metadata"]
            patch = ApplyPatch(obj, "test", force=True)
            await client.patch(KINDS[obj["kind"]], metadata["name"], patch, metadata.get("namespace"))
        settings = Settings(cluster_name="local", targetgroupbinding_requeue_duration=0.5)
        beside = Beside(
            cluster=stack.cluster,
            account=stack.account,
            aws=stack.aws,
            vpc_id=stack.vpc_id,
            settings=settings,
            leave=leave,
        )
        async with binding_controllers(beside):
            world = Rollouts(stack, client, balancer)
            await world.settled()
            yield world


def _load_balancer(stack: LocalStack) -> tuple[str, str]:
    """ARNs of an ALB that anybody may talk to, and of its only target group."""
    call = stack.account.call
    by_zone = {
        subnet["AvailabilityZone"]: subnet["SubnetId"] for subnet in call("ec2", "DescribeSubnets", {})["Subnets"]
    }
    group = call("ec2", "CreateSecurityGroup", {"GroupName": "web", "Description": "web", "VpcId": stack.vpc_id})[
        "GroupId"
    ]
    everybody = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    call("ec2", "AuthorizeSecurityGroupIngress", {"GroupId": group, "IpPermissions": [everybody]})
    balancer = call(
        "elbv2",
        "CreateLoadBalancer",
        {"Name": "web", "Type": "application", "Subnets": list(by_zone.values()), "SecurityGroups": [group]},
    )["LoadBalancers"][0]["LoadBalancerArn"]
    target_group = call(
        "elbv2",
        "CreateTargetGroup",
        {
            "Name": "web",
            "Protocol": "HTTP",
            "Port": 80,
            "VpcId": stack.vpc_id,
            "TargetType": "ip",
            "HealthCheckIntervalSeconds": 5,
            "HealthCheckTimeoutSeconds": 2,
        },
    )["TargetGroups"][0]["TargetGroupArn"]
    delay = {"Key": "deregistration_delay.timeout_seconds", "Value": "3"}
    call("elbv2", "ModifyTargetGroupAttributes", {"TargetGroupArn": target_group, "Attributes": [delay]})
    forward = {"Type": "forward", "TargetGroupArn": target_group}
    call(
        "elbv2",
        "CreateListener",
        {"LoadBalancerArn": balancer, "Protocol": "HTTP", "Port": 80, "DefaultActions": [forward]},
    )
    return str(balancer), str(target_group)
