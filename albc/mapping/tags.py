"""Tags that a user's object gives its AWS resources, joined with the controller's default tags (spec/aws.md §3.2).

Called by every family's tag rule. Tracking tags are no business of this module: they are added at deploy time.
"""

from collections.abc import Mapping

from albc.mapping.invalid import Invalid
from albc.mapping.settings import MappingSettings


def merge(object_tags: Mapping[str, str], settings: MappingSettings) -> dict[str, str]:
    """`--default-tags` and the object's own, by key; on both sides the default wins, unless
    `EnableDefaultTagsLowPriority` is on. Sorted by key, so that equal tags are equal bytes.
    """
    weak, strong = object_tags, settings.default_tags
    if settings.enable_default_tags_low_priority:
        weak, strong = strong, weak
    return dict(sorted({**weak, **strong}.items()))


def refuse_external_managed(object_tags: Mapping[str, str], settings: MappingSettings, owner: str) -> None:
    """An object may not set a key that `--external-managed-tags` leaves to somebody else.

    `owner` is what the tags were found on, as the message names it: `Service`, `Ingress shop/web`. Keys are
    compared exactly.
    """
    for key in sorted(object_tags):
        if key in settings.external_managed_tags:
            raise Invalid(
                f"external managed tag key {key} cannot be specified on {owner}; "
                "remove it there, or from --external-managed-tags"
            )
