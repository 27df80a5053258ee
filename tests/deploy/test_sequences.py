"""Edits of a cluster, one after the other: never more writing calls than the reference made, and what goes goes last.

`tests/golden/sequences/` holds what the reference did at each step. Targets and the rules of nodes' security groups are
the business of its target group bindings and left out. Where we part from it on purpose, `PARTED` says why
(docs/deviations.md).
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from direct_aws import DirectAws
from golden import FOLDER, recorded_account, settings_of, snapshot_of, vpc_id
from memory_bindings import Bindings

from albc.aws.backend_security_group import BackendSecurityGroup
from albc.aws.facts.account import FactsFromAWS
from albc.aws.facts.questions import Scope
from albc.aws.inventory import Inventory, InventorySettings
from albc.controllers.deployer import Deployer
from albc.deploy.apply import Applier
from albc.deploy.settings import DeploySettings
from albc.engine.outcome import Done, outcome_of
from albc.errors import Invalid, Pending
from albc.local.aws import Account, AccountOptions
from albc.local.aws.layout import recorded_layout
from albc.mapping.gateway import build as gateway_build
from albc.mapping.gateway.resolution import layer_of_gateway
from albc.mapping.ingress import build as ingress_build
from albc.mapping.ingress.groups import GroupID, groups
from albc.mapping.service import build as service_build
from albc.mapping.service.selection import is_ours
from albc.mapping.snapshot import Snapshot
from albc.model.stack import Stack, StackID

pytestmark = pytest.mark.anyio

SEQUENCES = sorted(path.stem for path in (FOLDER / "sequences").glob("*.json"))
CLUSTER = "prod"
LEFT_OUT = frozenset({"RegisterTargets", "DeregisterTargets"})

FIRST_NEW = "the new load balancer is made first, with target groups of its own, for AWS ties each to one load balancer"
TAKEN_BACK = "an attribute whose setting is taken back goes back to AWS's default"
PROTECTED = "protection holds until its user says otherwise; what was blocked until then is done now"
MEMBER = "a faulty member does not hold up the edits of others"
PARTED: Mapping[tuple[str, str], str] = {
    ("q002-scheme-name", "internet-facing"): FIRST_NEW,
    ("q003-protected", "protection off"): PROTECTED,
    ("q004-target-groups", "one attribute taken back"): TAKEN_BACK,
    ("q006-tags-attributes", "taken back"): TAKEN_BACK,
    ("q012-service", "internet-facing"): FIRST_NEW,
    ("q013-group", "the second breaks, the first is edited"): MEMBER,
}
"""Steps that cost us more."""


class Replay:
    """An account as it was recorded, and what `albc run` has between a snapshot and its calls."""

    def __init__(self) -> None:
        layout = recorded_layout(recorded_account()["api"])
        options = AccountOptions(region="us-west-2", active_seconds=0.0, cluster_name=CLUSTER)
        self.account = Account(options, layout=layout)
        aws: Any = DirectAws(self.account)
        scope = Scope(CLUSTER, vpc_id(), False)
        inventory = Inventory(aws, InventorySettings(cluster_name=CLUSTER, vpc_id=vpc_id()))
        bindings = Bindings()
        self._settings = settings_of({"flags": []})
        self._facts = FactsFromAWS(aws, scope, BackendSecurityGroup(aws, scope, {}))
        deploy = DeploySettings(cluster_name=CLUSTER, vpc_id=vpc_id())
        self._deployer = Deployer(aws, inventory, Applier(aws, inventory, bindings), bindings, deploy)
        self._in_effect: dict[GroupID, Any] = {}
        self._deployed: set[tuple[str, StackID]] = set()

    async def step(self, step: Mapping[str, Any]) -> list[str]:
        """Its writing calls."""
        return [call for calls in await self.by_stack(step) for call in calls]

    async def by_stack(self, step: Mapping[str, Any]) -> list[list[str]]:
        """The writing calls for each stack; those that nobody wants any more come first."""
        found = {(prefix, stack.id): stack for prefix, stack in await self._stacks(snapshot_of(step))}
        gone = {key: Stack(key[1]) for key in sorted(self._deployed - found.keys())}
        self._deployed = set(found)
        return [await self._deploy(prefix, stack) for (prefix, _), stack in (*gone.items(), *found.items())]

    async def _deploy(self, prefix: str, stack: Stack) -> list[str]:
        self.account.calls.clear()
        await self._settle(prefix, stack)
        return [call.operation for call in self.account.calls.writes() if call.operation not in LEFT_OUT]

    async def _settle(self, prefix: str, stack: Stack) -> None:
        for _ in range(10):
            try:
                outcome = (await self._deployer.deploy(stack, prefix)).outcome
            except Pending as pending:
                outcome = outcome_of(pending)
            except Invalid:
                return  # blocked: a person must act
            if outcome == Done():
                return
        raise AssertionError(f"{stack.id} is not done")

    async def _stacks(self, snapshot: Snapshot) -> list[tuple[str, Stack]]:
        found: list[tuple[str, Stack | None]] = []
        for group in groups(snapshot, self._settings):
            earlier = self._in_effect.get(group, {})
            facts = await self._facts.answer(ingress_build.wants(group, snapshot, self._settings, earlier))
            existing = await self._deployer.existing(group.stack_id, "ingress.k8s.aws", "application")
            built = ingress_build.build(group, snapshot, replace(facts, existing=existing), self._settings, earlier)
            self._in_effect[group] = built.in_effect
            found.append(("ingress.k8s.aws", built.stack))
        for service in snapshot.services.values():
            if is_ours(service, self._settings):
                facts = await self._facts.answer(service_build.wants(service, snapshot, self._settings))
                id = service_build.stack_id(service)
                existing = await self._deployer.existing(id, "service.k8s.aws", "network")
                facts = replace(facts, existing=existing)
                found.append(("service.k8s.aws", service_build.build(service, snapshot, facts, self._settings).stack))
        for gateway in snapshot.gateways.values():
            facts = await self._facts.answer(gateway_build.wants(gateway, snapshot, self._settings))
            layer = layer_of_gateway(gateway, snapshot)
            made = gateway_build.build(gateway, snapshot, facts, self._settings)
            if layer and made:
                found.append((layer.tag_prefix, made.built.stack))
        return [(prefix, stack) for prefix, stack in found if stack is not None]


def recorded(step: Mapping[str, Any]) -> list[str]:
    return [write["action"] for write in step["writes"] if write["action"] not in LEFT_OUT]


def sequence(name: str) -> list[Mapping[str, Any]]:
    steps: list[Mapping[str, Any]] = json.loads((FOLDER / "sequences" / f"{name}.json").read_text(encoding="utf-8"))[
        "steps"
    ]
    return steps


@pytest.mark.parametrize("name", SEQUENCES)
async def test_no_step_costs_more_writing_calls_than_the_reference(name: str) -> None:
    replay = Replay()
    for step in sequence(name):
        ours, theirs = await replay.step(step), recorded(step)
        parted = (name, step["step"]) in PARTED
        assert (len(ours) > len(theirs)) == parted, (step["step"], ours, theirs)


@pytest.mark.parametrize("name", SEQUENCES)
async def test_what_goes_goes_when_what_is_new_stands(name: str) -> None:
    replay = Replay()
    for step in sequence(name):
        for calls in await replay.by_stack(step):
            going = [number for number, call in enumerate(calls) if call.startswith("Delete") and call != "DeleteTags"]
            coming = [number for number, call in enumerate(calls) if call.startswith("Create")]
            assert not going or not coming or max(coming) < min(going), (step["step"], calls)


async def test_nothing_is_written_to_what_is_blocked() -> None:
    replay = Replay()
    first, second, _ = sequence("q003-protected")
    await replay.step(first)

    assert await replay.step(second) == []
