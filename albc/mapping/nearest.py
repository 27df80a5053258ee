"""The valid form that somebody probably meant, as the end of a message: `; did you mean internal?`, or nothing.

Called where values are read (`annotations`, CIDR blocks). A guess is only told where it is likely.
"""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from ipaddress import ip_network

_YES = frozenset({"yes", "y", "on", "enabled", "enable", "true", "ja", "oui"})
_NO = frozenset({"no", "n", "off", "disabled", "disable", "false", "none", "nein", "non"})
_NUMBER = re.compile(r"([+-]?\d[\d_]*)(?:\.0*)?\s*(?:s|sec|seconds|%)?")
_OCTETS = re.compile(r"\d{1,9}(?:\.\d{1,9}){3}")


def word(given: str, allowed: Iterable[str]) -> str:
    """Of a few words the one that differs in case, hyphens or some letters only."""
    by_letters = {_letters(each): each for each in allowed}
    found = get_close_matches(_letters(given), by_letters, n=1, cutoff=0.75)
    return did_you_mean(by_letters[found[0]] if found else None)


def truth(given: str) -> str:
    letters = _letters(given)
    return did_you_mean("true" if letters in _YES else "false" if letters in _NO else None)


def number(given: str) -> str:
    """Without blanks, unit, or a fraction of nothing."""
    found = _NUMBER.fullmatch(given.strip().strip("\"'").lower())
    return did_you_mean(found[1].replace("_", "") if found else None)


def cidr(given: str) -> str:
    """With the prefix length of one address, for a netmask, or without leading zeros."""
    address, slash, length = given.strip().partition("/")
    if _OCTETS.fullmatch(address):
        address = ".".join(str(int(octet)) for octet in address.split("."))
    try:
        return did_you_mean(str(ip_network(f"{address}{slash}{length}", strict=False)))
    except ValueError:
        return ""


def did_you_mean(guess: str | None) -> str:
    return f"; did you mean {guess}?" if guess else ""


def _letters(text: str) -> str:
    return re.sub(r"[-_\s\"']", "", text).lower()
