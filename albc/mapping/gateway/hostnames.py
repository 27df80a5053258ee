"""Where the hostnames of a listener and of a route meet (spec/gateway.md §7.1).

Called by `listeners`, which refuses hostnames that are none, and by `attachment`.
"""

from collections.abc import Sequence
from ipaddress import ip_address

from albc.mapping.invalid import Invalid

ANY = ""
"""Stands for "whatever the Host header says" in a set of hostnames."""


def check(hostname: str) -> None:
    """Raises `Invalid` for an address, and for a label that DNS cannot carry."""
    try:
        ip_address(hostname)
    except ValueError:
        labels = hostname.split(".")
        if all(0 < len(label) <= 63 for label in labels):
            return
        raise Invalid(
            f"hostname {hostname} is not valid: each label has 1 to 63 characters", reason="Invalid"
        ) from None
    raise Invalid(f"hostname {hostname} is an IP address; give a DNS name, or leave it out", reason="Invalid")


def intersection(listener: str | None, route: Sequence[str]) -> tuple[str, ...] | None:
    """Hostnames that a route serves through a listener; `ANY` where neither has one, None where they never meet.

    Where the listener has one, hostnames of the route that are no DNS names are skipped.
    """
    if not route:
        return (listener or ANY,)
    if not listener:
        return tuple(dict.fromkeys(route))
    met = [common for hostname in route if _is_valid(hostname) and (common := _narrower(listener, hostname))]
    return tuple(dict.fromkeys(met)) or None


def _narrower(one: str, other: str) -> str | None:
    """The more specific of two hostnames of which one covers the other."""
    if one == other or _covers(one, other):
        return other
    return one if _covers(other, one) else None


def _covers(wildcard: str, hostname: str) -> bool:
    """`*.x` covers everything below `x`, at any depth, and other wildcards there; never `x` itself."""
    return wildcard.startswith("*.") and hostname.endswith(wildcard[1:]) and len(hostname) > len(wildcard) - 1


def _is_valid(hostname: str) -> bool:
    try:
        check(hostname)
    except Invalid:
        return False
    return True
