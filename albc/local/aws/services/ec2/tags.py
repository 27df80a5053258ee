"""Tags of everything that EC2 has."""

from collections.abc import Iterator
from typing import Any

from albc.local.aws.errors import ApiError
from albc.local.aws.services.ec2 import filters, kinds
from albc.local.aws.services.operation import Answer, Operations, Params, page
from albc.local.aws.state import State
from albc.local.aws.state.network import tag_dict

PATHS = {"key": "Key", "value": "Value", "resource-id": "ResourceId", "resource-type": "ResourceType"}


def create_tags(state: State, params: Params) -> Answer:
    changes = [(item_id, _tags_of(state, item_id)) for item_id in params["Resources"]]
    added = tag_dict(params["Tags"])
    _check_keys(added)
    for item_id, tags in changes:
        _store(state, item_id, {**tags, **added})
    return {}


def delete_tags(state: State, params: Params) -> Answer:
    """A tag goes when its key is named alone, or with the value that it has; without tags in the request, all go."""
    changes = [(item_id, _tags_of(state, item_id)) for item_id in params["Resources"]]
    unwanted = params.get("Tags")
    for item_id, tags in changes:
        gone = {tag["Key"] for tag in unwanted or () if "Value" not in tag or tags.get(tag["Key"]) == tag["Value"]}
        kept = {key: value for key, value in tags.items() if unwanted is not None and key not in gone}
        _store(state, item_id, kept)
    return {}


def describe_tags(state: State, params: Params) -> Answer:
    items = filters.select(all_tags(state), params.get("Filters"), PATHS)
    shown, token = page(
        items,
        lambda item: f"{item['ResourceId']} {item['Key']}",
        params.get("MaxResults") or kinds.PAGE_SIZE,
        params.get("NextToken"),
        code="InvalidParameterValue",
    )
    return {"Tags": shown, "NextToken": token}


def all_tags(state: State) -> Iterator[dict[str, Any]]:
    """Every tag as DescribeTags has it."""
    for kind in kinds.KINDS:
        for item_id, item in kind.items(state).items():
            for tag in item.get(kind.tags_key) or ():
                yield {"ResourceId": item_id, "ResourceType": kind.resource_type, **tag}


def from_specifications(params: Params, resource_type: str) -> dict[str, str]:
    """The tags that a create request gives to the thing that it makes."""
    tags: dict[str, str] = {}
    for specification in params.get("TagSpecifications") or ():
        if specification.get("ResourceType") != resource_type:
            raise ApiError(
                "InvalidParameterValue",
                f"'{specification.get('ResourceType')}' is not a valid taggable resource type here",
            )
        given = specification.get("Tags") or []
        tags |= tag_dict(given)
        if len(tags) < len(given):
            raise ApiError("InvalidParameterValue", "Duplicate tag keys were specified")
    _check_keys(tags)
    return tags


def _check_keys(tags: dict[str, str]) -> None:
    for key in tags:
        if key.lower().startswith("aws:"):
            raise ApiError(
                "InvalidParameterValue",
                f"Value ( {key} ) for parameter key is invalid. Tag keys that start with 'aws:' are reserved",
            )


def _tags_of(state: State, item_id: str) -> dict[str, str]:
    if group := state.network.security_groups.get(item_id):
        return group.tags
    kind = kinds.kind_of(item_id)
    items = kind.items(state)
    if item_id not in items:
        raise kind.absent(item_id)
    return tag_dict(items[item_id].get(kind.tags_key) or ())


def _store(state: State, item_id: str, tags: dict[str, str]) -> None:
    if group := state.network.security_groups.get(item_id):
        group.tags = tags
    else:
        state.network.tags[item_id] = tags


OPERATIONS: Operations = {"CreateTags": create_tags, "DeleteTags": delete_tags, "DescribeTags": describe_tags}
