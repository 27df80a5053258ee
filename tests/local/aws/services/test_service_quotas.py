import pytest

from albc.local.aws import Account, AccountOptions, ApiError, Quotas

VPC = {"ServiceCode": "vpc"}


@pytest.fixture
def account() -> Account:
    quotas = Quotas(security_groups_per_region=7, rules_per_security_group=8, security_groups_per_load_balancer=9)
    return Account(AccountOptions(quotas=quotas))


def test_what_is_told_is_what_the_account_keeps_to(account: Account) -> None:
    told = account.call("service-quotas", "ListServiceQuotas", VPC)["Quotas"]

    assert {quota["QuotaCode"]: quota["Value"] for quota in told} == {
        "L-E79EC296": 7.0,
        "L-0EA8095F": 8.0,
        "L-2AFB9258": 9.0,
    }


def test_a_listing_is_told_in_pages(account: Account) -> None:
    first = account.call("service-quotas", "ListServiceQuotas", {**VPC, "MaxResults": 2})
    second = account.call("service-quotas", "ListServiceQuotas", {**VPC, "NextToken": first["NextToken"]})

    assert [len(first["Quotas"]), len(second["Quotas"])] == [2, 1]


def test_one_quota_is_told_by_its_code(account: Account) -> None:
    wanted = {**VPC, "QuotaCode": "L-0EA8095F"}

    assert account.call("service-quotas", "GetServiceQuota", wanted)["Quota"]["Value"] == 8.0
    assert len(account.call("service-quotas", "ListServiceQuotas", wanted)["Quotas"]) == 1


@pytest.mark.parametrize("wanted", [{**VPC, "QuotaCode": "L-0"}, {"ServiceCode": "ec2", "QuotaCode": "L-0EA8095F"}])
def test_what_there_is_not_is_not_found(account: Account, wanted: dict[str, str]) -> None:
    with pytest.raises(ApiError) as refused:
        account.call("service-quotas", "GetServiceQuota", wanted)

    assert refused.value.code == "NoSuchResourceException"
