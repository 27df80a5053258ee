"""How much AWS's quotas leave, told before one of them is met."""

from typing import Any

import pytest
from direct_aws import DirectAws

from albc.aws.inventory.headroom import Headroom
from albc.aws.inventory.reads import Reads
from albc.aws.inventory.records import ListenerRecord, LoadBalancerRecord, RuleRecord
from albc.local.aws import Account, AccountOptions, Fault, FaultKind, Quotas

pytestmark = pytest.mark.anyio

QUOTAS = Quotas(application_load_balancers=5, target_groups=10, rules_per_application_load_balancer=4)


@pytest.fixture
def account() -> Account:
    return Account(AccountOptions(quotas=QUOTAS))


@pytest.fixture
def headroom(account: Account) -> Headroom:
    aws: Any = DirectAws(account)
    return Headroom(Reads(aws, listener_tags=True), lambda: 0.0)


def balancer(*rules_of_listeners: int) -> LoadBalancerRecord:
    listeners = {
        str(port): ListenerRecord({}, {}, rules={str(rule): RuleRecord({}, {}) for rule in range(rules)})
        for port, rules in enumerate(rules_of_listeners)
    }
    return LoadBalancerRecord({"Type": "application"}, {}, listeners=listeners)


async def test_everybodys_resources_count_against_an_accounts_quotas(headroom: Headroom) -> None:
    headroom.count([{"Type": "application"}, {"Type": "application"}, {"Type": "network"}], [{}] * 4)

    await headroom.look([])

    assert headroom.left["application-load-balancers"] == 3
    assert headroom.left["target-groups"] == 6


async def test_the_fullest_of_our_load_balancers_counts(headroom: Headroom) -> None:
    await headroom.look([balancer(1), balancer(1, 2), balancer()])

    assert headroom.left["rules-per-application-load-balancer"] == 1


async def test_quotas_are_read_seldom_and_may_be_unknown(headroom: Headroom, account: Account) -> None:
    account.faults.add(Fault(FaultKind.ACCESS_DENIED, operation="DescribeAccountLimits"))

    for _ in range(3):
        await headroom.look([balancer(1)])

    assert headroom.left == {}
    assert len(account.calls) == 1
