"""The inventory: what the cluster owns in this account and Region.

* One listing serves all stacks: load balancers, target groups and security groups in large pages, tags 20 a call.
* What hangs below a load balancer (listeners, rules, attributes, certificates) is read when its stack is first looked
  at, and only as far as it is not known from our own writes.
* A view is made of what is known; inside the refresh window it costs no call.
* Whoever writes tells it with `wrote`; whoever is not sure what became of a write tells it with `doubt`.
* `run` looks again in the background, within a budget of calls, and reports the stacks whose resources have drifted,
  and those that were left for later.
* Not promised: to notice a change by others before the next look.

Called by the controllers (`view`, `glance`), `albc.deploy.apply` (`wrote`, `doubt`, `recognise`), `/debug/state`
(`statistics`).
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from time import monotonic
from typing import Any, Final

import anyio
import structlog

from albc.aws.calls import Aws
from albc.aws.facts.parse import tag_map
from albc.aws.inventory.classic import ClassicBalancers
from albc.aws.inventory.details import Details
from albc.aws.inventory.drift import Drift, Drifted, nobody
from albc.aws.inventory.headroom import Headroom
from albc.aws.inventory.listing import CLUSTER_TAG, Listing
from albc.aws.inventory.reads import Reads
from albc.aws.inventory.records import (
    NEVER,
    LoadBalancerRecord,
    Records,
    SecurityGroupRecord,
    Shape,
    TargetGroupRecord,
)
from albc.aws.inventory.settings import InventorySettings, InventoryStatistics
from albc.aws.inventory.shelf import StackKey
from albc.aws.inventory.successions import Successions
from albc.aws.inventory.vpc_quotas import VpcQuotaReader
from albc.aws.inventory.writes import WRITES
from albc.aws.together import together
from albc.errors import AlbcError
from albc.model.addons import ShieldProtection
from albc.model.inventory import InventoryView
from albc.model.stack import Stack, StackID

log = structlog.stdlib.get_logger("aws.inventory")

_CALLS_OF_A_CHECK: Final = 6
"""About as many as it takes to look at one load balancer."""


class Inventory:
    """See the head of this module."""

    def __init__(
        self,
        aws: Aws,
        settings: InventorySettings,
        *,
        on_drift: Drifted = nobody,
        clock: Callable[[], float] = monotonic,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._sleep = sleep
        self._records = Records()
        self._tell = on_drift
        self._drift = Drift(on_drift)
        self._reads = Reads(aws, listener_tags=settings.listener_rules_tagging)
        self._vpc_quotas = VpcQuotaReader(self._reads, clock)
        self._headroom = Headroom(self._reads, self._vpc_quotas, clock)
        self._listing = Listing(self._reads, self._records, settings, self._drift, self._headroom, clock)
        self._details = Details(self._reads, self._records, settings, self._drift, clock)
        self.classic = ClassicBalancers(aws, settings.check_every, on_drift, clock)
        self._successions = Successions(self._reads, self._records, clock)
        self._listing_lock = anyio.Lock()
        self._listed_at = NEVER
        self._doubted_at = NEVER
        self._looked_at: set[StackKey] = set()
        self._later: dict[StackKey, None] = {}

    async def view(self, stack: Stack, tag_prefix: str) -> InventoryView:
        """All that bears the stack's tags, with what its resources need to know. Raises what calls raise."""
        key = StackKey(tag_prefix, str(stack.id))
        await self._listed()
        self._looked_at.add(key)
        records = self._records
        await together(
            [
                *(partial(self._details.complete_load_balancer, one, stack) for one in records.load_balancers.of(key)),
                *(partial(self._details.complete_target_group, group) for group in records.target_groups.of(key)),
            ]
        )
        subscribed = bool(stack.all(ShieldProtection)) and await self._details.is_subscribed()
        succession = await self._successions.look(key)
        await self._vpc_quotas.ask_for(stack)
        return replace(self._view(stack.id, key), shield_subscribed=subscribed, succession=succession)

    async def glance(self, stack: StackID, tag_prefix: str) -> InventoryView:
        """What the listing tells, and what is known below it by chance: no call but for the listing itself."""
        await self._listed()
        return self._view(stack, StackKey(tag_prefix, str(stack)))

    def is_unread(self, key: StackKey) -> bool:
        """Whether nobody has looked below the listing of this stack since the start."""
        return key not in self._looked_at

    def look_later(self, key: StackKey) -> None:
        """`run` will have the stack looked at when its turn comes, if nobody has until then."""
        self._later[key] = None

    def look_now(self) -> bool:
        """Has the next stack that was left for later looked at; False when none is left."""
        while self._later:
            key = next(iter(self._later))
            del self._later[key]
            if self.is_unread(key):
                self._looked_at.add(key)
                self._tell(key)
                return True
        return False

    def _view(self, stack: StackID, key: StackKey) -> InventoryView:
        records = self._records
        return InventoryView(
            stack=stack,
            tag_prefix=key.tag_prefix,
            security_groups=tuple(group.actual() for group in records.security_groups.of(key)),
            target_groups=tuple(group.actual() for group in records.target_groups.of(key)),
            load_balancers=tuple(one.actual() for one in records.load_balancers.of(key)),
            certificates=tuple(one.actual() for one in records.certificates.of(key)),
            quotas=self._vpc_quotas.told,
        )

    def wrote(self, service: str, action: str, request: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        """One of our own calls has succeeded. `request` holds what was sent, secrets in clear; they are not kept."""
        if service == "elb":
            self.classic.wrote(action, request, answer)
        if write := WRITES.get((service, action)):
            write(self._records, request, answer, self._clock())

    def doubt(self, key: StackKey, deleted: str = "") -> None:
        """It is not known what became of a write for this stack: before its next view, AWS is asked.

        `deleted` is the ARN or id of what may be gone, so that its absence is not taken for AWS's slowness.
        """
        self._doubted_at = self._clock()
        self.classic.doubt(key)
        records = self._records
        for kind in (records.load_balancers, records.target_groups, records.security_groups):
            if record := kind.get(deleted):
                record.made_at = NEVER
        for balancer in records.load_balancers.of(key):
            balancer.listeners = balancer.attributes = balancer.capacity_units = None
            balancer.web_acl_arn = balancer.classic_web_acl_id = balancer.protections = None
        for group in records.target_groups.of(key):
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

    async def security_groups_that_name(self, id: str) -> list[Shape]:
        """Groups of the VPC with an inbound rule whose source is this group. One call; nothing is kept."""
        return await self._reads.security_groups_that_name(self._settings.vpc_id, id)

    async def refresh_certificate(self, arn: str) -> Shape:
        """Asks ACM for one certificate, and says how it is now."""
        aws = await self._reads.certificate(arn)
        if record := self._records.certificates.get(arn):
            record.aws.update(aws)
        return aws

    async def run(self) -> None:
        """Lists and checks for ever, within the budget. An error ends one look, not the loop."""
        pause = 60.0 / self._settings.calls_per_minute
        while True:
            try:
                if self._clock() - self._listed_at >= self._settings.list_every:
                    await self._list()
                    await self.classic.look()
                await self._headroom.look(self._records.load_balancers.values(), self._records.security_groups.values())
                checked = self.look_now() or await self._details.check_oldest()
            except AlbcError:
                # Whoever needs the answer meets the error himself; here it is only later.
                await self._sleep(self._settings.list_every / 10)
                continue
            except Exception:
                log.exception("cannot make sense of what AWS answers")
                await self._sleep(self._settings.list_every / 10)
                continue
            await self._sleep(pause * _CALLS_OF_A_CHECK if checked else max(pause, 1.0))

    def statistics(self) -> InventoryStatistics:
        records = self._records
        shelves = (records.load_balancers, records.target_groups, records.security_groups, records.certificates)
        return InventoryStatistics(
            load_balancers=len(records.load_balancers),
            target_groups=len(records.target_groups),
            security_groups=len(records.security_groups),
            stacks=len(frozenset().union(*(shelf.stacks() for shelf in shelves))),
            listed_seconds_ago=None if self._listed_at == NEVER else round(self._clock() - self._listed_at, 3),
            unchecked=sum(one.attributes is None or one.listeners is None for one in records.load_balancers.values())
            + sum(group.attributes is None for group in records.target_groups.values()),
            later=len(self._later),
            drifts=self._drift.found,
        )

    def drifts(self) -> int:
        """Resources found changed or deleted by others, so far. May be called in any thread."""
        return self._drift.found

    def headroom(self) -> Mapping[str, int]:
        """What each quota of AWS leaves, by AWS's name of it, as `run` saw it last. May be called in any thread."""
        return self._headroom.left

    async def _listed(self) -> None:
        if not self._is_listed():
            await self._list(unless=self._is_listed)

    def _is_listed(self) -> bool:
        """Since the last doubt."""
        return self._listed_at != NEVER and self._listed_at > self._doubted_at

    async def _list(self, unless: Callable[[], bool] = lambda: False) -> None:
        """One at a time; who has waited for another one may be content with it."""
        async with self._listing_lock:
            if unless():
                return
            started = self._clock()
            await self._listing.take()
            self._listed_at = started

    def _keep_security_group(self, group: Shape) -> None:
        self._records.security_groups[group["GroupId"]] = SecurityGroupRecord(group, tag_map(group.get("Tags")))

    async def _ours(
        self, found: Shape | None, arn: str, result: str, request: Mapping[str, Any]
    ) -> Mapping[str, Any] | None:
        if found is None:
            return None
        tags = (await self._reads.tags([found[arn]])).get(found[arn], {})
        if not _bears(tags, tag_map(request["Tags"])):
            return None
        if arn == "LoadBalancerArn":
            self._records.load_balancers.setdefault(found[arn], LoadBalancerRecord(found, tags, self._clock()))
        else:
            self._records.target_groups.setdefault(found[arn], TargetGroupRecord(found, tags, self._clock()))
        return {result: [found]}


def _bears(tags: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    """Whether something was made by this very request, or by one for the same resource of the same stack."""
    return all(
        tags.get(key) == value
        for key, value in wanted.items()
        if key == CLUSTER_TAG or key.endswith(("/stack", "/resource"))
    )
