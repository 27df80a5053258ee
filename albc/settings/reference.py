"""docs/flags.md, printed from the flags themselves: `python -m albc.settings.reference > docs/flags.md`."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any, get_type_hints

from cyclopts import Group, Parameter

from albc.settings.flags import Settings
from albc.settings.gates import GATES

PIPE = r"\|"
"""A bar inside a table's cell."""

_HEAD = """\
# Flags

`albc run` and `albc plan` take the reference's flags, written as Go writes them: `--name=value` or `--name value`; a
bare boolean flag means true; lists and maps are comma-separated, and add up when repeated; of other flags the last use
counts. Durations are `15s`, `2m0s`, `10h`. True is `true`, `True`, `TRUE`, `t`, `T` or `1`, false is `false`, `False`,
`FALSE`, `f`, `F` or `0`; `yes`, `on` and all else is refused, wherever it stands.

What no flag sets may come from the environment, where `--aws-region` is `ALBC_AWS_REGION`, and then from a YAML file,
which `--config` or `ALBC_CONFIG` names:

```yaml
cluster-name: prod
enable-shield: false
default-tags: {team: web}
external-managed-tags: [cost-centre]
```
"""


def flags_markdown() -> str:
    """The whole page."""
    return "\n".join([_HEAD, *_flag_tables(), *_gate_table()])


def _flag_tables() -> Iterator[str]:
    hints = get_type_hints(Settings, include_extras=True)
    by_group: dict[str, list[str]] = {}
    order: dict[str, int] = {}
    for field in fields(Settings):
        parameter: Parameter = hints[field.name].__metadata__[0]
        (group,) = parameter.group if isinstance(parameter.group, tuple) else (parameter.group,)
        assert isinstance(group, Group)  # noqa: S101 - every flag is declared with one
        name = group.name
        order[name] = _sort_key(group)
        cells = (f"`--{field.name.replace('_', '-')}`", _default(field.default, parameter), parameter.help or "")
        row = f"| {' | '.join(cell.replace('|', PIPE) for cell in cells)} |"
        by_group.setdefault(name, []).append(row)
    for name in sorted(by_group, key=order.__getitem__):
        yield f"## {name}\n\n| Flag | Default | Meaning |\n|---|---|---|"
        yield "\n".join(by_group[name]) + "\n"


def _sort_key(group: Group) -> int:
    key: Any = group.sort_key
    return int(key)


def _default(value: Any, parameter: Parameter) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if callable(parameter.show_default):
        return f"`{parameter.show_default(value)}`" if value else "none"
    if isinstance(value, tuple):
        return "<br>".join(f"`{item}`" for item in value) or "none"
    return f"`{value}`" if value != "" else "none"


def _gate_table() -> Iterator[str]:
    yield "## Feature gates\n\nFor `--feature-gates`.\n\n| Gate | Default | When on |\n|---|---|---|"
    yield "\n".join(f"| `{g.name}` | {str(g.default).lower()} | {g.effect} |" for g in GATES.values()) + "\n"


if __name__ == "__main__":
    print(flags_markdown(), end="")  # noqa: T201 - a generator of a page
