"""Classic Load Balancers on the local account: made as wanted, then nothing to do, changed, and taken away."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from albc.aws.inventory import StackKey
from albc.deploy.apply import Applied, Applier
from albc.deploy.plan import Plan, make_plan
from albc.errors import Invalid
from albc.local.aws import AccountOptions, Fault, FaultKind
from albc.model.classic import (
    AccessLog,
    ClassicAttributes,
    ClassicHealthCheck,
    ClassicListener,
    ClassicLoadBalancer,
    ConnectionDraining,
)
from albc.model.security_group import IPPermission, IPRange, SecurityGroup
from albc.model.stack import Stack, StackID

pytestmark = pytest.mark.anyio

PREFIX = "service.k8s.aws"
ID = StackID("shop", "web")
NAME = "a0f0e0d0c0b0a4908870605040302010"
HTTP = ClassicListener(protocol="HTTP", load_balancer_port=80, instance_protocol="HTTP", instance_port=30080)
TCP = ClassicListener(protocol="TCP", load_balancer_port=9000, instance_protocol="TCP", instance_port=30900)
DEFAULTS = ClassicAttributes(
    access_log=AccessLog(enabled=False),
    connection_draining=ConnectionDraining(enabled=False),
    idle_timeout=60,
    cross_zone_enabled=False,
)
POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06"


class Deployment:
    """A controller's way with one Service's Classic Load Balancer."""

    def __init__(self, controller: Any, subnets: Sequence[str], zones: Mapping[str, str]) -> None:
        self.controller = controller
        self.account = controller.account
        self.subnets = subnets
        self.zones = zones

    def stack(self, **changes: Any) -> Stack:
        """`changes` replaces fields of the load balancer."""
        everybody = (IPRange(cidr_ip="0.0.0.0/0"),)
        group = SecurityGroup(
            group_name=f"k8s-elb-{NAME}",
            description="for the test",
            tags={"kubernetes.io/cluster/prod": "owned"},
            ingress=(IPPermission(ip_protocol="tcp", from_port=80, to_port=80, ip_ranges=everybody),),
        )
        balancer = ClassicLoadBalancer(
            name=NAME,
            scheme="internet-facing",
            subnets=tuple(self.subnets[:2]),
            security_groups=(group.group_id,),
            listeners=(HTTP, TCP),
            health_check=ClassicHealthCheck(
                target="TCP:30080", interval=10, timeout=5, healthy_threshold=2, unhealthy_threshold=6
            ),
            attributes=DEFAULTS,
            manage_node_security_groups=True,
            tags={"kubernetes.io/cluster/prod": "owned", "kubernetes.io/service-name": "shop/web"},
            zones=self.zones,
        )
        return Stack.of(ID, [group, replace(balancer, **changes)])

    async def plan(self, stack: Stack) -> Plan:
        inventory = self.controller.inventory
        classic = await inventory.classic.named(NAME, StackKey(PREFIX, str(ID)))
        view = replace(await inventory.view(stack, PREFIX), classic=classic)
        return make_plan(stack, view, self.controller.settings)

    async def deploy(self, stack: Stack) -> Applied:
        controller = self.controller
        return await Applier(controller.aws, controller.inventory, controller.bindings).apply(await self.plan(stack))

    async def persist(self, stack: Stack, passes: int = 10) -> None:
        """Passes until nothing is left to do, whatever fails on the way."""
        for _ in range(passes):
            applied = await self.deploy(stack)
            if applied.is_complete:
                return
        raise AssertionError(f"not complete after {passes} passes: {applied.failed} {applied.waiting}")

    async def settled(self, stack: Stack) -> list[str]:
        """The writing calls that a stack takes; afterwards nothing is left to do, also not after a restart."""
        self.account.calls.clear()
        await self.persist(stack)
        writes: list[str] = self.controller.writes()
        assert [operation.action for operation in (await self.plan(stack)).operations] == []
        self.controller.restart()
        assert [operation.action for operation in (await self.plan(stack)).operations] == []
        return writes

    def described(self) -> dict[str, Any]:
        found = self.account.call("elb", "DescribeLoadBalancers", {})["LoadBalancerDescriptions"]
        return dict(found[0]) if found else {}

    def attributes(self) -> dict[str, Any]:
        answer = self.account.call("elb", "DescribeLoadBalancerAttributes", {"LoadBalancerName": NAME})
        return dict(answer["LoadBalancerAttributes"])


def deployed_by(controller: Any) -> Deployment:
    subnets = controller.account.call("ec2", "DescribeSubnets", {})["Subnets"]
    public = [one for one in subnets if any(tag["Key"] == "kubernetes.io/role/elb" for tag in one["Tags"])]
    controller.account.calls.clear()
    return Deployment(
        controller,
        [one["SubnetId"] for one in public],
        {one["SubnetId"]: one["AvailabilityZone"] for one in subnets},
    )


@pytest.fixture
def deployment(local: Callable[..., tuple[Any, Any]]) -> Deployment:
    controller, _ = local()
    return deployed_by(controller)


async def test_one_is_made_with_all_that_is_wanted(deployment: Deployment) -> None:
    writes = await deployment.settled(deployment.stack())

    assert writes == [
        "CreateSecurityGroup",
        "AuthorizeSecurityGroupIngress",
        "CreateLoadBalancer",
        "ConfigureHealthCheck",
    ]
    found = deployment.described()
    assert sorted(one["Listener"]["LoadBalancerPort"] for one in found["ListenerDescriptions"]) == [80, 9000]
    assert found["HealthCheck"]["Target"] == "TCP:30080"
    assert found["Scheme"] == "internet-facing"


async def test_nothing_is_written_and_nothing_asked_when_nothing_changes(deployment: Deployment) -> None:
    await deployment.settled(deployment.stack())
    deployment.account.calls.clear()

    await deployment.deploy(deployment.stack())

    assert list(deployment.account.calls) == []


async def test_a_created_one_has_its_policies_and_attributes(deployment: Deployment) -> None:
    await deployment.settled(
        deployment.stack(proxy_protocol=True, attributes=replace(DEFAULTS, idle_timeout=120, cross_zone_enabled=True))
    )

    assert deployment.attributes()["ConnectionSettings"] == {"IdleTimeout": 120}
    assert deployment.attributes()["CrossZoneLoadBalancing"] == {"Enabled": True}
    assert {one["InstancePort"] for one in deployment.described()["BackendServerDescriptions"]} == {30080, 30900}


async def test_listeners_are_added_before_others_go(deployment: Deployment) -> None:
    await deployment.settled(deployment.stack())
    other = replace(TCP, load_balancer_port=9001)

    writes = await deployment.settled(deployment.stack(listeners=(HTTP, other)))

    assert writes == ["CreateLoadBalancerListeners", "DeleteLoadBalancerListeners"]


async def test_a_changed_node_port_makes_the_listener_anew(deployment: Deployment) -> None:
    await deployment.settled(deployment.stack())

    writes = await deployment.settled(deployment.stack(listeners=(replace(HTTP, instance_port=30081), TCP)))

    assert writes == ["DeleteLoadBalancerListeners", "CreateLoadBalancerListeners"]


async def test_a_new_certificate_makes_the_listener_anew_with_the_negotiation_policy(deployment: Deployment) -> None:
    def certificate(name: str) -> str:
        asked = {"DomainName": name, "ValidationMethod": "DNS"}
        return str(deployment.account.call("acm", "RequestCertificate", asked)["CertificateArn"])

    secure = replace(HTTP, protocol="HTTPS", load_balancer_port=443, ssl_certificate_id=certificate("a.example.com"))
    await deployment.settled(deployment.stack(listeners=(secure,), ssl_negotiation_policy=POLICY))
    again = replace(secure, ssl_certificate_id=certificate("b.example.com"))

    writes = await deployment.settled(deployment.stack(listeners=(again,), ssl_negotiation_policy=POLICY))

    assert writes == [
        "DeleteLoadBalancerListeners",
        "CreateLoadBalancerListeners",
        "SetLoadBalancerPoliciesOfListener",
    ]
    [found] = deployment.described()["ListenerDescriptions"]
    assert found["PolicyNames"] == [f"k8s-SSLNegotiationPolicy-{POLICY}"]


async def test_proxy_protocol_comes_and_goes_with_its_ports(deployment: Deployment) -> None:
    await deployment.settled(deployment.stack())

    writes = await deployment.settled(deployment.stack(proxy_protocol=True))
    assert writes == ["CreateLoadBalancerPolicy", *["SetLoadBalancerPoliciesForBackendServer"] * 2]
    moved = replace(TCP, instance_port=30901)
    await deployment.settled(deployment.stack(proxy_protocol=True, listeners=(HTTP, moved)))
    assert {one["InstancePort"] for one in deployment.described()["BackendServerDescriptions"]} == {30080, 30901}
    await deployment.settled(deployment.stack(listeners=(HTTP, moved)))
    assert not deployment.described()["BackendServerDescriptions"]
    writes = await deployment.settled(deployment.stack(proxy_protocol=True, listeners=(HTTP, moved)))
    assert "CreateLoadBalancerPolicy" not in writes


async def test_an_attribute_taken_back_goes_back_to_its_default(deployment: Deployment) -> None:
    await deployment.settled(deployment.stack(attributes=replace(DEFAULTS, idle_timeout=120, cross_zone_enabled=True)))

    writes = await deployment.settled(deployment.stack())

    assert writes == ["ModifyLoadBalancerAttributes"]
    assert deployment.attributes()["ConnectionSettings"] == {"IdleTimeout": 60}
    assert deployment.attributes()["CrossZoneLoadBalancing"] == {"Enabled": False}


async def test_tags_are_added_and_never_removed(deployment: Deployment) -> None:
    tags = {"kubernetes.io/cluster/prod": "owned", "kubernetes.io/service-name": "shop/web"}
    await deployment.settled(deployment.stack(tags={**tags, "team": "web"}))

    assert await deployment.settled(deployment.stack(tags={**tags, "team": "ops"})) == ["AddTags"]
    assert await deployment.settled(deployment.stack(tags=tags)) == []


def managed_group(deployment: Deployment) -> dict[str, Any]:
    groups = deployment.account.call("ec2", "DescribeSecurityGroups", {})["SecurityGroups"]
    return next(dict(group) for group in groups if group["GroupName"] == f"k8s-elb-{NAME}")


async def test_the_clusters_tag_that_somebody_took_from_the_managed_group_is_put_back(deployment: Deployment) -> None:
    await deployment.settled(deployment.stack())
    group = managed_group(deployment)
    gone = {"Resources": [group["GroupId"]], "Tags": [{"Key": "kubernetes.io/cluster/prod"}]}
    deployment.account.call("ec2", "DeleteTags", gone)
    deployment.controller.restart()

    assert await deployment.settled(deployment.stack()) == ["CreateTags"]
    assert {"Key": "kubernetes.io/cluster/prod", "Value": "owned"} in managed_group(deployment)["Tags"]


async def test_a_managed_group_that_somebody_gave_to_another_cluster_is_not_touched(deployment: Deployment) -> None:
    await deployment.settled(deployment.stack())
    id = managed_group(deployment)["GroupId"]
    shared = {"Resources": [id], "Tags": [{"Key": "kubernetes.io/cluster/prod", "Value": "shared"}]}
    deployment.account.call("ec2", "CreateTags", shared)
    deployment.controller.restart()

    with pytest.raises(Invalid, match=f'"{id}" has tag .* "kubernetes.io/cluster/prod"="shared" .expected "owned"'):
        await deployment.plan(deployment.stack())


async def test_a_zone_is_added_before_another_goes(deployment: Deployment) -> None:
    await deployment.settled(deployment.stack())

    writes = await deployment.settled(deployment.stack(subnets=(deployment.subnets[0], deployment.subnets[2])))

    assert writes == ["AttachLoadBalancerToSubnets", "DetachLoadBalancerFromSubnets"]
    assert set(deployment.described()["Subnets"]) == {deployment.subnets[0], deployment.subnets[2]}


async def test_the_groups_of_the_user_take_the_place_of_the_managed_one(deployment: Deployment) -> None:
    await deployment.settled(deployment.stack())
    wanted = {"GroupName": "mine", "Description": "mine", "VpcId": deployment.controller.settings.vpc_id}
    mine = deployment.account.call("ec2", "CreateSecurityGroup", wanted)["GroupId"]
    stack = deployment.stack(security_groups=(mine,))
    alone = Stack.of(ID, stack.all(ClassicLoadBalancer))

    writes = await deployment.settled(alone)

    assert writes == ["ApplySecurityGroupsToLoadBalancer", "DeleteSecurityGroup"]


async def test_nothing_is_left_of_a_stack_that_goes(deployment: Deployment) -> None:
    await deployment.settled(deployment.stack())

    writes = await deployment.settled(Stack.of(ID, ()))

    assert set(writes) == {"DeleteLoadBalancer", "DeleteSecurityGroup"}
    assert writes[0] == "DeleteLoadBalancer"
    assert not deployment.described()


async def test_the_group_goes_although_somebody_has_deleted_the_load_balancer(deployment: Deployment) -> None:
    await deployment.settled(deployment.stack())
    deployment.account.call("elb", "DeleteLoadBalancer", {"LoadBalancerName": NAME})
    deployment.controller.restart()

    assert await deployment.settled(Stack.of(ID, ())) == ["DeleteSecurityGroup"]


async def test_one_without_the_clusters_tag_is_not_deleted(deployment: Deployment) -> None:
    await deployment.settled(deployment.stack())
    request = {"LoadBalancerNames": [NAME], "Tags": [{"Key": "kubernetes.io/cluster/prod"}]}
    deployment.account.call("elb", "RemoveTags", request)
    deployment.controller.restart()

    applied = await deployment.deploy(Stack.of(ID, ()))

    [blocked] = applied.blocked
    assert "kubernetes.io/cluster/prod" in blocked.because
    assert applied.is_complete
    assert deployment.described()


async def test_one_that_another_cluster_owns_is_not_touched(deployment: Deployment) -> None:
    await deployment.settled(deployment.stack())
    gone = {"LoadBalancerNames": [NAME], "Tags": [{"Key": "kubernetes.io/cluster/prod"}]}
    deployment.account.call("elb", "RemoveTags", gone)
    other = {"LoadBalancerNames": [NAME], "Tags": [{"Key": "kubernetes.io/cluster/other", "Value": "owned"}]}
    deployment.account.call("elb", "AddTags", other)
    deployment.controller.restart()

    applied = await deployment.deploy(deployment.stack(listeners=(HTTP,)))

    assert [one.because.partition(";")[0] for one in applied.blocked] == [
        f"{NAME} belongs to another cluster by its tags"
    ]
    assert not applied.done


async def test_one_that_lost_the_clusters_tag_gets_it_back(deployment: Deployment) -> None:
    await deployment.settled(deployment.stack())
    gone = {"LoadBalancerNames": [NAME], "Tags": [{"Key": "kubernetes.io/cluster/prod"}]}
    deployment.account.call("elb", "RemoveTags", gone)
    deployment.controller.restart()

    assert await deployment.settled(deployment.stack()) == ["AddTags"]


async def test_an_unknown_certificate_is_told_not_waited_for(deployment: Deployment) -> None:
    secure = replace(HTTP, protocol="HTTPS", ssl_certificate_id="arn:aws:acm:us-west-2:1:certificate/none")

    applied = await deployment.deploy(deployment.stack(listeners=(secure,)))

    [failure] = applied.failed
    assert isinstance(failure.error, Invalid)
    assert not applied.waiting


async def test_what_somebody_changed_is_changed_back_after_a_look(deployment: Deployment) -> None:
    told: list[StackKey] = []
    deployment.controller.restart(on_drift=told.append)
    await deployment.persist(deployment.stack())
    assert (await deployment.plan(deployment.stack())).is_empty
    request = {"LoadBalancerName": NAME, "LoadBalancerPorts": [80]}
    deployment.account.call("elb", "DeleteLoadBalancerListeners", request)

    await deployment.controller.inventory.classic.look()

    assert told == [StackKey(PREFIX, str(ID))]
    assert await deployment.settled(deployment.stack()) == ["CreateLoadBalancerListeners"]


async def test_one_that_aws_does_not_show_yet_is_not_made_twice(
    local: Callable[..., tuple[Any, Any]], time: Any
) -> None:
    controller, _ = local(AccountOptions(consistency_seconds=30.0), time=time)
    deployment = deployed_by(controller)

    await deployment.deploy(deployment.stack())
    applied = await deployment.deploy(deployment.stack())
    assert not applied.failed
    time.now += 60.0

    assert await deployment.settled(deployment.stack()) == []
    assert len(deployment.account.call("elb", "DescribeLoadBalancers", {})["LoadBalancerDescriptions"]) == 1


CREATING = ("CreateSecurityGroup", "CreateLoadBalancer", "ConfigureHealthCheck", "CreateLoadBalancerPolicy")
LOSING = (FaultKind.RESET_BEFORE, FaultKind.RESET_AFTER, FaultKind.SERVER_ERROR, FaultKind.THROTTLE)


@pytest.mark.parametrize("kind", LOSING)
@pytest.mark.parametrize("operation", CREATING)
@pytest.mark.parametrize("restarts", [False, True])
async def test_a_call_lost_while_creating_is_made_up_for(
    deployment: Deployment, operation: str, kind: FaultKind, restarts: bool
) -> None:
    stack = deployment.stack(proxy_protocol=True)
    deployment.account.faults.add(Fault(kind, operation=operation))

    await deployment.deploy(stack)
    if restarts:
        deployment.controller.restart()
    await deployment.settled(stack)

    assert len(deployment.account.call("elb", "DescribeLoadBalancers", {})["LoadBalancerDescriptions"]) == 1


@pytest.mark.parametrize("kind", LOSING)
@pytest.mark.parametrize("operation", ["DeleteLoadBalancer", "DeleteSecurityGroup"])
async def test_a_call_lost_while_deleting_is_made_up_for(
    deployment: Deployment, operation: str, kind: FaultKind
) -> None:
    await deployment.settled(deployment.stack())
    deployment.account.faults.add(Fault(kind, operation=operation))

    await deployment.settled(Stack.of(ID, ()))

    assert not deployment.described()
