"""Tags from the user's object and from the controller's flags, joined."""

import pytest

from albc.mapping.invalid import Invalid
from albc.mapping.settings import MappingSettings
from albc.mapping.tags import merge, refuse_external_managed

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
        refuse_external_managed({"app": "shop", "owner": "me"}, settings, "Service")


def test_external_managed_keys_are_compared_exactly() -> None:
    settings = MappingSettings(cluster_name="prod", external_managed_tags=frozenset({"owner"}))

    refuse_external_managed({"Owner": "me", "owners": "us"}, settings, "Service")
