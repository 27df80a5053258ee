"""Our stacks equal those that the reference built from the same objects, in its own JSON form.

Even the order of lists that it leaves to chance is the same: a take-over then rewrites no binding.
"""

from collections.abc import Mapping
from typing import Any

import pytest
from golden import cases, differences, facts, settings_of, snapshot_of

from albc.mapping.service.build import build, is_ours, wants
from albc.model.problem import Problem

DEVIATIONS = {
    "s048-sg-none-preserve": {"both-kinds", "quic"},  # the ports of health checks are open
    "s081-healthcheck-port-invalid": {"zero", "large"},  # refused here, not by AWS
}
"""Services of a case that differ on purpose: docs/deviations.md has the reasons."""


def built(case: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """Our stacks by id, and our problems."""
    settings, snapshot = settings_of(case), snapshot_of(case)

    stacks: dict[str, Any] = {}
    problems: list[Problem] = []
    for one in snapshot.services.values():
        if is_ours(one, settings):
            result = build(one, snapshot, facts(wants(one, snapshot, settings)), settings)
            problems += result.problems
            if result.stack is not None:
                stacks[str(result.stack.id)] = result.stack.to_plain()
    return stacks, problems


@pytest.mark.parametrize(("case", "deviating"), cases("service", DEVIATIONS))
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
