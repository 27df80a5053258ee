"""A local AWS account, the way there, and stacks that a user could have asked for."""

import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any

import pytest
from direct_aws import DirectAws
from memory_bindings import Bindings

from albc.aws.calls import open_aws
from albc.aws.clients import AwsSettings
from albc.aws.inventory import Inventory, InventorySettings
from albc.aws.inventory.drift import Drifted, nobody
from albc.aws.services import SERVICE_IDS
from albc.deploy.apply import Applied, Applier
from albc.deploy.plan import Plan, make_plan
from albc.deploy.plan.scope import Scope
from albc.deploy.settings import DeploySettings
from albc.local.aws import Account, AccountOptions, AwsServer, Layout
from albc.model.actions import FixedResponse, Forward, TargetGroupTuple
from albc.model.conditions import HostHeader
from albc.model.listener import Listener, ListenerRule
from albc.model.load_balancer import LoadBalancer, SubnetMapping
from albc.model.names import digest
from albc.model.security_group import IPPermission, IPRange, SecurityGroup
from albc.model.stack import Stack, StackID
from albc.model.target_group import HealthCheck, HealthCheckMatcher, TargetGroup
from albc.model.target_group_binding import FrontendNLBTargets, ServiceReference, TargetGroupBinding

PREFIX = "ingress.k8s.aws"


@dataclass
class Controller:
    """What a controller does between mapping and reporting."""

    account: Account
    aws: Any
    settings: DeploySettings
    bindings: Bindings
    clock: Callable[[], float] = monotonic
    inventory: Inventory = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self, on_drift: Drifted = nobody) -> None:
        """Everything that was known is forgotten."""
        self.inventory = Inventory(
            self.aws,
            InventorySettings(
                cluster_name=self.settings.cluster_name,
                vpc_id=self.settings.vpc_id,
                certificate_management=self.settings.enable_certificate_management,
            ),
            on_drift=on_drift,
            clock=self.clock,
        )

    async def plan(self, stack: Stack, prefix: str = PREFIX) -> Plan:
        scope = Scope(stack=stack.id, tag_prefix=prefix, settings=self.settings, known={})
        view = await self.inventory.view(stack, prefix)
        return make_plan(stack, view.with_bindings(self.bindings.of_stack(scope.labels())), self.settings)

    async def deploy(self, stack: Stack, prefix: str = PREFIX) -> Applied:
        """One pass."""
        plan = await self.plan(stack, prefix)
        return await Applier(self.aws, self.inventory, self.bindings).apply(plan)

    async def settle(self, stack: Stack, prefix: str = PREFIX, passes: int = 8) -> Applied:
        """As many passes as it takes, as a requeue would; fails when it takes too many."""
        for _ in range(passes):
            applied = await self.deploy(stack, prefix)
            applied_failures = [str(failure.error) for failure in applied.failed]
            assert not applied_failures
            if applied.is_complete:
                return applied
        raise AssertionError(f"not complete after {passes} passes: {[w.because for w in applied.waiting]}")

    def writes(self) -> list[str]:
        """Names of the writing calls so far."""
        return [call.operation for call in self.account.calls.writes()]


