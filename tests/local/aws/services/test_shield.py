from collections.abc import Callable

import pytest

from albc.local.aws import Account, ApiError

Make = Callable[..., str]


def test_protection_needs_a_subscription(account: Account, alb: Make) -> None:
    wanted = {"Name": "p", "ResourceArn": alb()}
    assert account.call("shield", "GetSubscriptionState")["SubscriptionState"] == "INACTIVE"
    with pytest.raises(ApiError, match=r"^ResourceNotFoundException: The subscription"):
        account.call("shield", "CreateProtection", wanted)
    account.call("shield", "CreateSubscription")
    assert account.call("shield", "GetSubscriptionState")["SubscriptionState"] == "ACTIVE"
    assert account.call("shield", "CreateProtection", wanted)["ProtectionId"]


def test_a_protection_is_made_once_found_and_deleted(account: Account, alb: Make) -> None:
    account.call("shield", "CreateSubscription")
    arn = alb()
    made = account.call("shield", "CreateProtection", {"Name": "p", "ResourceArn": arn})["ProtectionId"]
    with pytest.raises(ApiError, match=r"^ResourceAlreadyExistsException"):
        account.call("shield", "CreateProtection", {"Name": "p", "ResourceArn": arn})
    found = account.call("shield", "DescribeProtection", {"ResourceArn": arn})["Protection"]
    assert (found["Id"], found["Name"]) == (made, "p")
    account.call("shield", "DeleteProtection", {"ProtectionId": made})
    with pytest.raises(ApiError, match=r"^ResourceNotFoundException"):
        account.call("shield", "DescribeProtection", {"ResourceArn": arn})


def test_only_load_balancers_of_the_account_are_protected(account: Account) -> None:
    account.call("shield", "CreateSubscription")
    with pytest.raises(ApiError, match=r"^ResourceNotFoundException"):
        account.call("shield", "CreateProtection", {"Name": "p", "ResourceArn": "arn:gone"})
