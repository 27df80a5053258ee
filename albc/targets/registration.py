"""Targets as AWS knows them, and the difference to those that are wanted (spec/targets.md §6.3, §7). Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

DRAINING = ("draining", "unhealthy.draining")


@dataclass(frozen=True, slots=True, order=True)
class Target:
    """Identity of a target: AWS keeps the same id and port in two zones apart."""

    id: str
    port: int
    availability_zone: str = ""
    quic_server_id: str = ""

    @property
    def identifier(self) -> str:
        return f"{self.id}:{self.port}" + (f":{self.quic_server_id}" if self.quic_server_id else "")

    def describe(self) -> dict[str, Any]:
        """Request form."""
        out: dict[str, Any] = {"Id": self.id, "Port": self.port}
        if self.availability_zone:
            out["AvailabilityZone"] = self.availability_zone
        if self.quic_server_id:
            out["QuicServerId"] = self.quic_server_id
        return out


@dataclass(frozen=True, slots=True)
class TargetHealth:
    """`state` is None while nobody has asked since the target was registered."""

    target: Target
    state: str | None = None
    reason: str = ""
    description: str = ""

    @property
    def live(self) -> bool:
        return self.state not in DRAINING


E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class Difference(Generic[E]):
    """Wanted endpoints against live targets, each list by identifier."""

    matched: tuple[tuple[E, TargetHealth], ...]
    to_register: tuple[E, ...]
    to_deregister: tuple[TargetHealth, ...]

    @property
    def changes(self) -> bool:
        return bool(self.to_register or self.to_deregister)


def difference(wanted: Iterable[E], actual: Iterable[TargetHealth], identifier: Callable[[E], str]) -> Difference[E]:
    """A draining target that is wanted again is registered again; one that is not is left to drain."""
    by_identifier = {health.target.identifier: health for health in actual if health.live}
    wanted_by = {identifier(endpoint): endpoint for endpoint in wanted}
    return Difference(
        matched=tuple((wanted_by[key], by_identifier[key]) for key in sorted(wanted_by.keys() & by_identifier.keys())),
        to_register=tuple(wanted_by[key] for key in sorted(wanted_by.keys() - by_identifier.keys())),
        to_deregister=tuple(by_identifier[key] for key in sorted(by_identifier.keys() - wanted_by.keys())),
    )


def within_cap(endpoints: Sequence[E], listed: int, cap: int) -> Sequence[E]:
    """Those of `endpoints` that may still be registered when a target group takes `cap` targets; 0 is no limit."""
    return endpoints if cap <= 0 else endpoints[: max(cap - listed, 0)]
