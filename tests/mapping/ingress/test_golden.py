"""Our stacks equal those that the reference built from the same objects, in its own JSON form."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from albc.aws.facts.file import FactsFile
from albc.crds.resources import INGRESS_CLASS_PARAMS
from albc.kube.objects import INGRESS_CLASSES, INGRESSES, NAMESPACES, SECRETS, SERVICES
from albc.kube.resource import Resource
from albc.mapping.ingress.build import build, wants
from albc.mapping.ingress.groups import groups, load_problems
from albc.mapping.settings import MappingSettings
from albc.mapping.snapshot import NamespacedName, Snapshot
from albc.model.problem import Problem

GOLDEN = Path(__file__).parents[2] / "golden"
CASES = sorted((GOLDEN / "ingress").glob("*.json"))

KINDS: Mapping[str, tuple[Resource[Any], str]] = {
    "Namespace": (NAMESPACES, "namespaces"),
    "Service": (SERVICES, "services"),
    "Secret": (SECRETS, "secrets"),
    "Ingress": (INGRESSES, "ingresses"),
    "IngressClass": (INGRESS_CLASSES, "ingress_classes"),
    "IngressClassParams": (INGRESS_CLASS_PARAMS, "ingress_class_params"),
}

DEVIATIONS = {
    "i006-finalizers": {"i006-gone", "i006-old", "i006/moved"},  # came from finalizers, which are no input
    "i053-action-weighted": {"i053/x"},  # weights that AWS refuses are refused here
    "i091-security-groups": {"i091/likeid"},  # a Name tag may begin with sg-
    "i106-nlb-bad": {"i106/mapbig"},  # a port that AWS refuses is refused here
}
"""Groups of a case that differ on purpose: docs/deviations.md has the reasons."""

UNORDERED = {
    "ingress",
    "from",
    "ports",
    "subnetMapping",
    "loadBalancerAttributes",
    "listenerAttributes",
    "targetGroupAttributes",
}
"""Lists whose order the reference leaves to chance (spec/ingress.md §22.2)."""


def canonical(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: canonical(item, name) for name, item in value.items()}
    if isinstance(value, list):
        items = [canonical(item) for item in value]
        return sorted(items, key=lambda item: json.dumps(item, sort_keys=True)) if key in UNORDERED else items
    return value


def settings_of(flags: list[str], vpc_id: str) -> MappingSettings:
    """The settings that a case's flags stand for."""
    values: dict[str, Any] = {"cluster_name": "prod", "region": "us-west-2", "vpc_id": vpc_id}
    given = dict(flag.removeprefix("--").split("=", 1) for flag in flags)
    by_spelling = {name.replace("_", ""): name for name in MappingSettings.__dataclass_fields__}
    for gate in filter(None, given.pop("feature-gates", "").split(",")):
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


def snapshot_of(objects: list[dict[str, Any]]) -> Snapshot:
    fields: dict[str, dict[NamespacedName, Any]] = {}
    for plain in objects:
        if plain["kind"] in KINDS:
            resource, field = KINDS[plain["kind"]]
            thing = resource.convert(plain)
            fields.setdefault(field, {})[NamespacedName(thing.namespace, thing.name)] = thing
    return Snapshot(**fields)


def built(case: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """Our stacks by id, and our problems."""
    facts = FactsFile(GOLDEN / "facts.json")
    vpc_id = json.loads((GOLDEN / "facts.json").read_text())["vpc"]
    settings = settings_of(case["flags"], vpc_id)
    snapshot = snapshot_of(case["objects"])

    stacks: dict[str, Any] = {}
    problems = list(load_problems(snapshot, settings))
    for group in groups(snapshot, settings):
        known = facts.answer(wants(group, snapshot, settings), cluster_name="prod", vpc_id=vpc_id)
        result = build(group, snapshot, known, settings)
        problems += result.problems
        if result.stack is not None:
            stacks[str(group)] = json.loads(result.stack.to_json())
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


@pytest.mark.parametrize(
    ("case", "deviating"),
    [pytest.param(json.loads(path.read_text()), DEVIATIONS.get(path.stem, set()), id=path.stem) for path in CASES],
)
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


@pytest.mark.parametrize("case", [pytest.param(json.loads(path.read_text()), id=path.stem) for path in CASES])
def test_what_the_reference_could_not_build_is_a_problem(case: Mapping[str, Any]) -> None:
    _, problems = built(case)

    told = {problem.object.name for problem in problems if problem.severity == "error"}
    failed = {
        event[2].split("/")[1] for event in case["events"] if event[1] in ("FailedBuildModel", "FailedLoadGroupID")
    }
    in_groups = {name for name in failed if name.rsplit("-", 1)[-1] in ("1", "2")}
    assert failed - in_groups - told <= {"likeid"}, "alone in their group, so they must be told themselves"
    assert {name.rsplit("-", 1)[0] for name in in_groups} <= {name.rsplit("-", 1)[0] for name in told}
