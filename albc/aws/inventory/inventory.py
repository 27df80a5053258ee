"""The inventory: what the cluster owns in this account and Region.

* One listing serves all stacks: load balancers, target groups and security groups in large pages, tags 20 a call.
* What hangs below a load balancer (listeners, rules, attributes, certificates) is read when its stack is first looked
  at, and only as far as it is not known from our own writes.
* A view is made of what is known; inside the refresh window it costs no call.
* Whoever writes tells it with `wrote`; whoever is not sure what became of a write tells it with `doubt`.
* `run` looks again in the background, within a budget of calls, and reports the stacks whose resources have drifted.
* Not promised: to notice a change by others before the next look.

Called by the controllers (`view`), `albc.deploy.apply` (`wrote`, `doubt`, `recognise`), the console (`statistics`).
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Any, Final, TypeVar

import anyio

from albc.aws.calls import Aws
from albc.aws.facts.parse import tag_map
from albc.aws.inventory.reads import Reads
from albc.aws.inventory.records import (
    CertificateRecord,
    ListenerRecord,
    LoadBalancerRecord,
    Records,
    SecurityGroupRecord,
    Shape,
    StackKey,
    TargetGroupRecord,
    stacks_of,
)
from albc.aws.inventory.writes import WRITES
from albc.aws.together import together
from albc.errors import AlbcError, NotFound, Pending
from albc.model.addons import ShieldProtection, WAFRegionalAssociation, WAFv2Association
from albc.model.inventory import InventoryView
from albc.model.load_balancer import LoadBalancer
from albc.model.stack import Stack

CLUSTER_TAG: Final = "elbv2.k8s.aws/cluster"
LEGACY_CLUSTER_TAG: Final = "ingress.k8s.aws/cluster"
"""Of the ingress controller of old, whose resources are taken over."""

_SETTLING_SECONDS: Final = 60.0
"""How long a listing may still miss what we have just created."""
_LAG_SECONDS: Final = 2.0

R = TypeVar("R", LoadBalancerRecord, TargetGroupRecord)


@dataclass(frozen=True, slots=True, kw_only=True)
class InventorySettings:
    """Times are seconds."""

    cluster_name: str
    vpc_id: str
    listener_rules_tagging: bool = True
    certificate_management: bool = False
    list_every: float = 300.0
    check_every: float = 1200.0
    """How old what hangs below a load balancer may become."""
    tags_every: float = 1200.0
    addons_every: float = 600.0
    """How old a web ACL's association or a protection may become."""
    subscription_every: float = 7200.0
    calls_per_minute: int = 120
    """Budget of the background checks."""


@dataclass(frozen=True, slots=True)
class InventoryStatistics:
    load_balancers: int
    target_groups: int
    security_groups: int
    stacks: int
    listed_at: float | None
    """On the inventory's clock."""
    unchecked: int
    """Load balancers and target groups of which not everything is known."""
    drifts: int
    """Resources found changed by others, so far."""


Drifted = Callable[[StackKey], None]


def _nobody(_: StackKey) -> None:
    return None


