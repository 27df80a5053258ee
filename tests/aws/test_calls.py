"""Calls: what comes back, what is tried again, and how failures are told."""

import pytest
from structlog.testing import capture_logs

from albc.aws.calls import Aws, open_aws
from albc.aws.clients import AwsSettings
from albc.errors import Forbidden, NotFound, NotLeader, Throttled, Unauthorized, Unavailable
from albc.local.aws import Account, Fault, FaultKind
from albc.telemetry.tally import tally

pytestmark = pytest.mark.anyio

GROUP = {"GroupName": "web", "Description": "web"}


async def test_an_answer_comes_in_botocores_shape(aws: Aws, vpc_id: str) -> None:
    answer = await aws.call("ec2", "describe_vpcs", VpcIds=[vpc_id])

    assert answer["Vpcs"][0]["VpcId"] == vpc_id


async def test_all_pages_are_read(aws: Aws, account: Account, vpc_id: str) -> None:
    for number in range(5):
        account.call(
            "elbv2", "CreateTargetGroup", {"Name": f"g{number}", "VpcId": vpc_id, "Port": 1, "Protocol": "TCP"}
        )
    account.calls.clear()

    groups = await aws.paginate("elbv2", "describe_target_groups", "TargetGroups", PageSize=2)

    assert [group["TargetGroupName"] for group in groups] == ["g0", "g1", "g2", "g3", "g4"]
    assert len(account.calls) == 3


@pytest.mark.parametrize("kind", [FaultKind.THROTTLE, FaultKind.SERVER_ERROR, FaultKind.RESET_BEFORE])
async def test_a_reading_call_is_tried_again(aws: Aws, account: Account, kind: FaultKind) -> None:
    account.faults.add(Fault(kind, times=3))

    assert (await aws.call("ec2", "describe_vpcs"))["Vpcs"]


async def test_a_throttled_write_is_tried_again(aws: Aws, account: Account, vpc_id: str) -> None:
    account.faults.add(Fault(FaultKind.THROTTLE))

    assert (await aws.call("ec2", "create_security_group", VpcId=vpc_id, **GROUP))["GroupId"]


@pytest.mark.parametrize("kind", [FaultKind.SERVER_ERROR, FaultKind.RESET_BEFORE, FaultKind.RESET_AFTER])
async def test_a_write_whose_effect_is_unknown_is_not_repeated(
    aws: Aws, account: Account, vpc_id: str, kind: FaultKind
) -> None:
    account.faults.add(Fault(kind))

    with pytest.raises(Unavailable):
        await aws.call("ec2", "create_security_group", VpcId=vpc_id, **GROUP)
    assert len(account.calls.writes()) == 1


async def test_retries_end(aws: Aws, account: Account) -> None:
    account.faults.add(Fault(FaultKind.THROTTLE, times=100))

    with pytest.raises(Throttled, match="ec2 describe_vpcs"):
        await aws.call("ec2", "describe_vpcs")
    assert len(account.calls) == 4


async def test_throttling_is_one_log_line_however_often_a_call_is_tried(aws: Aws, account: Account) -> None:
    account.faults.add(Fault(FaultKind.THROTTLE, times=3))

    with capture_logs() as lines:
        await aws.call("ec2", "describe_vpcs")

    [line] = lines
    assert (line["event"], line["operation"]) == ("throttled by AWS, tried again with back-off", "DescribeVpcs")
    assert "Request limit exceeded" in line["error"]


async def test_what_aws_refuses_is_told_with_its_own_code(aws: Aws, account: Account) -> None:
    with pytest.raises(NotFound) as missing:
        await aws.call("elbv2", "describe_target_groups", Names=["nobody"])
    account.faults.add(Fault(FaultKind.ACCESS_DENIED))
    with pytest.raises(Forbidden) as denied:
        await aws.call("ec2", "describe_vpcs")

    assert missing.value.code == "TargetGroupNotFound"
    assert denied.value.code == "UnauthorizedOperation"


async def test_only_the_leader_writes(credentials: None, settings: AwsSettings, account: Account, vpc_id: str) -> None:
    async with open_aws(settings, may_write=lambda: False) as aws:
        assert await aws.call("ec2", "describe_vpcs")
        with pytest.raises(NotLeader):
            await aws.call("ec2", "create_security_group", VpcId=vpc_id, **GROUP)

    assert account.calls.writes() == []


async def test_missing_credentials_are_told_with_their_remedy(
    settings: AwsSettings, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", f"{tmp_path}/none")
    monkeypatch.setenv("AWS_CONFIG_FILE", f"{tmp_path}/none")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)

    async with open_aws(settings) as aws:
        with pytest.raises(Unauthorized, match="IRSA"):
            await aws.call("ec2", "describe_vpcs")


async def test_calls_are_counted_for_the_reconcile_that_makes_them(aws: Aws, vpc_id: str) -> None:
    with tally() as counted:
        await aws.call("ec2", "describe_vpcs")
        await aws.call("ec2", "create_security_group", VpcId=vpc_id, **GROUP)

    assert (counted.calls, counted.writes) == (2, 1)
    assert (aws.statistics().calls, aws.statistics().writes) == (2, 1)
