"""Registers and deregisters targets, in few calls (spec/targets.md §7.6).

* Up to 1,000 targets go in one call, as many as a target group holds. A larger call than the reference's 200 that AWS
  refuses is made again in parts of 200.
* The first error stops; what was done before stays done and is known. After a lost answer the targets are listed anew.
* QUIC targets without a server id are left out and counted.

Called by `albc.targets.reconciler`.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Final, TypeAlias, TypeVar

import structlog
from opentelemetry.metrics import Meter

from albc.aws.calls import Aws
from albc.crds.target_group_binding import TargetGroupBinding
from albc.errors import Invalid, Refused, Throttled
from albc.kube.objects import Node
from albc.targets.health import TargetHealthReader
from albc.targets.quic import PROTOCOLS
from albc.targets.registration import Target
from albc.targets.wanted import WantedTarget
from albc.targets.zones import TargetZones

log = structlog.stdlib.get_logger("controllers.targetGroupBinding")

LARGEST_CALL: Final = 1000
SMALLER_CALL: Final = 200
_NEEDS_ZONE: Final = "you must specify an Availability Zone"

T = TypeVar("T")
Written: TypeAlias = Callable[[str, Iterable[Target]], None]
"""Takes note of what AWS was told."""


class Registrar:
    def __init__(self, health: TargetHealthReader, zones: TargetZones, meter: Meter) -> None:
        self._health = health
        self._zones = zones
        self._without_id = meter.create_counter("awslbc_quic_target_missing_server_id")

    async def register(
        self,
        aws: Aws,
        target_group_arn: str,
        binding: TargetGroupBinding,
        wanted: Sequence[WantedTarget],
        nodes: Mapping[str, Node],
    ) -> None:
        """`aws` has the credentials for the target group; `nodes` by name. Raises what the call raises."""
        sendable = self._with_server_ids(binding, wanted)
        if not sendable:
            return
        try:
            await self._register(aws, target_group_arn, await self._zones.placed(binding, sendable, nodes))
        except Invalid as error:
            if _NEEDS_ZONE not in str(error) or self._zones.pod_zones(binding):
                raise
            self._zones.use_pod_zones(binding)
            await self._register(aws, target_group_arn, await self._zones.placed(binding, sendable, nodes))

    async def deregister(self, aws: Aws, target_group_arn: str, targets: Iterable[Target]) -> None:
        """`targets` as AWS reported them, zone and all."""
        call = partial(self._call, aws, "deregister_targets", self._health.deregistered, target_group_arn)
        await _in_chunks(call, tuple(targets))

    async def _register(self, aws: Aws, arn: str, targets: Sequence[Target]) -> None:
        await _in_chunks(partial(self._call, aws, "register_targets", self._health.registered, arn), targets)

    async def _call(self, aws: Aws, operation: str, written: Written, arn: str, targets: Sequence[Target]) -> None:
        described = [target.describe() for target in targets]
        try:
            await aws.call("elbv2", operation, TargetGroupArn=arn, Targets=described)
        except (Invalid, Refused, Throttled):
            raise
        except BaseException:
            # No answer is none: AWS may have done it, and only a listing can tell.
            self._health.forget(arn)
            raise
        written(arn, targets)

    def _with_server_ids(self, binding: TargetGroupBinding, wanted: Sequence[WantedTarget]) -> Sequence[WantedTarget]:
        if binding.spec.target_group_protocol not in PROTOCOLS:
            return wanted
        without = [each.identifier for each in wanted if not each.target.quic_server_id]
        if without:
            labels = {"namespace": binding.namespace, "name": binding.name}
            self._without_id.add(len(without), labels)
            log.error("targets without QUIC server id are not registered", targets=without, **labels)
        return [each for each in wanted if each.target.quic_server_id]


async def _in_chunks(call: Callable[[Sequence[Target]], Awaitable[None]], targets: Sequence[Target]) -> None:
    for chunk in chunks(targets, LARGEST_CALL):
        try:
            await call(chunk)
        except (Invalid, Refused) as error:
            if len(chunk) <= SMALLER_CALL or _NEEDS_ZONE in str(error):
                raise
            for part in chunks(chunk, SMALLER_CALL):
                await call(part)


def chunks(items: Sequence[T], size: int) -> Iterable[Sequence[T]]:
    return (items[start : start + size] for start in range(0, len(items), size))
