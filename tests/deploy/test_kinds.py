"""Every kind of resource, on the local account: made as wanted, then nothing to do, changed, and taken away."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from albc.local.aws import AccountOptions, Layout, Quotas, loopback_layout
from albc.model.addons import ShieldProtection, WAFRegionalAssociation, WAFv2Association
from albc.model.certificate import Certificate
from albc.model.listener import Listener, ListenerAttribute
from albc.model.load_balancer import Attribute, MinimumLoadBalancerCapacity, SubnetMapping
from albc.model.stack import Stack
from albc.model.target_group_binding import FrontendNLBTarget, FrontendNLBTargets

pytestmark = pytest.mark.anyio

Local = Callable[..., tuple[Any, Any]]


def balancer_of(controller: Any, name: str = "k8s-shop-web-abcdef0123") -> dict[str, Any]:
    request = {"Names": [name]}
    [found] = controller.account.call("elbv2", "DescribeLoadBalancers", request)["LoadBalancers"]
    return dict(found)


def attributes_of(controller: Any, arn: str) -> dict[str, str]:
    answer = controller.account.call("elbv2", "DescribeLoadBalancerAttributes", {"LoadBalancerArn": arn})
    return {one["Key"]: one["Value"] for one in answer["Attributes"]}


async def settled(controller: Any, stack: Stack) -> list[str]:
    """The writing calls that a stack takes; afterwards nothing is left to do, also not after a restart."""
    controller.account.calls.clear()
    await controller.settle(stack)
    writes: list[str] = controller.writes()
    assert [operation.action for operation in (await controller.plan(stack)).operations] == []
    controller.restart()
    assert [operation.action for operation in (await controller.plan(stack)).operations] == []
    return writes


def without(stack: Stack, *kinds: type) -> Stack:
    return Stack.of(stack.id, [one for one in stack.resources if not isinstance(one, kinds)])


def plus(stack: Stack, *resources: Any) -> Stack:
    return Stack.of(stack.id, [*resources, *stack.resources])


async def test_attributes_are_written_where_they_differ_from_what_aws_gives(local: Local) -> None:
    controller, site = local()
    default = Attribute(key="routing.http2.enabled", value="true")
    other = Attribute(key="idle_timeout.timeout_seconds", value="120")

    writes = await settled(controller, site.stack("a.example.com", load_balancer_attributes=(default, other)))

    assert writes.count("ModifyLoadBalancerAttributes") == 1
    [call] = [one for one in controller.account.calls if one.operation == "ModifyLoadBalancerAttributes"]
    assert [one["Key"] for one in call.params["Attributes"]] == ["idle_timeout.timeout_seconds"]


async def test_a_setting_that_is_taken_back_goes_back_to_its_default_and_others_stay(local: Local) -> None:
    controller, site = local()
    ours = Attribute(key="idle_timeout.timeout_seconds", value="120")
    await controller.settle(site.stack("a.example.com", load_balancer_attributes=(ours,)))
    arn = balancer_of(controller)["LoadBalancerArn"]
    by_hand = {"Key": "client_keep_alive.seconds", "Value": "60"}
    controller.account.call("elbv2", "ModifyLoadBalancerAttributes", {"LoadBalancerArn": arn, "Attributes": [by_hand]})

    await controller.settle(site.stack("a.example.com"))

    attributes = attributes_of(controller, arn)
    assert attributes["idle_timeout.timeout_seconds"] == "60"
    assert attributes["client_keep_alive.seconds"] == "60"


async def test_tags_follow_and_those_of_others_stay(local: Local) -> None:
    controller, site = local(external_managed_tags=frozenset({"cost-center"}))
    await controller.settle(site.stack("a.example.com", tags={"team": "shop", "env": "x"}))
    arn = balancer_of(controller)["LoadBalancerArn"]
    strangers = [{"Key": "cost-center", "Value": "7"}, {"Key": "kubernetes.io/namespace", "Value": "shop"}]
    controller.account.call("elbv2", "AddTags", {"ResourceArns": [arn], "Tags": strangers})
    controller.restart()

    writes = await settled(controller, site.stack("a.example.com", tags={"team": "blog"}))

    assert writes == ["AddTags", "RemoveTags"]
    [told] = controller.account.call("elbv2", "DescribeTags", {"ResourceArns": [arn]})["TagDescriptions"]
    tags = {tag["Key"]: tag["Value"] for tag in told["Tags"]}
    assert (tags["team"], tags["cost-center"], tags["kubernetes.io/namespace"]) == ("blog", "7", "shop")
    assert "env" not in tags


async def test_a_web_acl_is_associated_changed_and_taken_off(local: Local) -> None:
    controller, site = local(AccountOptions(active_seconds=0.0, web_acls=("one", "two")))
    acls = controller.account.call("wafv2", "ListWebACLs", {"Scope": "REGIONAL"})["WebACLs"]
    stack = site.stack("a.example.com")
    arn = site.load_balancer().arn
    one, two = (WAFv2Association(web_acl_arn=acl["ARN"], resource_arn=arn) for acl in acls)
    none = WAFv2Association(web_acl_arn="", resource_arn=arn)

    assert "AssociateWebACL" in await settled(controller, plus(stack, one))
    assert await settled(controller, plus(stack, two)) == ["AssociateWebACL"]
    assert await settled(controller, stack) == []
    assert await settled(controller, plus(stack, none)) == ["DisassociateWebACL"]


async def test_a_classic_web_acl_is_associated(local: Local) -> None:
    controller, site = local(AccountOptions(active_seconds=0.0, web_acls=("one",)))
    [acl] = controller.account.call("waf-regional", "ListWebACLs", {})["WebACLs"]
    wanted = WAFRegionalAssociation(web_acl_id=acl["WebACLId"], resource_arn=site.load_balancer().arn)

    assert "AssociateWebACL" in await settled(controller, plus(site.stack("a.example.com"), wanted))


async def test_shield_protects_and_stops_to(local: Local) -> None:
    controller, site = local(AccountOptions(active_seconds=0.0, shield_subscribed=True))
    stack = site.stack("a.example.com")
    arn = site.load_balancer().arn

    on = await settled(controller, plus(stack, ShieldProtection(enabled=True, resource_arn=arn)))
    off = await settled(controller, plus(stack, ShieldProtection(enabled=False, resource_arn=arn)))

    assert "CreateProtection" in on
    assert off == ["DeleteProtection"]


async def test_without_a_subscription_shield_is_left_alone(local: Local) -> None:
    controller, site = local()
    protection = ShieldProtection(enabled=True, resource_arn=site.load_balancer().arn)

    assert "CreateProtection" not in await settled(controller, plus(site.stack("a.example.com"), protection))


async def test_capacity_is_reserved_when_the_load_balancer_is_active(local: Local) -> None:
    controller, site = local()
    wanted = site.stack("a.example.com", minimum_load_balancer_capacity=MinimumLoadBalancerCapacity(capacity_units=100))

    assert "ModifyCapacityReservation" in await settled(controller, wanted)
    none = site.stack("a.example.com", minimum_load_balancer_capacity=MinimumLoadBalancerCapacity(capacity_units=0))
    assert await settled(controller, none) == ["ModifyCapacityReservation"]


async def test_subnets_and_security_groups_are_set_anew(local: Local) -> None:
    controller, site = local()
    await controller.settle(site.stack("a.example.com"))
    subnets = controller.account.call("ec2", "DescribeSubnets", {})["Subnets"]
    zones = {one["SubnetId"]: one["AvailabilityZone"] for one in subnets}
    used = {mapping.subnet_id for mapping in site.load_balancer().subnet_mapping}
    more = next(
        one["SubnetId"]
        for one in subnets
        if one["AvailabilityZone"] not in {zones[subnet] for subnet in used} and one["MapPublicIpOnLaunch"] is not None
    )
    mapping = (*site.load_balancer().subnet_mapping, replace(site.load_balancer().subnet_mapping[0], subnet_id=more))
    request = {"VpcId": controller.settings.vpc_id, "GroupName": "own", "Description": "own"}
    own = controller.account.call("ec2", "CreateSecurityGroup", request)["GroupId"]
    groups = (*site.load_balancer().security_groups, own)

    writes = await settled(controller, site.stack("a.example.com", subnet_mapping=mapping, security_groups=groups))

    assert sorted(writes) == ["SetSecurityGroups", "SetSubnets"]


async def test_an_https_listener_with_several_certificates(local: Local) -> None:
    controller, site = local()
    arns = []
    for domain in ("a.example", "b.example", "c.example"):
        request = {"DomainName": domain, "ValidationMethod": "DNS"}
        arns.append(controller.account.call("acm", "RequestCertificate", request)["CertificateArn"])
    https = replace(site.listener(), id="443", port=443, protocol="HTTPS", ssl_policy="ELBSecurityPolicy-2016-08")
    attribute = ListenerAttribute(key="routing.http.response.server.enabled", value="false")

    def stack(*certificates: str) -> Stack:
        listener = replace(https, certificates=certificates, listener_attributes=(attribute,))
        return plus(site.stack("a.example.com"), listener)

    first = await settled(controller, stack(arns[0], arns[1]))
    second = await settled(controller, stack(arns[2], arns[1]))

    assert first.count("AddListenerCertificates") == 2
    assert first.count("ModifyListenerAttributes") == 1
    assert sorted(second) == ["AddListenerCertificates", "ModifyListener", "RemoveListenerCertificates"]


async def test_inbound_rules_beyond_the_quota_wait_for_room(local: Local) -> None:
    controller, site = local(AccountOptions(active_seconds=0.0, quotas=Quotas(rules_per_security_group=2)))
    [source] = site.security_group().ingress

    def stack(*ports: int) -> Stack:
        rules = tuple(replace(source, from_port=port, to_port=port) for port in ports)
        plain = site.stack("a.example.com")
        group = replace(site.security_group(), ingress=rules)
        return Stack.of(plain.id, [group, *plain.resources])

    await settled(controller, stack(80, 81))
    writes = await settled(controller, stack(82, 83))

    assert writes == [
        "AuthorizeSecurityGroupIngress",
        "RevokeSecurityGroupIngress",
        "AuthorizeSecurityGroupIngress",
    ]


async def test_certificates_beyond_the_quota_wait_for_room(local: Local) -> None:
    controller, site = local(AccountOptions(active_seconds=0.0, quotas=Quotas(certificates_per_load_balancer=2)))
    arns = []
    for number in range(5):
        request = {"DomainName": f"{number}.example", "ValidationMethod": "DNS"}
        arns.append(controller.account.call("acm", "RequestCertificate", request)["CertificateArn"])
    https = replace(site.listener(), id="443", port=443, protocol="HTTPS", ssl_policy="ELBSecurityPolicy-2016-08")

    def stack(*certificates: str) -> Stack:
        return plus(site.stack("a.example.com"), replace(https, certificates=(*certificates,)))

    await settled(controller, stack(arns[0], arns[1]))
    writes = await settled(controller, stack(arns[0], arns[2]))

    assert writes == ["AddListenerCertificates", "RemoveListenerCertificates", "AddListenerCertificates"]


async def test_what_exceeds_a_quota_alone_is_refused(local: Local) -> None:
    controller, site = local(AccountOptions(active_seconds=0.0, quotas=Quotas(target_groups=2)))

    applied = await controller.deploy(site.stack("a.example.com", "b.example.com", "c.example.com"))

    [failure] = applied.failed
    assert failure.operation.resource.type.endswith("TargetGroup")
    assert "TooManyTargetGroups" in str(failure.error)
    assert sorted(operation.action for operation in applied.skipped) == ["create_binding", "create_rule"]
    assert controller.writes().count("CreateRule") == 2


async def test_a_network_load_balancer_in_front_of_an_alb(local: Local) -> None:
    controller, site = local()
    nlb = replace(site.load_balancer(), id="FrontendNlb", name="k8s-shop-front", kind="network")
    group = replace(
        site.target_group("front"),
        id="FrontendNlb-tg-TCP-80",
        name="k8s-shop-front-tg",
        target_type="alb",
        protocol="TCP",
        protocol_version=None,
        port=80,
        health_check=None,
    )
    forward = site.rule(1, "x", group).actions
    listener = replace(
        site.listener(),
        id="FrontendNlb-ls-TCP-80",
        protocol="TCP",
        load_balancer_arn=nlb.arn,
        default_actions=forward,
    )
    target = FrontendNLBTarget(
        name=group.name, arn=group.arn, port=80, target_arn=site.load_balancer().arn, target_port=80
    )
    plain = site.stack("a.example.com")
    stack = plus(without(plain, FrontendNLBTargets), group, nlb, listener, FrontendNLBTargets(targets=(target,)))

    assert "RegisterTargets" in await settled(controller, stack)
    writes = await settled(controller, plain)
    assert writes.index("DeregisterTargets") < writes.index("DeleteTargetGroup")
    await settled(controller, Stack(plain.id))


async def test_a_certificate_is_requested_proved_and_used(local: Local, time: Any) -> None:
    options = AccountOptions(active_seconds=0.0, hosted_zones=("example.com",), issue_seconds=30.0)
    controller, site = local(options, time=time, enable_certificate_management=True)
    wanted = Certificate(
        id="amazon_issued/a.example.com-12345678",
        kind="AMAZON_ISSUED",
        domain_name="a.example.com",
        subject_alternative_names=("a.example.com",),
        validation_method="DNS",
    )
    https = replace(
        site.listener(),
        id="443",
        port=443,
        protocol="HTTPS",
        ssl_policy="ELBSecurityPolicy-2016-08",
        certificates=(wanted.arn,),
    )
    stack = plus(site.stack("a.example.com"), wanted, https)

    for _ in range(2):
        waiting = await controller.deploy(stack)
        assert "CreateListener" not in [
            operation.action for operation in waiting.done if operation.resource.id == "443"
        ]
        assert waiting.requeue_after is not None
    assert controller.writes().count("ChangeResourceRecordSets") == 1

    time.now += 31
    await controller.settle(stack)

    assert controller.writes().count("RequestCertificate") == 1
    gone = await settled(controller, Stack(stack.id))
    assert gone.index("DeleteLoadBalancer") < gone.index("ChangeResourceRecordSets") < gone.index("DeleteCertificate")


async def test_a_rule_beyond_the_quota_waits_for_room(local: Local) -> None:
    controller, site = local()
    many = site.stack("a.example.com")
    [rule] = [one for one in many.resources if one.type.endswith("ListenerRule")]
    group = site.target_group("a.example.com")

    def rules(first: int, last: int) -> Stack:
        new = [
            replace(rule, id=f"80:{n}", priority=n, conditions=site.rule(n, f"h{n}.example.com", group).conditions)
            for n in range(first, last)
        ]
        return Stack.of(many.id, [*(one for one in many.resources if one is not rule), *new])

    await controller.settle(rules(1, 101))

    writes = await settled(controller, rules(99, 199))

    assert writes.count("DeleteRule") == 98
    assert len(controller.account.calls.writes()) >= 196


def with_ipv6(options: AccountOptions) -> Layout:
    """Each subnet with a block of its own."""
    layout = loopback_layout(options)
    block = {"Ipv6CidrBlockState": {"State": "associated"}}
    subnets = [
        {**subnet, "Ipv6CidrBlockAssociationSet": [{"Ipv6CidrBlock": f"fd00:0:0:{number}::/64", **block}]}
        for number, subnet in enumerate(layout.subnets)
    ]
    return replace(layout, subnets=tuple(subnets))


async def test_a_network_load_balancer_becomes_dual_stack_with_its_addresses_and_prefixes_and_goes_back(
    local: Local,
) -> None:
    options = AccountOptions(active_seconds=0.0)
    controller, site = local(options, layout=with_ipv6(options))
    ids = [mapping.subnet_id for mapping in site.load_balancer().subnet_mapping]
    found = controller.account.call("ec2", "DescribeSubnets", {"SubnetIds": ids})["Subnets"]
    blocks = {subnet["SubnetId"]: subnet["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"] for subnet in found}

    def stack(ip_address_type: str, prefixes: str, *mappings: SubnetMapping) -> Stack:
        plain = site.stack(
            kind="network",
            security_groups=(),
            ip_address_type=ip_address_type,
            enable_prefix_for_ipv6_source_nat=prefixes,
            subnet_mapping=mappings,
        )
        return without(plain, Listener)

    plain = tuple(SubnetMapping(subnet_id=id) for id in ids)
    six = tuple(
        SubnetMapping(
            subnet_id=id,
            ipv6_address=blocks[id].replace("::/64", "::5"),
            source_nat_ipv6_prefix=blocks[id].replace("::/64", ":1::/80"),
        )
        for id in ids
    )
    await settled(controller, stack("ipv4", "off", *plain))

    assert await settled(controller, stack("dualstack", "on", *six)) == ["SetSubnets"]
    zones = balancer_of(controller)["AvailabilityZones"]
    assert {zone["LoadBalancerAddresses"][0]["IPv6Address"] for zone in zones} == {one.ipv6_address for one in six}
    assert await settled(controller, stack("ipv4", "off", *plain)) == ["SetSubnets"]
    assert balancer_of(controller)["IpAddressType"] == "ipv4"
