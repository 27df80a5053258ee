"""What every operation is: a function of the account's state and of the parameters, in botocore's form, to the answer.

It raises `ApiError` for what AWS refuses, before it has changed anything: an operation happens whole or not at all.
"""

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from albc.local.aws.errors import ApiError
from albc.local.aws.state import State

Params = Mapping[str, Any]
Answer = Mapping[str, Any]
Handler = Callable[[State, Params], Answer]
Operations = Mapping[str, Handler]

Listed = TypeVar("Listed")


def present(item: dict[str, Any]) -> dict[str, Any]:
    """The item without what is None: AWS leaves out what a thing does not have."""
    return {key: value for key, value in item.items() if value is not None}


def page(
    items: Iterable[Listed],
    key: Callable[[Listed], str],
    size: int,
    marker: str | None,
    *,
    code: str = "ValidationError",
) -> tuple[list[Listed], str | None]:
    """One page of items in the order of their keys, and the marker of the next one.

    A marker holds the last key given, so that neither a new nor a deleted item disturbs a listing under way.
    """
    ordered = sorted(items, key=key)
    if marker:
        last = _unpack(marker, code)
        ordered = [item for item in ordered if key(item) > last]
    if len(ordered) <= size:
        return ordered, None
    return ordered[:size], base64.urlsafe_b64encode(key(ordered[size - 1]).encode()).decode()


def _unpack(marker: str, code: str) -> str:
    try:
        return base64.b64decode(marker, altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ApiError(code, f"The marker '{marker}' is not valid") from error
