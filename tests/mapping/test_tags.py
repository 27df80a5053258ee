"""Tags from the user's object and from the controller's flags, joined."""

import pytest

from albc.mapping.invalid import Invalid
from albc.mapping.settings import MappingSettings
from albc.mapping.tags import check, check_id, check_label, merge

DEFAULTS = {"team": "platform", "env": "prod"}


def test_a_default_tag_wins_over_the_objects_own() -> None:
    settings = MappingSettings(cluster_name="prod", default_tags=DEFAULTS)

    assert merge({"team": "web", "app": "shop"}, settings) == {"team": "platform", "env": "prod", "app": "shop"}


def test_with_low_priority_defaults_the_object_wins() -> None:
    settings = MappingSettings(cluster_name="prod", default_tags=DEFAULTS, enable_default_tags_low_priority=True)

    assert merge({"team": "web"}, settings) == {"team": "web", "env": "prod"}


def test_merged_tags_come_out_by_key_whatever_order_they_went_in() -> None:
    settings = MappingSettings(cluster_name="prod", default_tags={"z": "1", "m": "2"})

    assert list(merge({"x": "3", "a": "4"}, settings)) == ["a", "m", "x", "z"]


def test_a_key_that_somebody_else_manages_is_refused_by_name() -> None:
    settings = MappingSettings(cluster_name="prod", external_managed_tags=frozenset({"owner"}))

    with pytest.raises(Invalid, match="tag key owner cannot be specified on Service"):
        check({"app": "shop", "owner": "me"}, settings, "Service")


def test_external_managed_keys_are_compared_exactly() -> None:
    settings = MappingSettings(cluster_name="prod", external_managed_tags=frozenset({"owner"}))

    check({"Owner": "me", "owners": "us"}, settings, "Service")


@pytest.mark.parametrize(
    ("tags", "told"),
    [
        ({"k" * 129: "v"}, "keys of at most 128 characters and values of at most 256, not 129 and 1"),
        ({"k": "v" * 257}, "not 1 and 257; shorten it"),
        ({"aws:team": "v"}, "AWS keeps keys that begin with aws: to itself"),
    ],
)
def test_a_tag_that_aws_refuses_is_told_with_its_owner(tags: dict[str, str], told: str) -> None:
    with pytest.raises(Invalid, match="on Service") as raised:
        check(tags, MappingSettings(cluster_name="prod"), "Service")

    assert told in raised.value.message


def test_the_longest_tags_of_aws_pass() -> None:
    check({"k" * 128: "v" * 256}, MappingSettings(cluster_name="prod"), "Service")
    check_id("i" * 256, "shorten it")
    check_label("n" * 63, "the Gateway", "shorten it")


def test_an_id_and_a_name_that_fit_no_tag_and_no_label_are_told() -> None:
    with pytest.raises(Invalid, match=r"would have 257 characters, AWS takes at most 256; shorten it"):
        check_id("i" * 257, "shorten it")
    with pytest.raises(Invalid, match="name of the Gateway has 64 characters"):
        check_label("n" * 64, "the Gateway", "shorten it")
