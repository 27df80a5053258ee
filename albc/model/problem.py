"""A fault of one object, as a value: whose it is, why, and what would be right."""

from dataclasses import dataclass, field
from typing import Literal

from albc.model.stack import Stack

_ESCAPED = {ord(char): repr(char)[1:-1] for char in map(chr, range(32))}


def one_line(text: str) -> str:
    """Without line breaks and other control characters, which users' values may hold."""
    return text.translate(_ESCAPED)


@dataclass(frozen=True, slots=True, order=True)
class ObjectRef:
    """The object that a problem, an event or a condition is about."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class Problem:
    """`message` is one sentence for the person who wrote the object: the field, its value, and the remedy."""

    object: ObjectRef
    reason: str
    """CamelCase, an event's reason or a condition's: `FailedBuildModel`, `CertificateNotFound`."""
    message: str
    severity: Literal["error", "warning"] = "error"
    """A warning leaves the object in effect; an error leaves out what it names."""
    category: str = field(default="", compare=False)
    """`error_category` in metrics of the step that found it: `build_listeners_error` (spec/runtime.md §15). Empty where
    no step has a category of its own."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "message", one_line(self.message))


@dataclass(frozen=True, slots=True)
class Built:
    """What mapping makes of a group of objects."""

    stack: Stack | None
    """None: nothing sound could be built, so what exists in AWS stays as it is. (To remove it, a stack is empty.)"""
    problems: tuple[Problem, ...] = ()
