"""Finds what the rules of this room need to know, and applies them: one asynchronous function for each webhook.

What is held in memory is read there; a target group, a ConfigMap or an agent's configuration is asked for when a rule
needs it. `webhooks` lists all of them by path; `server` calls them.
"""

import random
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import anyio

from albc.aws.calls import Aws
from albc.aws.roles import AssumedRoles, Role
from albc.crds.resources import ALB_TARGET_CONTROL_CONFIGS
from albc.crds.target_control import ALBTargetControlConfigSpec
from albc.crds.target_group_binding import TargetGroupBinding, TargetGroupBindingSpec
from albc.errors import AlbcError, NotFound
from albc.kube.client import Client
from albc.kube.objects import CONFIG_MAPS, ConfigMap, Namespace, Service
from albc.mapping.settings import MappingSettings
from albc.mapping.snapshot import Snapshot
from albc.webhooks import server_ids, target_control
from albc.webhooks.bindings import (
    Lookup,
    LookupFailed,
    Surroundings,
    TargetGroupFacts,
    lacks_defaults,
    mutate_binding,
    needs_target_group,
    validate_binding,
)
from albc.webhooks.ingresses import validate_class_params, validate_ingress
from albc.webhooks.readiness_gates import inject_readiness_gates
from albc.webhooks.review import ALLOWED, Denied, Review, Verdict, typed
from albc.webhooks.server_ids import CannotGenerate, SequenceUsedUp, ServerIds
from albc.webhooks.services import mutate_service

Handle = Callable[[Review], Awaitable[Verdict]]

