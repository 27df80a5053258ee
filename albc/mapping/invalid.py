"""The user's fault inside a mapping rule, until the member it belongs to is known."""

from collections.abc import Iterator
from contextlib import contextmanager


class Invalid(ValueError):
    """Raised by a rule, turned into a `Problem` on the member where its contribution is built; never leaves mapping.

    The message names the field, its value, and what would be right. `category` as in `Problem`.
    """

    def __init__(self, message: str, *, reason: str = "FailedBuildModel", category: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason
        self.category = category

    def within(self, prefix: str) -> "Invalid":
        """The same fault, told from one level further out: `prefix` comes first."""
        return Invalid(f"{prefix}{self.message}", reason=self.reason, category=self.category)


@contextmanager
def step(category: str) -> Iterator[None]:
    """What is wrong inside is of this category (spec/service.md A6); of a step within a step, the inner one's holds."""
    try:
        yield
    except Invalid as fault:
        fault.category = fault.category or category
        raise