class Inventory:
    """See the head of this module."""

    def __init__(
        self,
        aws: Aws,
        settings: InventorySettings,
        *,
        on_drift: Drifted = _nobody,
        clock: Callable[[], float] = monotonic,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        self._reads = Reads(aws, listener_tags=settings.listener_rules_tagging)
        self._settings = settings
        self._on_drift = on_drift
        self._clock = clock
        self._sleep = sleep
        self._records = Records()
        self._foreign: dict[str, float] = {}
        """ARNs that are not ours, and when that was found out."""
        self._tagged_at: dict[str, float] = {}
        self._listed_at: float | None = None
        self._doubted_at: float | None = None
        self._listing = anyio.Lock()
        self._busy: dict[str, anyio.Lock] = {}
        self._addons_at: dict[tuple[str, type], float] = {}
        self._subscription: tuple[float, bool] | None = None
        self._drifts = 0

    # What stacks and apply ask

    async def view(self, stack: Stack, tag_prefix: str) -> InventoryView:
        """All that bears the stack's tags, with what its resources need to know. Raises what calls raise."""
        key = StackKey(tag_prefix, str(stack.id))
        await self._list_once()
        balancers, groups = self._load_balancers_of(key), self._target_groups_of(key)
        await together(
            [
                *(partial(self._complete_load_balancer, arn, stack) for arn in balancers),
                *(partial(self._complete_target_group, arn) for arn in groups),
            ]
        )
        subscribed = bool(stack.all(ShieldProtection)) and await self._is_subscribed()
        records = self._records
        return InventoryView(
            stack=stack.id,
            tag_prefix=tag_prefix,
            security_groups=tuple(group.actual() for group in records.security_groups.values() if _is_of(key, group)),
            target_groups=tuple(group.actual() for group in records.target_groups.values() if _is_of(key, group)),
            load_balancers=tuple(one.actual() for one in records.load_balancers.values() if _is_of(key, one)),
            certificates=tuple(one.actual() for one in records.certificates.values() if _is_of(key, one)),
            shield_subscribed=subscribed,
        )

    def wrote(self, service: str, action: str, request: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        """One of our own calls has succeeded. `request` holds what was sent, secrets in clear; they are not kept."""
        if write := WRITES.get((service, action)):
            write(self._records, request, answer, self._clock())

    def doubt(self, key: StackKey, deleted: str = "") -> None:
        """It is not known what became of a write for this stack: before its next view, AWS is asked.

        `deleted` is the ARN or id of what may be gone, so that its absence is not taken for AWS's slowness.
        """
        self._doubted_at = self._clock()
        for kind in (self._records.load_balancers, self._records.target_groups, self._records.security_groups):
            if record := kind.get(deleted):
                record.seen_at = float("-inf")
        for arn in self._load_balancers_of(key):
            balancer = self._records.load_balancers[arn]
            balancer.listeners = None
            balancer.attributes = None
        for arn in self._target_groups_of(key):
            group = self._records.target_groups[arn]
            group.attributes = None
            group.targets = None

    async def recognise(self, action: str, request: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The answer that a create call would have had, if what has its name bears the tags of the request.

        None when it is somebody else's, or not to be found.
        """
        match action:
            case "create_load_balancer":
                found = await self._reads.load_balancer_named(request["Name"])
                return await self._ours(found, "LoadBalancerArn", "LoadBalancers", request)
            case "create_target_group":
                found = await self._reads.target_group_named(request["Name"])
                return await self._ours(found, "TargetGroupArn", "TargetGroups", request)
            case "create_security_group":
                group = await self._reads.security_group_named(request["VpcId"], request["GroupName"])
                tags = [tag for one in request["TagSpecifications"] for tag in one["Tags"]]
                if group is None or not _bears(tag_map(group.get("Tags")), tag_map(tags)):
                    return None
                self._keep_security_group(group)
                return group
            case _:
                return None

    async def refresh_security_group(self, id: str) -> Shape | None:
        """Asks AWS for one group, and says how it is now."""
        group = await self._reads.security_group(id)
        if group is not None and id in self._records.security_groups:
            self._keep_security_group(group)
        return group

    async def refresh_certificate(self, arn: str) -> Shape:
        """Asks ACM for one certificate, and says how it is now."""
        aws = await self._reads.certificate(arn)
        if record := self._records.certificates.get(arn):
            record.aws.update(aws)
        return aws

    def statistics(self) -> InventoryStatistics:
        records = self._records
        owned: tuple[LoadBalancerRecord | TargetGroupRecord | SecurityGroupRecord, ...] = (
            *records.load_balancers.values(),
            *records.target_groups.values(),
            *records.security_groups.values(),
        )
        return InventoryStatistics(
            load_balancers=len(records.load_balancers),
            target_groups=len(records.target_groups),
            security_groups=len(records.security_groups),
            stacks=len({key for record in owned for key in stacks_of(record.tags)}),
            listed_at=self._listed_at,
            unchecked=sum(one.attributes is None or one.listeners is None for one in records.load_balancers.values())
            + sum(group.attributes is None for group in records.target_groups.values()),
            drifts=self._drifts,
        )

    # Looking again

    async def run(self) -> None:
        """Lists and checks for ever, within the budget. Errors end one look, not the loop."""
        pause = 60.0 / self._settings.calls_per_minute
        while True:
            try:
                if self._listed_at is None or self._clock() - self._listed_at >= self._settings.list_every:
                    await self._list_now()
                if oldest := self._oldest():
                    await self._check(oldest)
                    await self._sleep(pause * 6)
                    continue
            except AlbcError:
                # Whoever needs the answer meets the error himself; here it is only later.
                await self._sleep(self._settings.list_every / 10)
            await self._sleep(max(pause, 1.0))

    # Listing

    async def _list_once(self) -> None:
        if self._is_listed():
            return
        async with self._listing:
            if not self._is_listed():
                await self._list()

    async def _list_now(self) -> None:
        async with self._listing:
            await self._list()

    def _is_listed(self) -> bool:
        return self._listed_at is not None and (self._doubted_at is None or self._listed_at > self._doubted_at)

    async def _list(self) -> None:
        started = self._clock()
        listings: list[Callable[[], Awaitable[list[Shape]]]] = [
            self._reads.load_balancers,
            self._reads.target_groups,
            partial(self._security_groups, CLUSTER_TAG),
            partial(self._security_groups, LEGACY_CLUSTER_TAG),
            self._certificates,
        ]
        balancers, groups, security_groups, legacy, certificates = await together(listings)
        balancers = [one for one in balancers if one.get("VpcId") == self._settings.vpc_id]
        groups = [group for group in groups if group.get("VpcId") == self._settings.vpc_id]
        tags = await self._tags_of(
            [*(one["LoadBalancerArn"] for one in balancers), *(group["TargetGroupArn"] for group in groups)]
        )
        self._take_load_balancers(balancers, tags, started)
        self._take_target_groups(groups, tags, started)
        self._take_security_groups([*security_groups, *legacy], started)
        self._take_certificates(certificates)
        self._listed_at = started if self._listed_at is None else max(self._listed_at, started)
        # A doubt that came up while the listing was on its way needs another one.
        if self._doubted_at is not None and self._doubted_at < started:
            self._doubted_at = None

    async def _security_groups(self, tag: str) -> list[Shape]:
        return await self._reads.security_groups(self._settings.vpc_id, [(tag, self._settings.cluster_name)])

    async def _certificates(self) -> list[Shape]:
        if not self._settings.certificate_management:
            return []
        found = []
        for summary in await self._reads.certificates():
            arn = summary["CertificateArn"]
            if arn in self._foreign:
                continue
            tags = await self._reads.certificate_tags(arn)
            if self._is_ours(tags):
                found.append({**(await self._reads.certificate(arn)), "Tags": tags})
            else:
                self._foreign[arn] = self._clock()
        return found

    async def _tags_of(self, arns: Iterable[str]) -> dict[str, dict[str, str]]:
        """Of those that are new or due; the tags of the others are known."""
        now, every = self._clock(), self._settings.tags_every
        due = [
            arn
            for arn in arns
            if now - self._foreign.get(arn, float("-inf")) >= every
            and now - self._tagged_at.get(arn, float("-inf")) >= every
        ]
        tags = await self._reads.tags(due)
        for arn, found in tags.items():
            if self._is_ours(found):
                self._tagged_at[arn] = now
                self._foreign.pop(arn, None)
            else:
                self._foreign[arn] = now
                self._tagged_at.pop(arn, None)
        return tags

    def _is_ours(self, tags: Mapping[str, str]) -> bool:
        return self._settings.cluster_name in (tags.get(CLUSTER_TAG), tags.get(LEGACY_CLUSTER_TAG))

    def _take_load_balancers(self, shapes: Iterable[Shape], tags: Mapping[str, dict[str, str]], started: float) -> None:
        known = self._records.load_balancers
        listed = {shape["LoadBalancerArn"]: shape for shape in shapes}
        for arn in [arn for arn, one in known.items() if arn not in listed and self._is_settled(one, started)]:
            self._report(known.pop(arn).tags)
        for arn, shape in listed.items():
            if record := known.get(arn):
                if record.seen_at <= started and not record.writes:
                    self._compare(record, shape, tags.get(arn))
                record.writes = 0
            elif arn in tags and self._is_ours(tags[arn]):
                known[arn] = LoadBalancerRecord(shape, tags[arn], started)

    def _take_target_groups(self, shapes: Iterable[Shape], tags: Mapping[str, dict[str, str]], started: float) -> None:
        known = self._records.target_groups
        listed = {shape["TargetGroupArn"]: shape for shape in shapes}
        for arn in [arn for arn, one in known.items() if arn not in listed and self._is_settled(one, started)]:
            self._report(known.pop(arn).tags)
        for arn, shape in listed.items():
            if record := known.get(arn):
                if record.seen_at <= started and not record.writes:
                    self._compare(record, shape, tags.get(arn))
                record.writes = 0
            elif arn in tags and self._is_ours(tags[arn]):
                known[arn] = TargetGroupRecord(shape, tags[arn], started)

    def _take_security_groups(self, shapes: Iterable[Shape], started: float) -> None:
        known = self._records.security_groups
        listed = {shape["GroupId"]: shape for shape in shapes}
        for id in [id for id, one in known.items() if id not in listed and self._is_settled(one, started)]:
            self._report(known.pop(id).tags)
        for id, shape in listed.items():
            record = known.get(id)
            if record is None:
                known[id] = SecurityGroupRecord(shape, tag_map(shape.get("Tags")), started)
            else:
                if record.seen_at <= started and not record.writes:
                    self._compare(record, shape, tag_map(shape.get("Tags")))
                record.writes = 0

    def _take_certificates(self, shapes: Iterable[Shape]) -> None:
        for shape in shapes:
            tags = shape.pop("Tags")
            self._records.certificates[shape["CertificateArn"]] = CertificateRecord(shape, tags, self._clock())

    def _is_settled(self, record: LoadBalancerRecord | TargetGroupRecord | SecurityGroupRecord, started: float) -> bool:
        """A listing that misses it means that it is gone."""
        return record.seen_at <= started - _SETTLING_SECONDS

    def _compare(
        self,
        record: LoadBalancerRecord | TargetGroupRecord | SecurityGroupRecord,
        shape: Shape,
        tags: dict[str, str] | None,
    ) -> None:
        """Takes the news, and reports what others have changed."""
        changed = _without_state(record.aws) != _without_state(shape) or (tags is not None and tags != record.tags)
        record.aws = shape
        if tags is not None:
            record.tags = tags
        if changed:
            self._report(record.tags)

    def _report(self, tags: Mapping[str, str]) -> None:
        self._drifts += 1
        for key in stacks_of(tags):
            self._on_drift(key)

    def _keep_security_group(self, group: Shape) -> None:
        self._records.security_groups[group["GroupId"]] = SecurityGroupRecord(
            group, tag_map(group.get("Tags")), self._clock()
        )

    async def _ours(
        self, found: Shape | None, arn: str, result: str, request: Mapping[str, Any]
    ) -> Mapping[str, Any] | None:
        if found is None:
            return None
        tags = (await self._reads.tags([found[arn]])).get(found[arn], {})
        if not _bears(tags, tag_map(request["Tags"])):
            return None
        now = self._clock()
        if arn == "LoadBalancerArn":
            self._records.load_balancers.setdefault(found[arn], LoadBalancerRecord(found, tags, now))
        else:
            self._records.target_groups.setdefault(found[arn], TargetGroupRecord(found, tags, now))
        return {result: [found]}

    # Completing what a listing does not tell

    async def _complete_load_balancer(self, arn: str, stack: Stack) -> None:
        async with self._busy.setdefault(arn, anyio.Lock()):
            record = self._records.load_balancers.get(arn)
            if record is None:
                return
            reads: list[Callable[[], Awaitable[None]]] = []
            if record.attributes is None:
                reads.append(partial(self._read_attributes, record))
            if record.listeners is None:
                reads.append(partial(self._read_listeners, record))
            else:
                reads += [partial(self._complete_listener, listener) for listener in record.listeners.values()]
            if record.aws.get("State", {}).get("Code") == "provisioning" and self._state_matters(record, stack):
                reads.append(partial(self._read_state, record))
            reads += self._addon_reads(record, stack)
            try:
                await together(reads)
            except NotFound as error:
                self._gone(self._records.load_balancers, arn, error)

    def _addon_reads(self, record: LoadBalancerRecord, stack: Stack) -> list[Callable[[], Awaitable[None]]]:
        """Only for stacks that say something about them."""
        reads: list[Callable[[], Awaitable[None]]] = []
        if stack.all(WAFv2Association) and self._is_due(record, WAFv2Association, record.web_acl_arn):
            reads.append(partial(self._read_web_acl, record))
        if stack.all(WAFRegionalAssociation) and self._is_due(
            record, WAFRegionalAssociation, record.classic_web_acl_id
        ):
            reads.append(partial(self._read_classic_web_acl, record))
        if stack.all(ShieldProtection) and self._is_due(record, ShieldProtection, record.protections):
            reads.append(partial(self._read_protections, record))
        wants_capacity = any(one.minimum_load_balancer_capacity for one in stack.all(LoadBalancer))
        if wants_capacity and record.capacity_units is None:
            reads.append(partial(self._read_capacity, record))
        return reads

    def _state_matters(self, record: LoadBalancerRecord, stack: Stack) -> bool:
        """Something waits for the load balancer to become active: reserved capacity, or the end of another one."""
        wants_capacity = any(one.minimum_load_balancer_capacity for one in stack.all(LoadBalancer))
        keys = set(stacks_of(record.tags))
        siblings = [one for one in self._records.load_balancers.values() if keys & set(stacks_of(one.tags))]
        return wants_capacity or len(siblings) > len(stack.all(LoadBalancer))

    def _is_due(self, record: LoadBalancerRecord, kind: type, known: object) -> bool:
        key = (record.aws["LoadBalancerArn"], kind)
        now = self._clock()
        if known is not None and now - self._addons_at.setdefault(key, now) < self._settings.addons_every:
            return False
        self._addons_at[key] = now
        return True

    async def _complete_target_group(self, arn: str) -> None:
        async with self._busy.setdefault(arn, anyio.Lock()):
            record = self._records.target_groups.get(arn)
            if record is None:
                return
            try:
                if record.attributes is None:
                    record.attributes = await self._reads.target_group_attributes(arn)
                if record.aws.get("TargetType") == "alb" and record.targets is None:
                    record.targets = await self._reads.targets(arn)
            except NotFound as error:
                self._gone(self._records.target_groups, arn, error)

    def _gone(self, known: dict[str, R], arn: str, error: NotFound) -> None:
        """A resource was listed, or made by us, and cannot be read."""
        if self._clock() - known[arn].seen_at < _SETTLING_SECONDS:
            raise Pending(f"AWS does not know everywhere yet what was just made: {error}", _LAG_SECONDS) from error
        del known[arn]

    async def _read_attributes(self, record: LoadBalancerRecord) -> None:
        record.attributes = await self._reads.load_balancer_attributes(record.aws["LoadBalancerArn"])

    async def _read_state(self, record: LoadBalancerRecord) -> None:
        if found := await self._reads.load_balancer(record.aws["LoadBalancerArn"]):
            record.aws["State"] = found.get("State", {})

    async def _read_listeners(self, record: LoadBalancerRecord) -> None:
        listeners = await self._reads.listeners(record.aws["LoadBalancerArn"])
        await together([partial(self._complete_listener, listener) for listener in listeners.values()])
        record.listeners = listeners
        record.checked_at = self._clock()

    async def _complete_listener(self, listener: ListenerRecord) -> None:
        arn = listener.aws["ListenerArn"]
        if listener.attributes is None and listener.takes_attributes:
            listener.attributes = await self._reads.listener_attributes(arn)
        if listener.certificates is None:
            has_tls = bool(listener.aws.get("SslPolicy"))
            listener.certificates = await self._reads.listener_certificates(arn) if has_tls else set()

    async def _read_web_acl(self, record: LoadBalancerRecord) -> None:
        record.web_acl_arn = await self._reads.web_acl_arn(record.aws["LoadBalancerArn"])

    async def _read_classic_web_acl(self, record: LoadBalancerRecord) -> None:
        record.classic_web_acl_id = await self._reads.classic_web_acl_id(record.aws["LoadBalancerArn"])

    async def _read_protections(self, record: LoadBalancerRecord) -> None:
        if await self._is_subscribed():
            record.protections = await self._reads.protections(record.aws["LoadBalancerArn"])

    async def _read_capacity(self, record: LoadBalancerRecord) -> None:
        record.capacity_units = await self._reads.capacity_units(record.aws["LoadBalancerArn"])

    async def _is_subscribed(self) -> bool:
        """A state that cannot be read counts as not subscribed (spec/aws.md §2)."""
        now = self._clock()
        if self._subscription is None or now - self._subscription[0] >= self._settings.subscription_every:
            try:
                self._subscription = (now, await self._reads.shield_subscribed())
            except AlbcError:
                return False
        return self._subscription[1]

    # Checking

    def _oldest(self) -> str | None:
        """ARN of the load balancer or target group that is due for a check, the longest waiting one."""
        due_before = self._clock() - self._settings.check_every
        known: tuple[LoadBalancerRecord | TargetGroupRecord, ...] = (
            *self._records.load_balancers.values(),
            *self._records.target_groups.values(),
        )
        due = [record for record in known if record.checked_at and record.checked_at < due_before]
        oldest = min(due, key=lambda record: record.checked_at, default=None)
        if oldest is None:
            return None
        return str(oldest.aws.get("LoadBalancerArn") or oldest.aws["TargetGroupArn"])

    async def _check(self, arn: str) -> None:
        if balancer := self._records.load_balancers.get(arn):
            await self._check_load_balancer(balancer)
        elif group := self._records.target_groups.get(arn):
            await self._check_target_group(group)

    async def _check_load_balancer(self, record: LoadBalancerRecord) -> None:
        arn, writes = record.aws["LoadBalancerArn"], record.writes
        attributes = await self._reads.load_balancer_attributes(arn)
        listeners = await self._reads.listeners(arn)
        await together([partial(self._complete_listener, listener) for listener in listeners.values()])
        record.checked_at = self._clock()
        if record.writes != writes:
            return
        for listener_arn, listener in listeners.items():
            if known := (record.listeners or {}).get(listener_arn):
                listener.secret, listener.written = known.secret, known.written
                for rule_arn, rule in (listener.rules or {}).items():
                    if old := (known.rules or {}).get(rule_arn):
                        rule.secret = old.secret
        changed = record.attributes != attributes or record.listeners != listeners
        record.attributes, record.listeners = attributes, listeners
        if changed:
            self._report(record.tags)

    async def _check_target_group(self, record: TargetGroupRecord) -> None:
        writes = record.writes
        attributes = await self._reads.target_group_attributes(record.aws["TargetGroupArn"])
        record.checked_at = self._clock()
        if record.writes == writes and record.attributes != attributes:
            record.attributes = attributes
            self._report(record.tags)

    def _load_balancers_of(self, key: StackKey) -> list[str]:
        return [arn for arn, one in self._records.load_balancers.items() if _is_of(key, one)]

    def _target_groups_of(self, key: StackKey) -> list[str]:
        return [arn for arn, group in self._records.target_groups.items() if _is_of(key, group)]


def _is_of(
    key: StackKey, record: LoadBalancerRecord | TargetGroupRecord | SecurityGroupRecord | CertificateRecord
) -> bool:
    return record.tags.get(f"{key.tag_prefix}/stack") == key.name


def _bears(tags: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    """Whether something was made by this very request, or by one for the same resource of the same stack."""
    tracking = {
        key: value for key, value in wanted.items() if key == CLUSTER_TAG or key.endswith(("/stack", "/resource"))
    }
    return tracking.items() <= tags.items()


def _without_state(shape: Shape) -> Shape:
    """Without what changes by itself: the state, and which load balancers use a target group."""
    return {key: value for key, value in shape.items() if key not in ("State", "LoadBalancerArns")}
