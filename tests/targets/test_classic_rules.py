"""Which security groups let a Classic Load Balancer in."""

import pytest

from albc.errors import Invalid
from albc.targets.classic_rules import Group, node_group, source_group

TAG = {"kubernetes.io/cluster/prod": "owned"}


def group(id_: str, **tags: str) -> Group:
    return Group(id=id_, name=f"name-{id_}", tags=tags)


def tagged(id_: str) -> Group:
    return Group(id=id_, name=f"name-{id_}", tags=TAG)


def source(*attached: Group, named: tuple[str, ...] = (), extra: tuple[str, ...] = ()) -> str:
    found = source_group(attached, named, extra, "prod")
    return found.id if found else ""


def test_the_managed_group_is_the_source() -> None:
    assert source(group("sg-1"), tagged("sg-2")) == "sg-2"


def test_the_users_groups_come_first_in_his_order() -> None:
    assert source(tagged("sg-1"), group("sg-2"), group("sg-3"), named=("sg-3", "sg-2")) == "sg-3"


def test_extra_groups_come_last_even_with_the_clusters_tag() -> None:
    assert source(tagged("sg-1"), group("sg-2"), extra=("sg-1",)) == "sg-2"
    assert source(group("sg-1"), group("sg-2"), extra=("sg-2", "sg-1")) == "sg-2"


def test_groups_may_be_named_by_their_name_tag() -> None:
    assert source(group("sg-1"), group("sg-2", Name="web"), named=("web",)) == "sg-2"


def test_without_any_group_there_is_no_source() -> None:
    assert source() == ""


def test_a_nodes_group_is_the_one_with_the_clusters_tag_or_its_only_one() -> None:
    assert node_group("i-1", [group("sg-1"), tagged("sg-2")], "prod") == "sg-2"
    assert node_group("i-1", [group("sg-1")], "prod") == "sg-1"
    assert node_group("i-1", [], "prod") is None


def test_a_node_with_several_groups_of_the_cluster_is_told() -> None:
    with pytest.raises(Invalid) as told:
        node_group("i-1", [tagged("sg-1"), tagged("sg-2")], "prod")

    assert str(told.value) == (
        "Multiple tagged security groups found for instance i-1; ensure only the k8s security group is tagged; "
        "the tagged groups were sg-1(name-sg-1) sg-2(name-sg-2) "
    )


def test_a_node_with_several_groups_of_nobody_is_told() -> None:
    with pytest.raises(Invalid) as told:
        node_group("i-1", [group("sg-1"), group("sg-2")], "prod")

    assert str(told.value) == (
        "Multiple untagged security groups found for instance i-1; ensure the k8s security group is tagged"
    )
