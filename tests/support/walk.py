"""The life of an Ingress, a Service and a binding on one AWS account, noted step by step.

`albc run` works in a process of its own beside a local cluster; all that is known of the account is asked of it with an
unmodified client, and the calls are counted by the controller's own metrics. So the account can be anyone's.
"""

import re
from collections import Counter
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import aiohttp
import anyio
import yaml
from aws_picture import picture
from self_signed import self_signed
from two_accounts import OTHER_ACCOUNT, ZONE, Endpoint
from world import World, free_port

from albc.aws.services import SERVICE_IDS, is_writing
from albc.kube.objects import NODES
from albc.kube.patches import MergePatch

QUIET_SECONDS = 0.8
"""So long without a write, and a step is over."""
ROLE = f"arn:aws:iam::{OTHER_ACCOUNT}:role/targets"

Calls = Counter[tuple[str, str]]
"""(service, operation), botocore's name of the service and AWS's of the operation."""

_IN_THEIR_OWN_TIME = frozenset({"RegisterTargets", "DeregisterTargets"})
"""Pods start when they start: together in one call, or one by one."""

APP = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: default}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: echo, image: "http-echo:1", ports: [{containerPort: 5678}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: default}
spec:
  selector: {app: web}
  ports: [{port: 80, targetPort: 5678}]
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: alb}
spec: {controller: ingress.k8s.aws/alb}
"""

SERVICE = """
apiVersion: v1
kind: Service
metadata:
  name: tcp
  namespace: default
  annotations:
    service.beta.kubernetes.io/aws-load-balancer-type: external
    service.beta.kubernetes.io/aws-load-balancer-nlb-target-type: ip
    service.beta.kubernetes.io/aws-load-balancer-scheme: internet-facing
spec:
  type: LoadBalancer
  selector: {app: web}
  ports: [{port: 6379, targetPort: 5678}]
