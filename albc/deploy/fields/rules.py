"""Fields of a listener rule. Its priority is changed by `SetRulePriorities`, for all rules of a listener at once."""

from typing import Any

from albc.deploy.fields.actions import aws_actions, same_actions, with_secret
from albc.deploy.fields.conditions import aws_conditions, aws_transforms, same_conditions, same_transforms
from albc.deploy.fields.field import Change, Field, told
from albc.model.inventory import ActualRule
from albc.model.listener import ListenerRule

RULE: tuple[Field[ListenerRule, ActualRule], ...] = (
    Field(
        name="Priority",
        wanted=lambda rule, _: rule.priority,
        actual=lambda rule: priority(rule),
        change=Change.IGNORE,
    ),
    Field(
        name="Actions",
        wanted=lambda rule, settings: aws_actions(rule.actions, settings),
        actual=lambda rule: with_secret(rule.aws.get("Actions"), rule.secret),
        same=same_actions,
        modified_by="modify_rule",
    ),
    Field(
        name="Conditions",
        wanted=lambda rule, _: aws_conditions(rule.conditions),
        actual=told("Conditions"),
        same=same_conditions,
        modified_by="modify_rule",
    ),
    Field(
        name="Transforms",
        wanted=lambda rule, _: aws_transforms(rule.transforms) or None,
        actual=told("Transforms"),
        same=lambda wanted, actual: same_transforms(wanted or (), actual),
        modified_by="modify_rule",
        none_is_a_value=True,
    ),
)


def priority(rule: ActualRule) -> Any:
    """As a number; the default rule, which has none, is never among the actual rules."""
    return int(rule.aws["Priority"])
