"""Attacks: values that no friend would send, thrown at one function, in a short form and in a long one.

The short form is the same each time. The long one (`make soak`) tries other values for `ALBC_ATTACK_SECONDS` each
(60 if it is not set; an hour for all attacks is some 300) and prints how many it has tried.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from time import monotonic
from types import FrameType
from typing import Any, Final
from warnings import catch_warnings, simplefilter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.errors import HypothesisWarning

SECONDS: Final = float(os.environ.get("ALBC_ATTACK_SECONDS") or 60)
LONGEST: Final = 30.0
"""Seconds that one value may take; the machine may be busy."""
MEMORY: Final = 512 * 1024
"""KiB by which the process may grow during one attack."""

Attacked = Callable[[Any, Path], None]

ESCAPES: Final = "\x1b[2J\x1b]0;owned\x07\r\n2026-01-01T00:00:00Z [error] forged\u2028\u202e\x85\x00"

HOSTILE: Final[Sequence[Any]] = (
    *(None, True, False, 0, -1, 65536, 2**31, 2**63, 2**64, -(2**63), 1e308, 0.5, "", " ", "0", "-1", "99999999999"),
    *("9" * 5000, "x" * 5000, "1e400", "0x10", "٣", "null", "true", ESCAPES, f"a{ESCAPES}b", "\ud800", "é", "%s%n{0}"),
    *("../../kube-system/secrets/key", "/", "..", "%2e%2e", "a/b/c", "a,b=c", "=", ",,,", ":", "[", "{", "[" * 900),
    *('{"a":' * 900, "(a+)+$", "(" * 200 + ")" * 200, "a" * 60 + "!", "[]", "{}", "[{}]", "*", "?" * 200, "*" * 200),
    *("arn:aws:::", "sg-", "subnet-", "10.0.0.0/33", "::/0", "http://[::1", "https://\x00/", "web", "traffic-port"),
    *([], {}, [[]], [None], {"": None}, [{}], {"name": {}}, [[[[[[]]]]]], "CapacityUnits=" + "9" * 400, "k=" + ESCAPES),
)

VALUES: Final = st.sampled_from(HOSTILE) | st.text(max_size=30) | st.integers() | st.floats()


class Hangs(BaseException):
    """Nobody who catches what goes wrong catches this."""


def attack(values: st.SearchStrategy[Any], *, examples: int) -> Callable[[Attacked], Callable[..., None]]:
    """A test in two forms of a function that takes a hostile value and a folder, and fails where it must."""

    def decorate(attacked: Attacked) -> Callable[..., None]:
        @pytest.mark.parametrize("seconds", [0.0, pytest.param(SECONDS, marks=pytest.mark.soak)], ids=["short", "long"])
        def test(seconds: float, tmp_path: Path) -> None:
            _run(attacked, values, tmp_path, examples, seconds)

        test.__name__ = attacked.__name__
        test.__doc__ = attacked.__doc__
        return test

    return decorate


def _run(attacked: Attacked, values: st.SearchStrategy[Any], folder: Path, examples: int, seconds: float) -> None:
    tried, began = 0, monotonic()
    memory = getrusage(RUSAGE_SELF).ru_maxrss

    def one(value: Any) -> None:
        nonlocal tried
        tried += 1
        with _within(LONGEST):
            attacked(value, folder)

    form = settings(
        max_examples=1000 if seconds else examples,
        derandomize=not seconds,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    test = form(given(values)(one))
    with catch_warnings():
        simplefilter("ignore", HypothesisWarning)  # that what it shows of a failure is long
        test()
        while monotonic() - began < seconds:
            test()
    grown = getrusage(RUSAGE_SELF).ru_maxrss - memory
    sys.stdout.write(f"{tried} values in {monotonic() - began:.1f} s, grown by {grown // 1024} MiB\n")
    assert grown < MEMORY


@contextmanager
def _within(seconds: float) -> Iterator[None]:
    def give_up(number: int, frame: FrameType | None) -> None:
        raise Hangs(f"no end after {seconds:g} s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@st.composite
def mutated(draw: st.DrawFn, documents: Sequence[Any], values: st.SearchStrategy[Any] = VALUES) -> Any:
    """One of the documents (plain data), with one to four places changed, taken away, or added to."""
    document = deepcopy(draw(st.sampled_from(documents)))
    for _ in range(draw(st.integers(1, 4))):
        places = list(_places(document))
        if not places:
            return draw(values)
        container, key = places[draw(st.integers(0, len(places) - 1))]
        match draw(st.sampled_from(("change", "change", "take", "add"))):
            case "change":
                container[key] = deepcopy(draw(values))
            case "take":
                del container[key]
            case _ if isinstance(container, dict):
                container[draw(st.sampled_from([key, "", "name", ESCAPES]))] = deepcopy(draw(values))
            case _:
                container.append(deepcopy(draw(values)))
    return document


def _places(document: Any) -> Iterator[tuple[Any, Any]]:
    waiting = [document]
    while waiting:
        container = waiting.pop()
        found = list(container) if isinstance(container, dict) else range(len(container))
        for key in found:
            yield container, key
            if isinstance(container[key], dict | list):
                waiting.append(container[key])
