import pytest

from albc.local.aws import Account, ApiError


def tags(account: Account, resource: str) -> dict[str, str]:
    wanted = {"Filters": [{"Name": "resource-id", "Values": [resource]}]}
    return {tag["Key"]: tag["Value"] for tag in account.call("ec2", "DescribeTags", wanted)["Tags"]}


def test_subnets_can_be_tagged_and_are_found_by_their_new_tags(account: Account, subnets: list[str]) -> None:
    one = subnets[0]
    before = tags(account, one)
    new = {"Key": "kubernetes.io/cluster/prod", "Value": "shared"}
    account.call("ec2", "CreateTags", {"Resources": [one], "Tags": [new]})
    assert tags(account, one) == {**before, new["Key"]: new["Value"]}
    found = account.call("ec2", "DescribeSubnets", {"Filters": [{"Name": "tag-key", "Values": [new["Key"]]}]})
    assert [subnet["SubnetId"] for subnet in found["Subnets"]] == [one]


def test_a_tag_is_deleted_by_key_or_with_the_value_that_it_has(account: Account, vpc_id: str) -> None:
    given = [{"Key": key, "Value": "1"} for key in ("a", "b", "c")]
    account.call("ec2", "CreateTags", {"Resources": [vpc_id], "Tags": given})
    unwanted = [{"Key": "a"}, {"Key": "b", "Value": "1"}, {"Key": "c", "Value": "other"}]
    account.call("ec2", "DeleteTags", {"Resources": [vpc_id], "Tags": unwanted})
    assert tags(account, vpc_id) == {"Name": "local", "c": "1"}


def test_without_keys_all_tags_go(account: Account, vpc_id: str) -> None:
    account.call("ec2", "DeleteTags", {"Resources": [vpc_id]})
    assert tags(account, vpc_id) == {}


def test_one_unknown_resource_keeps_all_as_they_were(account: Account, vpc_id: str) -> None:
    before = tags(account, vpc_id)
    with pytest.raises(ApiError, match=r"^InvalidSubnetID\.NotFound"):
        account.call("ec2", "CreateTags", {"Resources": [vpc_id, "subnet-0"], "Tags": [{"Key": "a", "Value": ""}]})
    assert tags(account, vpc_id) == before


def test_reserved_keys_are_refused(account: Account, vpc_id: str) -> None:
    with pytest.raises(ApiError, match=r"^InvalidParameterValue"):
        account.call("ec2", "CreateTags", {"Resources": [vpc_id], "Tags": [{"Key": "aws:x", "Value": ""}]})
