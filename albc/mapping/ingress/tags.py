"""Tags of a group's AWS resources (spec/ingress.md §19).

An Ingress's own tags are those of its class over those of its annotation. Default tags join them at the very end.
"""

from collections.abc import Mapping, Sequence

from albc.mapping import tags as shared
from albc.mapping.annotations import Annotations
from albc.mapping.ingress.agreement import Said, agree_by_key
from albc.mapping.ingress.member import Member
from albc.mapping.settings import MappingSettings
from albc.model.problem import Problem


def own(member: Member, settings: MappingSettings) -> Mapping[str, str]:
    """Tags of one Ingress: those of its rules, and its share of what the group has in common."""
    annotated = member.annotations.string_map("tags") or {}
    shared.check(annotated, settings, str(member.ref))
    return {**annotated, **_of_class(member, settings)}


def of_target_group(member: Member, service: Annotations, settings: MappingSettings) -> Mapping[str, str]:
    """Tags of the target group of a Service, key by key: class over Service over Ingress; with the default tags."""
    annotated = {**(member.annotations.string_map("tags") or {}), **(service.string_map("tags") or {})}
    shared.check(annotated, settings, f"{member.ref} or its Service")
    return shared.merge({**annotated, **_of_class(member, settings)}, settings)


def of_group(
    said: Sequence[Said[Mapping[str, str]]], settings: MappingSettings, problems: list[Problem]
) -> Mapping[str, str]:
    """Tags that several members have in common, with the default tags."""
    return shared.merge(agree_by_key(said, "tag", problems), settings)


def of_certificate(own_tags: Mapping[str, str], settings: MappingSettings) -> Mapping[str, str]:
    """Default tags win here whatever `EnableDefaultTagsLowPriority` says."""
    return {**own_tags, **settings.default_tags}


def _of_class(member: Member, settings: MappingSettings) -> dict[str, str]:
    tags = {tag.key: tag.value for tag in member.params.tags}
    shared.check(tags, settings, f"IngressClassParams {member.params_name}")
    return tags
