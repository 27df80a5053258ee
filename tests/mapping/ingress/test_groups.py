"""Which group an Ingress is in, and who is in a group (spec/ingress.md §4)."""

import pytest

from albc.kube.objects import Ingress
from albc.mapping.ingress.groups import (
    GroupID,
    Membership,
    group_of,
    groups,
    load_problems,
    membership,
    pending_finalization,
)
from albc.mapping.invalid import Invalid
from tests.mapping.ingress.kit import SETTINGS, Thing, class_with, group_id, ingress, snapshot

IMPLICIT = "ingress.k8s.aws/resources"


def group(subject: Ingress, *things: Thing) -> str:
    return str(group_of(subject, snapshot(subject, *things), SETTINGS))


def members(name: str, *things: Thing) -> Membership:
    return membership(group_id(name), snapshot(*things), SETTINGS)


def names(found: Membership) -> list[str]:
    return [str(member.name) for member in found.active]


def test_an_ingress_without_group_name_is_a_group_of_its_own() -> None:
    assert group(ingress()) == "shop/web"


def test_a_group_name_makes_an_explicit_group() -> None:
    assert group(ingress(annotations={"group.name": "my-team.edge"})) == "my-team.edge"


def test_the_group_of_the_class_goes_before_the_annotation() -> None:
    assert group(ingress(annotations={"group.name": "mine"}), *class_with(group={"name": "ours"})) == "ours"


@pytest.mark.parametrize("name", ["", "Edge", "-edge", "edge-", "edge.", "a_b", "x" * 64, "edge\n"])
def test_an_invalid_group_name_is_refused(name: str) -> None:
    with pytest.raises(Invalid, match="invalid ingress group") as caught:
        group(ingress(annotations={"group.name": name}))

    assert caught.value.reason == "FailedLoadGroupID"


def test_a_group_name_may_have_63_characters() -> None:
    assert group(ingress(annotations={"group.name": "x" * 63})) == "x" * 63


def test_an_empty_group_name_of_the_class_is_invalid() -> None:
    with pytest.raises(Invalid, match="invalid ingress group"):
        group(ingress(), *class_with(group={"name": ""}))


def test_a_deleted_ingress_is_in_no_group() -> None:
    assert group(ingress(deleted=True)) == "None"


def test_finalizers_tell_the_groups_that_still_hold_an_ingress() -> None:
    subject = ingress(finalizers=[IMPLICIT, "group.ingress.k8s.aws/a", "example.com/x", "group.ingress.k8s.aws/b"])

    assert [str(each) for each in pending_finalization(subject)] == ["shop/web", "a", "b"]


@pytest.mark.parametrize("name", ["shop/web", "edge"])
def test_the_finalizer_of_a_group_leads_back_to_it(name: str) -> None:
    subject = ingress(finalizers=[group_id(name).finalizer])

    assert pending_finalization(subject) == (group_id(name),)


def in_group(name: str, order: str | None = None, **more: object) -> Ingress:
    annotations = {"group.name": "edge"} | ({"group.order": order} if order is not None else {})
    return ingress(name=name, annotations=annotations, **more)  # type: ignore[arg-type]


def test_members_stand_by_order_then_namespace_and_name() -> None:
    found = members(
        "edge",
        in_group("z", "-1000"),
        in_group("b"),
        in_group("a", "0"),
        in_group("x", namespace="blog"),
        in_group("first", "1000"),
    )

    assert names(found) == ["shop/z", "blog/x", "shop/a", "shop/b", "shop/first"]


@pytest.mark.parametrize("order", ["1001", "-1001", "x", "1.5", ""])
def test_an_unusable_order_is_a_problem_of_that_member_alone(order: str) -> None:
    found = members("edge", in_group("bad", order), in_group("good"))

    assert names(found) == ["shop/good"]
    assert [problem.object.name for problem in found.problems] == ["bad"]
    assert [held.name for held in found.held] == ["bad"]


def test_a_deleted_member_is_inactive_while_it_bears_the_finalizer() -> None:
    bound = in_group("a", finalizers=["group.ingress.k8s.aws/edge"], deleted=True)

    assert members("edge", bound, in_group("b", deleted=True)).inactive == (bound,)


def test_a_member_that_moved_away_is_inactive_in_its_old_group() -> None:
    moved = ingress(annotations={"group.name": "new"}, finalizers=[IMPLICIT])

    assert members("shop/web", moved).inactive == (moved,)
    assert names(members("new", moved)) == ["shop/web"]


def test_an_ingress_that_is_no_longer_ours_is_inactive() -> None:
    left = ingress(class_annotation="nginx", finalizers=[IMPLICIT])

    assert members("shop/web", left).inactive == (left,)


def test_the_implicit_finalizer_counts_for_its_own_ingress_only() -> None:
    other = ingress(name="other", finalizers=[IMPLICIT])

    assert members("shop/web", other) == Membership()


@pytest.mark.parametrize("broken", [{"class_name": "gone"}, {"annotations": {"group.name": "Bad"}}])
def test_a_member_whose_class_or_group_went_wrong_is_held(broken: dict[str, object]) -> None:
    bound = ingress(finalizers=[IMPLICIT], **broken)  # type: ignore[arg-type]
    found = members("shop/web", bound)

    assert (found.active, found.inactive) == ((), ())
    assert [held.name for held in found.held] == ["web"]


def test_a_broken_ingress_without_finalizer_is_nobodys_member() -> None:
    assert members("shop/web", ingress(class_name="gone")) == Membership()


def test_a_broken_ingress_stops_no_other_group_and_is_told() -> None:
    cluster = snapshot(ingress(name="bad", class_name="gone"), ingress(name="good"))

    assert groups(cluster, SETTINGS) == (GroupID("shop", "good"),)
    [problem] = load_problems(cluster, SETTINGS)
    assert (problem.object.name, problem.reason) == ("bad", "FailedLoadGroupID")


def test_groups_of_a_cluster_are_each_named_once() -> None:
    cluster = snapshot(in_group("a"), in_group("b"), ingress(), ingress(name="x", class_annotation="nginx"))

    assert [str(each) for each in groups(cluster, SETTINGS)] == ["edge", "shop/web"]


def test_members_by_class_are_found_whatever_their_annotation_says() -> None:
    found = members("ours", ingress(annotations={"group.name": "mine"}), *class_with(group={"name": "ours"}))

    assert names(found) == ["shop/web"]


def test_a_group_that_still_holds_an_ingress_is_named_too() -> None:
    cluster = snapshot(ingress(deleted=True, finalizers=[IMPLICIT]))

    assert [str(each) for each in groups(cluster, SETTINGS)] == ["shop/web"]


def ordered(name: str, order: str | None) -> Ingress:
    given = {"group.name": "edge"} | ({"group.order": order} if order is not None else {})
    return ingress(name=name, annotations=given)


def test_of_two_equal_orders_the_later_name_is_told_of_the_earlier() -> None:
    found = members("edge", ordered("a", "5"), ordered("b", "5"), ordered("c", "6"))
    [problem] = found.problems
    assert (problem.object.name, problem.severity) == ("b", "warning")
    assert "group.order 5 is also that of Ingress shop/a, which comes first by its name" in problem.message


def test_members_without_an_order_are_not_told_that_they_have_none() -> None:
    assert members("edge", ordered("a", None), ordered("b", None), ordered("c", "0")).problems == ()
