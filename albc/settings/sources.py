"""Where a setting comes from if no flag gives it: the environment, then a file; else the flag's default holds.

    ALBC_CLUSTER_NAME=prod  albc run  --config albc.yaml

* A variable is the flag's name in capitals: `--aws-vpc-tags` is `ALBC_AWS_VPC_TAGS`, written as the flag's value is.
* The file is a YAML mapping from flag names, without dashes in front, to values; lists and maps may be YAML's own.
  `--config` names it, or `ALBC_CONFIG`.
* A name that is no flag's is an error that tells the nearest one. Variables that Kubernetes sets in a pod for a Service
  called `albc…` are none of ours.

Handed to cyclopts by `albc.cli`, which calls `further_sources` after it has read the flags; each value passes the
flag's own parser, and an error names where the value stands.
"""

import csv
import io
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cyclopts import Token
from cyclopts.exceptions import CycloptsError

from albc.settings.flags import Settings

if TYPE_CHECKING:
    from cyclopts import App, ArgumentCollection

PREFIX: Final = "ALBC_"
FLAGS: Final = tuple(field.name.replace("_", "-") for field in fields(Settings))
_OF_A_SERVICE = re.compile(r"_(SERVICE_HOST|SERVICE_PORT(_.+)?|PORT(_\d+_[A-Z]+(_(PROTO|PORT|ADDR))?)?)$")
"""How the variables end by which Kubernetes tells a pod of the Services in its namespace."""


def further_sources(app: "App", commands: tuple[str, ...], arguments: "ArgumentCollection") -> None:
    """Adds what environment and file say to the flags that were not given."""
    del app, commands  # cyclopts passes them to every source
    _fill(arguments, _from_environment(os.environ))
    for token in arguments["--config"].tokens[-1:]:
        if token.value:
            _fill(arguments, _from_file(Path(token.value).expanduser()))


Found = Iterator[tuple[str, list[Token]]]
"""A flag's name, and its values."""


def _fill(arguments: "ArgumentCollection", found: Found) -> None:
    for flag, tokens in found:
        argument = arguments[f"--{flag}"]
        if not argument.tokens:
            for token in tokens:
                argument.append(token)


def _from_environment(environment: Mapping[str, str]) -> Found:
    by_variable = {PREFIX + flag.upper().replace("-", "_"): flag for flag in FLAGS}
    for variable in sorted(name for name in environment if name.startswith(PREFIX)):
        if flag := by_variable.get(variable):
            yield flag, [Token(keyword=f"{variable} in the environment", value=environment[variable])]
        elif not _OF_A_SERVICE.search(variable):
            raise CycloptsError(msg=f"{variable} in the environment is no setting{_nearest(variable, by_variable)}")


def _from_file(path: Path) -> Found:
    import yaml  # few have such a file, and the controller needs it for nothing else

    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_with_plain_booleans(yaml.SafeLoader))  # noqa: S506
    except (OSError, UnicodeDecodeError) as error:
        raise CycloptsError(msg=f"cannot read --config {path}: {error}") from error
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a date or a number that cannot be
        raise CycloptsError(msg=f"{path} is not YAML: {' '.join(str(error).split())}") from error
    except (AttributeError, LookupError, TypeError) as error:  # PyYAML trips over `!!timestamp x` and `!!bool x`
        raise CycloptsError(msg=f"{path} is not YAML: a value is not of the type that its tag names") from error
    except RecursionError as error:
        raise CycloptsError(msg=f"{path} is nested too deeply") from error
    if not isinstance(content, dict | None):
        raise CycloptsError(msg=f"{path} must be a mapping from flag names to values, such as `cluster-name: prod`")
    for key, value in (content or {}).items():
        if key not in FLAGS or key == "config":
            raise CycloptsError(msg=f"{key} in {path} is no setting{_nearest(str(key), FLAGS)}")
        if value is not None:
            yield key, [Token(keyword=f"{key} in {path}", value=text) for text in _texts(value, f"{key} in {path}")]


def _with_plain_booleans(loader: type[Any]) -> type[Any]:
    """The same loader, for which true and false alone are booleans; PyYAML takes yes, no, on and off for such too."""
    resolvers = {
        first: [(tag, pattern) for tag, pattern in found if not tag.endswith(":bool") or first in "tTfF"]
        for first, found in loader.yaml_implicit_resolvers.items()
    }
    return type("Loader", (loader,), {"yaml_implicit_resolvers": resolvers})


def _texts(value: object, where: str) -> list[str]:
    """A YAML value as one writes it after the flag: one text for each use of the flag."""
    match value:
        case list():
            return [_scalar(item, where) for item in value]
        case dict():
            return [_pair(f"{key}={_scalar(item, where)}") for key, item in value.items()]
        case _:
            return [_scalar(value, where)]


def _scalar(value: object, where: str) -> str:
    match value:
        case bool():
            return str(value).lower()
        case int() if value.bit_length() > 64:
            raise CycloptsError(msg=f"{where} holds a number with more than 64 bits")
        case str() | int() | float():
            return str(value)
        case _:
            raise CycloptsError(msg=f"{where} holds a {type(value).__name__} where a text or a number is due")


def _pair(text: str) -> str:
    """Quoted where the flag's parser reads CSV (`albc.settings.values.pairs`)."""
    if text.count("=") == 1:
        return text
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow([text])
    return line.getvalue()


def _nearest(name: str, known: Mapping[str, str] | tuple[str, ...]) -> str:
    near = get_close_matches(name, known, 1)
    return f"; did you mean {near[0]}?" if near else ""
