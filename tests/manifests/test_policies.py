"""The IAM policies: what the code calls, under the cluster's tag, and what is committed."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from albc.aws.operations import Feature, iam_actions
from albc.aws.policies import ASKED_BY_AWS, CLUSTER_TAG, IN_OTHER_ACCOUNT, PARTITIONS, POLICIES, names, policy, write

FOLDER = Path(__file__).parents[2] / "deploy" / "iam"
LONGEST = 6144
"""Characters of a managed policy, spaces not counted (IAM and STS quotas)."""
TAG_ABSENT, TAG_PRESENT = "true", "false"


def statements(name: str, partition: str = "aws") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = policy(name, partition)["Statement"]
    return found


def actions(name: str) -> set[str]:
    return {action for statement in statements(name) for action in statement["Action"]}


def guards(name: str, action: str) -> Iterator[dict[str, Any]]:
    for statement in statements(name):
        if action in statement["Action"]:
            yield statement.get("Condition", {}).get("Null", {})


def test_the_policies_allow_every_operation_of_the_code_and_no_other() -> None:
    allowed = set().union(*(actions(name) for name in POLICIES))

    assert allowed == {*iam_actions(), *ASKED_BY_AWS, "iam:CreateServiceLinkedRole"}


def test_every_feature_has_its_policy() -> None:
    assert sorted(feature for features in POLICIES.values() for feature in features) == sorted(Feature)


def test_what_aws_asks_for_is_not_what_we_call() -> None:
    assert not set(ASKED_BY_AWS) & set(iam_actions())


def test_a_role_in_another_account_can_do_what_bindings_need_there() -> None:
    assert set(IN_OTHER_ACCOUNT) <= set(iam_actions())
    assert actions("role-in-other-account") == set(IN_OTHER_ACCOUNT)


@pytest.mark.parametrize(
    "action",
    [
        "elasticloadbalancing:DeleteLoadBalancer",
        "elasticloadbalancing:DeleteTargetGroup",
        "elasticloadbalancing:SetSubnets",
        "ec2:DeleteSecurityGroup",
    ],
)
def test_only_what_bears_the_tag_is_changed_or_deleted(action: str) -> None:
    assert [*guards("base", action)] == [{f"aws:ResourceTag/{CLUSTER_TAG}": TAG_PRESENT}]


@pytest.mark.parametrize(
    "action", ["elasticloadbalancing:CreateLoadBalancer", "elasticloadbalancing:CreateTargetGroup"]
)
def test_what_is_made_bears_the_tag(action: str) -> None:
    assert [*guards("base", action)] == [{f"aws:RequestTag/{CLUSTER_TAG}": TAG_PRESENT}]


@pytest.mark.parametrize("action", ["ec2:DeleteTags", "ec2:CreateTags", "elasticloadbalancing:AddTags"])
def test_the_tag_cannot_be_put_on_what_others_made(action: str) -> None:
    for guard in guards("base", action):
        if guard.get(f"aws:RequestTag/{CLUSTER_TAG}") == TAG_ABSENT:
            assert guard[f"aws:ResourceTag/{CLUSTER_TAG}"] == TAG_PRESENT


@pytest.mark.parametrize("partition", PARTITIONS)
def test_arns_are_of_the_partition(partition: str) -> None:
    resources = {each for statement in statements("base", partition) for each in statement["Resource"]}

    assert {each.split(":")[1] for each in resources - {"*"}} == {partition}


@pytest.mark.parametrize("name", names())
def test_a_policy_is_short_enough_for_iam(name: str) -> None:
    assert len("".join(json.dumps(policy(name, "aws-us-gov")).split())) <= LONGEST


def test_the_committed_files_are_what_is_written(tmp_path: Path) -> None:
    write(tmp_path)

    def texts(folder: Path) -> dict[str, str]:
        return {str(file.relative_to(folder)): file.read_text(encoding="utf-8") for file in folder.rglob("*.json")}

    assert texts(FOLDER) == texts(tmp_path), "run: make manifests"
