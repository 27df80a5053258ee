"""Tags: only ours are added, changed or removed; what lost its own is nobody's guess (spec/aws.md §3)."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from albc.deploy.plan import make_plan
from albc.deploy.settings import DeploySettings
from albc.errors import Invalid
from albc.model.inventory import InventoryView
from albc.model.stack import Stack

View = Callable[..., InventoryView]


@pytest.fixture
def stack(site: Any) -> Stack:
    result: Stack = site.stack("a.example.com")
    return result


def with_tags(view: InventoryView, tags: Mapping[str, str]) -> InventoryView:
    """On the load balancer and its listener."""
    [balancer] = view.load_balancers
    [listener] = balancer.listeners
    listener = replace(listener, tags={**listener.tags, **tags})
    return replace(view, load_balancers=(replace(balancer, tags={**balancer.tags, **tags}, listeners=(listener,)),))


def changed(stack: Stack, view: InventoryView, settings: DeploySettings) -> list[tuple[str, str]]:
    operations = make_plan(stack, view, settings).operations
    return [(one.action, one.resource.type.rpartition("::")[2]) for one in operations]


@pytest.mark.parametrize("key", ["aws:cloudformation:stack-name", "theirs"])
def test_tags_of_aws_and_those_that_others_manage_stay(
    stack: Stack, deployed: View, settings: DeploySettings, key: str
) -> None:
    settings = replace(settings, external_managed_tags=frozenset({"theirs"}))

    assert changed(stack, with_tags(deployed(stack), {key: "x"}), settings) == []


def test_tags_of_the_controller_of_old_stay_on_load_balancers_only(
    stack: Stack, deployed: View, settings: DeploySettings
) -> None:
    view = with_tags(deployed(stack), {"kubernetes.io/cluster/prod": "owned"})

    assert changed(stack, view, settings) == [("remove_tags", "Listener")]


def test_a_stacks_own_tags_win_over_those_of_a_user(site: Any, deployed: View, settings: DeploySettings) -> None:
    stack = site.stack("a.example.com", tags={"elbv2.k8s.aws/cluster": "mine", "team": "shop"})
    view = InventoryView(stack=stack.id, tag_prefix="ingress.k8s.aws")

    [create] = [one for one in make_plan(stack, view, settings).operations if one.action == "create_load_balancer"]

    tags = {tag["Key"]: tag["Value"] for tag in create.params["Tags"]}
    assert (tags["elbv2.k8s.aws/cluster"], tags["team"]) == ("prod", "shop")


def test_what_has_lost_the_tag_that_says_what_it_is_is_told_not_deleted(
    stack: Stack, deployed: View, settings: DeploySettings
) -> None:
    view = deployed(stack)
    [group] = view.target_groups
    tags = {key: value for key, value in group.tags.items() if key != "ingress.k8s.aws/resource"}

    with pytest.raises(Invalid, match=r"bears the tags of shop/web but no ingress\.k8s\.aws/resource"):
        make_plan(Stack(stack.id), replace(view, target_groups=(replace(group, tags=tags),)), settings)
