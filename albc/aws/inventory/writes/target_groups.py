"""Writes to target groups and their targets."""

from collections.abc import Mapping
from typing import Final

from albc.aws.facts.parse import tag_map
from albc.aws.inventory.records import Records, TargetGroupRecord, attribute_map
from albc.aws.inventory.writes.write import Call, Shape, Write
from albc.model.attributes import target_group_defaults


def _create_target_group(records: Records, request: Shape, answer: Shape, now: float) -> None:
    aws = dict(answer["TargetGroups"][0])
    records.target_groups[aws["TargetGroupArn"]] = TargetGroupRecord(
        aws,
        tag_map(request.get("Tags")),
        made_at=now,
        attributes=dict(target_group_defaults(aws["Protocol"])),
        targets=(),
        checked_at=now,
    )


def _modify_target_group(records: Records, request: Shape, answer: Shape, now: float) -> None:
    if group := records.target_groups.get(request["TargetGroupArn"]):
        group.writes += 1
        group.aws.update(answer["TargetGroups"][0])


def _delete_target_group(records: Records, request: Shape, answer: Shape, now: float) -> None:
    records.target_groups.pop(request["TargetGroupArn"], None)


def _modify_target_group_attributes(records: Records, request: Shape, answer: Shape, now: float) -> None:
    if group := records.target_groups.get(request["TargetGroupArn"]):
        group.writes += 1
        group.written.update(attribute_map(request["Attributes"]))
        if group.attributes is not None:
            group.attributes.update(attribute_map(request["Attributes"]))


def _register_targets(records: Records, request: Shape, answer: Shape, now: float) -> None:
    if (group := records.target_groups.get(request["TargetGroupArn"])) and group.targets is not None:
        group.writes += 1
        group.targets = tuple(dict.fromkeys((*group.targets, *(target["Id"] for target in request["Targets"]))))


def _deregister_targets(records: Records, request: Shape, answer: Shape, now: float) -> None:
    if (group := records.target_groups.get(request["TargetGroupArn"])) and group.targets is not None:
        group.writes += 1
        gone = {target["Id"] for target in request["Targets"]}
        group.targets = tuple(target for target in group.targets if target not in gone)


TARGET_GROUPS: Final[Mapping[Call, Write]] = {
    ("elbv2", "create_target_group"): _create_target_group,
    ("elbv2", "modify_target_group"): _modify_target_group,
    ("elbv2", "delete_target_group"): _delete_target_group,
    ("elbv2", "modify_target_group_attributes"): _modify_target_group_attributes,
    ("elbv2", "register_targets"): _register_targets,
    ("elbv2", "deregister_targets"): _deregister_targets,
}
