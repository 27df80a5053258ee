"""Our stacks equal those that the reference built from the same objects, in its own JSON form."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from golden import canonical, cases, differences, facts, recorded_cases, settings_of, snapshot_of

from albc.mapping.ingress.build import build, wants
from albc.mapping.ingress.groups import groups, load_problems
from albc.model.problem import Problem

DEVIATIONS = {
    "i006-finalizers": {"i006-gone", "i006-old", "i006/moved"},  # came from finalizers, which are no input
    "i051-action-fixed": {"i051/x"},  # a status code that AWS refuses is refused here
    "i053-action-weighted": {"i053/x"},  # weights that AWS refuses are refused here
    "i091-security-groups": {"i091/likeid"},  # a Name tag may begin with sg-
    "i106-nlb-bad": {"i106/mapbig"},  # a port that AWS refuses is refused here
}
"""Groups of a case that differ on purpose: docs/deviations.md has the reasons."""


def built(case: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """Our stacks by id, and our problems."""
    settings, snapshot = settings_of(case), snapshot_of(case)

    stacks: dict[str, Any] = {}
    problems = list(load_problems(snapshot, settings))
    for group in groups(snapshot, settings):
        result = build(group, snapshot, facts(wants(group, snapshot, settings)), settings)
        problems += result.problems
        if result.stack is not None:
            stacks[str(group)] = json.loads(result.stack.to_json())
    return stacks, problems


def unsound(case: Mapping[str, Any]) -> set[str]:
    """Groups that the reference could not build as a whole: we build what is sound of them."""
    found = set()
    failed = {event[2].split("/")[1] for event in case["events"] if event[1] == "FailedBuildModel"}
    for plain in case["objects"]:
        if plain["kind"] == "Ingress" and plain["metadata"]["name"] in failed:
            metadata = plain["metadata"]
            group = metadata.get("annotations", {}).get("alb.ingress.kubernetes.io/group.name")
            found.add(group or f"{metadata['namespace']}/{metadata['name']}")
    return found


@pytest.mark.parametrize(("case", "deviating"), cases("ingress", DEVIATIONS))
def test_a_recorded_case_gives_the_same_stacks(case: Mapping[str, Any], deviating: set[str]) -> None:
    stacks, _ = built(case)

    recorded = {stack["id"]: canonical(stack) for stack in case["stacks"]}
    ours = {group: canonical(stack) for group, stack in stacks.items() if group not in unsound(case) - deviating}
    for group in sorted(recorded.keys() | ours.keys()):
        found = list(differences(recorded.get(group), ours.get(group), group))
        if group in deviating:
            assert found, f"{group} no longer deviates"
        else:
            assert not found, found[0]


@pytest.mark.parametrize("case", recorded_cases("ingress"))
def test_what_the_reference_could_not_build_is_a_problem(case: Mapping[str, Any]) -> None:
    _, problems = built(case)

    told = {problem.object.name for problem in problems if problem.severity == "error"}
    failed = {
        event[2].split("/")[1] for event in case["events"] if event[1] in ("FailedBuildModel", "FailedLoadGroupID")
    }
    in_groups = {name for name in failed if name.rsplit("-", 1)[-1] in ("1", "2")}
    assert failed - in_groups - told <= {"likeid"}, "alone in their group, so they must be told themselves"
    assert {name.rsplit("-", 1)[0] for name in in_groups} <= {name.rsplit("-", 1)[0] for name in told}
