"""One set of tags for the load balancer and all that belongs to it."""

from albc.mapping.settings import MappingSettings
from tests.mapping.service.kit import fault, listener, load_balancer, managed_group, service, stack, target_group

TAGS = "aws-load-balancer-additional-resource-tags"


def test_load_balancer_listeners_target_groups_and_managed_group_have_the_same_tags() -> None:
    built = stack(service(annotations={TAGS: "team=edge,env=prod"}))

    expected = {"env": "prod", "team": "edge"}
    assert load_balancer(built).tags == expected
    assert listener(built).tags == expected
    assert target_group(built).tags == expected
    assert managed_group(built).tags == expected


def test_default_tags_of_the_flag_win_over_the_annotation() -> None:
    settings = MappingSettings(cluster_name="demo", default_tags={"team": "platform"})

    assert load_balancer(stack(service(annotations={TAGS: "team=edge"}), settings=settings)).tags == {
        "team": "platform"
    }


def test_a_tag_that_somebody_else_manages_is_refused() -> None:
    settings = MappingSettings(cluster_name="demo", external_managed_tags=frozenset({"owner"}))

    assert "tag key owner cannot be specified" in fault(service(annotations={TAGS: "owner=me"}), settings=settings)
