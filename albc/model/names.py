"""Names and hashes of AWS resources: the same bytes as the reference, so that a take-over changes nothing."""

import hashlib
import re

_NOT_ALPHANUMERIC = re.compile(r"[^0-9A-Za-z]")


def alphanumeric(text: str, limit: int | None = None) -> str:
    """ASCII letters and digits of `text`, the first `limit` of them."""
    return _NOT_ALPHANUMERIC.sub("", text)[:limit]


def digest(*parts: str) -> str:
    """Lower-case hex SHA-256 of the parts joined without separator."""
    return hashlib.sha256("".join(parts).encode()).hexdigest()
