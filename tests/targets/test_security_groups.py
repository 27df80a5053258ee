"""Inbound rules of security groups on targets: what is ours changes, what is others' stays."""

from typing import Any

import pytest
from direct_aws import DirectAws

from albc.local.aws import Account
from albc.model.permissions import Permission
from albc.targets.permissions import OWNER_LABEL
from albc.targets.security_groups import SecurityGroupRules

pytestmark = pytest.mark.anyio

OURS = "elbv2.k8s.aws/targetGroupBinding=shared"


def tcp(port: int, description: str = OURS) -> Permission:
    return Permission("tcp", port, port, "cidr_ipv4", "10.0.0.0/8", description)


@pytest.fixture
def account() -> Account:
    return Account()


@pytest.fixture
def rules(account: Account) -> SecurityGroupRules:
    aws: Any = DirectAws(account)
    return SecurityGroupRules(aws)


@pytest.fixture
def group(account: Account) -> str:
    (vpc,) = account.call("ec2", "DescribeVpcs", {})["Vpcs"]
    request = {"GroupName": "targets", "Description": "targets", "VpcId": vpc["VpcId"]}
    made = account.call("ec2", "CreateSecurityGroup", request)["GroupId"]
    by_hand = {"GroupId": made, "IpPermissions": [tcp(22, "for the admins").request()]}
    account.call("ec2", "AuthorizeSecurityGroupIngress", by_hand)
    account.calls.clear()
    return str(made)


async def ports(rules: SecurityGroupRules, group: str) -> list[int]:
    state = (await rules.read([group]))[group]
    return sorted(permission.from_port for permission in state.permissions)


def writes(account: Account) -> list[str]:
    return [call.operation for call in account.calls.writes()]


async def test_rules_of_others_stay_when_ours_go(rules: SecurityGroupRules, group: str) -> None:
    await rules.reconcile(group, [tcp(80)], labels=OWNER_LABEL, authorize_only=False)
    assert await ports(rules, group) == [22, 80]
    await rules.reconcile(group, [], labels=OWNER_LABEL, authorize_only=False)
    assert await ports(rules, group) == [22]


async def test_a_new_rule_is_granted_before_the_old_one_is_revoked(
    account: Account, rules: SecurityGroupRules, group: str
) -> None:
    await rules.reconcile(group, [tcp(80)], labels=OWNER_LABEL, authorize_only=False)
    account.calls.clear()
    await rules.reconcile(group, [tcp(81)], labels=OWNER_LABEL, authorize_only=False)
    assert writes(account) == ["AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress"]


async def test_nothing_is_revoked_while_not_everything_is_known(rules: SecurityGroupRules, group: str) -> None:
    await rules.reconcile(group, [tcp(80)], labels=OWNER_LABEL, authorize_only=False)
    await rules.reconcile(group, [tcp(81)], labels=OWNER_LABEL, authorize_only=True)
    assert await ports(rules, group) == [22, 80, 81]


async def test_rules_that_are_as_they_should_be_cost_no_call(
    account: Account, rules: SecurityGroupRules, group: str
) -> None:
    await rules.reconcile(group, [tcp(80)], labels=OWNER_LABEL, authorize_only=False)
    await rules.read([group])
    account.calls.clear()
    await rules.reconcile(group, [tcp(80)], labels=OWNER_LABEL, authorize_only=False)
    assert list(account.calls) == []


async def test_a_rule_that_somebody_made_meanwhile_is_noticed(
    account: Account, rules: SecurityGroupRules, group: str
) -> None:
    await rules.read([group])
    meanwhile = {"GroupId": group, "IpPermissions": [tcp(80, "by hand").request()]}
    account.call("ec2", "AuthorizeSecurityGroupIngress", meanwhile)
    await rules.reconcile(group, [tcp(80), tcp(81)], labels=OWNER_LABEL, authorize_only=False)
    assert await ports(rules, group) == [22, 80, 81]