"""


@dataclass(frozen=True)
class Noted:
    """What the account holds after a step, and the writing calls that it took."""

    holds: Mapping[str, Any]
    writes: Calls


@dataclass
class Walk:
    """Goes all the way once. Needs a world of its own, and NODENAME set to the network's instance."""

    account: Endpoint
    world: World
    turn: anyio.Lock
    """Two walks side by side start their controllers one after the other, for starting takes a processor to itself."""
    steps: dict[str, Noted] = field(default_factory=dict)
    called: set[tuple[str, str]] = field(default_factory=set)
    """All operations that were answered without an error, by the controller's metrics."""
    _clients: dict[str, Any] = field(default_factory=dict)
    _written: Calls = field(default_factory=Counter)
    _metrics: str = ""
    _pods: int = 2

    async def go(self) -> None:
        async with AsyncExitStack() as opened:
            for name in ("acm", "ec2", "elbv2", "wafv2"):
                self._clients[name] = await opened.enter_async_context(self.account.client(name))
            await self._prepare()
            await self._start(f"--aws-vpc-id={self.account.network.vpc_id}")
            await self._made()
            await self._edited()
            await self._moved()
            await self._restarted()
            await self._certified()
            await self._deleted()
            await self._stop()

    # Steps

    async def _prepare(self) -> None:
        """Nodes on which every pod has an interface of its own; certificates, a web ACL, a zone; the application."""
        for node in (await self.world.client.list(NODES)).items:
            fargate = {"metadata": {"labels": {"eks.amazonaws.com/compute-type": "fargate"}}}
            await self.world.client.patch(NODES, node.metadata.name, MergePatch(fargate), None)
        self._certificates = [await self._import(f"{name}.{ZONE}") for name in ("web", "api")]
        if not (await self._clients["wafv2"].list_web_acls(Scope="REGIONAL"))["WebACLs"]:
            quiet = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "demo"}
            await self._clients["wafv2"].create_web_acl(
                Name="demo", Scope="REGIONAL", DefaultAction={"Allow": {}}, VisibilityConfig=quiet, Rules=[]
            )
        async with self.account.client("route53") as route53:
            if not (await route53.list_hosted_zones())["HostedZones"]:
                await route53.create_hosted_zone(Name=ZONE, CallerReference="test")
        await self.world.apply_yaml(APP)

    async def _import(self, host: str) -> str:
        """A certificate of its own for a host; gives its ARN."""
        certificate, key = self_signed(host, since=datetime.now(UTC))
        answer = await self._clients["acm"].import_certificate(Certificate=certificate, PrivateKey=key)
        return str(answer["CertificateArn"])

    async def _made(self) -> None:
        first, second, _ = self.account.network.subnets
        self._wanted = {
            "listen-ports": '[{"HTTP": 80}, {"HTTPS": 443}]',
            "certificate-arn": ",".join(self._certificates),
            "subnets": f"{first},{second}",
            "wafv2-acl-name": "demo",
            "tags": "team=shop,cost=1",
            "load-balancer-attributes": "idle_timeout.timeout_seconds=75",
            "target-group-attributes": "deregistration_delay.timeout_seconds=5",
            "listener-attributes.HTTP-80": "routing.http.response.server.enabled=false",
            "inbound-cidrs": "203.0.113.0/24",
            "healthcheck-path": "/healthz",
        }
        binding = {
            "apiVersion": "elbv2.k8s.aws/v1beta1",
            "kind": "TargetGroupBinding",
            "metadata": {"name": "elsewhere", "namespace": "default"},
            "spec": {
                "targetGroupARN": await self._target_group_elsewhere(),
                "targetType": "ip",
                "iamRoleArnToAssume": ROLE,
                "serviceRef": {"name": "web", "port": 80},
            },
        }
        await self._applied("made", ingress(["/cart", "/pay", "/"], self._wanted), yaml.safe_load(SERVICE), binding)

    async def _edited(self) -> None:
        first, second, third = self.account.network.subnets
        self._wanted |= {
            "certificate-arn": self._certificates[1],
            "subnets": f"{first},{second},{third}",
            "tags": "team=web,owner=me",
            "load-balancer-attributes": "idle_timeout.timeout_seconds=90",
            "target-group-attributes": "deregistration_delay.timeout_seconds=15",
            "listener-attributes.HTTP-80": "routing.http.response.server.enabled=true",
            "inbound-cidrs": "198.51.100.0/24",
            "healthcheck-path": "/ready",
            "actions.pay": '{"type": "fixed-response", "fixedResponseConfig": {"statusCode": "503"}}',
        }
        await self._applied("edited", ingress(["/cart", "/pay"], self._wanted, by_action="/pay"))

    async def _moved(self) -> None:
        """Into a security group that is given, out of the web ACL, on one listener and one pod."""
        made = await self._clients["ec2"].create_security_group(
            GroupName="given", Description="given", VpcId=self.account.network.vpc_id
        )
        self._wanted |= {"security-groups": made["GroupId"], "wafv2-acl-arn": "none"}
        for name in ("wafv2-acl-name", "inbound-cidrs", "certificate-arn", "listen-ports"):
            del self._wanted[name]
        scaled = yaml.safe_load(APP.split("---")[0])
        scaled["spec"]["replicas"] = 1
        await self._applied("moved", ingress(["/cart"], self._wanted), scaled=scaled)

    async def _restarted(self) -> None:
        """The VPC is found by the instance in NODENAME; tags are read through the tagging API."""
        await self._stop()
        await self._start("--aws-vpc-id=", "--feature-gates=EnableRGTAPI=true,EnableCertificateManagement=true")
        await self.world.until(self._looked_at, "the objects looked at again")
        await self._noted("restarted")

    async def _certified(self) -> None:
        """A certificate is requested and its record written; nobody issues it, so the listener that needs it waits."""
        self._wanted |= {"create-acm-cert": "true", "listen-ports": '[{"HTTP": 80}, {"HTTPS": 443}]'}
        await self.world.apply(ingress(["/cart"], self._wanted))

        async def asked() -> bool:
            return ("route53", "ChangeResourceRecordSets") in await self._calls()

        await self.world.until(asked, "the record that proves the certificate")
        await self._noted("certified")

    async def _deleted(self) -> None:
        objects = [{"kind": "TargetGroupBinding", "metadata": {"name": "elsewhere", "namespace": "default"}}]
        objects += [{"kind": kind, "metadata": {"name": name, "namespace": "default"}} for kind, name in WATCHED]
        await self.world.delete(*objects)
        await self._noted("deleted")

    # How

    async def _applied(self, step: str, *objects: Mapping[str, Any], scaled: Mapping[str, Any] | None = None) -> None:
        watched = [(obj["kind"], obj["metadata"]["name"]) for obj in objects if obj["kind"] != "TargetGroupBinding"]
        before = {pair: await self.world.successes(pair[0], "default", pair[1]) for pair in watched}
        await self.world.apply(*objects, *([scaled] if scaled else ()))
        for kind, name in watched:
            await self.world.reconciled(kind, "default", name, before=before[kind, name])
        if scaled:
            self._pods = scaled["spec"]["replicas"]

        async def all_there() -> bool:
            targets = [len(group["targets"]) for group in (await self._picture())["target groups"].values()]
            return all(number == self._pods for number in targets)

        await self.world.until(all_there, f"{self._pods} targets in every target group")
        await self._noted(step)

    async def _noted(self, step: str) -> None:
        """Waits for quiet, and notes what is there."""
        before = self._written
        await self._quiet()
        writes = Counter({key: number for key, number in (self._written - before).items() if not _own_time(key)})
        self.steps[step] = Noted(await self._picture(), writes)

    async def _quiet(self) -> None:
        while True:
            now = await self._calls()
            await anyio.sleep(QUIET_SECONDS)
            if _writes(await self._calls()) == _writes(now):
                self._written = self._before_start + _writes(now)
                return

    async def _picture(self) -> dict[str, Any]:
        return await picture(self._clients, self._certificates)

    async def _target_group_elsewhere(self) -> str:
        """Made in the other account, with the role that the binding names."""
        async with self.account.client("sts") as sts:
            given = (await sts.assume_role(RoleArn=ROLE, RoleSessionName="test"))["Credentials"]
        keys = {
            "aws_access_key_id": given["AccessKeyId"],
            "aws_secret_access_key": given["SecretAccessKey"],
            "aws_session_token": given["SessionToken"],
        }
        async with self.account.client("ec2", **keys) as ec2, self.account.client("elbv2", **keys) as elbv2:
            vpc_id = (await ec2.describe_vpcs())["Vpcs"][0]["VpcId"]
            made = await elbv2.create_target_group(
                Name="elsewhere", Protocol="TCP", Port=80, TargetType="ip", VpcId=vpc_id
            )
        return str(made["TargetGroups"][0]["TargetGroupArn"])

    async def _start(self, *flags: str) -> None:
        self._before_start = self._written
        self._metrics = f"127.0.0.1:{free_port()}"
        endpoint = f"--aws-api-endpoints=*={self.account.url}"
        async with self.turn:
            await self.world.start_controller(endpoint, f"--metrics-bind-addr={self._metrics}", *flags)

    async def _stop(self) -> None:
        self.called |= set(await self._calls())
        await self.world.stop_controller()

    async def _looked_at(self) -> bool:
        """Whether the controller that runs has reconciled the Ingress and the Service."""
        done = {
            said["controller"]
            for said, _ in await self._samples("controller_runtime_reconcile_total")
            if said["result"] == "success"
        }
        return {"ingress", "service"} <= done

    async def _calls(self) -> Calls:
        """All that the controller has called since it was started, errors left out."""
        calls: Calls = Counter()
        for said, number in await self._samples("aws_api_calls_total"):
            if not said["error_code"]:
                calls[_SERVICES[said["service"]], said["operation"]] += number
        return calls

    async def _samples(self, name: str) -> list[tuple[dict[str, str], int]]:
        """Labels and value of each sample of a counter that is above 0."""
        async with aiohttp.ClientSession() as http, http.get(f"http://{self._metrics}/metrics") as answer:
            text = await answer.text()
        found = re.findall(rf"^{name}\{{(.*)\}} (\S+)$", text, re.MULTILINE)
        samples = [(dict(re.findall(r'(\w+)="([^"]*)"', labels)), int(float(value))) for labels, value in found]
        return [(labels, value) for labels, value in samples if value]


