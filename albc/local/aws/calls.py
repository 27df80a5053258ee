"""The call log: every call that reached the account, in order, with its outcome.

`Account` appends; tests, benchmarks and `GET /_albc/calls` read. Secrets in parameters are masked when a call is kept.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, overload

READING = ("Describe", "List", "Get", "AssumeRole")
"""How the names of operations begin that change nothing."""

SECRET_PARAMETERS = frozenset({"ClientSecret", "PrivateKey", "Passphrase", "WebIdentityToken"})


@dataclass(frozen=True, slots=True)
class Call:
    """One call as it was answered."""

    number: int
    """Counts from 1 and goes on when the log is cleared."""
    at: float
    """The account's clock, seconds."""
    account_id: str
    """Whose call it was: another account than the first one when a role was assumed there."""
    service: str
    """botocore's name: `elbv2`, `ec2`, `resourcegroupstaggingapi`."""
    operation: str
    params: Mapping[str, Any]
    """Parameters in botocore's form; secrets are `***`, binary values their size."""
    outcome: str
    """`ok`, the error's code, or `ConnectionDropped`."""
    writing: bool
    """Whether the operation is one that changes something, also when it failed."""


class CallLog(Sequence[Call]):
    """The newest `keep` calls, oldest first."""

    def __init__(self, keep: int = 100_000) -> None:
        self._keep = keep
        self._calls: list[Call] = []
        self._number = 0

    @overload
    def __getitem__(self, index: int) -> Call: ...
    @overload
    def __getitem__(self, index: slice) -> list[Call]: ...
    def __getitem__(self, index: int | slice) -> Call | list[Call]:
        return self._calls[index]

    def __len__(self) -> int:
        return len(self._calls)

    def __iter__(self) -> Iterator[Call]:
        return iter(tuple(self._calls))

    @property
    def last_number(self) -> int:
        """Number of the newest call, also of one that was cleared; 0 before the first."""
        return self._number

    def add(
        self, account_id: str, service: str, operation: str, params: Mapping[str, Any], *, at: float, outcome: str
    ) -> None:
        """Keep one call. Its parameters are masked here, so that no secret is held."""
        self._number += 1
        if len(self._calls) >= 2 * self._keep:
            del self._calls[: self._keep]
        self._calls.append(
            Call(self._number, at, account_id, service, operation, masked(params), outcome, is_writing(operation))
        )

    def clear(self) -> None:
        self._calls.clear()

    def writes(self) -> list[Call]:
        """The calls of operations that change something."""
        return [call for call in self._calls if call.writing]

    def since(self, number: int) -> list[Call]:
        """The calls after the one of this number."""
        if not self._calls:
            return []
        return self._calls[max(0, number - self._calls[0].number + 1) :]


def is_writing(operation: str) -> bool:
    """Whether an operation changes something, by its name."""
    return not operation.startswith(READING)


def masked(value: Any) -> Any:
    """The same value without secrets; bytes are told by their size, so that the log prints as JSON."""
    match value:
        case Mapping():
            return {k: "***" if k in SECRET_PARAMETERS else masked(v) for k, v in value.items()}
        case list() | tuple():
            return [masked(item) for item in value]
        case bytes():
            return f"<{len(value)} bytes>"
        case _:
            return value
