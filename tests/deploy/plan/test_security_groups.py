"""Inbound rules are what their sources and ports say (spec/aws.md §4.3)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from albc.deploy.plan import Verb, make_plan
from albc.deploy.settings import DeploySettings
from albc.errors import Invalid
from albc.model.inventory import InventoryView
from albc.model.quotas import VpcQuotas
from albc.model.security_group import IPPermission, IPRange, IPv6Range, PrefixList, SecurityGroup
from albc.model.stack import Stack

View = Callable[..., InventoryView]


def tcp(port: int, **sources: Any) -> IPPermission:
    return IPPermission(ip_protocol="tcp", from_port=port, to_port=port, **sources)


def v4(port: int, cidr: str, description: str = "") -> IPPermission:
    return tcp(port, ip_ranges=(IPRange(cidr_ip=cidr, description=description),))


@pytest.fixture
def group(site: Any) -> SecurityGroup:
    result: SecurityGroup = site.security_group()
    return result


def stack_of(site: Any, group: SecurityGroup, *ingress: IPPermission) -> Stack:
    return Stack.of(site.id, [replace(group, ingress=ingress)])


def test_missing_rules_are_granted_before_others_are_revoked(
    site: Any, group: SecurityGroup, deployed: View, settings: DeploySettings
) -> None:
    view = deployed(stack_of(site, group, v4(80, "10.0.0.0/8"), v4(443, "10.0.0.0/8")))
    wanted = stack_of(site, group, v4(80, "10.0.0.0/8"), tcp(80, ipv6_ranges=(IPv6Range(cidr_ipv6="::/0"),)))

    grant, revoke = make_plan(wanted, view, settings).operations

    assert grant.action == "authorize_security_group_ingress"
    assert grant.after["IpPermissions"] == ["IpProtocol: tcp, FromPort: 80, ToPort: 80, Ipv6Range: ::/0"]
    assert revoke.action == "revoke_security_group_ingress"
    assert revoke.before["IpPermissions"] == ["IpProtocol: tcp, FromPort: 443, ToPort: 443, IpRange: 10.0.0.0/8"]


def test_another_description_is_no_other_rule(
    site: Any, group: SecurityGroup, deployed: View, settings: DeploySettings
) -> None:
    view = deployed(stack_of(site, group, v4(80, "10.0.0.0/8", "old")))

    assert make_plan(stack_of(site, group, v4(80, "10.0.0.0/8", "new")), view, settings).is_empty


def test_sources_that_aws_has_grouped_are_told_apart(
    site: Any, group: SecurityGroup, deployed: View, settings: DeploySettings
) -> None:
    view = deployed(stack_of(site, group))
    grouped = {
        "IpProtocol": "tcp",
        "FromPort": 80,
        "ToPort": 80,
        "IpRanges": [{"CidrIp": "10.0.0.0/8"}, {"CidrIp": "192.168.0.0/16"}],
        "PrefixListIds": [{"PrefixListId": "pl-1"}],
    }
    [actual] = view.security_groups
    view = replace(view, security_groups=(replace(actual, aws={**actual.aws, "IpPermissions": [grouped]}),))
    kept = (v4(80, "10.0.0.0/8"), tcp(80, prefix_lists=(PrefixList(list_id="pl-1"),)))

    [revoke] = make_plan(stack_of(site, group, *kept), view, settings).operations

    assert [one["IpRanges"] for one in revoke.params["IpPermissions"]] == [[{"CidrIp": "192.168.0.0/16"}]]


def test_a_rule_has_exactly_one_source(site: Any, group: SecurityGroup, settings: DeploySettings) -> None:
    view = InventoryView(stack=site.id, tag_prefix="ingress.k8s.aws")

    with pytest.raises(Invalid, match="one source"):
        make_plan(stack_of(site, group, tcp(80)), view, settings)


def test_of_several_groups_of_one_resource_one_is_kept(
    site: Any, group: SecurityGroup, deployed: View, settings: DeploySettings
) -> None:
    stack = stack_of(site, group, v4(80, "10.0.0.0/8"))
    view = deployed(stack)
    [actual] = view.security_groups
    view = replace(view, security_groups=(replace(actual, id="sg-zzz"), actual))

    [operation] = make_plan(stack, view, settings).operations

    assert (operation.action, operation.target) == ("delete_security_group", "sg-zzz")


def quota(view: InventoryView, rules: int | None) -> InventoryView:
    return replace(view, quotas=VpcQuotas(rules_per_security_group=rules))


def test_what_cannot_stand_beside_what_is_to_go_makes_room_first(
    site: Any, group: SecurityGroup, deployed: View, settings: DeploySettings
) -> None:
    view = quota(deployed(stack_of(site, group, v4(80, "10.0.0.0/8"), v4(443, "10.0.0.0/8"))), 3)
    wanted = stack_of(site, group, *(v4(port, "10.0.0.0/8") for port in (80, 81, 82)))

    actions = [operation.action for operation in make_plan(wanted, view, settings).operations]

    assert actions == ["revoke_security_group_ingress", "authorize_security_group_ingress"]


@pytest.mark.parametrize("there", [1, 0])
def test_more_rules_than_the_quota_are_refused_and_what_is_there_stays(
    site: Any, group: SecurityGroup, deployed: View, settings: DeploySettings, there: int
) -> None:
    view = deployed(stack_of(site, group, v4(443, "10.0.0.0/8")))
    view = quota(replace(view, security_groups=view.security_groups[:there]), 2)
    wanted = stack_of(site, group, *(v4(port, "10.0.0.0/8") for port in (80, 81, 82)))

    [refused] = make_plan(wanted, view, settings).operations

    assert (refused.verb, refused.over_quota) == (Verb.BLOCKED, True)
    assert refused.because.startswith("3 inbound rules are wanted in one security group, but the account's quota is 2;")


def test_rules_for_ipv4_and_ipv6_are_counted_apart(
    site: Any, group: SecurityGroup, deployed: View, settings: DeploySettings
) -> None:
    view = quota(deployed(stack_of(site, group)), 2)
    six = [tcp(port, ipv6_ranges=(IPv6Range(cidr_ipv6="::/0"),)) for port in (80, 81)]

    [grant] = make_plan(
        stack_of(site, group, v4(80, "0.0.0.0/0"), v4(81, "0.0.0.0/0"), *six), view, settings
    ).operations

    assert len(grant.params["IpPermissions"]) == 4


def test_a_quota_that_is_not_known_refuses_nothing(
    site: Any, group: SecurityGroup, deployed: View, settings: DeploySettings
) -> None:
    view = quota(deployed(stack_of(site, group)), None)

    [grant] = make_plan(
        stack_of(site, group, *(v4(port, "10.0.0.0/8") for port in range(200))), view, settings
    ).operations

    assert len(grant.params["IpPermissions"]) == 200
