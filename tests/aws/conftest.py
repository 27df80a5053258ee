"""A local AWS account and the way to it."""

from collections.abc import AsyncIterator

import pytest

from albc.aws.calls import Aws, open_aws
from albc.aws.clients import AwsSettings
from albc.aws.services import SERVICE_IDS
from albc.local.aws import Account, AccountOptions, AwsServer


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")


@pytest.fixture
def account() -> Account:
    return Account(AccountOptions(active_seconds=0.0))


@pytest.fixture
async def settings(account: Account) -> AsyncIterator[AwsSettings]:
    """Without pauses between attempts."""
    async with AwsServer(account) as server:
        yield AwsSettings(
            region="us-west-2",
            endpoints=dict.fromkeys(SERVICE_IDS.values(), server.url),
            max_attempts=4,
            max_delay_seconds=0.0,
        )


@pytest.fixture
async def aws(credentials: None, settings: AwsSettings) -> AsyncIterator[Aws]:
    async with open_aws(settings) as aws:
        yield aws


@pytest.fixture
def vpc_id(account: Account) -> str:
    [vpc] = [vpc for vpc in account.call("ec2", "DescribeVpcs", {})["Vpcs"] if not vpc.get("IsDefault")][:1]
    account.calls.clear()
    return str(vpc["VpcId"])
