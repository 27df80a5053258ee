"""`albc gates`."""

from rich.console import Console
from rich.table import Table

from albc.settings import GATES


def print_gates() -> None:
    table = Table("Gate", "Default", "When on", box=None, pad_edge=False)
    for gate in GATES.values():
        table.add_row(gate.name, "on" if gate.default else "off", gate.effect)
    Console().print(table)
