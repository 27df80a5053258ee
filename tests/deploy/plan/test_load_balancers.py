"""Load balancers: what a replacement has to wait for, and what cannot be had twice."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from albc.deploy.plan import make_plan
from albc.deploy.plan.operation import Verb
from albc.deploy.settings import DeploySettings
from albc.model.addons import ShieldProtection, WAFRegionalAssociation, WAFv2Association
from albc.model.inventory import InventoryView
from albc.model.load_balancer import Attribute, SubnetMapping
from albc.model.stack import Stack

View = Callable[..., InventoryView]


def actions(stack: Stack, view: InventoryView, settings: DeploySettings) -> list[str]:
    return [operation.action for operation in make_plan(stack, view, settings).operations]


def with_address(view: InventoryView, **address: str) -> InventoryView:
    [balancer] = view.load_balancers
    zones = [{"SubnetId": "subnet-1", "LoadBalancerAddresses": [address]}]
    return replace(view, load_balancers=(replace(balancer, aws={**balancer.aws, "AvailabilityZones": zones}),))


@pytest.mark.parametrize(
    ("mapping", "address"),
    [
        (SubnetMapping(subnet_id="subnet-1", allocation_id="eipalloc-1"), {"AllocationId": "eipalloc-1"}),
        (SubnetMapping(subnet_id="subnet-1", private_ipv4_address="10.0.0.9"), {"PrivateIPv4Address": "10.0.0.9"}),
        (SubnetMapping(subnet_id="subnet-1", ipv6_address="2600::9"), {"IPv6Address": "2600::9"}),
    ],
)
def test_only_a_load_balancer_whose_address_is_to_stay_goes_before_its_successor_comes(
    site: Any, deployed: View, settings: DeploySettings, mapping: SubnetMapping, address: dict[str, str]
) -> None:
    view = deployed(site.stack("a.example.com"))
    other = site.stack("a.example.com", scheme="internal", subnet_mapping=(mapping,))

    keeping = actions(other, with_address(view, **address), settings)
    changing = actions(other, with_address(view, AllocationId="eipalloc-2"), settings)

    assert keeping.index("delete_load_balancer") < keeping.index("create_load_balancer")
    assert changing.index("create_load_balancer") < changing.index("delete_load_balancer")


def protected(view: InventoryView) -> InventoryView:
    [balancer] = view.load_balancers
    on = {"deletion_protection.enabled": "true"}
    known = replace(balancer, attributes=on, written_attributes=frozenset(on))
    return replace(view, load_balancers=(known,))


def test_a_silent_setting_does_not_lift_protection(site: Any, deployed: View, settings: DeploySettings) -> None:
    stack = site.stack("a.example.com")

    assert actions(stack, protected(deployed(stack)), settings) == []


def test_what_of_another_type_is_protected_keeps_the_whole_stack_as_it_is(
    site: Any, deployed: View, settings: DeploySettings
) -> None:
    view = protected(deployed(site.stack("a.example.com")))

    [operation] = make_plan(site.stack("b.example.com", kind="network"), view, settings).operations

    assert operation.verb is Verb.BLOCKED
    assert "Type was application" in operation.because


def test_a_users_own_word_lifts_protection_when_the_successor_stands(
    site: Any, deployed: View, settings: DeploySettings
) -> None:
    view = protected(deployed(site.stack("a.example.com")))
    off = (Attribute(key="deletion_protection.enabled", value="false"),)

    found = actions(site.stack("a.example.com", scheme="internal", load_balancer_attributes=off), view, settings)

    lifted = found.index("modify_load_balancer_attributes")
    assert found.index("create_load_balancer") < lifted == found.index("delete_load_balancer") - 1


def with_fields(view: InventoryView, **fields: Any) -> InventoryView:
    [balancer] = view.load_balancers
    return replace(view, load_balancers=(replace(balancer, aws={**balancer.aws, **fields}),))


def test_an_address_pool_goes_before_the_address_type_changes_and_comes_after(
    site: Any, deployed: View, settings: DeploySettings
) -> None:
    view = deployed(site.stack("a.example.com"))
    dual = site.stack("a.example.com", ip_address_type="dualstack")
    pooled = site.stack("a.example.com", ip_address_type="dualstack", ipv4_ipam_pool="pool-2")

    going = actions(dual, with_fields(view, IpamPools={"Ipv4IpamPoolId": "pool-1"}), settings)
    coming = actions(pooled, view, settings)
    elsewhere = with_fields(view, IpAddressType="dualstack", IpamPools={"Ipv4IpamPoolId": "pool-1"})
    [other] = make_plan(pooled, elsewhere, settings).operations

    assert going == ["modify_ip_pools", "set_ip_address_type"]
    assert coming == ["set_ip_address_type", "modify_ip_pools"]
    assert other.params["IpamPools"] == {"Ipv4IpamPoolId": "pool-2"}


@pytest.mark.parametrize(
    ("flag", "addon"),
    [
        ("enable_wafv2", lambda arn: WAFv2Association(web_acl_arn="acl", resource_arn=arn)),
        ("enable_waf", lambda arn: WAFRegionalAssociation(web_acl_id="acl", resource_arn=arn)),
        ("enable_shield", lambda arn: ShieldProtection(enabled=True, resource_arn=arn)),
    ],
)
def test_what_a_flag_switches_off_is_not_touched(
    site: Any, deployed: View, settings: DeploySettings, flag: str, addon: Callable[[Any], Any]
) -> None:
    plain = site.stack("a.example.com")
    view = replace(deployed(plain), shield_subscribed=True)
    stack = Stack.of(plain.id, [*plain.resources, addon(site.load_balancer().arn)])

    off: dict[str, Any] = {flag: False}

    assert len(actions(stack, view, settings)) == 1
    assert actions(stack, view, replace(settings, **off)) == []
