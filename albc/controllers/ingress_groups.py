"""Keeps one stack for each IngressGroup: an Application Load Balancer (spec/ingress.md §5)."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import replace

from albc.controllers.ingress_events import IngressEvents, not_gone
from albc.controllers.ingress_members import IngressMembers
from albc.controllers.reporting import Reporter, count_faults
from albc.controllers.shared import Shared
from albc.controllers.stores import gone
from albc.crds.resources import INGRESS_CLASS_PARAMS, TARGET_GROUP_BINDINGS
from albc.deploy.plan.operation import ResourceID
from albc.deploy.values import references
from albc.engine.controller import Reconcile
from albc.engine.outcome import Done, Outcome, Requeue
from albc.engine.references import References
from albc.engine.store import key_of
from albc.engine.watches import Watches, meaningful
from albc.errors import Invalid as CannotBuild
from albc.errors import QuotaExceeded, Refused
from albc.kube.objects import INGRESS_CLASSES, INGRESSES, SECRETS, SERVICES, Ingress, Secret
from albc.mapping.cluster import INGRESS_TAG_PREFIX as TAG_PREFIX
from albc.mapping.ingress.build import NOTHING_KNOWN, BuiltGroup, build, owners, wants
from albc.mapping.ingress.contribution import Contribution
from albc.mapping.ingress.groups import GroupID, Membership, membership
from albc.mapping.ingress.member import ref
from albc.mapping.ingress.references import secrets_behind
from albc.mapping.snapshot import NamespacedName
from albc.model.load_balancer import LoadBalancer
from albc.model.problem import Problem
from albc.model.stack import Stack
from albc.model.target_group import TargetGroup


class IngressGroups:
    name = "ingress"

    def __init__(self, shared: Shared, members: IngressMembers, secrets: References[Secret], report: Reporter) -> None:
        self._members = members
        self._stores = shared.stores
        self._secrets = secrets
        self._facts = shared.facts
        self._deployer = shared.deployer
        self._shared_group = shared.group
        self._report = report
        self._settings = shared.settings
        self._in_effect: dict[GroupID, Mapping[NamespacedName, Contribution]] = {}
        """What each group's last build had in effect: served on while an edit of a member is faulty, and a cache."""
        self._events = IngressEvents(shared.stores, report, shared.settings)

    def watches(self, w: Watches[GroupID]) -> None:
        events = self._events
        w.on(INGRESSES, events.of_change, when=not_gone)
        w.on(SERVICES, events.of_service, when=meaningful)
        w.on(SECRETS, events.of_secret, only_referenced=True, labels=self._secrets.labels)
        w.on(TARGET_GROUP_BINDINGS, events.of_binding, when=gone)
        w.on(INGRESS_CLASSES, events.of_class, when=meaningful)
        w.on(INGRESS_CLASS_PARAMS, events.of_params, when=meaningful)

    async def reconcile(self, group: GroupID, ctx: Reconcile) -> Outcome:
        around = self._events.around(group)
        members = membership(group, around, self._settings)
        active = [member.ingress for member in members.active]
        with ctx.stage("add_group_finalizer"), self._failure(active, "FailedAddFinalizer", "add finalizer"):
            await self._members.add_finalizers(group, active)
        snapshot = replace(around, secrets=await self._behind(group, members))
        self._shared_group.enter(INGRESSES, *map(key_of, active))
        earlier = self._in_effect.get(group, NOTHING_KNOWN)
        facts = await self._facts.answer(wants(group, snapshot, self._settings, earlier))
        facts = replace(facts, existing=await self._deployer.existing(group.stack_id, TAG_PREFIX, "application"))
        with ctx.stage("build_model"):
            built = build(group, snapshot, facts, self._settings, earlier)
        self._tell(members, built)
        if built.faults:
            ctx.count("build_model_error")
            count_faults(built.faults, ctx)
        if built.stack is None:
            await self._depart(group, members, built, ctx)
            raise CannotBuild(_said(built.faults))
        await self._members.show_plan(active, built.stack)

        # A group that only has to go has nobody else to tell.
        concerned = active or members.inactive
        try:
            with ctx.stage("deploy_model"), self._failure(concerned, "FailedDeployModel", "deploy model"):
                deployed = await self._deployer.deploy(built.stack, TAG_PREFIX, owners(built.left_out), is_shared=True)
        except (Refused, CannotBuild):
            if active:
                await self._depart(group, members, built, ctx)
            raise
        self._in_effect[group] = built.in_effect
        if active:
            with (
                ctx.stage("dns_resolve_and_update_status"),
                self._failure(active, "FailedUpdateStatus", "update status"),
            ):
                await self._members.write_statuses(active, built.stack, deployed)
        if not _is_used(facts.backend_security_group, built):
            await self._shared_group.release(ctx, INGRESSES, *map(key_of, active))
        with ctx.stage("remove_group_finalizer"):
            await self._let_go(group, members.inactive, ctx)
        if not members.active and not members.held:
            del self._in_effect[group]
        content = [ingress for ingress in active if ref(ingress) not in built.at_fault]
        for failure in deployed.over_quota:
            whose = _whose(failure.operation.resource, built.stack, active)
            content = [ingress for ingress in content if ingress not in whose]
            with suppress(QuotaExceeded), self._failure(whose, "FailedDeployModel", "deploy model"):
                raise failure.error
        self._report.success(INGRESSES, content)
        if deployed.over_quota:
            raise deployed.over_quota[0].error
        if built.faults and not isinstance(deployed.outcome, Requeue):
            raise CannotBuild(_said(built.faults))
        return deployed.outcome if members.active else Done()

    # Steps

    async def _behind(self, group: GroupID, members: Membership) -> Mapping[NamespacedName, Secret]:
        """The Secrets that the members name, which are watched from now on."""
        services = self._stores.snapshot().services
        names = {name for member in members.active for name in secrets_behind(member.ingress, services, self._settings)}
        self._secrets.refer(group, names)
        return {name: secret for name in names if (secret := await self._secrets.get(name))}

    def _tell(self, members: Membership, built: BuiltGroup) -> None:
        """What mapping found, to the members and to the Services behind them."""
        refs = [*(member.ref for member in members.active), *members.held]
        found = (self._stores.ingresses.get((each.namespace, each.name)) for each in refs)
        ingresses = [ingress for ingress in found if ingress]
        behind = {service.metadata.uid: service for share in built.in_effect.values() for service in share.services}
        self._report.problems(INGRESSES, ingresses, built.problems)
        self._report.problems(SERVICES, behind.values(), built.problems)

    async def _depart(self, group: GroupID, members: Membership, built: BuiltGroup, ctx: Reconcile) -> None:
        """Who leaves does not wait for those who stay, and are at fault, to be mended."""
        if not members.inactive:
            return
        leaving = owners(map(ref, members.inactive))
        staying = owners({*built.left_out, *(member.ref for member in members.active)})
        with self._failure(members.inactive, "FailedDeployModel", "deploy model"):
            await self._deployer.depart(group.stack_id, TAG_PREFIX, leaving, staying)
        await self._let_go(group, members.inactive, ctx)

    async def _let_go(self, group: GroupID, leaving: Sequence[Ingress], ctx: Reconcile) -> None:
        """What the group had for these in AWS is gone: so may they."""
        if not leaving:
            return
        await self._shared_group.release(ctx, INGRESSES, *(key_of(ingress) for ingress in leaving))
        with self._failure(leaving, "FailedRemoveFinalizer", "remove finalizer"):
            await self._members.remove_finalizers(group, leaving)

    def _failure(self, ingresses: Sequence[Ingress], reason: str, doing: str) -> AbstractContextManager[None]:
        return self._report.failure(INGRESSES, ingresses, reason, doing)


def _is_used(backend_security_group: str | None, built: BuiltGroup) -> bool:
    balancers = built.stack.all(LoadBalancer) if built.stack else ()
    return any(backend_security_group in balancer.security_groups for balancer in balancers)


def _whose(refused: ResourceID, stack: Stack, active: Sequence[Ingress]) -> Sequence[Ingress]:
    """Whose the resource is, or the target groups to which it forwards; all, where nobody can be named.

    Nobody, if it is of a member that came while the group was being built: the next reconcile tells that one.
    """
    groups = {refused.id} if refused.type == TargetGroup.type else set[str]()
    for resource in stack.resources:
        if (resource.type, resource.id) == (refused.type, refused.id):
            groups |= {reference.id for reference in references(resource) if reference.type == TargetGroup.type}
    if not groups:
        return active
    return [ingress for ingress in active if any(id.startswith(owners([ref(ingress)])) for id in groups)]


def _said(problems: Iterable[Problem]) -> str:
    return "; ".join(f"{problem.object}: {problem.message}" for problem in problems)
