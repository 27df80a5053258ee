"""Whether there may be a request that two lists of conditions both match.

Cautious: it says no only where hosts, paths or methods are surely apart. Called by the plan of rules, which must not
let a request find nobody while one rule lets go of it and another one takes it over.
"""

import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from itertools import product
from typing import Any, Final

Shape = Mapping[str, Any]

_COMPARED: Final[Mapping[str, str]] = {
    "host-header": "HostHeaderConfig",
    "path-pattern": "PathPatternConfig",
    "http-request-method": "HttpRequestMethodConfig",
}
_WILDCARD: Final = re.compile(r"[*?]")


def may_meet(some: Sequence[Shape], others: Sequence[Shape]) -> bool:
    """Both in AWS's form."""
    return not any(one["Field"] == other["Field"] and _are_apart(one, other) for one, other in product(some, others))


def _are_apart(one: Shape, other: Shape) -> bool:
    name = _COMPARED.get(one["Field"])
    if name is None:
        return False
    ours, theirs = one.get(name) or {}, other.get(name) or {}
    if ours.get("RegexValues") or theirs.get("RegexValues"):
        return False
    pairs = [*product(ours.get("Values") or (), theirs.get("Values") or ())]
    return bool(pairs) and not any(_meet(mine, their) for mine, their in pairs)


def _meet(one: str, other: str) -> bool:
    """Two patterns with AWS's wildcards; if both have some, by what they begin and end with."""
    one, other = one.lower(), other.lower()
    for text, pattern in ((one, other), (other, one)):
        if not _WILDCARD.search(text):
            return fnmatchcase(text, pattern.replace("[", "[[]"))
    heads, tails = zip(_ends(one), _ends(other), strict=True)
    return _agree(*heads) and _agree(*tails)


def _ends(pattern: str) -> tuple[str, str]:
    """What stands before the first wildcard, and, from the back, after the last one."""
    parts = _WILDCARD.split(pattern)
    return parts[0], parts[-1][::-1]


def _agree(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)
