import pytest

from albc.local.aws import Account, AccountOptions, ApiError


def test_clients_of_user_pools_are_those_of_the_options() -> None:
    account = Account(AccountOptions(user_pool_clients=(("us-west-2_a", "one"),)))
    wanted = {"UserPoolId": "us-west-2_a", "ClientId": "one"}
    assert account.call("cognito-idp", "DescribeUserPoolClient", wanted)["UserPoolClient"]["ClientId"] == "one"
    for absent in ({**wanted, "ClientId": "two"}, {**wanted, "UserPoolId": "us-west-2_b"}):
        with pytest.raises(ApiError, match=r"^ResourceNotFoundException"):
            account.call("cognito-idp", "DescribeUserPoolClient", absent)
