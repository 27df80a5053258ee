"""The recorded cases of `tests/golden/`: what a case's flags and objects stand for, and how results are compared."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from albc.aws.facts.file import FactsFile
from albc.crds import resources as ours
from albc.kube import objects as theirs
from albc.kube.resource import Resource
from albc.mapping.settings import MappingSettings
from albc.mapping.snapshot import NamespacedName, Snapshot
from albc.model.facts import Facts, FactsRequest

FOLDER = Path(__file__).parents[1] / "golden"

UNORDERED = frozenset(
    {
        "ingress",
        "from",
        "ports",
        "subnetMapping",
        "loadBalancerAttributes",
        "listenerAttributes",
        "targetGroupAttributes",
    }
)
"""Lists whose order the reference leaves to chance (spec/ingress.md §22.2)."""

_RESOURCES: Mapping[tuple[str, str], Resource[Any]] = {
    (resource.group, resource.kind): resource
    for module in (theirs, ours)
    for resource in vars(module).values()
    if isinstance(resource, Resource)
}


def recorded_cases(family: str) -> list[Any]:
    """Parameters of a test: each case of a family."""
    return [pytest.param(case, id=name) for name, case in read_cases(family)]


def cases(family: str, deviations: Mapping[str, set[str]]) -> list[Any]:
    """Parameters of a test: each case of a family, and what of it differs on purpose."""
    return [pytest.param(case, deviations.get(name, set()), id=name) for name, case in read_cases(family)]


@cache
def read_cases(family: str) -> list[tuple[str, Any]]:
    """Name and content of each case of a family."""
    files = sorted((FOLDER / family).glob("*.json"))
    return [(file.stem, json.loads(file.read_text(encoding="utf-8"))) for file in files]


@cache
def recorded_account() -> Mapping[str, Any]:
    """The account that all cases share, as it was recorded."""
    account: Mapping[str, Any] = json.loads((FOLDER / "facts.json").read_text(encoding="utf-8"))
    return account


def vpc_id() -> str:
    """Of that account."""
    return str(recorded_account()["vpc"])


@cache
def _facts_file() -> FactsFile:
    return FactsFile(FOLDER / "facts.json")


def facts(request: FactsRequest) -> Facts:
    """What that account answers."""
    return _facts_file().answer(request, cluster_name="prod", vpc_id=vpc_id())


def settings_of(case: Mapping[str, Any]) -> MappingSettings:
    """The settings that a case's flags stand for."""
    values: dict[str, Any] = {"cluster_name": "prod", "region": "us-west-2", "vpc_id": vpc_id()}
    given = dict(flag.removeprefix("--").split("=", 1) for flag in case["flags"])
    by_spelling = {name.replace("_", ""): name for name in MappingSettings.__dataclass_fields__}
    for gate in filter(None, given.pop("feature-gates", "EnableTCPUDPListener=true").split(",")):
        name, value = gate.split("=")
        if field := by_spelling.get(name.lower()):  # gates of the deployment are none of mapping's
            values[field] = value == "true"
    for flag, value in given.items():
        match flag:
            case "default-tags":
                values["default_tags"] = dict(tag.split("=") for tag in value.split(","))
            case "external-managed-tags":
                values["external_managed_tags"] = frozenset(value.split(","))
            case _:
                values[flag.replace("-", "_")] = value == "true" if value in ("true", "false") else value
    return MappingSettings(**values)


def snapshot_of(case: Mapping[str, Any]) -> Snapshot:
    """A case's objects, without the statuses that came of them."""
    found: dict[str, dict[NamespacedName, Any]] = {}
    by_plural = {field.name.replace("_", ""): field.name for field in fields(Snapshot)}
    for item in case["objects"]:
        resource = _RESOURCES.get((item["apiVersion"].rpartition("/")[0], item["kind"]))
        if resource is not None and resource.plural in by_plural:
            converted = resource.convert({key: value for key, value in item.items() if key != "status"})
            name = NamespacedName(converted.namespace, converted.name)
            found.setdefault(by_plural[resource.plural], {})[name] = converted
    return Snapshot(**found)


def canonical(value: Any, key: str = "") -> Any:
    """The same document with lists sorted whose order is chance."""
    if isinstance(value, dict):
        return {name: canonical(item, name) for name, item in value.items()}
    if isinstance(value, list):
        items = [canonical(item) for item in value]
        return sorted(items, key=lambda item: json.dumps(item, sort_keys=True)) if key in UNORDERED else items
    return value


def differences(want: Any, got: Any, path: str = "") -> Iterator[str]:
    """Where two documents differ, one line each."""
    if isinstance(want, dict) and isinstance(got, dict):
        for key in sorted(want.keys() | got.keys()):
            yield from differences(want.get(key), got.get(key), f"{path}/{key}")
    elif isinstance(want, list) and isinstance(got, list) and len(want) == len(got):
        for index, (one, other) in enumerate(zip(want, got, strict=True)):
            yield from differences(one, other, f"{path}[{index}]")
    elif want != got:
        yield f"{path}: recorded {json.dumps(want)}, ours {json.dumps(got)}"
