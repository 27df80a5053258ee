"""`-o diff`: every operation in the order in which it would run, with its fields and the reason, for people."""

from collections.abc import Iterator
from typing import Any

from albc.cli.plan.outlook import Outlook
from albc.cli.plan.summary import summary
from albc.cli.plan.words import SIGNS, Palette, name_of, said, spread
from albc.deploy.plan import Operation
from albc.printable import printable

_ABSENT = object()
_LONGEST_PAIR = 88


def diff(outlook: Outlook, palette: Palette) -> Iterator[str]:
    for one in outlook.planned:
        if one.plan.is_empty:
            continue
        yield palette.paint(printable(one.name), "bold")
        for operation in one.plan.operations:
            yield from _operation(operation, palette)
        yield ""
    yield from summary(outlook, palette)


def _operation(operation: Operation, palette: Palette) -> Iterator[str]:
    sign, colour = SIGNS[operation.verb]
    yield palette.paint(f"  {sign} {name_of(operation)}", colour) + f"  {palette.paint(_why(operation), 'dim')}"
    for line in _fields(operation):
        painted = {"+": "green", "-": "red", "~": "yellow"}.get(line[0], "")
        yield f"      {palette.paint(line, painted)}"


def _why(operation: Operation) -> str:
    waits = f"; waits for {operation.waits_for}" if operation.waits_for else ""
    target = f" [{operation.target}]" if operation.target else ""
    return printable(f"{operation.action or operation.verb}: {operation.because}{waits}{target}")


def _fields(operation: Operation) -> Iterator[str]:
    before, after = operation.before, operation.after
    for name in dict.fromkeys([*before, *after]):
        yield from _field(printable(str(name)), before.get(name, _ABSENT), after.get(name, _ABSENT))


def _field(name: str, before: Any, after: Any) -> Iterator[str]:
    if before is _ABSENT:
        yield from _signed("+", spread(name, after))
    elif after is _ABSENT:
        yield from _signed("-", spread(name, before))
    elif len(line := f"~ {name}: {said(before)} → {said(after)}") <= _LONGEST_PAIR:
        yield line
    else:
        yield f"~ {name}:"
        yield from _signed("-", (f"  {line}" for line in spread("before", before)))
        yield from _signed("+", (f"  {line}" for line in spread("after", after)))


def _signed(sign: str, lines: Iterator[str]) -> Iterator[str]:
    return (f"{sign} {line}" for line in lines)
