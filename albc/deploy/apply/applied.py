"""What became of a plan, as a value: controllers read ARNs, DNS names and how to go on from it."""

from collections.abc import Mapping
from dataclasses import dataclass

from albc.deploy.plan.operation import Operation
from albc.errors import AlbcError, Pending
from albc.model.reference import Ref


@dataclass(frozen=True, slots=True)
class Waiting:
    """An operation that has to come later, or whose effect has to show first."""

    operation: Operation
    because: str
    after_seconds: float


@dataclass(frozen=True, slots=True)
class Failure:
    operation: Operation
    error: Exception


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    resolved: Mapping[Ref, str]
    """All references that are known now: ARNs, group ids, DNS names."""
    done: tuple[Operation, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    blocked: tuple[Operation, ...] = ()
    """For a person to act on: `because` says how."""
    failed: tuple[Failure, ...] = ()
    skipped: tuple[Operation, ...] = ()
    """They need one that failed or waits."""

    @property
    def is_complete(self) -> bool:
        """Everything that can be done is done."""
        return not (self.waiting or self.failed or self.skipped)

    @property
    def requeue_after(self) -> float | None:
        """Seconds until it is worth to go on; None when nothing waits."""
        return min((waiting.after_seconds for waiting in self.waiting), default=None)

    def raise_for_failures(self) -> None:
        """Raises the first failure that is not AWS's hurry; else `Pending`, if something waits."""
        errors = [failure.error for failure in self.failed]
        if errors:
            raise next((error for error in errors if not isinstance(error, AlbcError)), errors[0])
        if self.waiting:
            first = min(self.waiting, key=lambda waiting: waiting.after_seconds)
            raise Pending(f"{first.operation.resource} waits: {first.because}", first.after_seconds)
