"""Faults that another process orders: what `albc local fault` sends to the `albc local up` that is running.

An order is a JSON object whose `fault` names one of the classes below, posted to `PATH` of the API server by an
administrator; `server` answers there whatever faults are on, so that they can be ended, and `Cluster.order` obeys.
"""

from __future__ import annotations

from typing import Annotated, get_args

import msgspec

PATH = "/_albc/faults"

Seconds = Annotated[float, msgspec.Meta(ge=0, le=86400)]


def _name_on_the_wire(name: str) -> str:
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("-")


class _Order(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="fault", tag=_name_on_the_wire):
    pass


class Restart(_Order, frozen=True):
    """For `down` seconds every connection breaks or is refused, and what happened before is forgotten."""

    down: Seconds = 1.0


class ExpireHistory(_Order, frozen=True):
    """Every watch from before now, and every unfinished list, is answered with 410."""


class CutWatches(_Order, frozen=True):
    """The connection of every watch breaks."""


class Throttle(_Order, frozen=True):
    """The next `requests` requests are refused with 429 and this Retry-After, in seconds."""

    requests: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
    retry_after: Annotated[int, msgspec.Meta(ge=0, le=3600)] = 1


class Slow(_Order, frozen=True):
    """Every answer comes this much later."""

    seconds: Seconds


class Silence(_Order, frozen=True):
    """Connections stay open and nothing comes over them."""


class TokenClock(_Order, frozen=True):
    """The clock by which tokens expire is this far ahead."""

    seconds: Seconds


class Clear(_Order, frozen=True):
    """Ends throttling, slowness and silence, and sets the clock of tokens right."""


Order = Restart | ExpireHistory | CutWatches | Throttle | Slow | Silence | TokenClock | Clear
NAMES = tuple(_name_on_the_wire(each.__name__) for each in get_args(Order))


def read(body: bytes) -> Order:
    """The order in a request's body. Raises ValueError, which says what exists."""
    try:
        order: Order = msgspec.json.decode(body, type=Order)
    except msgspec.MsgspecError as error:
        raise ValueError(f"not a fault ({error}); there are: {', '.join(NAMES)}") from None
    return order
