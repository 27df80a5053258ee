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
from albc.model.quotas import VpcQuotas
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


@pytest.mark.parametrize("there", [True, False])
def test_more_security_groups_than_the_quota_are_refused(
    site: Any, deployed: View, settings: DeploySettings, there: bool
) -> None:
    view = (
        deployed(site.stack("a.example.com")) if there else InventoryView(stack=site.id, tag_prefix="ingress.k8s.aws")
    )
    view = replace(view, quotas=VpcQuotas(security_groups_per_interface=2))
    three = site.stack("a.example.com", security_groups=("sg-1", "sg-2", "sg-3"), ip_address_type="dualstack")

    operations = make_plan(three, view, settings).operations

    [refused] = [operation for operation in operations if operation.verb is Verb.BLOCKED]
    assert refused.over_quota
    assert refused.because.startswith(
        "3 security groups are wanted, but the account's quota for a network interface is 2;"
    )
    assert {"create_load_balancer", "set_security_groups"}.isdisjoint(one.action for one in operations)
    assert ("set_ip_address_type" in [one.action for one in operations]) == there


NLB_SUBNETS = ("subnet-1", "subnet-2")


def network(site: Any, *mappings: SubnetMapping, **balancer: Any) -> Stack:
    """A Network Load Balancer and no more."""
    whole = replace(
        site.load_balancer(), kind="network", security_groups=(), subnet_mapping=mappings or _plain(), **balancer
    )
    return Stack.of(site.id, [whole])


def _plain(**each: str) -> tuple[SubnetMapping, ...]:
    return tuple(SubnetMapping(subnet_id=subnet, **each) for subnet in NLB_SUBNETS)


def placed(view: InventoryView, zones: list[dict[str, Any]], **aws: Any) -> InventoryView:
    """The load balancer, in these zones of AWS."""
    [balancer] = view.load_balancers
    return replace(view, load_balancers=(replace(balancer, aws={**balancer.aws, "AvailabilityZones": zones, **aws}),))


def prefixed(*prefixes: str) -> list[dict[str, Any]]:
    return [
        {"SubnetId": subnet, "SourceNatIpv6Prefixes": [prefix]}
        for subnet, prefix in zip(NLB_SUBNETS, prefixes, strict=True)
    ]


FIRST, SECOND, OTHER = "2600:1::/80", "2600:2::/80", "2600:3::/80"
ON: Any = {"ip_address_type": "dualstack", "enable_prefix_for_ipv6_source_nat": "on"}


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ((FIRST, SECOND), []),
        (("auto_assigned", "auto_assigned"), []),
        ((None, None), []),
        ((FIRST, OTHER), ["set_subnets"]),
    ],
)
def test_only_another_source_nat_prefix_has_the_subnets_set_again(
    site: Any, deployed: View, settings: DeploySettings, wanted: tuple[str | None, ...], expected: list[str]
) -> None:
    mappings = [
        SubnetMapping(subnet_id=subnet, source_nat_ipv6_prefix=prefix)
        for subnet, prefix in zip(NLB_SUBNETS, wanted, strict=True)
    ]
    stack = network(site, *mappings, **ON)
    view = placed(deployed(stack), prefixed(FIRST, SECOND))

    operations = make_plan(stack, view, settings).operations

    assert [operation.action for operation in operations] == expected
    for operation in operations:
        assert [one["SourceNatIpv6Prefix"] for one in operation.params["SubnetMappings"]] == [FIRST, OTHER]
        assert operation.params["EnablePrefixForIpv6SourceNat"] == "on"


def test_source_nat_prefixes_are_switched_with_the_subnets(site: Any, deployed: View, settings: DeploySettings) -> None:
    off = network(site, ip_address_type="dualstack", enable_prefix_for_ipv6_source_nat="off")
    silent = network(site, ip_address_type="dualstack")
    on = network(site, **ON)

    [switched] = make_plan(on, deployed(off), settings).operations

    assert (switched.action, switched.params["EnablePrefixForIpv6SourceNat"]) == ("set_subnets", "on")
    assert [one["SubnetId"] for one in switched.params["SubnetMappings"]] == list(NLB_SUBNETS)
    assert make_plan(silent, deployed(on), settings).is_empty


