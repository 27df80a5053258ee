"""A target group with a load balancer in front, a Service behind, and the reconciler between them, without HTTP."""

from collections.abc import Mapping
from typing import Any

import anyio
from direct_aws import DirectAws
from memory_cluster import MemoryCluster
from opentelemetry.metrics import NoOpMeter

from albc.local.aws import Account, AccountOptions, ManualClock
from albc.targets.checkpoints import Checkpoints
from albc.targets.enis import NetworkInterfaces
from albc.targets.gates import Gates
from albc.targets.grace import DeregistrationDelays
from albc.targets.health import TargetHealthReader
from albc.targets.multi_cluster import TrackedTargets
from albc.targets.names import TargetGroupNames
from albc.targets.networking import Networking, NetworkingSettings
from albc.targets.pace import Pace
from albc.targets.reconciler import AwsSide, ClusterSide, Reconciled, TargetReconciler, TargetSettings
from albc.targets.registrar import Registrar
from albc.targets.security_groups import SecurityGroupRules
from albc.targets.zones import TargetZones

NODE = "node-a"
AT_ONCE = Pace(gather_seconds=0, patient_seconds=0)
LONG_ENOUGH = {"terminationGracePeriodSeconds": 300}


class TargetWorld:
    def __init__(self, options: AccountOptions | None = None, settings: TargetSettings | None = None) -> None:
        self.clock = ManualClock()
        self.account = Account(options, clock=self.clock)
        self.aws: Any = DirectAws(self.account)
        self.cluster = MemoryCluster()
        self.settings = settings or TargetSettings(pace=AT_ONCE)
        (vpc,) = self.account.call("ec2", "DescribeVpcs", {})["Vpcs"]
        self.vpc_id = str(vpc["VpcId"])
        self.arn = self.target_group("web")
        self.cluster.apply("Node", node(), "")
        self.service()
        self.binding()
        self.restart()
        self.account.calls.clear()

    def restart(self) -> None:
        """The process ends, and with it all that it remembers; another one begins."""
        client: Any = self.cluster
        meter = NoOpMeter("test")
        health = TargetHealthReader(self.clock)
        enis = NetworkInterfaces(self.aws, self.vpc_id, self.clock)
        cluster = ClusterSide(
            views=self.cluster.views(),
            checkpoints=Checkpoints(client),
            tracked=TrackedTargets(client),
            gates=Gates(client, meter),
        )
        aws = AwsSide(
            health=health,
            registrar=Registrar(health, TargetZones(self.aws, self.vpc_id, self.clock), meter),
            networking=Networking(
                SecurityGroupRules(self.aws, self.clock),
                enis,
                NetworkingSettings(cluster_name="local", vpc_id=self.vpc_id),
            ),
            names=TargetGroupNames(self.clock),
            delays=DeregistrationDelays(self.clock),
        )
        self.reconciler = TargetReconciler(cluster, aws, self.settings)

    # The controller

    async def reconcile(self, name: str = "web") -> Reconciled:
        binding = next(each for each in self.cluster.typed("TargetGroupBinding") if each.name == name)
        return await self.reconciler.reconcile(binding, self.aws)

    async def clean_up(self, name: str = "web") -> None:
        binding = next(each for each in self.cluster.typed("TargetGroupBinding") if each.name == name)
        await self.reconciler.clean_up(binding, self.aws)

    async def settle(self, name: str = "web", passes: int = 8) -> Reconciled:
        """Reconciles, as time goes on, until there is nothing left to wait for."""
        for _ in range(passes):
            done = await self.reconcile(name)
            if not done.again:
                return done
            self.clock.advance(5)
            await anyio.lowlevel.checkpoint()
        raise AssertionError(f"still waiting: {done.again}")

    # The cluster

    def binding(self, name: str = "web", **spec: Any) -> None:
        whole = {"targetGroupARN": self.arn, "targetType": "ip", "serviceRef": {"name": "web", "port": 80}} | spec
        self.cluster.apply("TargetGroupBinding", {"metadata": {"name": name}, "spec": whole})

    def service(self, **spec: Any) -> None:
        ports = [{"name": "http", "port": 80, "targetPort": 8080, "nodePort": 30080}]
        self.cluster.apply("Service", {"metadata": {"name": "web"}, "spec": {"ports": ports, **spec}})

    def pod(self, name: str, ip: str, *, gate: bool = False, spec: Mapping[str, Any] = LONG_ENOUGH) -> None:
        """A Pod whose containers run."""
        gates = [{"conditionType": "target-health.elbv2.k8s.aws/web"}] if gate else []
        self.cluster.apply(
            "Pod",
            {
                "metadata": {"name": name, "creationTimestamp": "2026-01-01T00:00:00Z"},
                "spec": {"nodeName": NODE, "readinessGates": gates, "containers": [{"name": "web"}], **spec},
                "status": {"podIP": ip, "conditions": [{"type": "ContainersReady", "status": "True"}]},
            },
        )

    def go(self, name: str) -> None:
        """The Pod is told to go; nobody else knows yet."""
        pod = self.cluster.read("Pod", name)
        metadata = {**pod["metadata"], "deletionTimestamp": "2026-01-01T01:00:00Z"}
        self.cluster.apply("Pod", {**pod, "metadata": metadata})

    def slice_of(self, *pods: str, port: int = 8080, **conditions: bool) -> None:
        """The EndpointSlice of the Service: these Pods, with their addresses."""
        endpoints = [
            {
                "addresses": [self.cluster.read("Pod", name)["status"]["podIP"]],
                "conditions": {"ready": True, **conditions},
                "targetRef": {"kind": "Pod", "name": name},
            }
            for name in pods
        ]
        self.cluster.apply(
            "EndpointSlice",
            {
                "metadata": {"name": "web-1", "labels": {"kubernetes.io/service-name": "web"}},
                "addressType": "IPv4",
                "ports": [{"name": "http", "port": port}],
                "endpoints": endpoints,
            },
        )

    def condition(self, pod: str, binding: str = "web") -> tuple[str, str] | None:
        """Status and reason of the Pod's gate."""
        for each in self.cluster.read("Pod", pod)["status"]["conditions"]:
            if each["type"] == f"target-health.elbv2.k8s.aws/{binding}":
                return each["status"], each.get("reason", "")
        return None

    @property
    def checkpoint(self) -> str:
        annotations = self.cluster.read("TargetGroupBinding", "web")["metadata"].get("annotations", {})
        return str(annotations.get("elbv2.k8s.aws/checkpoint", ""))

    # The account

    def target_group(self, name: str, **more: Any) -> str:
        """ARN of a new target group, which a listener uses, so that its targets become healthy with time."""
        request = {"Name": name, "Protocol": "TCP", "Port": 80, "VpcId": self.vpc_id, "TargetType": "ip"} | more
        arn = str(self.account.call("elbv2", "CreateTargetGroup", request)["TargetGroups"][0]["TargetGroupArn"])
        subnets = self.account.call("ec2", "DescribeSubnets", {})["Subnets"]
        by_zone = {subnet["AvailabilityZone"]: subnet["SubnetId"] for subnet in subnets}
        balancer = self.account.call(
            "elbv2", "CreateLoadBalancer", {"Name": name, "Type": "network", "Subnets": list(by_zone.values())}
        )
        listener = {
            "LoadBalancerArn": balancer["LoadBalancers"][0]["LoadBalancerArn"],
            "Protocol": request["Protocol"],
            "Port": 80,
            "DefaultActions": [{"Type": "forward", "TargetGroupArn": arn}],
        }
        self.account.call("elbv2", "CreateListener", listener)
        return arn

    def by_hand(self, operation: str, *identifiers: str, arn: str = "") -> None:
        """Somebody else registers or deregisters targets."""
        pairs = [each.rsplit(":", 1) for each in identifiers]
        targets = [{"Id": id_, "Port": int(port)} for id_, port in pairs]
        self.account.call("elbv2", operation, {"TargetGroupArn": arn or self.arn, "Targets": targets})

    def registered(self, arn: str = "") -> set[str]:
        """Identifiers of the targets that are not draining."""
        asked = {"TargetGroupArn": arn or self.arn}
        found = self.account.call("elbv2", "DescribeTargetHealth", asked)["TargetHealthDescriptions"]
        return {
            f"{each['Target']['Id']}:{each['Target']['Port']}"
            for each in found
            if each["TargetHealth"]["State"] != "draining"
        }

    def called(self, *operations: str) -> list[Any]:
        """Parameters of the calls of these operations."""
        return [call.params for call in self.account.calls if call.operation in operations]


def node(ready: str = "True") -> dict[str, Any]:
    return {
        "metadata": {"name": NODE, "labels": {"topology.kubernetes.io/zone": "us-west-2a"}},
        "spec": {"providerID": "aws:///us-west-2a/i-0000000000000000a"},
        "status": {"conditions": [{"type": "Ready", "status": ready}]},
    }
