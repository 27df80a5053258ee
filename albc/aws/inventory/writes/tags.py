"""Writes of tags by ELBv2's calls, which are the same for all that has an ARN."""

from collections.abc import Mapping
from typing import Final

from albc.aws.facts.parse import tag_map
from albc.aws.inventory.records import ListenerRecord, LoadBalancerRecord, Records, RuleRecord, TargetGroupRecord
from albc.aws.inventory.writes.listeners import written_listener
from albc.aws.inventory.writes.write import Call, Shape, Write


def _add_tags(records: Records, request: Shape, answer: Shape, now: float) -> None:
    for arn in request["ResourceArns"]:
        if (tags := _tags(records, arn)) is not None:
            tags.update(tag_map(request["Tags"]))


def _remove_tags(records: Records, request: Shape, answer: Shape, now: float) -> None:
    for arn in request["ResourceArns"]:
        if (tags := _tags(records, arn)) is not None:
            for key in request["TagKeys"]:
                tags.pop(key, None)


def _tags(records: Records, arn: str) -> dict[str, str] | None:
    record: LoadBalancerRecord | TargetGroupRecord | ListenerRecord | RuleRecord | None
    if ":listener-rule/" in arn:
        record = records.rule(arn)
    elif ":listener/" in arn:
        record = written_listener(records, arn)
    elif ":targetgroup/" in arn:
        record = records.target_groups.get(arn)
    else:
        record = records.load_balancers.get(arn)
    if isinstance(record, LoadBalancerRecord | TargetGroupRecord):
        record.writes += 1
    return record.tags if record else None


TAGS: Final[Mapping[Call, Write]] = {
    ("elbv2", "add_tags"): _add_tags,
    ("elbv2", "remove_tags"): _remove_tags,
}