def test_an_application_load_balancer_has_no_source_nat_prefixes(
    site: Any, deployed: View, settings: DeploySettings
) -> None:
    view = deployed(site.stack("a.example.com"))

    stack = site.stack("a.example.com", enable_prefix_for_ipv6_source_nat="on")

    assert make_plan(stack, view, settings).is_empty


SIX = (
    SubnetMapping(subnet_id="subnet-1", ipv6_address="2600::1"),
    SubnetMapping(subnet_id="subnet-2", ipv6_address="2600::2"),
)


def test_who_becomes_dual_stack_with_addresses_of_its_own_is_given_both_at_once(
    site: Any, deployed: View, settings: DeploySettings
) -> None:
    view = deployed(network(site, ip_address_type="ipv4"))

    [operation] = make_plan(network(site, *SIX, ip_address_type="dualstack"), view, settings).operations

    assert operation.action == "set_subnets"
    assert operation.params["IpAddressType"] == "dualstack"
    assert [one["IPv6Address"] for one in operation.params["SubnetMappings"]] == ["2600::1", "2600::2"]
    assert (operation.before, operation.after) == ({"IpAddressType": "ipv4"}, {"IpAddressType": "dualstack"})


def test_who_has_ipv6_addresses_already_only_changes_its_address_type(
    site: Any, deployed: View, settings: DeploySettings
) -> None:
    zones = [{"SubnetId": one, "LoadBalancerAddresses": [{"IPv6Address": "2600::9"}]} for one in NLB_SUBNETS]
    view = placed(deployed(network(site, ip_address_type="ipv4")), zones)

    [operation] = make_plan(network(site, *SIX, ip_address_type="dualstack"), view, settings).operations

    assert (operation.action, operation.params["IpAddressType"]) == ("set_ip_address_type", "dualstack")


def test_other_ipv6_addresses_alone_change_nothing(site: Any, deployed: View, settings: DeploySettings) -> None:
    zones = [{"SubnetId": one, "LoadBalancerAddresses": [{"IPv6Address": "2600::9"}]} for one in NLB_SUBNETS]
    stack = network(site, *SIX, ip_address_type="dualstack")

    assert make_plan(stack, placed(deployed(stack), zones), settings).is_empty


@pytest.mark.parametrize(
    ("before", "wanted", "said"),
    [
        ("ipv4pool-coip-1", "ipv4pool-coip-2", "is ipv4pool-coip-1 and not ipv4pool-coip-2"),
        ("ipv4pool-coip-1", None, "is ipv4pool-coip-1 and not none"),
        (None, "ipv4pool-coip-2", "is none and not ipv4pool-coip-2"),
    ],
)
def test_a_pool_of_customer_owned_addresses_cannot_change_which_is_told(
    site: Any, deployed: View, settings: DeploySettings, before: str | None, wanted: str | None, said: str
) -> None:
    view = deployed(site.stack("a.example.com", customer_owned_ipv4_pool=before))

    plan = make_plan(site.stack("a.example.com", customer_owned_ipv4_pool=wanted), view, settings)

    assert plan.is_empty
    [note] = plan.notes
    assert note.startswith(f"LoadBalancer LoadBalancer: CustomerOwnedIpv4Pool {said}, and AWS cannot change it; delete")


def test_the_pool_that_it_has_is_no_news(site: Any, deployed: View, settings: DeploySettings) -> None:
    stack = site.stack("a.example.com", customer_owned_ipv4_pool="ipv4pool-coip-1")

    assert make_plan(stack, deployed(stack), settings).notes == ()
