"""From any state to any other, with calls failing on the way: the end is as wanted, nobody who is served before and
after is left without service in between, and what is of other stacks and of strangers stays as it is."""

import contextlib
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import anyio
import pytest
from direct_aws import DirectAws
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from memory_bindings import Bindings
from wishes import PROTECTION, Place, Wish, answered, everything, house_of, in_house, random_wish, served, stack_of

from albc.deploy.plan.operation import Verb
from albc.errors import AlbcError
from albc.local.aws import Account, AccountOptions, ApiError, Fault, FaultKind
from albc.model.inventory import ActualBinding
from albc.model.stack import Stack

Local = Callable[..., tuple[Any, Any]]

LOSING = (FaultKind.RESET_AFTER, FaultKind.RESET_BEFORE, FaultKind.SERVER_ERROR, FaultKind.THROTTLE)
HOUSES = ("h1", "h2", "h3")
ACTIVE_SECONDS = 15.0
PASS_SECONDS = 20.0


class Guarded(DirectAws):
    """The way to an account, with a look after each change at whether a promise is kept."""

    def __init__(self, account: Account) -> None:
        super().__init__(account)
        self._of = account
        self._promised: frozenset[Place] = frozenset()
        self._answered: frozenset[Place] = frozenset()
        self.may_lift = False
        self.breaches: list[str] = []

    def promise(self, places: frozenset[Place], with_targets: frozenset[Place]) -> None:
        """These go on being served, and of some those that have targets behind them go on having some."""
        self._promised = places & served(self._of)
        self._answered = with_targets & answered(self._of)

    async def call(self, service: str, operation: str, **params: Any) -> Mapping[str, Any]:
        try:
            return await super().call(service, operation, **params)
        finally:
            if not operation.startswith(("describe_", "get_", "list_")):
                if lost := self._promised - served(self._of):
                    self.breaches.append(f"{operation} ended service of {lost}")
                if lost := self._answered - answered(self._of):
                    self.breaches.append(f"{operation} took the targets of {lost}")
                if _lifts_protection(operation, params) and not self.may_lift:
                    self.breaches.append("deletion protection was lifted")


def _lifts_protection(operation: str, params: Mapping[str, Any]) -> bool:
    lifted = {"Key": PROTECTION, "Value": "false"}
    return operation == "modify_load_balancer_attributes" and lifted in params["Attributes"]


class BoundTargets(Bindings):
    """The bindings, and what their controller makes of them: one target in each target group."""

    def __init__(self, account: Account) -> None:
        super().__init__()
        self._account = account
        self.has_pods = False
        reservations = account.call("ec2", "DescribeInstances", {})["Reservations"]
        node = reservations[0]["Instances"][0]
        self._targets = {
            "instance": {"Id": node["InstanceId"], "Port": 30080},
            "ip": {"Id": node["PrivateIpAddress"], "Port": 8080},
        }

    def register(self) -> None:
        for binding in self.items.values() if self.has_pods else ():
            self._call("RegisterTargets", binding)

    async def delete(self, namespace: str, name: str) -> None:
        self._call("DeregisterTargets", self.items[namespace, name])
        await super().delete(namespace, name)

    def _call(self, operation: str, binding: ActualBinding) -> None:
        """Faults are for others."""
        faults = self._account.faults.rules
        self._account.faults.clear()
        targets = [self._targets[str(binding.spec["targetType"])]]
        with contextlib.suppress(ApiError):  # the target group has gone
            request = {"TargetGroupArn": binding.spec["targetGroupARN"], "Targets": targets}
            self._account.call("elbv2", operation, request)
        for fault in faults:
            self._account.faults.add(fault)


@dataclass(frozen=True)
class Step:
    house: str
    """Whose turn it is."""
    seed: int | None
    """Of the next wish, which resembles the one before; None to have everything deleted."""
    fault: tuple[FaultKind, int] | None = None
    """And how many calls pass before it."""
    crash: bool = False
    """The controller is started again after the first pass."""
    forgets: bool = False
    """The controller is started again when all is done."""
    vandal: str = ""
    """What somebody deletes by hand before: a listener or a rule."""
    has_pods: bool = False
    """Whatever is bound gets targets."""
    other_targets: bool = False
    """The wish is the one before, but for the type of its targets."""


