"""Text of manifests, as plain data: YAML with several documents, JSON, folders of both, standard input.

YAML is read as kubectl reads it: a key that stands twice is refused, dates and `12:30` are texts. Whatever is wrong
with a file is one `UsageError`, with the file's name and the place.
"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from albc.cli.usage import UsageError

SUFFIXES = (".yaml", ".yml", ".json")
LARGEST = 512 * 1024 * 1024
"""Bytes; nobody writes such a manifest, and reading it would take all memory."""


def documents(file: str) -> Iterator[Mapping[str, Any]]:
    """Every object of a file or folder (`-` is standard input), the items of Lists one by one."""
    for name, text in _texts(file):
        for document in _parse(name, text):
            yield from _objects(name, document)


def _texts(file: str) -> Iterator[tuple[str, str]]:
    """Name and text of each file."""
    if file == "-":
        yield "standard input", _decoded("standard input", sys.stdin.buffer.read(LARGEST + 1))
        return
    path = Path(file)
    try:
        if not path.is_dir():
            with path.open("rb") as stream:
                yield file, _decoded(file, stream.read(LARGEST + 1))
            return
        members = sorted(member for member in path.rglob("*") if member.suffix in SUFFIXES and member.is_file())
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}") from None
    if not members:
        raise UsageError(f"{file} holds no manifests; they end in {', '.join(SUFFIXES)}")
    for member in members:
        yield from _texts(str(member))


def _decoded(name: str, content: bytes) -> str:
    if len(content) > LARGEST:
        raise UsageError(f"{name} is larger than {LARGEST // 1024 // 1024} MiB, which is no manifest")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{name} is no text in UTF-8, at byte {error.start}") from None


def _parse(name: str, text: str) -> list[Any]:
    """YAML takes JSON as well, but fifty times as long."""
    try:
        if name.endswith(".json") or text.lstrip().startswith("{"):
            return [msgspec.json.decode(text)]
        return list(_yaml(name, text))
    except msgspec.DecodeError as error:
        raise UsageError(f"{name} is no JSON: {error}") from None
    except RecursionError:
        raise UsageError(f"{name} is nested too deeply") from None


def _yaml(name: str, text: str) -> Iterator[Any]:
    import yaml

    from albc.cli.yaml_loader import loader

    try:
        yield from yaml.load_all(text, Loader=loader())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f" in line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise UsageError(f"{name} is no YAML: {error.problem}{place}") from None
    except (yaml.YAMLError, ValueError) as error:
        raise UsageError(f"{name} is no YAML: {' '.join(str(error).split())}") from None
    except (AttributeError, LookupError, TypeError):  # PyYAML trips over `!!timestamp x` and `!!bool x`
        raise UsageError(f"{name} is no YAML: a value is not of the type that its tag names") from None


def _objects(name: str, document: Any) -> Iterator[Mapping[str, Any]]:
    if document is None:
        return
    if not isinstance(document, Mapping) or not isinstance(document.get("metadata") or {}, Mapping):
        raise UsageError(f"{name} holds what is no manifest: that must be an object with apiVersion, kind and metadata")
    kind = str(document.get("kind", ""))
    items = document.get("items")
    if not kind.endswith("List") or "items" not in document:
        yield document
        return
    if not isinstance(items, list | None):
        raise UsageError(f"{name} holds a {kind} whose items are no list")
    # An API server's own lists leave out of the items what the list has said.
    of_all = {"apiVersion": document.get("apiVersion"), "kind": kind.removesuffix("List")} if kind != "List" else {}
    for item in items or ():
        yield from _objects(name, {**of_all, **item} if isinstance(item, Mapping) else item)
