"""Reads what a listing does not tell: listeners, rules, attributes, certificates, web ACLs, protections, capacity.

`complete_…` read what is not known yet, once, whoever asks; `check_…` read again what may have become old.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Final, TypeVar

import anyio

from albc.aws.inventory.drift import Drift
from albc.aws.inventory.listing import SETTLING_SECONDS
from albc.aws.inventory.reads import Reads
from albc.aws.inventory.records import ListenerRecord, LoadBalancerRecord, Records, TargetGroupRecord
from albc.aws.inventory.settings import InventorySettings
from albc.aws.inventory.shelf import Shelf, stacks_of
from albc.aws.together import together
from albc.errors import AlbcError, NotFound, Pending
from albc.model.addons import ShieldProtection, WAFRegionalAssociation, WAFv2Association
from albc.model.load_balancer import LoadBalancer
from albc.model.stack import Stack

_LAG_SECONDS: Final = 2.0

R = TypeVar("R", LoadBalancerRecord, TargetGroupRecord)
Read = Callable[[], Awaitable[None]]


class Details:
    """Of the load balancers and target groups in the records."""

    def __init__(
        self, reads: Reads, records: Records, settings: InventorySettings, drift: Drift, clock: Callable[[], float]
    ) -> None:
        self._reads = reads
        self._records = records
        self._settings = settings
        self._drift = drift
        self._clock = clock
        self._busy: dict[str, anyio.Lock] = {}
        self._addons_at: dict[tuple[str, type], float] = {}
        self._subscription: tuple[float, bool] | None = None

    async def complete_load_balancer(self, record: LoadBalancerRecord, stack: Stack) -> None:
        """All that the stack's plan looks at."""
        arn = record.aws["LoadBalancerArn"]
        async with self._busy.setdefault(arn, anyio.Lock()):
            try:
                await together(list(self._missing(record, stack)))
            except NotFound as error:
                self._gone(self._records.load_balancers, arn, error)

    async def complete_target_group(self, record: TargetGroupRecord) -> None:
        arn = record.aws["TargetGroupArn"]
        async with self._busy.setdefault(arn, anyio.Lock()):
            try:
                if record.attributes is None:
                    record.attributes = await self._reads.target_group_attributes(arn)
                if record.aws.get("TargetType") == "alb" and record.targets is None:
                    record.targets = await self._reads.targets(arn)
                record.checked_at = record.checked_at or self._clock()
            except NotFound as error:
                self._gone(self._records.target_groups, arn, error)

    async def is_subscribed(self) -> bool:
        """To Shield Advanced. A state that cannot be read counts as not subscribed (spec/aws.md §2)."""
        now = self._clock()
        if self._subscription is None or now - self._subscription[0] >= self._settings.subscription_every:
            try:
                self._subscription = (now, await self._reads.shield_subscribed())
            except AlbcError:
                return False
        return self._subscription[1]

    async def check_oldest(self) -> bool:
        """Reads again what was read longest ago, if it is due; whether there was any."""
        due_before = self._clock() - self._settings.check_every
        known: list[LoadBalancerRecord | TargetGroupRecord] = [
            *self._records.load_balancers.values(),
            *self._records.target_groups.values(),
        ]
        due = [record for record in known if record.checked_at and record.checked_at < due_before]
        match min(due, key=lambda record: record.checked_at, default=None):
            case LoadBalancerRecord() as balancer:
                await self._check_load_balancer(balancer)
            case TargetGroupRecord() as group:
                await self._check_target_group(group)
            case _:
                return False
        return True

    def _missing(self, record: LoadBalancerRecord, stack: Stack) -> Iterator[Read]:
        if record.attributes is None:
            yield partial(self._read_attributes, record)
        if record.listeners is None:
            yield partial(self._read_listeners, record)
        else:
            for listener in record.listeners.values():
                yield partial(self._complete_listener, listener)
        if record.aws.get("State", {}).get("Code") == "provisioning" and self._state_matters(record, stack):
            yield partial(self._read_state, record)
        if stack.all(WAFv2Association) and self._is_due(record, WAFv2Association, record.web_acl_arn):
            yield partial(self._read_web_acl, record)
        if stack.all(WAFRegionalAssociation) and self._is_due(
            record, WAFRegionalAssociation, record.classic_web_acl_id
        ):
            yield partial(self._read_classic_web_acl, record)
        if stack.all(ShieldProtection) and self._is_due(record, ShieldProtection, record.protections):
            yield partial(self._read_protections, record)
        if _wants_capacity(stack) and record.capacity_units is None:
            yield partial(self._read_capacity, record)

    def _state_matters(self, record: LoadBalancerRecord, stack: Stack) -> bool:
        """Something waits for the load balancer to become active: reserved capacity, or the end of another one."""
        siblings = max((len(self._records.load_balancers.of(key)) for key in stacks_of(record.tags)), default=0)
        return _wants_capacity(stack) or siblings > len(stack.all(LoadBalancer))

    def _is_due(self, record: LoadBalancerRecord, kind: type, known: object) -> bool:
        key = (record.aws["LoadBalancerArn"], kind)
        now = self._clock()
        if known is not None and now - self._addons_at.setdefault(key, now) < self._settings.addons_every:
            return False
        self._addons_at[key] = now
        return True

    def _gone(self, known: Shelf[R], arn: str, error: NotFound) -> None:
        """A resource was listed, or made by us, and cannot be read."""
        if self._clock() - known[arn].made_at < SETTLING_SECONDS:
            raise Pending(f"AWS does not know everywhere yet what was just made: {error}", _LAG_SECONDS) from error
        del known[arn]

    async def _read_attributes(self, record: LoadBalancerRecord) -> None:
        record.attributes = await self._reads.load_balancer_attributes(record.aws["LoadBalancerArn"])

    async def _read_state(self, record: LoadBalancerRecord) -> None:
        if found := await self._reads.load_balancer(record.aws["LoadBalancerArn"]):
            record.aws["State"] = found.get("State", {})

    async def _read_listeners(self, record: LoadBalancerRecord) -> None:
        record.listeners = await self._listeners(record)
        record.checked_at = self._clock()

    async def _listeners(self, record: LoadBalancerRecord) -> dict[str, ListenerRecord]:
        listeners = await self._reads.listeners(record.aws["LoadBalancerArn"])
        await together([partial(self._complete_listener, listener) for listener in listeners.values()])
        return listeners

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
        if await self.is_subscribed():
            record.protections = await self._reads.protections(record.aws["LoadBalancerArn"])

    async def _read_capacity(self, record: LoadBalancerRecord) -> None:
        record.capacity_units = await self._reads.capacity_units(record.aws["LoadBalancerArn"])

    async def _check_load_balancer(self, record: LoadBalancerRecord) -> None:
        """What we wrote meanwhile wins: the answer is older."""
        writes = record.writes
        record.checked_at = self._clock()
        try:
            attributes = await self._reads.load_balancer_attributes(record.aws["LoadBalancerArn"])
            listeners = await self._listeners(record)
        except NotFound:
            return  # the next listing tells
        if record.writes != writes:
            return
        _keep_what_only_we_know(record.listeners or {}, listeners)
        changed = _differ(record.attributes, attributes) or _listeners_differ(record.listeners or {}, listeners)
        record.attributes, record.listeners = attributes, listeners
        if changed:
            self._drift.report(record.tags)

    async def _check_target_group(self, record: TargetGroupRecord) -> None:
        writes = record.writes
        record.checked_at = self._clock()
        try:
            attributes = await self._reads.target_group_attributes(record.aws["TargetGroupArn"])
        except NotFound:
            return  # the next listing tells
        if record.writes == writes:
            changed = _differ(record.attributes, attributes)
            record.attributes = attributes
            if changed:
                self._drift.report(record.tags)


def _wants_capacity(stack: Stack) -> bool:
    return any(balancer.minimum_load_balancer_capacity for balancer in stack.all(LoadBalancer))


def _differ(known: Mapping[str, str] | None, read: Mapping[str, str] | None) -> bool:
    """Of what we have made ourselves, the defaults that AWS is known to give are compared where it does give them."""
    return known is not None and any((read or {}).get(key, value) != value for key, value in known.items())


def _listeners_differ(known: Mapping[str, ListenerRecord], read: Mapping[str, ListenerRecord]) -> bool:
    return known.keys() != read.keys() or any(
        _differ(known[arn].attributes, one.attributes)
        or replace(known[arn], attributes=None) != replace(one, attributes=None)
        for arn, one in read.items()
    )


def _keep_what_only_we_know(known: dict[str, ListenerRecord], read: dict[str, ListenerRecord]) -> None:
    """AWS tells neither a client secret nor who has set an attribute."""
    for arn, listener in read.items():
        if old := known.get(arn):
            listener.secret, listener.written = old.secret, old.written
            for rule_arn, rule in (listener.rules or {}).items():
                if old_rule := (old.rules or {}).get(rule_arn):
                    rule.secret = old_rule.secret
