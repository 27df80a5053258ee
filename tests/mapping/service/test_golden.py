"""Our stacks equal those that the reference built from the same objects, in its own JSON form.

Even the order of lists that it leaves to chance is the same: a take-over then rewrites no binding.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from albc.aws.facts.file import FactsFile
from albc.kube.objects import SERVICES
from albc.mapping.service.build import build, is_ours, wants
from albc.mapping.settings import MappingSettings
from albc.mapping.snapshot import NamespacedName, Snapshot
from albc.model.problem import Problem

GOLDEN = Path(__file__).parents[2] / "golden"
CASES = sorted((GOLDEN / "service").glob("*.json"))

DEVIATIONS = {
    "s048-sg-none-preserve": {"both-kinds", "quic"},  # the ports of health checks are open
    "s081-healthcheck-port-invalid": {"zero", "large"},  # refused here, not by AWS
}
"""Services of a case that differ on purpose: docs/deviations.md has the reasons."""


def settings_of(flags: list[str], vpc_id: str) -> MappingSettings:
    """The settings that a case's flags stand for."""
    values: dict[str, Any] = {"cluster_name": "prod", "region": "us-west-2", "vpc_id": vpc_id}
    given = dict(flag.removeprefix("--").split("=", 1) for flag in flags)
    gates = given.pop("feature-gates", "EnableTCPUDPListener=true")
    by_spelling = {name.replace("_", ""): name for name in MappingSettings.__dataclass_fields__}
    for gate in gates.split(","):
        name, value = gate.split("=")
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
    services = [SERVICES.convert(item) for item in case["objects"] if item["kind"] == "Service"]
    snapshot = Snapshot(services={NamespacedName(one.namespace, one.name): one for one in services})

    stacks: dict[str, Any] = {}
    problems: list[Problem] = []
    for one in services:
        if is_ours(one, settings):
            known = facts.answer(wants(one, snapshot, settings), cluster_name="prod", vpc_id=vpc_id)
            result = build(one, snapshot, known, settings)
            problems += result.problems
            if result.stack is not None:
                stacks[str(result.stack.id)] = result.stack.to_plain()
    return stacks, problems


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
def test_a_recorded_case_gives_the_same_stacks_and_faults(case: Mapping[str, Any], deviating: set[str]) -> None:
    stacks, problems = built(case)

    recorded = {stack["id"]: stack for stack in case["stacks"]}
    for id_ in sorted(recorded.keys() | stacks.keys()):
        found = list(differences(recorded.get(id_), stacks.get(id_), id_))
        if id_.split("/")[1] in deviating:
            assert found, f"{id_} no longer deviates"
        else:
            assert not found, found[0]

    failed = {event[2].split("/")[1] for event in case["events"] if event[1] == "FailedBuildModel"}
    assert {problem.object.name for problem in problems if problem.severity == "error"} - deviating == failed
