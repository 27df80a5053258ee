"""Keeps one stack for each IngressGroup: an Application Load Balancer (spec/ingress.md §5)."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace

from albc.aws.facts.account import FactsFromAWS
from albc.controllers.backend_security_group import SharedGroup
from albc.controllers.deployer import Deployed, Deployer, stack_of
from albc.controllers.ingress_status import status_patch
from albc.controllers.reporting import Reporter
from albc.controllers.stores import Stores, gone
from albc.crds.ingress_class_params import IngressClassParams
from albc.crds.resources import INGRESS_CLASS_PARAMS, TARGET_GROUP_BINDINGS
from albc.crds.target_group_binding import TargetGroupBinding
from albc.engine.controller import Reconcile
from albc.engine.informer import Change
from albc.engine.outcome import Done, Outcome
from albc.engine.references import References
from albc.engine.store import ObjectKey, key_of
from albc.engine.watches import Watches, each_state, meaningful
from albc.errors import Invalid as CannotBuild
from albc.kube.client import Client
from albc.kube.finalizers import add_finalizer, remove_finalizer
from albc.kube.objects import INGRESS_CLASSES, INGRESSES, SECRETS, SERVICES, Ingress, IngressClass, Secret, Service
from albc.kube.patches import MergePatch
from albc.mapping.ingress.build import NOTHING_KNOWN, build, kept_owners, wants
from albc.mapping.ingress.contribution import Contribution
from albc.mapping.ingress.groups import GroupID, Membership, group_of, membership, pending_finalization
from albc.mapping.ingress.member import Member
from albc.mapping.ingress.references import secret_names, secrets_behind, service_names
from albc.mapping.invalid import Invalid
from albc.mapping.settings import MappingSettings
from albc.mapping.snapshot import NamespacedName, Snapshot
from albc.model.listener import Listener
from albc.model.load_balancer import LoadBalancer
from albc.model.stack import Stack

TAG_PREFIX = "ingress.k8s.aws"


class IngressGroups:
    name = "ingress"

    def __init__(
        self,
        client: Client,
        stores: Stores,
        secrets: References[Secret],
        facts: FactsFromAWS,
        deployer: Deployer,
        shared_group: SharedGroup,
        report: Reporter,
        settings: MappingSettings,
    ) -> None:
        self._client = client
        self._stores = stores
        self._secrets = secrets
        self._facts = facts
        self._deployer = deployer
        self._shared_group = shared_group
        self._report = report
        self._settings = settings
        self._in_effect: dict[GroupID, Mapping[NamespacedName, Contribution]] = {}
        """What each group's last build had in effect: served on while an edit of a member is faulty, and a cache."""
        stores.ingresses.add_index("service", self._services_of)
        stores.ingresses.add_index("secret", _secrets_of)
        stores.ingresses.add_index("class", _class_of)
        stores.ingress_classes.add_index("params", _params_of)

    def watches(self, w: Watches[GroupID]) -> None:
        w.on(INGRESSES, each_state(self._groups_of), when=_not_gone)
        w.on(SERVICES, self._of_service, when=meaningful)
        w.on(SECRETS, self._of_secret, only_referenced=True, labels=self._secrets.labels)
        w.on(TARGET_GROUP_BINDINGS, self._of_binding, when=gone)
        w.on(INGRESS_CLASSES, self._of_class, when=meaningful)
        w.on(INGRESS_CLASS_PARAMS, self._of_params, when=meaningful)

    async def reconcile(self, group: GroupID, ctx: Reconcile) -> Outcome:
        members = membership(group, self._stores.snapshot(), self._settings)
        active = [member.ingress for member in members.active]
        with ctx.stage("add_group_finalizer"), self._failure(active, "FailedAddFinalizer", "add finalizer"):
            for ingress in active:
                if group.finalizer not in ingress.metadata.finalizers:
                    await add_finalizer(self._client, INGRESSES, key_of(ingress), group.finalizer)

        snapshot = await self._snapshot(group, members)
        self._shared_group.enter(INGRESSES, *map(key_of, active))
        earlier = self._in_effect.get(group, NOTHING_KNOWN)
        facts = await self._facts.answer(wants(group, snapshot, self._settings, earlier))
        facts = replace(facts, existing=await self._deployer.existing(group.stack_id, TAG_PREFIX, "application"))
        with ctx.stage("build_model"):
            built = build(group, snapshot, facts, self._settings, earlier)
        self._report.problems(INGRESSES, [*active, *self._held(members)], built.problems)
        if built.stack is None:
            raise CannotBuild("; ".join(problem.message for problem in built.problems))

        with ctx.stage("deploy_model"), self._failure(active, "FailedDeployModel", "deploy model"):
            deployed = await self._deployer.deploy(built.stack, TAG_PREFIX, kept_owners(built.left_out))
        with (
            ctx.stage("dns_resolve_and_update_status"),
            self._failure(active, "FailedUpdateStatus", "update status"),
        ):
            await self._write_statuses(members.active, built.stack, deployed)
        self._in_effect[group] = built.in_effect
        with ctx.stage("remove_group_finalizer"):
            await self._let_go(group, members.inactive)
        if not members.active and not members.held:
            self._in_effect.pop(group, None)
        self._report.success(INGRESSES, active)
        return deployed.outcome if members.active else Done()

    # Steps

    async def _snapshot(self, group: GroupID, members: Membership) -> Snapshot:
        """With the Secrets that the members name, which are watched from now on."""
        services = self._stores.snapshot().services
        names = {name for member in members.active for name in secrets_behind(member.ingress, services, self._settings)}
        self._secrets.refer(group, names)
        found = {ObjectKey(*name): secret for name in names if (secret := await self._secrets.get(name))}
        return self._stores.snapshot(found)

    def _held(self, members: Membership) -> Sequence[Ingress]:
        return [
            ingress
            for reference in members.held
            if (ingress := self._stores.ingresses.get((reference.namespace, reference.name)))
        ]

    async def _write_statuses(self, members: Sequence[Member], stack: Stack, deployed: Deployed) -> None:
        if not members:
            return
        hostnames = [deployed.dns_name("LoadBalancer"), *deployed.dns_names("FrontendNlb")]
        (alb,) = (one for one in stack.all(LoadBalancer) if one.kind == "application")
        ports = [listener.port for listener in stack.all(Listener) if listener.load_balancer_arn == alb.arn]
        for member in members:
            ingress = self._stores.ingresses.get(key_of(member.ingress)) or member.ingress
            if patch := status_patch(ingress, hostnames, ports):
                await self._client.patch_status(INGRESSES, ingress.name, MergePatch(patch), ingress.namespace)

    async def _let_go(self, group: GroupID, leaving: Sequence[Ingress]) -> None:
        """What the group had for these in AWS is gone: so may they."""
        if not leaving:
            return
        await self._shared_group.release(INGRESSES, *(key_of(ingress) for ingress in leaving))
        with self._failure(leaving, "FailedRemoveFinalizer", "remove finalizer"):
            for ingress in leaving:
                await remove_finalizer(self._client, INGRESSES, key_of(ingress), group.finalizer)

    def _failure(self, ingresses: Sequence[Ingress], reason: str, doing: str) -> AbstractContextManager[None]:
        return self._report.failure(INGRESSES, ingresses, reason, doing)

    # Events → keys

    def _services_of(self, ingress: Ingress) -> Iterable[ObjectKey]:
        return [ObjectKey(ingress.namespace, name) for name in service_names(ingress, self._settings)]

    def _groups_of(self, ingress: Ingress) -> Iterable[GroupID]:
        """The group that it is in, and those that still have to let it go."""
        yield from pending_finalization(ingress)
        try:
            group = group_of(ingress, self._stores.snapshot(), self._settings)
        except Invalid as fault:
            self._report.warning(INGRESSES, ingress, fault.reason, f"failed load groupID due to {fault.message}")
        else:
            if group:
                yield group

    def _of_all(self, ingresses: Iterable[Ingress]) -> Iterable[GroupID]:
        return (group for ingress in ingresses for group in self._groups_of(ingress))

    def _of_service(self, change: Change[Service]) -> Iterable[GroupID]:
        return self._of_all(self._stores.ingresses.by_index("service", change.key))

    def _of_secret(self, change: Change[Secret]) -> Iterable[GroupID]:
        ingresses = self._stores.ingresses
        services = [
            key_of(service)
            for service in self._stores.services.list(change.key.namespace)
            if change.key.name in secret_names(service)
        ]
        return self._of_all(
            [
                *ingresses.by_index("secret", change.key),
                *(ingress for key in services for ingress in ingresses.by_index("service", key)),
            ]
        )

    def _of_binding(self, change: Change[TargetGroupBinding]) -> Iterable[GroupID]:
        """A stack that removes target groups waits for their bindings to go."""
        stack = stack_of(change.object.metadata.labels, TAG_PREFIX)
        return [GroupID(*stack)] if stack else []

    def _of_class(self, change: Change[IngressClass]) -> Iterable[GroupID]:
        return self._of_class_name(change.key.name)

    def _of_params(self, change: Change[IngressClassParams]) -> Iterable[GroupID]:
        for ingress_class in self._stores.ingress_classes.by_index("params", change.key.name):
            yield from self._of_class_name(ingress_class.name)

    def _of_class_name(self, name: str) -> Iterable[GroupID]:
        """Also Ingresses without a class: it may be, or have been, the default."""
        ingresses = self._stores.ingresses
        return self._of_all([*ingresses.by_index("class", name), *ingresses.by_index("class", None)])


def _not_gone(change: Change[Ingress]) -> bool:
    """The finalizer makes a deletion an update first."""
    return change.type != "deleted" and meaningful(change)


def _secrets_of(ingress: Ingress) -> Iterable[ObjectKey]:
    return [ObjectKey(ingress.namespace, name) for name in secret_names(ingress)]


def _class_of(ingress: Ingress) -> Iterable[str | None]:
    return [ingress.spec.ingress_class_name]


def _params_of(ingress_class: IngressClass) -> Iterable[str]:
    return [ingress_class.spec.parameters.name] if ingress_class.spec.parameters else []
