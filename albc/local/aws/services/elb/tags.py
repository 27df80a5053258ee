"""Tags of Classic Load Balancers: ten each."""

from collections.abc import Iterable

from albc.local.aws.errors import ApiError
from albc.local.aws.services.elb import lookup
from albc.local.aws.services.operation import Answer, Operations, Params
from albc.local.aws.state import State
from albc.local.aws.state.network import tag_list

MAX_NAMES = 20
"""Load balancers in one call of DescribeTags."""


def merged(state: State, current: dict[str, str], added: Iterable[Params]) -> dict[str, str]:
    """Tags after an addition."""
    added = list(added)
    keys = [tag["Key"] for tag in added]
    if len(set(keys)) != len(keys):
        raise ApiError("DuplicateTagKeys", "The tag keys must be unique")
    tags = {**current, **{tag["Key"]: tag.get("Value", "") for tag in added}}
    if len(tags) > state.options.quotas.tags_per_classic_load_balancer:
        raise ApiError("TooManyTags", "The load balancer has too many tags")
    return tags


def add_tags(state: State, params: Params) -> Answer:
    balancers = [lookup.by_name(state, name) for name in params["LoadBalancerNames"]]
    results = [merged(state, balancer.tags, params["Tags"]) for balancer in balancers]
    for balancer, result in zip(balancers, results, strict=True):
        balancer.tags = result
    return {}


def remove_tags(state: State, params: Params) -> Answer:
    balancers = [lookup.by_name(state, name) for name in params["LoadBalancerNames"]]
    gone = {each["Key"] for each in params["Tags"]}
    for balancer in balancers:
        balancer.tags = {key: value for key, value in balancer.tags.items() if key not in gone}
    return {}


def describe_tags(state: State, params: Params) -> Answer:
    names = params["LoadBalancerNames"]
    if len(names) > MAX_NAMES:
        raise ApiError("ValidationError", f"Up to {MAX_NAMES} load balancers can be described at a time")
    return {
        "TagDescriptions": [
            {"LoadBalancerName": name, "Tags": tag_list(lookup.by_name(state, name).tags)} for name in names
        ]
    }


OPERATIONS: Operations = {"AddTags": add_tags, "RemoveTags": remove_tags, "DescribeTags": describe_tags}
