"""The rule for names of load balancers of every type, target groups and trust stores."""

import re

from albc.local.aws.errors import ApiError

MAX_LENGTH = 32


def check(kind: str, name: str) -> None:
    """Refuse a name that AWS would refuse; `kind` is for the message."""
    if len(name) > MAX_LENGTH:
        raise ApiError("ValidationError", f"{kind} name '{name}' cannot be longer than '{MAX_LENGTH}' characters")
    if not re.fullmatch(r"[A-Za-z0-9-]+", name):
        raise ApiError(
            "ValidationError", f"{kind} name '{name}' can only contain characters that are alphanumeric or hyphens(-)"
        )
    if name.startswith("-") or name.endswith("-"):
        raise ApiError("ValidationError", f"{kind} name '{name}' cannot begin or end with a hyphen(-)")
    if kind == "Load balancer" and name.startswith("internal-"):
        raise ApiError("ValidationError", f"{kind} name '{name}' cannot begin with 'internal-'")
