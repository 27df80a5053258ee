"""Web ACL, Shield and reserved capacity: on, off after on, never mentioned (spec/gateway.md §17)."""

import pytest

from albc.model.addons import ShieldProtection, WAFv2Association
from albc.model.load_balancer import MinimumLoadBalancerCapacity
from tests.mapping.gateway.kit import (
    Plain,
    built,
    configured,
    faults,
    gateway,
    http_route,
    l4,
    lbc,
    load_balancer,
    service,
    stack,
)


def alb(**annotations: str) -> tuple[Plain, ...]:
    marked = {f"gateway.k8s.aws.addon.{name}": value for name, value in annotations.items()}
    return gateway(infrastructure=configured(), metadata={"annotations": marked}), service(), http_route()


WAF = lbc(wafV2={"webACL": "arn:acl"})


def test_a_web_acl_is_associated_by_its_arn() -> None:
    (association,) = stack(*alb(), WAF).all(WAFv2Association)

    assert association.web_acl_arn == "arn:acl"


def test_what_was_never_on_is_not_mentioned() -> None:
    found = stack(*alb(), lbc())

    assert found.all(WAFv2Association) == ()
    assert found.all(ShieldProtection) == ()
    assert load_balancer(*alb(), lbc()).minimum_load_balancer_capacity is None


@pytest.mark.parametrize("remembered", ["true", "True", "1", "t"])
def test_what_was_on_and_is_off_is_taken_away(remembered: str) -> None:
    objects = (*alb(wafv2=remembered, shield=remembered, provisionedcapacity=remembered), lbc())
    found = stack(*objects)

    assert [each.web_acl_arn for each in found.all(WAFv2Association)] == [""]
    assert [each.enabled for each in found.all(ShieldProtection)] == [False]
    assert load_balancer(*objects).minimum_load_balancer_capacity == MinimumLoadBalancerCapacity(capacity_units=0)


def test_an_annotation_that_is_no_truth_value_remembers_nothing() -> None:
    assert stack(*alb(wafv2="yes"), lbc()).all(WAFv2Association) == ()


def test_shield_is_on_where_it_says_so() -> None:
    on = lbc(shieldConfiguration={"enabled": True})

    assert [each.enabled for each in stack(*alb(), on).all(ShieldProtection)] == [True]
    assert stack(*alb(), lbc(shieldConfiguration={})).all(ShieldProtection) == ()


def test_capacity_is_reserved_and_0_gives_it_back() -> None:
    for units in (100, 0):
        found = load_balancer(*alb(), lbc(minimumLoadBalancerCapacity={"capacityUnits": units}))
        assert found.minimum_load_balancer_capacity == MinimumLoadBalancerCapacity(capacity_units=units)


def test_a_negative_capacity_does_not_reach_aws_and_changes_nothing() -> None:
    negative = lbc(minimumLoadBalancerCapacity={"capacityUnits": -5})

    assert load_balancer(*alb(provisionedcapacity="true"), negative).minimum_load_balancer_capacity is None
    assert faults(*alb(), negative) == [("LoadBalancerConfiguration", "edge", "InvalidParameters")]


def test_an_nlb_has_neither_web_acl_nor_shield() -> None:
    both = lbc(wafV2={"webACL": "arn:acl"}, shieldConfiguration={"enabled": True})
    found = stack(gateway(l4("TCP", 80), layer="nlb", infrastructure=configured()), both)

    assert found.all(WAFv2Association) == ()
    assert found.all(ShieldProtection) == ()


def test_the_controller_is_told_which_add_ons_to_remember() -> None:
    addons = built(*alb(shield="true"), WAF).addons

    assert addons is not None
    assert addons.enabled == {"wafv2"}
    assert addons.remembered == {"shield"}
