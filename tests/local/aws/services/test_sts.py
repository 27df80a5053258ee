import pytest

from albc.local.aws import Account, AccountOptions, ApiError
from albc.local.aws.services.sts import account_of

ROLE = "arn:aws:iam::222222222222:role/targets"


def test_the_credentials_of_a_role_belong_to_the_roles_account(account: Account) -> None:
    answer = account.call("sts", "AssumeRole", {"RoleArn": ROLE, "RoleSessionName": "albc"})
    assert account_of(answer["Credentials"]["AccessKeyId"]) == "222222222222"
    assert answer["AssumedRoleUser"]["Arn"] == "arn:aws:sts::222222222222:assumed-role/targets/albc"


def test_keys_that_name_no_account_belong_to_nobody() -> None:
    assert account_of("AKIAIOSFODNN7EXAMPLE") is None
    assert account_of("333333333333") == "333333333333"


def test_an_external_id_is_asked_for_where_it_is_set() -> None:
    account = Account(AccountOptions(external_ids=((ROLE, "sesame"),)))
    wanted = {"RoleArn": ROLE, "RoleSessionName": "albc"}
    for given in ({}, {"ExternalId": "wrong"}):
        with pytest.raises(ApiError, match=r"^AccessDenied"):
            account.call("sts", "AssumeRole", {**wanted, **given})
    assert account.call("sts", "AssumeRole", {**wanted, "ExternalId": "sesame"})


def test_what_is_no_role_cannot_be_assumed(account: Account) -> None:
    with pytest.raises(ApiError, match=r"^ValidationError"):
        account.call("sts", "AssumeRole", {"RoleArn": "arn:aws:iam::1:user/a", "RoleSessionName": "albc"})


def test_accounts_do_not_see_each_others_things(account: Account) -> None:
    other = account.of("222222222222")
    assert other.call("sts", "GetCallerIdentity")["Account"] == "222222222222"
    assert account.of("123456789012") is account
    assert other.of("123456789012") is account
    vpc = other.call("ec2", "DescribeVpcs")["Vpcs"][0]["VpcId"]
    other.call("elbv2", "CreateTargetGroup", {"Name": "web", "Protocol": "HTTP", "Port": 80, "VpcId": vpc})
    assert account.call("elbv2", "DescribeTargetGroups")["TargetGroups"] == []
    assert {call.account_id for call in account.calls} == {"123456789012", "222222222222"}
