"""From the cluster, from AWS, or from both, with reading calls only: nothing here could write.

The client of the cluster refuses every write, and so does that of AWS. What no one may create, a shared security group,
is looked for and told by its name.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import reduce

from albc.aws.backend_security_group import BackendSecurityGroup
from albc.aws.calls import Aws
from albc.aws.facts.account import FactsFromAWS
from albc.aws.facts.file import FactsFile
from albc.aws.facts.questions import Scope, backend_security_group, backend_security_group_name
from albc.aws.inventory import Inventory, InventorySettings, StackKey
from albc.cli import node_ports
from albc.cli.aws_account import reading_account
from albc.cli.connections import kubernetes_connection, reach_kubernetes, told_as_usage
from albc.cli.manifests import FIELDS, Loaded, load
from albc.cli.plan.offline import missing_group, open_facts, recorded_facts, vpc_of
from albc.cli.plan.outlook import Outlook, nothing_there, outlook
from albc.cli.plan.served import served
from albc.controllers.binding_store import actual
from albc.controllers.deployer import binding_labels
from albc.crds.resources import TARGET_GROUP_BINDINGS
from albc.errors import NotFound, NotLeader
from albc.kube.client import Client, Selection
from albc.kube.key import NamespacedName
from albc.kube.objects import SECRETS
from albc.mapping.cluster import Made, Unit, build, ordered, secrets, units, wants
from albc.mapping.ingress.groups import load_problems
from albc.mapping.settings import MappingSettings
from albc.mapping.snapshot import Snapshot
from albc.model.facts import Facts, FactsRequest
from albc.model.inventory import ActualClassicLoadBalancer, InventoryView
from albc.model.stack import Stack
from albc.settings import Settings, deploy_settings, mapping_settings


async def look_live(files: Sequence[str], facts_file: str, settings: Settings) -> Outlook:
    """Manifests stand for the cluster if there are any, the facts file for AWS if it is named."""
    given = load(files, settings.watch_namespace)  # first, so that a wrong file is told without an account
    async with AsyncExitStack() as resources:
        cluster = None if files else await resources.enter_async_context(_cluster(settings))
        account: _Account | _RecordedAccount
        if facts_file:
            account = _recorded(open_facts(facts_file), settings)
        else:
            account = await resources.enter_async_context(_account(settings))
        with told_as_usage("cannot read what a plan needs"):
            loaded = await _read(cluster, settings) if cluster else given
            return await _look(cluster, loaded, account, settings)


async def _look(
    cluster: Client | None, loaded: Loaded, account: "_Account | _RecordedAccount", settings: Settings
) -> Outlook:
    mapping = account.mapping
    if cluster is None:
        loaded = loaded.admitted(mapping)
    found = served(units(loaded.snapshot, mapping), settings)
    names = frozenset(name for unit in found for name in secrets(unit, loaded.snapshot, mapping))
    snapshot = await _with_secrets(cluster, loaded.snapshot, names)
    request = reduce(FactsRequest.__or__, (wants(unit, snapshot, mapping) for unit in found), FactsRequest())
    facts = await account.facts(request)
    made = [(unit, await _build(cluster, unit, snapshot, await account.placed(unit, facts), mapping)) for unit in found]
    problems = [
        *loaded.problems,
        *load_problems(snapshot, mapping),
        *(problem for _, one in made for problem in one.built.problems),
        *node_ports.warnings(loaded.assumed, (one.built.stack for _, one in made)),
    ]
    views = {unit.key: await account.view(unit, one.built.stack, loaded) for unit, one in made if one.built.stack}
    return outlook(
        made,
        lambda unit: views[unit.key],
        ordered(problems),
        missing_group(facts, mapping.cluster_name),
        deploy_settings(settings, mapping),
    )


async def _build(
    cluster: Client | None, unit: Unit, snapshot: Snapshot, facts: Facts, mapping: MappingSettings
) -> Made:
    made = build(unit, snapshot, facts, mapping)
    if not made.secrets:
        return made
    return build(unit, await _with_secrets(cluster, snapshot, made.secrets), facts, mapping)


# The cluster


def _refuse_to_write() -> None:
    raise NotLeader("albc plan only reads")


@asynccontextmanager
async def _cluster(settings: Settings) -> AsyncIterator[Client]:
    connection = await kubernetes_connection(settings.kubeconfig)
    async with Client(connection, fence=_refuse_to_write) as client:
        await reach_kubernetes(client)
        yield client


async def _read(client: Client, settings: Settings) -> Loaded:
    """All that mapping reads but Secrets, of which only those that are named are looked at."""
    found: dict[str, Mapping[NamespacedName, object]] = {}
    for field, resource in FIELDS.items():
        if resource is SECRETS:
            continue
        namespace = settings.watch_namespace if resource.namespaced else ""
        try:
            listing = await client.list(resource, Selection(namespace=namespace or None))
        except NotFound:
            continue  # its CRD is not installed
        found[field] = {NamespacedName(obj.metadata.namespace, obj.metadata.name): obj for obj in listing.items}
    try:
        bindings = await client.list(TARGET_GROUP_BINDINGS, Selection(namespace=settings.watch_namespace or None))
    except NotFound:
        return Loaded(Snapshot(**found), ())  # type: ignore[arg-type]  # each field has the type of its resource
    return Loaded(Snapshot(**found), (), tuple(bindings.items))  # type: ignore[arg-type]  # as above


async def _with_secrets(cluster: Client | None, snapshot: Snapshot, names: frozenset[NamespacedName]) -> Snapshot:
    """Files hold theirs already."""
    if cluster is None:
        return snapshot
    found = dict(snapshot.secrets)
    for name in sorted(names - found.keys()):
        try:
            found[name] = await cluster.get(SECRETS, name.name, name.namespace)
        except NotFound:
            continue  # mapping tells who misses it
    return replace(snapshot, secrets=found)


# AWS


@dataclass(frozen=True)
class _RecordedAccount:
    """Facts from a file; nothing of ours exists."""

    recorded: FactsFile
    mapping: MappingSettings

    async def facts(self, request: FactsRequest) -> Facts:
        return recorded_facts(self.recorded, request, self.mapping)

    async def placed(self, unit: Unit, facts: Facts) -> Facts:
        return facts

    async def view(self, unit: Unit, stack: Stack, loaded: Loaded) -> InventoryView:
        return nothing_there(unit)


def _recorded(recorded: FactsFile, settings: Settings) -> _RecordedAccount:
    vpc_id = vpc_of(recorded, settings)
    return _RecordedAccount(recorded, mapping_settings(settings, region=settings.aws_region, vpc_id=vpc_id))


@dataclass(frozen=True)
class _Account:
    aws: Aws
    mapping: MappingSettings
    scope: Scope
    asked: FactsFromAWS
    inventory: Inventory

    async def facts(self, request: FactsRequest) -> Facts:
        facts = await self.asked.answer(replace(request, backend_security_group=False))
        if not request.backend_security_group:
            return facts
        return replace(facts, backend_security_group=await self._shared_group())

    async def placed(self, unit: Unit, facts: Facts) -> Facts:
        """With the load balancer that the unit has."""
        if unit.classic_name:
            classic = await self._classic(unit)
            return replace(facts, existing=classic.existing if classic else None)
        view = await self.inventory.view(Stack(unit.stack), unit.tag_prefix)
        return replace(facts, existing=view.existing_load_balancer(unit.load_balancer))

    async def view(self, unit: Unit, stack: Stack, loaded: Loaded) -> InventoryView:
        view = await self.inventory.view(stack, unit.tag_prefix)
        if unit.classic_name:
            view = replace(view, classic=await self._classic(unit))
        labels = binding_labels(unit.stack, unit.tag_prefix).items()
        own = (binding for binding in loaded.bindings if labels <= binding.metadata.labels.items())
        return view.with_bindings(tuple(actual(binding) for binding in own))

    async def _classic(self, unit: Unit) -> ActualClassicLoadBalancer | None:
        return await self.inventory.classic.named(unit.classic_name, StackKey(unit.tag_prefix, str(unit.stack)))

    async def _shared_group(self) -> str:
        """Its id, or the name with which the controller would create it."""
        if self.mapping.backend_security_group:
            return self.mapping.backend_security_group
        question = backend_security_group(self.scope)
        groups = await self.aws.paginate(question.service, question.operation, question.result, **question.request())
        return groups[0]["GroupId"] if groups else backend_security_group_name(self.scope.cluster_name)


@asynccontextmanager
async def _account(settings: Settings) -> AsyncIterator[_Account]:
    async with reading_account(settings) as (aws, region, vpc_id):
        mapping = mapping_settings(settings, region=region, vpc_id=vpc_id)
        scope = Scope(mapping.cluster_name, vpc_id, mapping.enable_certificate_management)
        inventory = InventorySettings(
            cluster_name=mapping.cluster_name,
            vpc_id=vpc_id,
            listener_rules_tagging=mapping.listener_rules_tagging,
            certificate_management=mapping.enable_certificate_management,
            tagging_api=settings.gates.enabled("EnableRGTAPI"),
        )
        shared = BackendSecurityGroup(aws, scope, mapping.default_tags, mapping.backend_security_group)
        yield _Account(aws, mapping, scope, FactsFromAWS(aws, scope, shared), Inventory(aws, inventory))
