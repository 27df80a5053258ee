"""Calls as a role of another account."""

import pytest

from albc.aws.calls import Aws
from albc.aws.clients import AwsSettings
from albc.aws.roles import AssumedRoles, Role, session_name
from albc.local.aws import Account

pytestmark = pytest.mark.anyio

ROLE = Role("arn:aws:iam::210987654321:role/targets", "shop")


async def test_a_role_is_assumed_once_and_its_client_kept(aws: Aws, settings: AwsSettings, account: Account) -> None:
    async with AssumedRoles(aws, settings, "prod") as roles:
        first = await roles.get(ROLE)
        await first.call("elbv2", "describe_load_balancers")
        second = await roles.get(ROLE)

    assert first is second
    [assumed] = [call for call in account.calls if call.operation == "AssumeRole"]
    assert assumed.params["ExternalId"] == "shop"
    assert assumed.params["RoleSessionName"] == "AWS-LBC-prod"


async def test_statistics_tell_the_calls_made_as_each_role(aws: Aws, settings: AwsSettings, account: Account) -> None:
    async with AssumedRoles(aws, settings, "prod") as roles:
        await (await roles.get(ROLE)).call("elbv2", "describe_load_balancers")
        await roles.get(Role(ROLE.arn))
        told = roles.statistics()

    assert [(each.arn, each.calls.calls) for each in told] == [(ROLE.arn, 1), (ROLE.arn, 0)]
    assert "shop" not in str(told), "external ids are half a secret"


async def test_the_same_role_with_another_external_id_is_another_role(
    aws: Aws, settings: AwsSettings, account: Account
) -> None:
    async with AssumedRoles(aws, settings, "prod") as roles:
        assert await roles.get(ROLE) is not await roles.get(Role(ROLE.arn))


async def test_no_role_means_our_own_credentials(aws: Aws, settings: AwsSettings, account: Account) -> None:
    async with AssumedRoles(aws, settings, "prod") as roles:
        assert await roles.get(Role("")) is aws


def test_session_names_hold_what_sts_allows() -> None:
    assert session_name("prod/eu west:1") == "AWS-LBC-prodeuwest1"
    assert len(session_name("x" * 100)) == 64
