"""Security groups and tags."""

from dataclasses import replace

from albc.model.security_group import SecurityGroup
from tests.mapping.service.classic.kit import NAME, annotated, balancer, fault, managed_group, service, stack
from tests.mapping.service.kit import SETTINGS


def test_a_group_is_managed_where_nobody_names_one() -> None:
    group = managed_group(service())

    assert group.group_name == f"k8s-elb-{NAME}"
    assert group.description == f"Security group for Kubernetes ELB {NAME} (shop/web)"
    assert balancer(service()).security_groups == (group.group_id,)


def test_named_groups_take_its_place_in_their_order() -> None:
    subject = annotated(security_groups="sg-db,sg-0a")

    assert balancer(subject).security_groups == ("sg-0d", "sg-0a")
    assert not stack(subject).all(SecurityGroup)


def test_extra_groups_come_on_top() -> None:
    managed = managed_group(service()).group_id

    assert balancer(annotated(extra_security_groups="web")).security_groups == (managed, "sg-0a")
    assert balancer(annotated(security_groups="sg-0d", extra_security_groups="web")).security_groups == (
        "sg-0d",
        "sg-0a",
    )


def test_the_operators_group_is_used_unless_the_user_names_others() -> None:
    settings = replace(SETTINGS, classic_elb_security_group="sg-all")

    assert balancer(service(), settings=settings).security_groups == ("sg-all",)
    assert balancer(annotated(extra_security_groups="web"), settings=settings).security_groups == ("sg-all", "sg-0a")
    assert balancer(annotated(security_groups="web"), settings=settings).security_groups == ("sg-0a",)


def test_an_unknown_group_is_told() -> None:
    assert "couldn't find all security groups: none has the id or the Name tag nobody" in fault(
        annotated(extra_security_groups="nobody")
    )


def test_tags_say_whose_it_is() -> None:
    subject = annotated(additional_resource_tags="team=web,kubernetes.io/service-name=x")

    assert balancer(subject).tags == {
        "team": "web",
        "kubernetes.io/cluster/demo": "owned",
        "kubernetes.io/service-name": "shop/web",
    }
    assert managed_group(annotated(additional_resource_tags="team=web")).tags == {
        "team": "web",
        "kubernetes.io/cluster/demo": "owned",
    }


def test_default_tags_win_unless_the_gate_says_otherwise() -> None:
    settings = replace(SETTINGS, default_tags={"team": "ops"})
    low = replace(settings, enable_default_tags_low_priority=True)
    subject = annotated(additional_resource_tags="team=web")

    assert balancer(subject, settings=settings).tags["team"] == "ops"
    assert balancer(subject, settings=low).tags["team"] == "web"


def test_tags_that_others_manage_are_refused() -> None:
    settings = replace(SETTINGS, external_managed_tags=frozenset({"team"}))

    assert "external managed tag key team cannot be specified on Service" in fault(
        annotated(additional_resource_tags="team=web"), settings=settings
    )
