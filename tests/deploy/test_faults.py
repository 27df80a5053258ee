"""Every call that a stack's life is made of fails in every way: it ends as wanted, it does not loop hot, and as long as
anything is left of a deleted stack nobody is told that it is gone. On virtual time, with the engine's queue."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import anyio
import pytest
from virtual_time import VirtualTimeLoop
from wishes import everything

from albc.controllers.deployer import Deployer
from albc.deploy.apply import Applier
from albc.engine.outcome import Done, Failed, Outcome, Requeue, outcome_of
from albc.engine.queue import WorkQueue
from albc.engine.store import ObjectKey
from albc.local.aws import AccountOptions, Fault, FaultKind
from albc.model.actions import FixedResponse
from albc.model.addons import ShieldProtection, WAFRegionalAssociation, WAFv2Association
from albc.model.listener import ListenerAttribute, ListenerRule
from albc.model.load_balancer import Attribute, MinimumLoadBalancerCapacity
from albc.model.stack import Stack
from albc.model.target_group import TargetGroup

pytestmark = pytest.mark.anyio

Local = Callable[..., tuple[Any, Any]]

PREFIX = "ingress.k8s.aws"
KEY = ObjectKey("shop", "web")
OPTIONS = AccountOptions(active_seconds=5.0, web_acls=("one", "two"), shield_subscribed=True)

WRITES = (
    "ec2 AuthorizeSecurityGroupIngress",
    "ec2 CreateSecurityGroup",
    "ec2 CreateTags",
    "ec2 DeleteSecurityGroup",
    "ec2 DeleteTags",
    "ec2 RevokeSecurityGroupIngress",
    "elbv2 AddListenerCertificates",
    "elbv2 AddTags",
    "elbv2 CreateListener",
    "elbv2 CreateLoadBalancer",
    "elbv2 CreateRule",
    "elbv2 CreateTargetGroup",
    "elbv2 DeleteListener",
    "elbv2 DeleteLoadBalancer",
    "elbv2 DeleteRule",
    "elbv2 DeleteTargetGroup",
    "elbv2 ModifyCapacityReservation",
    "elbv2 ModifyListener",
    "elbv2 ModifyListenerAttributes",
    "elbv2 ModifyLoadBalancerAttributes",
    "elbv2 ModifyRule",
    "elbv2 ModifyTargetGroup",
    "elbv2 ModifyTargetGroupAttributes",
    "elbv2 RemoveListenerCertificates",
    "elbv2 RemoveTags",
    "elbv2 SetRulePriorities",
    "elbv2 SetSecurityGroups",
    "elbv2 SetSubnets",
    "shield CreateProtection",
    "shield DeleteProtection",
    "waf-regional AssociateWebACL",
    "waf-regional DisassociateWebACL",
    "wafv2 AssociateWebACL",
    "wafv2 DisassociateWebACL",
)
READS = (
    "ec2 DescribeSecurityGroups",
    "elbv2 DescribeCapacityReservation",
    "elbv2 DescribeListenerAttributes",
    "elbv2 DescribeListenerCertificates",
    "elbv2 DescribeListeners",
    "elbv2 DescribeLoadBalancerAttributes",
    "elbv2 DescribeLoadBalancers",
    "elbv2 DescribeRules",
    "elbv2 DescribeTags",
    "elbv2 DescribeTargetGroupAttributes",
    "elbv2 DescribeTargetGroups",
    "shield DescribeProtection",
    "shield GetSubscriptionState",
    "waf-regional GetWebACLForResource",
    "wafv2 GetWebACLForResource",
)
NOT_FOUND = {
    "ec2": "InvalidGroup.NotFound",
    "shield": "ResourceNotFoundException",
    "waf-regional": "WAFNonexistentItemException",
    "wafv2": "WAFNonexistentItemException",
}
FAULTS = (
    FaultKind.RESET_AFTER,
    FaultKind.SERVER_ERROR,
    FaultKind.ERROR,
    *(
        pytest.param(kind, marks=pytest.mark.soak)
        for kind in (FaultKind.RESET_BEFORE, FaultKind.THROTTLE, FaultKind.ACCESS_DENIED)
    ),
)
LASTING = (
    FaultKind.ACCESS_DENIED,
    *(pytest.param(kind, marks=pytest.mark.soak) for kind in (FaultKind.THROTTLE, FaultKind.RESET_BEFORE)),
)
CALLS_PER_MINUTE = 60
"""What a single stack may cost while something fails for long, the first minute of it apart."""


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return "asyncio", {"loop_factory": VirtualTimeLoop}


@dataclass
class Life:
    """A site in an account, and the stacks that its owner wants one after the other."""

    controller: Any
    site: Any

    def __post_init__(self) -> None:
        call = self.controller.account.call
        self.certificates = []
        for domain in ("a.example", "b.example", "c.example"):
            answer = call("acm", "RequestCertificate", {"DomainName": domain, "ValidationMethod": "DNS"})
            self.certificates.append(answer["CertificateArn"])
        request = {"VpcId": self.controller.settings.vpc_id, "GroupName": "own", "Description": "own"}
        self.own_group = call("ec2", "CreateSecurityGroup", request)["GroupId"]
        self.before = everything(self.controller.account)
        self.subnet = _another_subnet(self.controller, self.site)
        [self.acl, self.other_acl] = call("wafv2", "ListWebACLs", {"Scope": "REGIONAL"})["WebACLs"]
        self.classic_acl = call("waf-regional", "ListWebACLs", {})["WebACLs"][0]
        self.controller.account.calls.clear()
        self.restart()

    def restart(self) -> None:
        self.controller.restart()
        applier = Applier(self.controller.aws, self.controller.inventory, self.controller.bindings)
        self.deployer = Deployer(
            self.controller.aws,
            self.controller.inventory,
            applier,
            self.controller.bindings,
            self.controller.settings,
        )

    async def reconcile(self, stack: Stack) -> Outcome:
        try:
            return (await self.deployer.deploy(stack, PREFIX)).outcome
        except Exception as error:
            return outcome_of(error)

    async def want(self, stack: Stack, seconds: float = 3600.0) -> bool:
        """As the engine does it, until all is done or time is over; whether it is done."""
        queue: WorkQueue[ObjectKey] = WorkQueue("stacks")
        queue.add(KEY)
        with anyio.move_on_after(seconds):
            while True:
                key = await queue.get()
                match await self.reconcile(stack):
                    case Done():
                        return True
                    case Requeue(after=after):
                        queue.forget(key)
                        queue.add_after(key, after or 0.0)
                    case Failed(at_least=at_least):
                        queue.add_rate_limited(key, at_least)
                queue.done(key)
        return False

    def stacks(self) -> tuple[Stack, Stack, Stack]:
        """All that can be had, all of it otherwise, and nothing."""
        first, second = self._first(), self._second()
        return first, second, Stack(first.id)

    def _first(self) -> Stack:
        site, arn = self.site, self.site.load_balancer().arn
        plain = site.stack(
            "a.example.com",
            "b.example.com",
            "c.example.com",
            load_balancer_attributes=(Attribute(key="idle_timeout.timeout_seconds", value="120"),),
            minimum_load_balancer_capacity=MinimumLoadBalancerCapacity(capacity_units=100),
            tags={"team": "shop", "env": "x"},
        )
        return Stack.of(
            plain.id,
            [
                *(_tagged(one, {"team": "shop", "env": "x"}) for one in plain.resources),
                replace(site.listener(), id="8080", port=8080),
                self._https(self.certificates[0], self.certificates[1]),
                WAFv2Association(web_acl_arn=self.acl["ARN"], resource_arn=arn),
                WAFRegionalAssociation(web_acl_id=self.classic_acl["WebACLId"], resource_arn=arn),
                ShieldProtection(enabled=True, resource_arn=arn),
            ],
        )

    def _second(self) -> Stack:
        site, arn = self.site, self.site.load_balancer().arn
        mapping = site.load_balancer().subnet_mapping
        plain = site.stack(
            "c.example.com",
            "a.example.com",
            load_balancer_attributes=(Attribute(key="idle_timeout.timeout_seconds", value="90"),),
            minimum_load_balancer_capacity=MinimumLoadBalancerCapacity(capacity_units=0),
            tags={"team": "blog"},
            subnet_mapping=(*mapping, replace(mapping[0], subnet_id=self.subnet)),
            security_groups=(*site.load_balancer().security_groups, self.own_group),
        )
        rule = site.rule(3, "new.example.com", site.target_group("a.example.com"))
        open_to = replace(site.security_group().ingress[0], from_port=443, to_port=443)
        return Stack.of(
            plain.id,
            [
                replace(site.security_group(), ingress=(open_to,), tags={"team": "blog"}),
                *(_otherwise(_tagged(one, {"team": "blog"})) for one in plain.resources),
                replace(rule, id="80:3"),
                self._https(self.certificates[2], self.certificates[1]),
                WAFv2Association(web_acl_arn="", resource_arn=arn),
                WAFRegionalAssociation(web_acl_id="", resource_arn=arn),
                ShieldProtection(enabled=False, resource_arn=arn),
            ],
        )

    def _https(self, *certificates: str) -> Any:
        second = certificates[0] == self.certificates[2]
        return replace(
            self.site.listener(),
            id="443",
            port=443,
            protocol="HTTPS",
            ssl_policy="ELBSecurityPolicy-2016-08",
            certificates=certificates,
            listener_attributes=(
                ListenerAttribute(key="routing.http.response.server.enabled", value="true" if second else "false"),
            ),
        )


def _tagged(resource: Any, tags: dict[str, str]) -> Any:
    return replace(resource, tags=tags) if hasattr(resource, "tags") else resource


def _otherwise(resource: Any) -> Any:
    if isinstance(resource, ListenerRule) and resource.priority == 1:
        return replace(resource, actions=(FixedResponse(content_type="text/plain", status_code="410"),))
    if isinstance(resource, TargetGroup) and resource.health_check:
        return replace(
            resource,
            health_check=replace(resource.health_check, path="/ok"),
            attributes=(Attribute(key="deregistration_delay.timeout_seconds", value="30"),),
        )
    return resource


def _another_subnet(controller: Any, site: Any) -> str:
    """In a zone of its own."""
    subnets = controller.account.call("ec2", "DescribeSubnets", {})["Subnets"]
    zones = {one["SubnetId"]: one["AvailabilityZone"] for one in subnets}
    used = {zones[mapping.subnet_id] for mapping in site.load_balancer().subnet_mapping}
    return next(str(one["SubnetId"]) for one in subnets if one["AvailabilityZone"] not in used)


def born(local: Local) -> Life:
    return Life(*local(OPTIONS, time=anyio.current_time))


def fault(call: str, kind: FaultKind, times: int = 1) -> Fault:
    service, operation = call.split()
    code = ""
    if kind is FaultKind.ERROR:
        kinds = ("LoadBalancer", "TargetGroup", "Rule", "Listener")
        code = NOT_FOUND.get(service) or next((f"{one}NotFound" for one in kinds if one in operation), "RuleNotFound")
    return Fault(kind, service=service, operation=operation, times=times, code=code)


async def test_a_life_without_faults_is_made_of_these_calls(local: Local) -> None:
    life = born(local)
    for stack in life.stacks():
        assert await life.want(stack)
        life.restart()

    calls = {f"{call.service} {call.operation}" for call in life.controller.account.calls}
    assert sorted(call for call in calls if " Describe" in call or " Get" in call) == sorted(READS)
    assert calls - set(READS) == set(WRITES)
    assert everything(life.controller.account) == life.before


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("call", [*WRITES, *READS])
async def test_a_call_that_fails_once_changes_nothing_in_the_end(local: Local, call: str, kind: FaultKind) -> None:
    life = born(local)
    life.controller.account.faults.add(fault(call, kind))

    for stack in life.stacks():
        assert await life.want(stack)
        life.restart()
        if not life.controller.account.faults.rules:
            assert (await life.controller.plan(stack)).is_empty

    assert life.controller.account.faults.rules == ()
    assert everything(life.controller.account) == life.before


@pytest.mark.parametrize("kind", LASTING)
@pytest.mark.parametrize("call", [*WRITES, *READS])
async def test_a_call_that_fails_for_long_is_not_made_hot_and_nothing_is_half_deleted(
    local: Local, call: str, kind: FaultKind
) -> None:
    life = born(local)
    account = life.controller.account
    for stack in life.stacks():
        account.faults.add(fault(call, kind, times=100_000))
        account.calls.clear()
        done = await life.want(stack, seconds=600.0)
        assert done or not any(rule.times == 100_000 for rule in account.faults.rules)
        failing_since = next((one.at for one in account.calls if one.outcome != "ok"), 0.0)
        minutes = Counter(int((one.at - failing_since) // 60) for one in account.calls)
        assert all(number <= CALLS_PER_MINUTE for minute, number in minutes.items() if minute > 0), minutes
        if done and not stack.resources:
            assert everything(account) == life.before
        account.faults.clear()
        life.restart()
        assert await life.want(stack)

    assert everything(account) == life.before
