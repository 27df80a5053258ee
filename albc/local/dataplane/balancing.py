"""Which target gets the next request or connection. PURE: chance and counters come in as arguments.

Rules are those of the AWS pages "Target groups for your Application Load Balancers" (routing algorithm, sticky
sessions) and "Health checks" (fail-open). Called by the HTTP and the TCP side alike.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum


class Health(Enum):
    """Of a registered target, as the probes see it. INITIAL: not yet probed often enough to say."""

    INITIAL = "initial"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"


@dataclass(frozen=True, order=True)
class TargetKey:
    """A target's identity inside its target group."""

    id: str
    port: int


@dataclass(frozen=True)
class Candidate:
    """A registered target (draining ones are none), with what the choice depends on."""

    key: TargetKey
    health: Health
    outstanding: int = 0
    """Requests under way (connections, for a Network Load Balancer)."""


def eligible(candidates: Sequence[Candidate], minimum_healthy: int = 1) -> tuple[Candidate, ...]:
    """Those that may get traffic, sorted: the healthy ones, or all but the initial ones when too few are healthy.

    `minimum_healthy` is `target_group_health.unhealthy_state_routing.minimum_healthy_targets.count`: below it the
    load balancer fails open. A target that no probe has judged yet gets nothing: it has never shown that it listens.
    """
    ordered = sorted(candidates, key=lambda candidate: candidate.key)
    healthy = tuple(candidate for candidate in ordered if candidate.health is Health.HEALTHY)
    if len(healthy) >= max(minimum_healthy, 1):
        return healthy
    return tuple(candidate for candidate in ordered if candidate.health is not Health.INITIAL)


def pick_group(groups: Sequence[tuple[str, int]], chance: float) -> str | None:
    """A target group by weight. `chance` is uniform in [0, 1). None when every weight is 0."""
    total = sum(weight for _, weight in groups)
    mark = chance * total
    for arn, weight in groups:
        if mark < weight:
            return arn
        mark -= weight
    return None


def pick_target(candidates: Sequence[Candidate], algorithm: str, turn: int, chance: float) -> TargetKey | None:
    """One of `eligible` candidates by `load_balancing.algorithm.type`; None when there is none.

    `turn` counts the picks of this target group so far; ties under least outstanding requests go by turn as well.
    `chance` is uniform in [0, 1).
    """
    if not candidates:
        return None
    match algorithm:
        case "least_outstanding_requests":
            fewest = min(candidate.outstanding for candidate in candidates)
            candidates = [candidate for candidate in candidates if candidate.outstanding == fewest]
        case "weighted_random":
            return candidates[int(chance * len(candidates))].key
    return candidates[turn % len(candidates)].key


def pick_by_source(candidates: Sequence[Candidate], source_ip: str, digest: Callable[[str], int]) -> TargetKey | None:
    """The same target for the same client as long as it stays (rendezvous hashing): `source_ip` stickiness."""
    if not candidates:
        return None
    return max(candidates, key=lambda candidate: digest(f"{source_ip} {candidate.key.id} {candidate.key.port}")).key
