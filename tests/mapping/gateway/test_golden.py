"""Our stacks equal those that the reference built from the same objects, in its own JSON form."""

from collections.abc import Mapping
from typing import Any

import pytest
from golden import canonical, cases, differences, facts, settings_of, snapshot_of

from albc.mapping.gateway.build import build, wants
from albc.model.problem import Problem

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


def built(case: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """Our stacks by id, and our problems."""
    settings, snapshot = settings_of(case), snapshot_of(case)

    stacks: dict[str, Any] = {}
    problems: list[Problem] = []
    for gateway in snapshot.gateways.values():
        result = build(gateway, snapshot, facts(wants(gateway, snapshot, settings)), settings)
        if result is None:
            continue
        problems += result.built.problems
        if result.built.stack is not None:
            stacks[str(result.built.stack.id)] = result.built.stack.to_plain()
    return stacks, problems


@pytest.mark.parametrize(("case", "deviating"), cases("gateway", DEVIATIONS))
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
