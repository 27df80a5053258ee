"""Our stacks equal those that the reference built from the same objects, in its own JSON form."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from albc.aws.facts.file import FactsFile
from albc.crds import resources as ours
from albc.kube import objects as theirs
from albc.kube.resource import Resource
from albc.mapping.gateway.build import build, wants
from albc.mapping.settings import MappingSettings
from albc.mapping.snapshot import NamespacedName, Snapshot
from albc.model.problem import Problem

GOLDEN = Path(__file__).parents[2] / "golden"
CASES = sorted((GOLDEN / "gateway").glob("*.json"))

DEVIATIONS: Mapping[str, set[str]] = {
    "g006-gateway-lbc-refs": {"kind"},  # parametersRef of a foreign group and kind is refused
    "g011-lbc-merge-class": {"edge"},  # the capacity of the Gateway's configuration is not lost
    "g036-parent-refs": {"edge"},  # a parentRef of a foreign group does not attach
    "g044-filters": {"edge"},  # redirect 307 is refused; a prefix that ends in a slash is rewritten
    "g108-lrc-oidc-bad": {"blank"},  # an empty client id does not go to AWS
    "g110-lrc-jwt": {"edge"},  # what needs a token is not open over HTTP
    "g113-lrc-grpc": {"edge"},  # a source restriction that names no match does not open the rule
    "g135-grpc-filters": {"foreign"},  # a filter that nobody knows is not skipped
    "g152-listenerset-conflicts": {"edge"},  # a listener without hostname takes every host, beside one with a hostname
    "g165-addons-alb": {"negative"},  # a negative capacity does not go to AWS
    "g210-tcp-udp-protocol": {"one", "two"},  # the TCP port is open; a TCPRoute takes the TCP port of a number
    "g215-weights": {"front"},  # one target group stands once in an action
    "g230-tgc-rank": {"front"},  # a route's name without namespace is found
    "g235-lbc-ranges-bad": {"host", "none", "text"},  # what is no CIDR does not go to AWS
    "g242-chain-mixed": {"outer"},  # an ALB's ARN stands in its Gateway's status, which is no input here
    "g245-mixed-kinds": {"nlb"},  # no TCPRoute on a UDP listener
    "g247-traffic-local": {"np"},  # no health check on port 0
    "g252-whole-static-front": {"front"},  # as g242
}
"""Gateways of a case that differ on purpose: docs/deviations.md has the reasons."""

UNORDERED = {"ingress", "from", "ports", "subnetMapping", "targetGroupAttributes"}
"""Lists whose order the reference leaves to chance."""

RESOURCES: Mapping[tuple[str, str], Resource[Any]] = {
    (resource.group, resource.kind): resource
    for module in (theirs, ours)
    for resource in vars(module).values()
    if isinstance(resource, Resource)
}


def snapshot_of(objects: list[dict[str, Any]]) -> Snapshot:
    found: dict[str, dict[NamespacedName, Any]] = {}
    by_plural = {field.name.replace("_", ""): field.name for field in fields(Snapshot)}
    for item in objects:
        group = item["apiVersion"].rpartition("/")[0]
        resource = RESOURCES.get((group, item["kind"]))
        if resource is None or resource.plural not in by_plural:
            continue
        converted = resource.convert({key: value for key, value in item.items() if key != "status"})
        name = NamespacedName(converted.namespace, converted.name)
        found.setdefault(by_plural[resource.plural], {})[name] = converted
    return Snapshot(**found)


def settings_of(flags: list[str], vpc_id: str) -> MappingSettings:
    """The settings that a case's flags stand for."""
    values: dict[str, Any] = {"cluster_name": "prod", "region": "us-west-2", "vpc_id": vpc_id}
    given = dict(flag.removeprefix("--").split("=", 1) for flag in flags)
    by_spelling = {name.replace("_", ""): name for name in MappingSettings.__dataclass_fields__}
    for gate in given.pop("feature-gates", "EnableTCPUDPListener=true").split(","):
        name, value = gate.split("=")
        if name.lower() in by_spelling:
            values[by_spelling[name.lower()]] = value == "true"
    for flag, value in given.items():
        match flag:
            case "default-tags":
                values["default_tags"] = dict(tag.split("=") for tag in value.split(","))
            case "external-managed-tags":
                values["external_managed_tags"] = frozenset(value.split(","))
            case _:
                values[flag.replace("-", "_")] = value == "true" if value in ("true", "false") else value
    return MappingSettings(**values)


def built(case: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """Our stacks by id, and our problems."""
    facts = FactsFile(GOLDEN / "facts.json")
    vpc_id = json.loads((GOLDEN / "facts.json").read_text())["vpc"]
    settings = settings_of(case["flags"], vpc_id)
    snapshot = snapshot_of(case["objects"])

    stacks: dict[str, Any] = {}
    problems: list[Problem] = []
    for gateway in snapshot.gateways.values():
        known = facts.answer(wants(gateway, snapshot, settings), cluster_name="prod", vpc_id=vpc_id)
        result = build(gateway, snapshot, known, settings)
        if result is None:
            continue
        problems += result.built.problems
        if result.built.stack is not None:
            stacks[str(result.built.stack.id)] = result.built.stack.to_plain()
    return stacks, problems


def canonical(value: Any, key: str = "") -> Any:
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


@pytest.mark.parametrize(
    ("case", "deviating"),
    [pytest.param(json.loads(path.read_text()), DEVIATIONS.get(path.stem, set()), id=path.stem) for path in CASES],
)
def test_a_recorded_case_gives_the_same_stacks_and_no_silence_about_faults(
    case: Mapping[str, Any], deviating: set[str]
) -> None:
    stacks, problems = built(case)

    recorded = {stack["id"]: canonical(stack) for stack in case["stacks"]}
    ours = {id_: canonical(stack) for id_, stack in stacks.items()}
    for id_ in sorted(recorded):
        found = list(differences(recorded[id_], ours.get(id_), id_))
        if id_.split("/")[1] in deviating:
            assert found, f"{id_} no longer deviates"
        else:
            assert not found, found[0]

    if any(event[1] == "FailedBuildModel" for event in case["events"]):
        assert any(problem.severity == "error" for problem in problems)
