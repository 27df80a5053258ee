"""Writes to security groups."""

from collections.abc import Mapping
from typing import Final

from albc.aws.facts.parse import tag_map
from albc.aws.inventory.records import Records, SecurityGroupRecord
from albc.aws.inventory.writes.write import Call, Shape, Write
from albc.model.permissions import from_answer, with_shapes


def _create_security_group(records: Records, request: Shape, answer: Shape, now: float) -> None:
    tags = [tag for specification in request.get("TagSpecifications", ()) for tag in specification["Tags"]]
    aws = {
        "GroupId": answer["GroupId"],
        "GroupName": request["GroupName"],
        "Description": request["Description"],
        "VpcId": request["VpcId"],
        "IpPermissions": [],
    }
    records.security_groups[answer["GroupId"]] = SecurityGroupRecord(aws, tag_map(tags), now)


def _delete_security_group(records: Records, request: Shape, answer: Shape, now: float) -> None:
    records.security_groups.pop(request["GroupId"], None)


def _authorize(records: Records, request: Shape, answer: Shape, now: float) -> None:
    if group := records.security_groups.get(request["GroupId"]):
        group.writes += 1
        group.aws["IpPermissions"] = [*group.aws["IpPermissions"], *request["IpPermissions"]]


def _revoke(records: Records, request: Shape, answer: Shape, now: float) -> None:
    if group := records.security_groups.get(request["GroupId"]):
        group.writes += 1
        gone = frozenset(from_answer(request["IpPermissions"]))
        known = with_shapes(group.aws["IpPermissions"])
        group.aws["IpPermissions"] = [shape for permission, shape in known if permission not in gone]


def _create_tags(records: Records, request: Shape, answer: Shape, now: float) -> None:
    for id in request["Resources"]:
        if group := records.security_groups.get(id):
            group.writes += 1
            group.tags.update(tag_map(request["Tags"]))


def _delete_tags(records: Records, request: Shape, answer: Shape, now: float) -> None:
    for id in request["Resources"]:
        if group := records.security_groups.get(id):
            group.writes += 1
            for tag in request["Tags"]:
                group.tags.pop(tag["Key"], None)


SECURITY_GROUPS: Final[Mapping[Call, Write]] = {
    ("ec2", "create_security_group"): _create_security_group,
    ("ec2", "delete_security_group"): _delete_security_group,
    ("ec2", "authorize_security_group_ingress"): _authorize,
    ("ec2", "revoke_security_group_ingress"): _revoke,
    ("ec2", "create_tags"): _create_tags,
    ("ec2", "delete_tags"): _delete_tags,
}
