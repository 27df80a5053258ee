"""The bindings that the reference made from the recorded objects, and the checkpoints that it wrote, are ours, too.

`reference_bindings.json` has what it left in the cluster for the cases of `tests/golden/`.
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from golden import FOLDER, canonical, differences, facts, recorded_account, settings_of, snapshot_of

from albc.crds.target_group_binding import TargetGroupBindingSpec
from albc.deploy.plan import Operation, make_plan
from albc.deploy.plan.bindings import spec_of
from albc.deploy.settings import DeploySettings
from albc.deploy.values import resolved
from albc.mapping.gateway import build as gateway
from albc.mapping.ingress import build as ingress
from albc.mapping.ingress.groups import groups
from albc.mapping.service import build as service
from albc.model.inventory import InventoryView
from albc.model.reference import Ref
from albc.model.security_group import SecurityGroup
from albc.model.stack import Stack
from albc.model.target_group import TargetGroup
from albc.targets.checkpoint import checkpoint

RECORDED: Mapping[str, Any] = json.loads(
    (Path(__file__).parent / "reference_bindings.json").read_text(encoding="utf-8")
)
ARN = re.compile(r"/[0-9a-f]{16}$")


@cache
def given_groups() -> frozenset[str]:
    """Ids of the security groups that were there before."""
    found = recorded_account()["api"]["ec2"]["DescribeSecurityGroups"]["SecurityGroups"]
    return frozenset(group["GroupId"] for group in found)


def stacks(case: str) -> Iterator[tuple[str, Stack]]:
    """Ours, with the prefix of the tags that mark them."""
    family, name = case.split("/")
    plain = json.loads((FOLDER / family / f"{name}.json").read_text(encoding="utf-8"))
    settings, snapshot = settings_of(plain), snapshot_of(plain)
    match family:
        case "ingress":
            for group in groups(snapshot, settings):
                known = facts(ingress.wants(group, snapshot, settings))
                if stack := ingress.build(group, snapshot, known, settings).stack:
                    yield "ingress.k8s.aws", stack
        case "service":
            for one in snapshot.services.values():
                if service.is_ours(one, settings):
                    known = facts(service.wants(one, snapshot, settings))
                    if stack := service.build(one, snapshot, known, settings).stack:
                        yield "service.k8s.aws", stack
        case _:
            for each in snapshot.gateways.values():
                result = gateway.build(each, snapshot, facts(gateway.wants(each, snapshot, settings)), settings)
                if result is not None and (stack := result.built.stack):
                    yield result.layer.tag_prefix, stack


def planned(case: str) -> dict[str, Any]:
    """Bindings that a plan from an empty account makes, by namespace and name."""
    found = {}
    for prefix, stack in stacks(case):
        settings = DeploySettings(cluster_name="prod", vpc_id=str(recorded_account()["vpc"]))
        plan = make_plan(stack, InventoryView(stack=stack.id, tag_prefix=prefix), settings)
        known: dict[Ref, str] = {group.group_id: "sg-made" for group in stack.all(SecurityGroup)}
        known |= {group.arn: f"targetgroup/{group.name}" for group in stack.all(TargetGroup)}
        for operation in plan.operations:
            if operation.action == "create_binding":
                binding = _binding(operation, known)
                found[f"{binding['namespace']}/{binding['name']}"] = binding
    return found


def _binding(operation: Operation, known: Mapping[Ref, str]) -> dict[str, Any]:
    binding: Any = resolved(operation.params, known)["binding"]
    return {
        "namespace": binding.namespace,
        "name": binding.name,
        "labels": dict(binding.labels),
        "spec": comparable(spec_of(binding)),
    }


def comparable(spec: Mapping[str, Any]) -> Any:
    """Without what is random, and without the order that is left to chance."""
    text = json.dumps({**spec, "targetGroupARN": ARN.sub("", spec["targetGroupARN"]).rpartition(":")[2]})
    for group in set(re.findall(r"sg-[0-9a-f]{8,}", text)) - given_groups():
        text = text.replace(group, "sg-made")
    return canonical(json.loads(text))


DEVIATIONS: Mapping[str, set[str]] = {
    "gateway/g036-parent-refs": {"k8s-g036-group-3895dda396"},  # a parentRef of a foreign group does not attach
    "gateway/g135-grpc-filters": {"k8s-g135-foreign-0f5ff70007"},  # a filter that nobody knows is not skipped
    "gateway/g210-tcp-udp-protocol": {"k8s-g210-tu-cb2f5e4824", "k8s-g210-ut-80eee9a031"},  # the TCP port is open
    "gateway/g235-lbc-ranges-bad": {"k8s-g235-s-ee6da5cba2"},  # what is no CIDR is left out
    "gateway/g245-mixed-kinds": {"k8s-g245-tcponudp-f5d6d55062"},  # no TCPRoute on a UDP listener
    "gateway/g247-traffic-local": {"k8s-g247-np-3c0bcee1ef"},  # no health check on port 0
    "ingress/i053-action-weighted": {  # weights that AWS refuses are refused here
        "k8s-i053-blue-803c9f780e",
        "k8s-i053-blue-88e87440ca",
        "k8s-i053-green-d724990740",
        "k8s-i053-red-1b3f32f620",
    },
    "service/s048-sg-none-preserve": {"k8s-s048-bothkind-d3e31f71d3"},  # the ports of health checks are open
    "service/s081-healthcheck-port-invalid": {"k8s-s081-large-783542cbd8", "k8s-s081-zero-73a46060bd"},  # refused here
}
"""Bindings that differ on purpose: docs/deviations.md has the reasons."""


@pytest.mark.parametrize("case", RECORDED)
def test_the_bindings_of_a_recorded_case_are_the_references(case: str) -> None:
    ours = planned(case)
    recorded = {
        f"{each['namespace']}/{each['name']}": {
            **{key: each[key] for key in ("namespace", "name", "labels")},
            "spec": comparable(each["spec"]),
        }
        for each in RECORDED[case]
    }
    deviating = DEVIATIONS.get(case, set())
    # Where AWS's mock refused a call, the reference did not get as far as its bindings: those are in its stacks only.
    for name in sorted(recorded):
        found = list(differences(recorded.get(name), ours.get(name), name))
        if name.partition("/")[2] in deviating:
            assert found, f"{name} no longer deviates"
        else:
            assert not found, found[0]


@pytest.mark.parametrize("case", RECORDED)
def test_the_checkpoint_of_a_recorded_binding_fits_its_spec(case: str) -> None:
    for each in RECORDED[case]:
        if each["checkpoint"]:
            of_spec = checkpoint((), TargetGroupBindingSpec.model_validate(each["spec"])).partition("/")[2]
            assert of_spec == each["checkpoint"].partition("/")[2], each["name"]