@dataclass
class Street:
    """An account with strangers in it, and houses that follow their owners' wishes, all by one controller."""

    local: Local
    time: Any
    wishes: dict[str, Wish | None] = field(default_factory=lambda: dict.fromkeys(HOUSES))

    def __post_init__(self) -> None:
        options = AccountOptions(active_seconds=ACTIVE_SECONDS, health_seconds=0.0)
        self.controller, self.site = self.local(options, time=self.time)
        self.account: Account = self.controller.account
        self.bindings = self.controller.bindings = BoundTargets(self.account)
        self.guard = Guarded(self.account)
        self.controller.aws = self.guard
        self.controller.restart()
        for name, tags in (("foreign", []), ("foreign-2", [{"Key": "elbv2.k8s.aws/cluster", "Value": "other"}])):
            settle_stranger(self.controller, self.site, name, tags)

    async def step(self, step: Step) -> None:
        self.bindings.has_pods = step.has_pods
        self.bindings.register()
        house, others = step.house, self._of_others(step.house)
        wish = self._wish(step)
        stack = in_house(stack_of(self.site, wish), house)
        promised = with_targets = frozenset(place for place in served(self.account) if place[0] != house)
        if step.vandal:
            self._vandalise(step.vandal, house)
        elif wish:
            self.time.now += ACTIVE_SECONDS
            promised |= wish.places(house)
            with_targets |= wish.places(house) if step.has_pods else frozenset()
        self.guard.promise(promised, with_targets)
        self.guard.may_lift = wish is not None and wish.protected == "false"
        if step.fault:
            kind, skip = step.fault
            self.account.faults.add(Fault(kind, skip=skip))
        if step.crash:
            with contextlib.suppress(AlbcError):
                await self.controller.deploy(stack)
            self.controller.restart()
        await self._persist(stack)
        assert self.guard.breaches == []
        self.account.faults.clear()
        await self._look(stack, wish, house)
        if step.forgets:
            self.controller.restart()
            await self._look(stack, wish, house)
        assert self._of_others(house) == others
        self.guard.promise(frozenset(), frozenset())
        self.wishes[house] = wish

    def _wish(self, step: Step) -> Wish | None:
        before = self.wishes[step.house]
        if before and step.other_targets:
            return replace(before, target_type="ip" if before.target_type == "instance" else "instance")
        return None if step.seed is None else random_wish(random.Random(step.seed), before)

    async def _persist(self, stack: Stack, passes: int = 20) -> None:
        """Passes until nothing is left to do; a look at AWS may fail as well."""
        for _ in range(passes):
            with contextlib.suppress(AlbcError):
                applied = await self.controller.deploy(stack)
                self.bindings.register()
                if applied.is_complete:
                    return
            self.time.now += PASS_SECONDS
        plan = await self.controller.plan(stack)
        raise AssertionError(f"not complete after {passes} passes: {plan.operations}")

    async def _look(self, stack: Stack, wish: Wish | None, house: str) -> None:
        plan = await self.controller.plan(stack)
        assert all(operation.verb is Verb.BLOCKED for operation in plan.operations), plan.operations
        if not plan.blocked:
            balancers = self._balancers(house)
            assert [(one["Scheme"], one["Type"]) for one in balancers] == ([(wish.scheme, wish.kind)] if wish else [])

    def _balancers(self, house: str) -> list[Mapping[str, Any]]:
        balancers = self.account.snapshot().load_balancers
        return [one for one in balancers if house_of(one["LoadBalancerName"]) == house]

    def _of_others(self, house: str) -> dict[str, Any]:
        """What is of the other houses and of strangers, in AWS and in the cluster."""
        found = {
            kind: {name: item for name, item in items.items() if house_of(name) != house}
            for kind, items in everything(self.account).items()
        }
        bindings = self.controller.bindings.items.items()
        return {**found, "bindings": {key: item for key, item in bindings if house_of(key[1]) != house}}

    def _vandalise(self, what: str, house: str) -> None:
        """By hand, behind the controller's back; it looks again when it is started."""
        seen = self.account.snapshot()
        for balancer in self._balancers(house):
            for listener in seen.listeners[balancer["LoadBalancerArn"]]:
                if what == "listener":
                    self.account.call("elbv2", "DeleteListener", {"ListenerArn": listener["ListenerArn"]})
                    break
                for rule in seen.rules[listener["ListenerArn"]][:-1][:1]:
                    self.account.call("elbv2", "DeleteRule", {"RuleArn": rule["RuleArn"]})
        self.controller.restart()


def settle_stranger(controller: Any, site: Any, name: str, tags: list[dict[str, str]]) -> None:
    """A load balancer with all that belongs to it, of somebody else."""
    call = controller.account.call
    vpc_id = controller.settings.vpc_id
    group = call("ec2", "CreateSecurityGroup", {"GroupName": name, "Description": name, "VpcId": vpc_id})["GroupId"]
    request = {"Name": name, "VpcId": vpc_id, "Port": 1, "Protocol": "HTTP", "Tags": tags}
    [targets] = call("elbv2", "CreateTargetGroup", request)["TargetGroups"]
    subnets = [{"SubnetId": one.subnet_id} for one in site.load_balancer().subnet_mapping]
    request = {"Name": name, "Type": "application", "SubnetMappings": subnets, "SecurityGroups": [group], "Tags": tags}
    [balancer] = call("elbv2", "CreateLoadBalancer", request)["LoadBalancers"]
    forward = {"Type": "forward", "TargetGroupArn": targets["TargetGroupArn"]}
    request = {"LoadBalancerArn": balancer["LoadBalancerArn"], "Protocol": "HTTP", "Port": 80}
    call("elbv2", "CreateListener", {**request, "DefaultActions": [forward], "Tags": tags})


seeds = st.integers(0, 10**9)
faults = st.none() | st.tuples(st.sampled_from(LOSING), st.integers(0, 12))
steps = st.lists(
    st.builds(
        Step,
        house=st.sampled_from(HOUSES),
        seed=st.none() | seeds | seeds | seeds,
        fault=faults,
        crash=st.booleans(),
        forgets=st.booleans(),
        vandal=st.sampled_from(("", "", "", "listener", "rule")),
        has_pods=st.booleans(),
        other_targets=st.sampled_from((False, False, False, True)),
    ),
    min_size=1,
    max_size=6,
)
walks = settings(
    deadline=None, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck), print_blob=True
)


async def walk(local: Local, time: Any, steps: list[Step]) -> None:
    street = Street(local, time)
    for step in steps:
        await street.step(step)


@settings(walks, max_examples=100)
@given(steps=steps)
def test_every_transition_ends_as_wanted_and_hurts_nobody(local: Local, time: Any, steps: list[Step]) -> None:
    anyio.run(walk, local, time, steps)


@pytest.mark.soak
def test_ten_thousand_transitions_end_as_wanted_and_hurt_nobody(local: Local, time: Any) -> None:
    walked: list[int] = []

    @settings(walks, max_examples=4500)
    @given(steps=steps)
    def several(steps: list[Step]) -> None:
        walked.append(len(steps))
        anyio.run(walk, local, time, steps)

    several()
    assert sum(walked) >= 10_000
