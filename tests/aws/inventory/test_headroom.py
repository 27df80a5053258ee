"""How much AWS's quotas leave, told before one of them is met."""

from typing import Any

import pytest
from direct_aws import DirectAws

from albc.aws.inventory.headroom import Headroom
from albc.aws.inventory.reads import Reads
from albc.aws.inventory.records import ListenerRecord, LoadBalancerRecord, RuleRecord, SecurityGroupRecord
from albc.aws.inventory.vpc_quotas import VpcQuotaReader
from albc.local.aws import Account, AccountOptions, Fault, FaultKind, Quotas
from albc.model.quotas import NOTHING_TOLD, VpcQuotas

pytestmark = pytest.mark.anyio

QUOTAS = Quotas(
    application_load_balancers=5,
    target_groups=10,
    rules_per_application_load_balancer=4,
    security_groups_per_region=9,
    rules_per_security_group=8,
    security_groups_per_load_balancer=7,
)
SOURCES = {"IpRanges": [{"CidrIp": "10.0.0.0/8"}, {"CidrIp": "11.0.0.0/8"}], "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}


@pytest.fixture
def account() -> Account:
    return Account(AccountOptions(quotas=QUOTAS))


@pytest.fixture
def vpc(account: Account) -> VpcQuotaReader:
    aws: Any = DirectAws(account)
    return VpcQuotaReader(Reads(aws, listener_tags=True), lambda: 0.0)


@pytest.fixture
def headroom(account: Account, vpc: VpcQuotaReader) -> Headroom:
    aws: Any = DirectAws(account)
    return Headroom(Reads(aws, listener_tags=True), vpc, lambda: 0.0)


def balancer(*rules_of_listeners: int) -> LoadBalancerRecord:
    listeners = {
        str(port): ListenerRecord({}, {}, rules={str(rule): RuleRecord({}, {}) for rule in range(rules)})
        for port, rules in enumerate(rules_of_listeners)
    }
    return LoadBalancerRecord({"Type": "application"}, {}, listeners=listeners)


async def test_everybodys_resources_count_against_an_accounts_quotas(headroom: Headroom) -> None:
    headroom.count([{"Type": "application"}, {"Type": "application"}, {"Type": "network"}], [{}] * 4)

    await headroom.look([], [])

    assert headroom.left["application-load-balancers"] == 3
    assert headroom.left["target-groups"] == 6


async def test_the_fullest_of_our_load_balancers_counts(headroom: Headroom) -> None:
    await headroom.look([balancer(1), balancer(1, 2), balancer()], [])

    assert headroom.left["rules-per-application-load-balancer"] == 1


async def test_quotas_are_read_seldom_and_may_be_unknown(headroom: Headroom, account: Account) -> None:
    account.faults.add(Fault(FaultKind.ACCESS_DENIED, operation="DescribeAccountLimits"))

    for _ in range(3):
        await headroom.look([balancer(1)], [])

    assert not any("load-balancer" in quota for quota in headroom.left)
    assert [call.operation for call in account.calls].count("DescribeAccountLimits") == 1


async def test_security_groups_of_the_region_count_whoever_made_them(headroom: Headroom, account: Account) -> None:
    there = len(account.call("ec2", "DescribeSecurityGroups", {})["SecurityGroups"])

    await headroom.look([], [])

    assert headroom.left["vpc-security-groups-per-region"] == 9 - there


async def test_the_fullest_of_our_groups_and_of_our_load_balancers_interfaces_counts(headroom: Headroom) -> None:
    permission = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, **SOURCES}
    groups = [SecurityGroupRecord({"IpPermissions": some}, {}) for some in ([permission], [])]
    guarded = LoadBalancerRecord({"Type": "network", "SecurityGroups": ["sg-1", "sg-2"]}, {})

    await headroom.look([guarded, balancer(1)], groups)

    assert headroom.left["inbound-rules-per-security-group"] == 6
    assert headroom.left["security-groups-per-network-interface"] == 5


async def test_who_may_not_ask_service_quotas_sees_aws_defaults_and_holds_no_plan_to_them(
    headroom: Headroom, vpc: VpcQuotaReader, account: Account
) -> None:
    account.faults.add(Fault(FaultKind.ACCESS_DENIED, operation="ListServiceQuotas"))

    for _ in range(3):
        await headroom.look([], [SecurityGroupRecord({}, {})])

    assert headroom.left["inbound-rules-per-security-group"] == 60
    assert vpc.told == NOTHING_TOLD
    assert [call.operation for call in account.calls].count("ListServiceQuotas") == 1


async def test_what_service_quotas_tells_is_for_plans(vpc: VpcQuotaReader) -> None:
    await vpc.ask()

    assert vpc.told == VpcQuotas(rules_per_security_group=8, security_groups_per_interface=7)
