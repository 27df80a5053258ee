"""From a stack to AWS: inventory → plan → apply, the same for every family (docs/architecture.md)."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import structlog

from albc.aws.calls import Aws
from albc.aws.inventory import Inventory, StackKey
from albc.deploy.apply.applied import Applied, Failure
from albc.deploy.apply.applier import Applier
from albc.deploy.apply.binding_store import BindingStore
from albc.deploy.marks import bindings_after, fingerprint, is_marked, stands, to_mark
from albc.deploy.plan.bindings import MARK
from albc.deploy.plan.departures import make_departure
from albc.deploy.plan.imported_certificates import is_imported
from albc.deploy.plan.make import make_plan
from albc.deploy.plan.operation import Verb
from albc.deploy.settings import DeploySettings
from albc.engine.outcome import Done, Outcome, Requeue
from albc.errors import AlbcError, Invalid, QuotaExceeded
from albc.model.classic import ClassicLoadBalancer
from albc.model.facts import ExistingLoadBalancer
from albc.model.inventory import ActualBinding, InventoryView
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
    over_quota: tuple[Failure, ...] = ()
    """What AWS has no more room for; all else of the stack stands."""

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


log = structlog.stdlib.get_logger("controllers.deployer")

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

    async def deploy(
        self, stack: Stack, tag_prefix: str, keep: Iterable[str] = (), classic: str = "", *, is_shared: bool = False
    ) -> Deployed:
        """Makes AWS as the stack wants it; an empty stack removes all that bears its tags.

        `keep` as in `make_plan`; `classic` is the name of the stack's Classic Load Balancer, if it is about one.
        `is_shared`: several people's, so that what is one too many for a quota does not stop what is of the others.
        A stack that was deployed by an earlier process and has not changed since costs no call of its own
        (`albc.deploy.marks`).
        Raises `Pending` while something must come first, `Invalid` for what a person must do, or the first failure.
        """
        key = StackKey(tag_prefix, str(stack.id))
        keep = tuple(keep)
        labels = binding_labels(stack.id, tag_prefix)
        bindings = self._bindings.of_stack(labels)
        print_ = fingerprint(stack, self._settings, keep)
        if self._inventory.is_unread(key) and is_marked(bindings, print_):
            seen = (await self._inventory.glance(stack.id, tag_prefix)).with_bindings(bindings)
            plan = make_plan(stack, seen, self._settings, keep)
            if stands(plan):
                self._inventory.look_later(key)
                return Deployed(plan.known, Done(), _active(seen))
        view = await self._inventory.view(stack, tag_prefix)
        view = view.with_bindings(self._bindings.of_stack(labels))
        if classic:
            view = replace(view, classic=await self._inventory.classic.named(classic, key))
        plan = make_plan(stack, view, self._settings, keep)
        for note in plan.notes:
            log.warning("stays as it is", stackID=str(stack.id), because=note)
        applied = Applied(resolved=plan.known) if plan.is_empty else await self._applier.apply(plan)
        over_quota = applied.failed if is_shared and _lacks_room_only(stack, applied) else ()
        if not over_quota and not _serves(stack, applied):
            applied.raise_for_failures()
        if applied.blocked:
            raise Invalid("; ".join(operation.because for operation in applied.blocked))
        if applied.is_complete:
            await self._mark(bindings_after(view.bindings, applied.done), print_)
        return Deployed(applied.resolved, _outcome(applied), _active(view), over_quota)

    async def depart(self, stack: StackID, tag_prefix: str, leaving: Iterable[str], staying: Iterable[str]) -> None:
        """Removes what is of the leaving, while the stack cannot be built (`albc.deploy.plan.departures`).

        Raises as `deploy`.
        """
        view = await self._inventory.view(Stack(stack), tag_prefix)
        view = view.with_bindings(self._bindings.of_stack(binding_labels(stack, tag_prefix)))
        plan = make_departure(view, self._settings, leaving, staying)
        if plan.is_empty:
            return
        applied = await self._applier.apply(plan)
        applied.raise_for_failures()
        if applied.blocked:
            raise Invalid("; ".join(operation.because for operation in applied.blocked))

    async def existing(self, stack: StackID, tag_prefix: str, kind: str) -> ExistingLoadBalancer | None:
        """What the stack has already, for the rules by which a placed load balancer keeps its place."""
        view = await self._inventory.glance(stack, tag_prefix)
        return view.existing_load_balancer(kind)

    async def imported_certificates(self, stack: StackID, tag_prefix: str) -> Mapping[str, str]:
        """ARNs of what the stack has imported into ACM, by the resource's id, for `Facts.imported_certificates`."""
        view = await self._inventory.glance(stack, tag_prefix)
        return {view.resource_id(one.tags): one.arn for one in view.certificates if is_imported(one)}

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

    async def _mark(self, bindings: Iterable[ActualBinding], print_: str) -> None:
        for binding in to_mark(bindings, print_):
            with suppress(AlbcError):  # without its mark a stack is read again after a restart, no more
                await self._bindings.mark(binding.namespace, binding.name, MARK, print_)


def _active(view: InventoryView) -> frozenset[str]:
    return frozenset(one.arn for one in view.load_balancers if one.state in ACTIVE)


def _serves(stack: Stack, applied: Applied) -> bool:
    """Whether only what is left over, or reserved capacity, has to wait: the stack's DNS names can be told."""
    late = [*(waiting.operation for waiting in applied.waiting), *applied.skipped]
    return (
        not applied.failed
        and _has_names(stack, applied)
        and all(one.verb is Verb.DELETE or one.action == "modify_capacity_reservation" for one in late)
    )


def _lacks_room_only(stack: Stack, applied: Applied) -> bool:
    """Whether nothing failed but what a quota refused, and the stack's DNS names can be told."""
    return (
        bool(applied.failed)
        and all(isinstance(failure.error, QuotaExceeded) for failure in applied.failed)
        and _has_names(stack, applied)
    )


def _has_names(stack: Stack, applied: Applied) -> bool:
    dns_names = [one.dns_name for one in stack.all(LoadBalancer)]
    dns_names += [one.dns_name for one in stack.all(ClassicLoadBalancer)]
    return bool(dns_names) and all(dns_name in applied.resolved for dns_name in dns_names)


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
