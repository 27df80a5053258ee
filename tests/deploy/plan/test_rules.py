"""Rules: no gap, no rewrite that is not needed."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from albc.deploy.plan import Operation, make_plan
from albc.deploy.settings import DeploySettings
from albc.model.actions import AuthenticateOIDC
from albc.model.inventory import InventoryView, secret_digest
from albc.model.listener import ListenerRule, Rewrite, RewriteTransform
from albc.model.reference import SecretText
from albc.model.stack import Stack

View = Callable[..., InventoryView]
Change = Callable[..., list[Operation]]


@pytest.fixture
def change(deployed: View, settings: DeploySettings) -> Change:
    """The operations from one stack to the next, tags apart."""

    def change(before: Stack, after: Stack) -> list[Operation]:
        plan = make_plan(after, deployed(before), settings)
        return [operation for operation in plan.operations if operation.action != "add_tags"]

    return change


def with_rules(stack: Stack, *rules: ListenerRule) -> Stack:
    return Stack.of(stack.id, [*(one for one in stack.resources if not isinstance(one, ListenerRule)), *rules])


def rules_of(stack: Stack) -> list[ListenerRule]:
    return list(stack.all(ListenerRule))


def moved(rule: ListenerRule, priority: int) -> ListenerRule:
    return replace(rule, priority=priority, id=f"80:{priority}")


def test_a_new_order_is_one_call(site: Any, change: Change) -> None:
    stack = site.stack("a.example.com", "b.example.com", "c.example.com")
    a, b, c = rules_of(stack)

    [operation] = change(stack, with_rules(stack, moved(c, 1), moved(a, 2), moved(b, 3)))

    assert operation.action == "set_rule_priorities"
    places = [(one["RuleArn"][-1], one["Priority"]) for one in operation.params["RulePriorities"]]
    assert places == [("3", 1), ("1", 2), ("2", 3)]


def test_rules_that_will_go_make_room_at_the_end_in_their_order(site: Any, change: Change) -> None:
    stack = site.stack("a.example.com", "b.example.com", "c.example.com")
    _, _, c = rules_of(stack)

    reorder, *deletions = change(stack, with_rules(stack, moved(c, 1)))

    places = {one["RuleArn"][-1]: one["Priority"] for one in reorder.params["RulePriorities"]}
    assert places == {"1": 49_999, "2": 50_000, "3": 1}
    assert [operation.action for operation in deletions][:2] == ["delete_rule", "delete_rule"]


def test_a_rule_that_does_something_else_is_changed_where_it_is(site: Any, change: Change) -> None:
    stack = site.stack("a.example.com")
    [rule] = rules_of(stack)
    other = replace(rule, conditions=site.rule(1, "z.example.com", site.target_group("a.example.com")).conditions)

    [operation] = change(stack, with_rules(stack, other))

    assert operation.action == "modify_rule"
    assert set(operation.after) == {"Conditions"}
    assert operation.params["ResetTransforms"] is True


def test_transforms_are_sent_or_taken_away(site: Any, change: Change) -> None:
    stack = site.stack("a.example.com")
    [rule] = rules_of(stack)
    rewrite = RewriteTransform(type="url-rewrite", rewrites=(Rewrite(regex="^/a", replace="/"),))
    rewriting = with_rules(stack, replace(rule, transforms=(rewrite,)))

    [added] = change(stack, rewriting)
    [removed] = change(rewriting, stack)

    assert added.params["Transforms"] == [
        {"Type": "url-rewrite", "UrlRewriteConfig": {"Rewrites": [{"Regex": "^/a", "Replace": "/"}]}}
    ]
    assert "ResetTransforms" not in added.params
    assert removed.params["ResetTransforms"] is True


def test_a_rule_is_created_before_another_is_deleted(site: Any, change: Change) -> None:
    stack = site.stack("a.example.com")
    [rule] = rules_of(stack)
    other = replace(moved(rule, 2), conditions=site.rule(2, "z", site.target_group("a.example.com")).conditions)

    create, delete = change(stack, with_rules(stack, other))

    assert (create.action, delete.action) == ("create_rule", "delete_rule")
    assert create.resource in delete.needs


def test_of_two_equal_rules_the_one_in_place_stays(site: Any, change: Change) -> None:
    stack = site.stack("a.example.com")
    [rule] = rules_of(stack)
    twice = with_rules(stack, rule, moved(rule, 2))

    [operation] = change(twice, with_rules(stack, moved(rule, 2)))

    assert operation.action == "delete_rule"
    assert operation.before["Priority"] == 1


@pytest.fixture
def signing_in(site: Any) -> Stack:
    stack = site.stack("a.example.com")
    [rule] = rules_of(stack)
    oidc = AuthenticateOIDC(
        issuer="https://i",
        authorization_endpoint="https://a",
        token_endpoint="https://t",
        user_info_endpoint="https://u",
        client_id=SecretText("id"),
        client_secret=SecretText("hush"),
    )
    return with_rules(stack, replace(rule, actions=(oidc, *rule.actions)))


def with_known_secret(view: InventoryView, secret: str) -> InventoryView:
    [balancer] = view.load_balancers
    [listener] = balancer.listeners
    config = "AuthenticateOidcConfig"
    rules = []
    for rule in listener.rules:
        # AWS tells neither the secret nor, of course, our own types.
        told = {"ClientId": "id", "ClientSecret": None}
        actions = [
            {**action, config: {**action[config], **told}} if config in action else action
            for action in rule.aws["Actions"]
        ]
        rules.append(replace(rule, aws={**rule.aws, "Actions": actions}, secret=secret))
    listener = replace(listener, rules=tuple(rules))
    return replace(view, load_balancers=(replace(balancer, listeners=(listener,)),))


def test_a_client_secret_that_we_wrote_is_not_written_again(
    signing_in: Stack, deployed: View, settings: DeploySettings
) -> None:
    view = with_known_secret(deployed(signing_in), secret_digest("hush"))

    assert make_plan(signing_in, view, settings).is_empty


@pytest.mark.parametrize("known", ["", secret_digest("old")])
def test_a_client_secret_that_may_differ_is_written(
    signing_in: Stack, deployed: View, settings: DeploySettings, known: str
) -> None:
    plan = make_plan(signing_in, with_known_secret(deployed(signing_in), known), settings)

    assert [operation.action for operation in plan.operations] == ["modify_rule"]


def test_a_plan_shows_no_secret(signing_in: Stack, settings: DeploySettings) -> None:
    plan = make_plan(signing_in, InventoryView(stack=signing_in.id, tag_prefix="ingress.k8s.aws"), settings)

    assert "hush" not in repr(plan)