class WebSite:
    """A stack of an ALB with one listener on port 80, and a target group and rule for each host."""

    id = StackID("shop", "web")

    def __init__(self, subnets: Sequence[str]) -> None:
        self._subnets = subnets

    def stack(self, *hosts: str, **balancer: Any) -> Stack:
        """`balancer` replaces fields of the load balancer."""
        groups = [self.target_group(host) for host in hosts]
        return Stack.of(
            self.id,
            [
                self.security_group(),
                *groups,
                replace(self.load_balancer(), **balancer),
                self.listener(),
                *(self.rule(number, host, groups[number - 1]) for number, host in enumerate(hosts, 1)),
                *(self.binding(group) for group in groups),
                FrontendNLBTargets(),
            ],
        )

    def security_group(self) -> SecurityGroup:
        return SecurityGroup(
            group_name="k8s-shop-web-0123456789",
            description="[k8s] Managed SecurityGroup for LoadBalancer",
            ingress=(
                IPPermission(ip_protocol="tcp", from_port=80, to_port=80, ip_ranges=(IPRange(cidr_ip="0.0.0.0/0"),)),
            ),
        )

    def load_balancer(self) -> LoadBalancer:
        return LoadBalancer(
            name="k8s-shop-web-abcdef0123",
            kind="application",
            scheme="internet-facing",
            ip_address_type="ipv4",
            subnet_mapping=tuple(SubnetMapping(subnet_id=subnet) for subnet in self._subnets),
            security_groups=(self.security_group().group_id,),
        )

    def listener(self) -> Listener:
        return Listener(
            id="80",
            load_balancer_arn=self.load_balancer().arn,
            port=80,
            protocol="HTTP",
            default_actions=(FixedResponse(content_type="text/plain", status_code="404"),),
        )

    def target_group(self, host: str) -> TargetGroup:
        return TargetGroup(
            id=f"shop/web-{host}:80",
            name=f"k8s-shop-{host.partition('.')[0]}-{digest(host)[:10]}",
            target_type="instance",
            port=30080,
            protocol="HTTP",
            protocol_version="HTTP1",
            ip_address_type="ipv4",
            health_check=HealthCheck(
                port="traffic-port",
                protocol="HTTP",
                path="/",
                matcher=HealthCheckMatcher(http_code="200"),
                interval_seconds=15,
                timeout_seconds=5,
                healthy_threshold_count=2,
                unhealthy_threshold_count=2,
            ),
        )

    def rule(self, number: int, host: str, group: TargetGroup) -> ListenerRule:
        return ListenerRule(
            id=f"80:{number}",
            listener_arn=self.listener().arn,
            priority=number,
            actions=(Forward(target_groups=(TargetGroupTuple(target_group_arn=group.arn),)),),
            conditions=(HostHeader(values=(host,)),),
        )

    def binding(self, group: TargetGroup) -> TargetGroupBinding:
        return TargetGroupBinding(
            id=group.id,
            name=group.name,
            namespace="shop",
            target_group_arn=group.arn,
            target_type=group.target_type,
            service_ref=ServiceReference(name="web", port=80),
            ip_address_type="ipv4",
            vpc_id="vpc-1",
        )


def public_subnets(account: Account) -> list[str]:
    """Ids of two."""
    subnets = account.call("ec2", "DescribeSubnets", {})["Subnets"]
    account.calls.clear()
    public = [one for one in subnets if any(tag["Key"] == "kubernetes.io/role/elb" for tag in one.get("Tags", ()))]
    return [one["SubnetId"] for one in public[:2]]


@pytest.fixture
def site() -> WebSite:
    """Without an account behind it, for plans alone."""
    return WebSite(["subnet-1", "subnet-2"])


@pytest.fixture
def web(controller: Controller) -> WebSite:
    return WebSite(public_subnets(controller.account))


class Time:
    """Passes when a test says so."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def directly(
    options: AccountOptions | None = None,
    *,
    time: Time | None = None,
    layout: Layout | None = None,
    **settings: Any,
) -> tuple[Controller, WebSite]:
    """A controller whose account is in this process, and whose time may be the test's."""
    time = time or Time()
    account = Account(options or AccountOptions(active_seconds=0.0), clock=time, layout=layout)
    subnets = public_subnets(account)
    vpc_id = account.call("ec2", "DescribeSubnets", {"SubnetIds": subnets})["Subnets"][0]["VpcId"]
    account.calls.clear()
    deploy = DeploySettings(cluster_name="prod", vpc_id=vpc_id, **settings)
    return Controller(account, DirectAws(account), deploy, Bindings(), clock=time), WebSite(subnets)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def local() -> Callable[..., tuple[Controller, WebSite]]:
    return directly


@pytest.fixture
async def controller(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Controller]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    account = Account(AccountOptions(active_seconds=0.0))
    vpc_id = account.call("ec2", "DescribeVpcs", {})["Vpcs"][0]["VpcId"]
    account.calls.clear()
    async with contextlib.AsyncExitStack() as stack:
        server = await stack.enter_async_context(AwsServer(account))
        settings = AwsSettings(region="us-west-2", endpoints=dict.fromkeys(SERVICE_IDS.values(), server.url))
        aws = await stack.enter_async_context(open_aws(settings))
        yield Controller(account, aws, DeploySettings(cluster_name="prod", vpc_id=vpc_id), Bindings())
