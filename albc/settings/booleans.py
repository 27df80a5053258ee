"""Boolean flags take Go's words and no others: cyclopts would take `--enable-waf=yes` before the flag's parser sees it.

Called by `albc.cli` with a command line, before cyclopts reads it.
"""

from collections.abc import Iterable
from dataclasses import fields
from itertools import takewhile
from typing import Final

from cyclopts.exceptions import CycloptsError

from albc.settings.flags import Settings
from albc.settings.values import boolean

BOOLEANS: Final = frozenset(field.name for field in fields(Settings) if isinstance(field.default, bool))


def check_booleans(arguments: Iterable[str]) -> None:
    """Raises `CycloptsError` for the first boolean flag of the controller whose value is none of Go's."""
    for argument in takewhile(lambda each: each != "--", arguments):
        flag, equals, value = argument.partition("=")
        if equals and flag.startswith("--") and flag.removeprefix("--").replace("-", "_") in BOOLEANS:
            try:
                boolean(value)
            except ValueError as error:
                raise CycloptsError(msg=f"Invalid value for {flag}: {error}") from None