WATCHED = (("Ingress", "web"), ("Service", "tcp"))
_SERVICES = {service_id: service for service, service_id in SERVICE_IDS.items()}


def ingress(paths: list[str], annotations: Mapping[str, str], *, by_action: str = "") -> dict[str, Any]:
    """With a rule for each path; `by_action`: the path that the action `pay` answers."""
    service = {"service": {"name": "web", "port": {"number": 80}}}
    action = {"service": {"name": "pay", "port": {"name": "use-annotation"}}}
    rules = [
        {"path": path, "pathType": "Prefix", "backend": action if path == by_action else service} for path in paths
    ]
    given = {"scheme": "internet-facing", "target-type": "ip", **annotations}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {
            "name": "web",
            "namespace": "default",
            "annotations": {f"alb.ingress.kubernetes.io/{name}": value for name, value in given.items()},
        },
        "spec": {"ingressClassName": "alb", "rules": [{"host": f"web.{ZONE}", "http": {"paths": rules}}]},
    }


def _writes(calls: Calls) -> Calls:
    return Counter({key: number for key, number in calls.items() if is_writing(_snake(key[1]))})


def _own_time(key: tuple[str, str]) -> bool:
    return key[1] in _IN_THEIR_OWN_TIME


def _snake(operation: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower()
