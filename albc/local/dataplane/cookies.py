"""Stickiness cookies of an Application Load Balancer. PURE: the time comes in as an argument.

`AWSALB` (and `AWSALBCORS`) names a target, `AWSALBTG` (and `AWSALBTGCORS`) a target group, `AWSALBAPP-0` the target of
a client that holds the application's own cookie. AWS encrypts their values and says nothing of what is inside; ours
are base64 JSON, opaque to clients all the same.
"""

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from email.utils import formatdate

from albc.local.dataplane.balancing import TargetKey

TARGET = "AWSALB"
APP_TARGET = "AWSALBAPP-0"
GROUP = "AWSALBTG"


def parse_cookies(headers: Iterable[bytes]) -> Mapping[str, str]:
    """Name → value over all Cookie headers; the first one of a name counts."""
    cookies: dict[str, str] = {}
    for header in headers:
        for pair in header.decode("latin-1").split(";"):
            name, equals, value = pair.strip().partition("=")
            if equals:
                cookies.setdefault(name, value)
    return cookies


def seal(*parts: str | int) -> str:
    """A cookie value that holds `parts`."""
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


def unseal(value: str | None) -> tuple[str | int, ...]:
    """The parts of a cookie value; nothing for a value that is missing or not ours."""
    if not value:
        return ()
    try:
        parts = json.loads(base64.urlsafe_b64decode(value.encode()))
    except (binascii.Error, ValueError):
        return ()
    return tuple(parts) if isinstance(parts, list) and all(isinstance(part, str | int) for part in parts) else ()


def sticky_target(value: str | None, group: str, now: float) -> TargetKey | None:
    """The target that a target cookie names in this target group, while it lasts. `now` in seconds."""
    match unseal(value):
        case (str(arn), str(id), int(port), int(until)) if arn == group and until > now:
            return TargetKey(id, port)
    return None


def sticky_group(value: str | None, groups: Iterable[str], now: float) -> str | None:
    """The target group that a group cookie names, if the rule still forwards to it."""
    match unseal(value):
        case (str(arn), int(until)) if arn in groups and until > now:
            return arn
    return None


def set_cookies(name: str, value: str, seconds: int, now: float) -> list[tuple[bytes, bytes]]:
    """Set-Cookie headers for a cookie and its twin for cross-origin requests (the application's has none)."""
    base = f"{value}; Expires={formatdate(now + seconds, usegmt=True)}; Path=/"
    cookies = [f"{name}={base}"]
    if name != APP_TARGET:
        cookies.append(f"{name}CORS={base}; SameSite=None; Secure")
    return [(b"Set-Cookie", cookie.encode("latin-1")) for cookie in cookies]
