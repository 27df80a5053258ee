import json

import pytest

from albc.local.aws import Account, ApiError
from albc.local.aws.calls import CallLog, is_writing


def test_every_call_is_kept_with_its_outcome_in_order(account: Account) -> None:
    account.call("ec2", "DescribeVpcs")
    with pytest.raises(ApiError):
        account.call("elbv2", "DeleteRule", {"RuleArn": "nonsense"})
    assert [(call.service, call.operation, call.outcome, call.writing) for call in account.calls] == [
        ("ec2", "DescribeVpcs", "ok", False),
        ("elbv2", "DeleteRule", "ValidationError", True),
    ]


def test_a_call_that_breaks_the_account_itself_is_not_told_as_done(account: Account) -> None:
    with pytest.raises(KeyError):
        account.call("elbv2", "DeleteRule")
    assert account.calls[-1].outcome == "InternalFailure"


def test_reading_is_told_from_writing_by_name() -> None:
    reading = ["DescribeRules", "ListCertificates", "GetResources", "AssumeRole", "AssumeRoleWithWebIdentity"]
    writing = [
        "CreateRule",
        "ModifyListener",
        "SetSubnets",
        "AddTags",
        "RegisterTargets",
        "AuthorizeSecurityGroupIngress",
    ]
    assert not any(map(is_writing, reading))
    assert all(map(is_writing, writing))


def test_secrets_are_masked_and_binary_values_told_by_size() -> None:
    log = CallLog()
    oidc = {"AuthenticateOidcConfig": {"ClientId": "albc", "ClientSecret": "hush"}}
    params = {"Actions": [oidc], "PrivateKey": b"hush", "Certificate": b"12345"}
    log.add("1", "elbv2", "CreateRule", params, at=0, outcome="ok")
    text = json.dumps(log[0].params)
    assert "hush" not in text
    assert "albc" in text
    assert "<5 bytes>" in text


def test_numbers_go_on_after_clearing_so_that_a_reader_can_ask_for_what_is_new() -> None:
    log = CallLog()
    for operation in ("A", "B"):
        log.add("1", "ec2", operation, {}, at=0, outcome="ok")
    seen = log.last_number
    log.clear()
    assert len(log) == 0
    assert log.since(seen) == []
    log.add("1", "ec2", "C", {}, at=0, outcome="ok")
    assert [call.operation for call in log.since(seen)] == ["C"]
    assert [call.operation for call in log.since(0)] == ["C"]


def test_only_the_newest_calls_are_kept() -> None:
    log = CallLog(keep=10)
    for number in range(100):
        log.add("1", "ec2", str(number), {}, at=0, outcome="ok")
    assert 10 <= len(log) <= 20
    assert [call.operation for call in log.since(97)] == ["97", "98", "99"]
    assert log[-1].number == log.last_number == 100
