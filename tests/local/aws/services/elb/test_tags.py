from collections.abc import Callable

import pytest

from albc.local.aws import Account, ApiError

Make = Callable[..., str]


def test_tags_are_few(account: Account, edge: Make) -> None:
    edge(Tags=[{"Key": "a", "Value": "1"}])
    names = {"LoadBalancerNames": ["edge"]}
    account.call("elb", "AddTags", {**names, "Tags": [{"Key": f"k{number}", "Value": ""} for number in range(9)]})
    with pytest.raises(ApiError, match=r"^TooManyTags"):
        account.call("elb", "AddTags", {**names, "Tags": [{"Key": "one-more", "Value": ""}]})
    account.call("elb", "RemoveTags", {**names, "Tags": [{"Key": f"k{number}"} for number in range(9)]})
    answer = account.call("elb", "DescribeTags", names)
    assert answer["TagDescriptions"] == [{"LoadBalancerName": "edge", "Tags": [{"Key": "a", "Value": "1"}]}]