WORKER_NAMESPACE: Final = "kube-system"
WORKER_MAP: Final = "quic-server-id-worker-tracker"
_NEW_MILLISECOND: Final = 0.002
CONFIG_SECONDS: Final = 60.0
"""An agent's configuration is asked for again after this time; the reference keeps it until it is restarted."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """One path of the server."""

    path: str
    mutates: bool
    handle: Handle
    operations: frozenset[str] = frozenset({"CREATE", "UPDATE"})
    """All others pass unseen."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """What is held in memory of the cluster, as it stands when it is called."""

    synced: Callable[[], Awaitable[None]]
    """Returns when all of it is there."""
    bindings: Callable[[str | None], Iterable[TargetGroupBinding]]
    """Of one namespace, or of all."""
    service: Callable[[str, str], Service | None]
    namespace: Callable[[str], Namespace | None]
    snapshot: Callable[[], Snapshot]


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """Flags and gates that webhooks obey."""

    mapping: MappingSettings
    readiness_gates: bool
    """`--enable-pod-readiness-gate-inject`."""
    server_id_variable: str
    """`--quic-environment-variable-name`."""
    target_control: bool
    """Gate `ALBTargetControlAgent`."""


def webhooks(cluster: Cluster, settings: WebhookSettings, client: Client, targets: "TargetGroups") -> list[Webhook]:
    """Those that are served with these settings. `client` may write on every replica."""
    created = frozenset({"CREATE"})

    async def readiness_gates(review: Review) -> Verdict:
        if not settings.readiness_gates:
            return ALLOWED
        await cluster.synced()
        return inject_readiness_gates(review, cluster.bindings(review.namespace), cluster.service)

    async def services(review: Review) -> Verdict:
        return mutate_service(review, settings.mapping.load_balancer_class)

    async def fill_binding(review: Review) -> Verdict:
        spec = typed(review.object, TargetGroupBinding).spec
        needed = review.operation == "CREATE" and lacks_defaults(spec)
        return mutate_binding(review, await targets.of(spec) if needed else None)

    async def judge_binding(review: Review) -> Verdict:
        await cluster.synced()
        spec = typed(review.object, TargetGroupBinding).spec
        lookup = await targets.of(spec) if needs_target_group(review) else None
        return validate_binding(review, lookup, Surroundings(cluster.bindings(None), settings.mapping.vpc_id))

    async def judge_class_params(review: Review) -> Verdict:
        return validate_class_params(review)

    async def judge_ingress(review: Review) -> Verdict:
        await cluster.synced()
        return validate_ingress(review, cluster.snapshot(), settings.mapping)

    ids = QuicServerIds(client, settings.server_id_variable)
    found = [
        Webhook("/mutate-v1-pod", True, readiness_gates, created),
        Webhook("/mutate-v1-pod-server-id", True, ids.inject, created),
        Webhook("/mutate-v1-service", True, services),
        Webhook("/mutate-elbv2-k8s-aws-v1beta1-targetgroupbinding", True, fill_binding),
        Webhook("/validate-elbv2-k8s-aws-v1beta1-targetgroupbinding", False, judge_binding),
        Webhook("/validate-elbv2-k8s-aws-v1beta1-ingressclassparams", False, judge_class_params),
        Webhook("/validate-networking-v1-ingress", False, judge_ingress),
    ]
    if settings.target_control:
        agents = TargetControlAgents(cluster, client)
        found.append(Webhook("/mutate-alb-target-control-namespace-v1-pod", True, agents.inject, created))
        found.append(Webhook("/mutate-alb-target-control-object-v1-pod", True, agents.inject, created))
    return found


class TargetGroups:
    """Target groups as AWS has them, with the role that a binding names."""

    def __init__(self, aws: Aws, roles: AssumedRoles) -> None:
        self._aws = aws
        self._roles = roles

    async def of(self, spec: TargetGroupBindingSpec) -> Lookup:
        """None if the binding names no target group."""
        if not (wanted := spec.target_group_arn or spec.target_group_name):
            return None
        query = {"TargetGroupArns": [wanted]} if spec.target_group_arn else {"Names": [wanted]}
        try:
            aws = self._aws
            if spec.iam_role_arn_to_assume:
                aws = await self._roles.get(Role(spec.iam_role_arn_to_assume, spec.assume_role_external_id))
            groups = (await aws.call("elbv2", "describe_target_groups", **query))["TargetGroups"]
        except AlbcError as error:
            return LookupFailed(str(error))
        if len(groups) != 1:
            return LookupFailed(f"expecting a single targetGroup with query [{wanted}] but got {len(groups)}")
        (group,) = groups
        return TargetGroupFacts(
            group["TargetGroupArn"],
            group.get("TargetType", ""),
            group.get("IpAddressType", ""),
            group.get("VpcId", ""),
            group.get("Protocol", ""),
        )


class QuicServerIds:
    """One generator for the process; its number is taken from the cluster when the first Pod asks."""

    def __init__(self, client: Client, variable: str) -> None:
        self._client = client
        self._variable = variable
        self._ids: ServerIds | None = None
        self._lock = anyio.Lock()

    async def inject(self, review: Review) -> Verdict:
        places = server_ids.containers_without_id(review, self._variable)
        try:
            ids = {place: await self._next() for place in places}
        except (CannotGenerate, AlbcError) as error:
            return Denied(str(error), server_ids.CHECK)
        return server_ids.inject_server_ids(review, self._variable, ids)

    async def _next(self) -> str:
        async with self._lock:
            if self._ids is None:
                self._ids = ServerIds(await self._take_worker(), _milliseconds, random.SystemRandom().randrange)
            while True:
                try:
                    return self._ids.next()
                except SequenceUsedUp:
                    await anyio.sleep(_NEW_MILLISECOND)

    async def _take_worker(self) -> int:
        """A conflict with another replica denies this Pod; the next one tries again."""
        try:
            known = await self._client.get(CONFIG_MAPS, WORKER_MAP, WORKER_NAMESPACE)
        except NotFound:
            known = None
        roll = random.SystemRandom().randrange
        worker, data = server_ids.take_worker(known.data if known else {}, roll)
        body = _worker_map(data, known)
        if known is None:
            await self._client.create(CONFIG_MAPS, body, WORKER_NAMESPACE)
        else:
            await self._client.update(CONFIG_MAPS, body, WORKER_MAP, WORKER_NAMESPACE)
        return worker


def _worker_map(data: Mapping[str, str], known: ConfigMap | None) -> dict[str, object]:
    metadata = {"name": WORKER_MAP, "namespace": WORKER_NAMESPACE}
    if known is not None:
        metadata["resourceVersion"] = known.metadata.resource_version
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def _milliseconds() -> int:
    return time.time_ns() // 1_000_000


class TargetControlAgents:
    """Side-cars, with the configuration of the Pod's namespace or, failing that, of kube-system."""

    def __init__(self, cluster: Cluster, client: Client) -> None:
        self._cluster = cluster
        self._client = client
        self._configs: dict[str, tuple[float, ALBTargetControlConfigSpec | None]] = {}

    async def inject(self, review: Review) -> Verdict:
        await self._cluster.synced()
        namespace = self._cluster.namespace(review.namespace)
        if not target_control.wants_agent(review, namespace.metadata.labels if namespace else {}):
            return ALLOWED
        try:
            config = await self._config(review.namespace)
            if config is None:
                config = await self._config(target_control.FALLBACK_NAMESPACE)
        except AlbcError as error:
            return Denied(f"cannot read the agent's configuration: {error}", target_control.CHECK)
        return target_control.inject_agent(review, config)

    async def _config(self, namespace: str) -> ALBTargetControlConfigSpec | None:
        known = self._configs.get(namespace)
        now = anyio.current_time()
        if known is not None and now < known[0]:
            return known[1]
        try:
            found = await self._client.get(ALB_TARGET_CONTROL_CONFIGS, target_control.CONFIG_NAME, namespace)
            spec: ALBTargetControlConfigSpec | None = found.spec
        except NotFound:
            spec = None
        self._configs[namespace] = (now + CONFIG_SECONDS, spec)
        return spec
