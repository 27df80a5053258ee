"""Tags that a user's object gives its AWS resources, joined with the controller's default tags (spec/aws.md §3.2).

Called by every family's tag rule. Tracking tags are no business of this module: they are added at deploy time.
"""

from collections.abc import Mapping

from albc.mapping.invalid import Invalid
from albc.mapping.settings import MappingSettings

LONGEST_KEY = 128
LONGEST_VALUE = 256
LONGEST_LABEL = 63
"""Of the value of a label in Kubernetes."""


def merge(object_tags: Mapping[str, str], settings: MappingSettings) -> dict[str, str]:
    """`--default-tags` and the object's own, by key; on both sides the default wins, unless
    `EnableDefaultTagsLowPriority` is on. Sorted by key, so that equal tags are equal bytes.
    """
    weak, strong = object_tags, settings.default_tags
    if settings.enable_default_tags_low_priority:
        weak, strong = strong, weak
    return dict(sorted({**weak, **strong}.items()))


def check(object_tags: Mapping[str, str], settings: MappingSettings, owner: str) -> None:
    """An object may not set a key that `--external-managed-tags` leaves to somebody else, nor what AWS refuses.

    `owner` is what the tags were found on, as the message names it: `Service`, `Ingress shop/web`. Keys are
    compared exactly.
    """
    for key, value in sorted(object_tags.items()):
        if len(key) > LONGEST_KEY or len(value) > LONGEST_VALUE:
            raise Invalid(
                f"tag {key[:40]} on {owner}: AWS takes keys of at most {LONGEST_KEY} characters and values of at most "
                f"{LONGEST_VALUE}, not {len(key)} and {len(value)}; shorten it"
            )
        if key.lower().startswith("aws:"):
            raise Invalid(f"tag {key} on {owner}: AWS keeps keys that begin with aws: to itself; take another one")
        if key in settings.external_managed_tags:
            raise Invalid(
                f"external managed tag key {key} cannot be specified on {owner}; "
                "remove it there, or from --external-managed-tags"
            )


def check_id(id: str, remedy: str) -> None:
    """What a resource of AWS is found again by, a stack's or its own id, is the value of a tag."""
    if len(id) > LONGEST_VALUE:
        raise Invalid(
            f"the tag {id[:60]}… would have {len(id)} characters, AWS takes at most {LONGEST_VALUE}; {remedy}"
        )


def check_label(name: str, what: str, remedy: str) -> None:
    """A stack's name is a label of its TargetGroupBindings, by which they are found again."""
    if len(name) > LONGEST_LABEL:
        raise Invalid(
            f"the name of {what} has {len(name)} characters; as a label of TargetGroupBindings it may have "
            f"{LONGEST_LABEL}: {remedy}"
        )
