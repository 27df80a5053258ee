"""`Filters` of the EC2 Describe operations: all must match, each by one of its values; `*` and `?` are wildcards."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from albc.local.aws.errors import ApiError

MAX_VALUES = 200
"""Filter values in one call."""

Item = Mapping[str, Any]


def select(items: Iterable[Item], filters: Sequence[Mapping[str, Any]] | None, paths: Mapping[str, str]) -> list[Item]:
    """The items that pass. `paths` has, for each filter name, where its values stand (`Groups.GroupId`)."""
    if not filters:
        return list(items)
    if sum(len(each.get("Values") or ()) for each in filters) > MAX_VALUES:
        raise ApiError(
            "FilterLimitExceeded", f"The maximum number of filter values specified on a single call is {MAX_VALUES}"
        )
    for each in filters:
        name = each.get("Name", "")
        if name not in paths and name not in ("tag-key", "tag-value") and not name.startswith("tag:"):
            raise ApiError("InvalidParameterValue", f"The filter '{name}' is invalid")
    return [item for item in items if all(_passes(item, each, paths) for each in filters)]


def _passes(item: Item, wanted: Mapping[str, Any], paths: Mapping[str, str]) -> bool:
    values = list(_values(item, wanted["Name"], paths))
    return any(_pattern(pattern).fullmatch(value) for pattern in wanted.get("Values") or () for value in values)


def _values(item: Item, name: str, paths: Mapping[str, str]) -> Iterator[str]:
    tags = item.get("Tags") or item.get("TagSet") or ()
    if name == "tag-key":
        yield from (tag["Key"] for tag in tags)
    elif name == "tag-value":
        yield from (tag["Value"] for tag in tags)
    elif name.startswith("tag:"):
        yield from (tag["Value"] for tag in tags if tag["Key"] == name[4:])
    else:
        for value in _at(item, paths[name].split(".")):
            yield str(value).lower() if isinstance(value, bool) else str(value)


def _at(value: Any, path: list[str]) -> Iterator[Any]:
    if isinstance(value, list | tuple):
        for each in value:
            yield from _at(each, path)
    elif not path:
        if value is not None:
            yield value
    elif isinstance(value, Mapping) and path[0] in value:
        yield from _at(value[path[0]], path[1:])


@lru_cache(4096)
def _pattern(text: str) -> re.Pattern[str]:
    pieces = {"*": ".*", "?": "."}
    return re.compile("".join(pieces.get(character, re.escape(character)) for character in text), re.DOTALL)
