"""The part of JSONPath that Kubernetes uses: printer columns, selectable fields, scale paths.

`.spec.hosts[*].name`, `.status.conditions[?(@.type=="Ready")].status`, `.metadata.labels['a.b/c']`, `$`, `{…}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

_STEP = re.compile(
    r"""\.?\[\?\(\s*@\.(?P<path>[\w.\\/-]+)\s*(?P<op>==|!=)\s*(?P<quote>["'])(?P<equals>.*?)(?P=quote)\s*\)\]
      | \.?\[(?P<star>\*)\]
      | \.?\[(?P<index>-?\d+)\]
      | \.?\[(?P<q>["'])(?P<key>.*?)(?P=q)\]
      | \.(?P<wild>\*)
      | \.?(?P<name>(?:\\.|[^.\[\]{}\\])+)""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class _Step:
    kind: str
    key: str = ""
    index: int = 0
    negated: bool = False
    path: tuple[str, ...] = ()

    def apply(self, value: Any) -> Iterable[Any]:
        match self.kind:
            case "key":
                return (value[self.key],) if isinstance(value, dict) and self.key in value else ()
            case "all":
                if isinstance(value, dict):
                    return value.values()
                return value if isinstance(value, list) else ()
            case "index":
                inside = isinstance(value, list) and -len(value) <= self.index < len(value)
                return (value[self.index],) if inside else ()
            case _:
                return [item for item in value if self._fits(item)] if isinstance(value, list) else ()

    def _fits(self, item: Any) -> bool:
        for key in self.path:
            item = item.get(key) if isinstance(item, dict) else None
        return (_plain(item) == self.key) is not self.negated


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@dataclass(frozen=True, slots=True)
class Path:
    """A compiled path."""

    steps: tuple[_Step, ...]

    def all(self, value: Any) -> list[Any]:
        """Every value that the path leads to."""
        found: list[Any] = [value]
        for step in self.steps:
            found = [result for item in found for result in step.apply(item)]
        return found

    def first(self, value: Any) -> Any:
        """The first of them, or None."""
        return next(iter(self.all(value)), None)


@lru_cache(maxsize=2000)
def parse(text: str) -> Path:
    """Compiles a path. Raises ValueError."""
    return Path(tuple(_steps(text.strip().removeprefix("{").removesuffix("}").removeprefix("$"))))


def _steps(text: str) -> Iterator[_Step]:
    position = 0
    while position < len(text):
        match = _STEP.match(text, position)
        if match is None or match.end() == position:
            raise ValueError(f"cannot read the path {text!r} from {text[position:]!r} on")
        position = match.end()
        if match["path"]:
            yield _Step("filter", match["equals"], negated=match["op"] == "!=", path=tuple(match["path"].split(".")))
        elif match["star"] or match["wild"]:
            yield _Step("all")
        elif match["index"]:
            yield _Step("index", index=int(match["index"]))
        else:
            yield _Step("key", re.sub(r"\\(.)", r"\1", match["name"]) if match["key"] is None else match["key"])
