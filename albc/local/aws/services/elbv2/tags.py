"""Tags of load balancers, target groups, listeners, rules and trust stores."""

from collections.abc import Iterable

from albc.local.aws.errors import ApiError
from albc.local.aws.services.elbv2 import lookup
from albc.local.aws.services.operation import Answer, Operations, Params
from albc.local.aws.state import State
from albc.local.aws.state.network import tag_list

MAX_ARNS = 20
"""Resources in one call of DescribeTags."""


def checked(state: State, params: Params) -> dict[str, str]:
    """The tags of a create request by key."""
    return merged(state, {}, params.get("Tags") or ())


def merged(state: State, current: dict[str, str], added: Iterable[Params]) -> dict[str, str]:
    """Tags after an addition. Refuses duplicates, reserved keys and too many."""
    added = list(added)
    keys = [tag["Key"] for tag in added]
    if len(set(keys)) != len(keys):
        raise ApiError("DuplicateTagKeys", "The tag keys must be unique")
    for key in keys:
        if key.lower().startswith("aws:"):
            raise ApiError("ValidationError", f"The tag key '{key}' begins with aws:, which is reserved")
    for tag in added:
        for part, longest in (("Key", 128), ("Value", 256)):
            if len(tag.get(part) or "") > longest:
                raise ApiError(
                    "ValidationError", f"Tag {part.lower()} '{tag[part]}' cannot be longer than {longest} characters"
                )
    tags = {**current, **{tag["Key"]: tag.get("Value", "") for tag in added}}
    if len(tags) > state.options.quotas.tags_per_resource:
        raise ApiError("TooManyTags", f"A resource cannot have more than {state.options.quotas.tags_per_resource} tags")
    return tags


def tags_of(state: State, arn: str, *, reading: bool = False) -> dict[str, str]:
    """The tags of a resource by ARN, the very dictionary that its owner holds."""
    if ":loadbalancer/" in arn:
        return lookup.load_balancer(state, arn, reading=reading).tags
    if ":targetgroup/" in arn:
        return lookup.target_group(state, arn, reading=reading).tags
    if ":listener/" in arn:
        return lookup.listener(state, arn).tags
    if ":listener-rule/" in arn:
        if owner := lookup.listener_of_default_rule(state, arn):
            return owner.default_rule_tags
        return lookup.rule(state, arn, reading=reading).tags
    if ":truststore/" in arn:
        return lookup.trust_store(state, arn).tags
    raise ApiError("ValidationError", f"'{arn}' is not a valid ARN")


def describe_tags(state: State, params: Params) -> Answer:
    arns = params["ResourceArns"]
    if len(arns) > MAX_ARNS:
        raise ApiError("ValidationError", f"Up to {MAX_ARNS} resources can be described at a time, not {len(arns)}")
    return {
        "TagDescriptions": [
            {"ResourceArn": arn, "Tags": tag_list(tags_of(state, arn, reading=True))} for arn in dict.fromkeys(arns)
        ]
    }


def add_tags(state: State, params: Params) -> Answer:
    changes = [(tags_of(state, arn), arn) for arn in params["ResourceArns"]]
    results = [merged(state, tags, params["Tags"]) for tags, _ in changes]
    for (tags, _), result in zip(changes, results, strict=True):
        tags.update(result)
    return {}


def remove_tags(state: State, params: Params) -> Answer:
    changes = [tags_of(state, arn) for arn in params["ResourceArns"]]
    for tags in changes:
        for key in params["TagKeys"]:
            tags.pop(key, None)
    return {}


OPERATIONS: Operations = {"DescribeTags": describe_tags, "AddTags": add_tags, "RemoveTags": remove_tags}
