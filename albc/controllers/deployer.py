"""From a stack to AWS: inventory → plan → apply, the same for every family (docs/architecture.md)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from albc.aws.calls import Aws
from albc.aws.inventory import Inventory
from albc.deploy.apply.applied import Applied
from albc.deploy.apply.applier import Applier
from albc.deploy.apply.binding_store import BindingStore
from albc.deploy.plan.make import make_plan
from albc.deploy.settings import DeploySettings
from albc.engine.outcome import Done, Outcome, Requeue
from albc.errors import Invalid
from albc.model.facts import ExistingLoadBalancer
from albc.model.load_balancer import LoadBalancer
from albc.model.reference import Ref
from albc.model.stack import Stack, StackID


@dataclass(frozen=True, slots=True)
class Deployed:
    """A stack that stands; what may still take its time is in `outcome`."""

    resolved: Mapping[Ref, str]
    outcome: Outcome
    active: frozenset[str]
    """ARNs of load balancers that were active before."""

    def dns_name(self, load_balancer_id: str) -> str:
        """Lower-case DNS name of a load balancer of the stack; KeyError without one."""
        return self.resolved[Ref(LoadBalancer.type, load_balancer_id, "dnsName")].lower()

    def dns_names(self, load_balancer_id: str) -> Sequence[str]:
        """As `dns_name`, none without one."""
        ref = Ref(LoadBalancer.type, load_balancer_id, "dnsName")
        return [self.resolved[ref].lower()] if ref in self.resolved else []

    def load_balancer_arn(self, load_balancer_id: str = "LoadBalancer") -> str:
        """ "" without one."""
        return self.resolved.get(Ref(LoadBalancer.type, load_balancer_id, "loadBalancerARN"), "")


@dataclass(frozen=True, slots=True)
class Provisioning:
    """How far AWS is with a load balancer."""

    state: str
    """`provisioning`, `active`, `active_impaired` or `failed`."""
    look_again_after: float | None = None
    """Seconds; None when it is as far as it will be."""


ACTIVE = frozenset({"active", "active_impaired"})
_LONGEST_PAUSE = 30.0


class Deployer:
    def __init__(
        self, aws: Aws, inventory: Inventory, applier: Applier, bindings: BindingStore, settings: DeploySettings
    ) -> None:
        self._aws = aws
        self._inventory = inventory
        self._applier = applier
        self._bindings = bindings
        self._settings = settings

    async def deploy(self, stack: Stack, tag_prefix: str) -> Deployed:
        """Makes AWS as the stack wants it; an empty stack removes all that bears its tags.

        Raises `Pending` while something must come first, `Invalid` for what a person must do, or the first failure.
        """
        view = await self._inventory.view(stack, tag_prefix)
        view = view.with_bindings(self._bindings.of_stack(binding_labels(stack.id, tag_prefix)))
        plan = make_plan(stack, view, self._settings)
        applied = Applied(resolved=plan.known) if plan.is_empty else await self._applier.apply(plan)
        applied.raise_for_failures()
        if applied.blocked:
            raise Invalid("; ".join(operation.because for operation in applied.blocked))
        active = frozenset(one.arn for one in view.load_balancers if one.state in ACTIVE)
        return Deployed(applied.resolved, _outcome(applied), active)

    async def existing(self, stack: StackID, tag_prefix: str, kind: str) -> ExistingLoadBalancer | None:
        """What the stack has already, for the rules by which a placed load balancer keeps its place."""
        view = await self._inventory.view(Stack(stack), tag_prefix)
        return view.existing_load_balancer(kind)

    async def provisioning(self, deployed: Deployed, load_balancer_id: str = "LoadBalancer") -> Provisioning:
        """One call while it is not known to be active; the pauses grow with its age, as AWS takes some minutes."""
        arn = deployed.load_balancer_arn(load_balancer_id)
        if arn in deployed.active:
            return Provisioning("active")
        answer = await self._aws.call("elbv2", "describe_load_balancers", LoadBalancerArns=[arn])
        (balancer,) = answer["LoadBalancers"]
        state = str(balancer["State"]["Code"])
        if state in ACTIVE:
            return Provisioning(state)
        age = (datetime.now(UTC) - balancer["CreatedTime"]).total_seconds()
        return Provisioning(state, min(max(1.0, age / 2), _LONGEST_PAUSE))


def _outcome(applied: Applied) -> Outcome:
    return Done() if applied.requeue_after is None else Requeue(applied.requeue_after, "waiting for AWS")


def binding_labels(stack: StackID, tag_prefix: str) -> Mapping[str, str]:
    """Labels of a stack's TargetGroupBindings (spec/aws.md §3.1)."""
    if not stack.namespace:
        return {f"{tag_prefix}/stack": stack.name}
    return {f"{tag_prefix}/stack-namespace": stack.namespace, f"{tag_prefix}/stack-name": stack.name}


def stack_of(labels: Mapping[str, str], tag_prefix: str) -> tuple[str, str] | None:
    """Namespace and name of the stack whose binding bears these labels; no namespace for an explicit group."""
    if name := labels.get(f"{tag_prefix}/stack"):
        return "", name
    name, namespace = labels.get(f"{tag_prefix}/stack-name"), labels.get(f"{tag_prefix}/stack-namespace")
    return (namespace, name) if name and namespace else None
