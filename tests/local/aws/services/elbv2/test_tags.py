from collections.abc import Callable

import pytest

from albc.local.aws import Account, ApiError

Make = Callable[..., str]


def tags(account: Account, *arns: str) -> dict[str, dict[str, str]]:
    answer = account.call("elbv2", "DescribeTags", {"ResourceArns": list(arns)})
    return {
        each["ResourceArn"]: {tag["Key"]: tag["Value"] for tag in each["Tags"]} for each in answer["TagDescriptions"]
    }


def test_everything_has_tags_also_default_rules(
    account: Account, alb: Make, group: Make, listener: Make, rule: Make
) -> None:
    given = {"Tags": [{"Key": "team", "Value": "shop"}]}
    balancer, web = alb(**given), group(**given)
    front = listener(balancer, **given)
    path = rule(front, **given)
    default = account.call("elbv2", "DescribeRules", {"ListenerArn": front})["Rules"][-1]["RuleArn"]
    account.call("elbv2", "AddTags", {"ResourceArns": [default], **given})
    arns = [balancer, web, front, path, default]
    assert tags(account, *arns) == {arn: {"team": "shop"} for arn in arns}


def test_tags_are_added_changed_and_removed(account: Account, alb: Make) -> None:
    arn = alb(Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    added = [{"Key": "b", "Value": "3"}, {"Key": "c", "Value": "4"}]
    account.call("elbv2", "AddTags", {"ResourceArns": [arn], "Tags": added})
    account.call("elbv2", "RemoveTags", {"ResourceArns": [arn], "TagKeys": ["a", "never-there"]})
    assert tags(account, arn) == {arn: {"b": "3", "c": "4"}}


def test_twenty_resources_are_described_at_a_time(account: Account, group: Make) -> None:
    arns = [group(f"g{number}") for number in range(21)]
    assert len(tags(account, *arns[:20])) == 20
    with pytest.raises(ApiError, match=r"^ValidationError: Up to 20"):
        tags(account, *arns)


def test_one_unknown_resource_among_those_asked_is_an_error(account: Account, alb: Make, group: Make) -> None:
    with pytest.raises(ApiError, match=r"^TargetGroupNotFound"):
        tags(account, alb(), group() + "0")
    with pytest.raises(ApiError, match=r"^ValidationError"):
        tags(account, "web")


def test_tags_that_aws_refuses_leave_all_resources_as_they_were(account: Account, alb: Make, group: Make) -> None:
    full = [{"Key": f"k{number}", "Value": ""} for number in range(50)]
    arns = [alb(), group(Tags=full)]
    before = tags(account, *arns)
    for added, code in (
        ([{"Key": "new", "Value": ""}], "TooManyTags"),
        ([{"Key": "aws:x", "Value": ""}], "ValidationError"),
        ([{"Key": "x", "Value": "1"}, {"Key": "x", "Value": "2"}], "DuplicateTagKeys"),
    ):
        with pytest.raises(ApiError, match=rf"^{code}"):
            account.call("elbv2", "AddTags", {"ResourceArns": arns, "Tags": added})
    assert tags(account, *arns) == before
