"""Takes the listing of an account into the records: what is ours by its tags, what is new, changed or gone.

* Tags are asked for 20 ARNs at a time, and again only after `tags_every`; ARNs of others are remembered as such.
* A listing may lag behind our own writes: a record that was written to since the last listing keeps what it says, and
  one that we have just made is not missed.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from functools import partial
from typing import Final, TypeAlias, TypeVar

from albc.aws.facts.parse import tag_map
from albc.aws.inventory.drift import Drift
from albc.aws.inventory.headroom import Headroom
from albc.aws.inventory.reads import Reads
from albc.aws.inventory.records import (
    NEVER,
    CertificateRecord,
    LoadBalancerRecord,
    Owned,
    Records,
    SecurityGroupRecord,
    Shape,
    TargetGroupRecord,
)
from albc.aws.inventory.settings import InventorySettings
from albc.aws.together import together

CLUSTER_TAG: Final = "elbv2.k8s.aws/cluster"
LEGACY_CLUSTER_TAG: Final = "ingress.k8s.aws/cluster"
"""Of the ingress controller of old, whose resources are taken over."""

SETTLING_SECONDS: Final = 60.0
"""How long AWS may not show everywhere what we have just created."""

Tags: TypeAlias = dict[str, dict[str, str]]
"""By ARN or id."""
R = TypeVar("R", LoadBalancerRecord, TargetGroupRecord, SecurityGroupRecord)


class Listing:
    """Not for two tasks at once."""

    def __init__(
        self,
        reads: Reads,
        records: Records,
        settings: InventorySettings,
        drift: Drift,
        headroom: Headroom,
        clock: Callable[[], float],
    ) -> None:
        self._reads = reads
        self._records = records
        self._headroom = headroom
        self._settings = settings
        self._drift = drift
        self._clock = clock
        self._foreign: dict[str, float] = {}
        """ARNs that are not ours, and when that was found out."""
        self._tagged_at: dict[str, float] = {}

    async def take(self) -> None:
        """Asks AWS and updates the records."""
        started = self._clock()
        load_balancing = self._by_tags() if self._settings.tagging_api else self._everything()
        balancers, groups, tags = await load_balancing
        asked: list[Callable[[], Awaitable[list[Shape]]]] = [
            partial(self._security_groups, CLUSTER_TAG),
            partial(self._security_groups, LEGACY_CLUSTER_TAG),
            self._certificates,
        ]
        security_groups, legacy, certificates = await together(asked)
        listed_balancers = {one["LoadBalancerArn"]: one for one in balancers}
        listed_groups = {group["TargetGroupArn"]: group for group in groups}
        listed_security_groups = {group["GroupId"]: group for group in (*security_groups, *legacy)}
        tags = tags | {id: tag_map(group.get("Tags")) for id, group in listed_security_groups.items()}

        records = self._records
        self._update(records.load_balancers, LoadBalancerRecord, listed_balancers, tags, started)
        self._update(records.target_groups, TargetGroupRecord, listed_groups, tags, started)
        self._update(records.security_groups, SecurityGroupRecord, listed_security_groups, tags, started)
        self._update_certificates({shape["CertificateArn"]: shape for shape in certificates}, started)

    async def _everything(self) -> tuple[list[Shape], list[Shape], Tags]:
        """Load balancers and target groups of the VPC, with the tags that are new."""
        asked: list[Callable[[], Awaitable[list[Shape]]]] = [self._reads.load_balancers, self._reads.target_groups]
        listed = await together(asked)
        self._headroom.count(*listed)
        balancers, groups = [list(filter(self._is_here, some)) for some in listed]
        arns = [*(one["LoadBalancerArn"] for one in balancers), *(group["TargetGroupArn"] for group in groups)]
        return balancers, groups, await self._tags_of(arns)

    async def _by_tags(self) -> tuple[list[Shape], list[Shape], Tags]:
        """The same through the tagging API, which tells all tags: only what is ours is described."""
        balancers, groups = await together(
            [partial(self._tagged, "loadbalancer"), partial(self._tagged, "targetgroup")]
        )
        asked: list[Callable[[], Awaitable[list[Shape]]]] = [
            partial(self._reads.load_balancers_of, list(balancers)),
            partial(self._reads.target_groups_of, list(groups)),
        ]
        described = await together(asked)
        return described[0], described[1], balancers | groups

    async def _tagged(self, resource_type: str) -> Tags:
        cluster = self._settings.cluster_name
        tags = [(CLUSTER_TAG, cluster), (LEGACY_CLUSTER_TAG, cluster)]
        ours, legacy = await together([partial(self._reads.tagged, resource_type, tag) for tag in tags])
        return {arn: found for arn, found in (legacy | ours).items() if not _is_classic(arn)}

    def is_ours(self, tags: Mapping[str, str]) -> bool:
        return self._settings.cluster_name in (tags.get(CLUSTER_TAG), tags.get(LEGACY_CLUSTER_TAG))

    def _is_here(self, shape: Shape) -> bool:
        return bool(shape.get("VpcId") == self._settings.vpc_id)

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
            if self.is_ours(tags):
                found.append({**(await self._reads.certificate(arn)), "Tags": tags})
            else:
                self._foreign[arn] = self._clock()
        return found

    async def _tags_of(self, arns: Iterable[str]) -> Tags:
        """Of those that are new or due; the tags of the others are known."""
        now, records = self._clock(), self._records

        def asked_at(arn: str) -> float:
            is_known = arn in records.load_balancers or arn in records.target_groups
            return (self._tagged_at if is_known else self._foreign).get(arn, NEVER)

        due = [arn for arn in arns if now - asked_at(arn) >= self._settings.tags_every]
        tags = await self._reads.tags(due)
        for arn, found in tags.items():
            ours, others = self._tagged_at, self._foreign
            if not self.is_ours(found):
                ours, others = others, ours
            ours[arn] = now
            others.pop(arn, None)
        return tags

    def _update_certificates(self, listed: Mapping[str, Shape], started: float) -> None:
        known = self._records.certificates
        for arn in [arn for arn, one in known.items() if arn not in listed and _is_settled(one, started)]:
            self._drift.report(known.pop(arn).tags)
        for arn, shape in listed.items():
            known[arn] = CertificateRecord({name: shape[name] for name in shape if name != "Tags"}, shape["Tags"])

    def _update(
        self,
        known: MutableMapping[str, R],
        make: Callable[[Shape, dict[str, str]], R],
        listed: Mapping[str, Shape],
        tags: Tags,
        started: float,
    ) -> None:
        for key in [key for key, one in known.items() if key not in listed and _is_settled(one, started)]:
            self._drift.report(known.pop(key).tags)
        for key, shape in listed.items():
            if record := known.get(key):
                if record.made_at <= started and not record.writes:
                    self._compare(record, shape, tags.get(key))
                    known[key] = record
                record.writes = 0
                record.made_at = NEVER
            elif key in tags and self.is_ours(tags[key]):
                known[key] = make(shape, tags[key])

    def _compare(self, record: R, shape: Shape, tags: dict[str, str] | None) -> None:
        """Takes the news, and reports what others have changed."""
        changed = _lasting(record.aws) != _lasting(shape) or (tags is not None and tags != record.tags)
        record.aws = shape
        if tags is not None:
            record.tags = tags
        if changed:
            self._drift.report(record.tags)


def _is_classic(arn: str) -> bool:
    """Of a Classic Load Balancer, which the tagging API lists under the same type, and ELBv2 does not know."""
    return ":loadbalancer/" in arn and arn.count("/") == 1


def _is_settled(record: Owned, started: float) -> bool:
    """A listing that misses it means that it is gone."""
    return record.made_at <= started - SETTLING_SECONDS


def _lasting(shape: Shape) -> Shape:
    """Without what changes by itself: the state, and which load balancers use a target group."""
    return {key: value for key, value in shape.items() if key not in ("State", "LoadBalancerArns")}
