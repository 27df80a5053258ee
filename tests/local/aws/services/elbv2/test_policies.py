import pytest

from albc.local.aws import Account, ApiError


def test_known_policies_are_described_with_their_protocols(account: Account) -> None:
    names = ["ELBSecurityPolicy-TLS13-1-3-2021-06", "ELBSecurityPolicy-TLS13-1-2-2021-06", "ELBSecurityPolicy-2016-08"]
    found = account.call("elbv2", "DescribeSSLPolicies", {"Names": names})["SslPolicies"]
    protocols = {policy["Name"]: set(policy["SslProtocols"]) for policy in found}
    assert protocols[names[0]] == {"TLSv1.3"}
    assert protocols[names[1]] == {"TLSv1.3", "TLSv1.2"}
    assert "TLSv1.3" not in protocols[names[2]]
    with pytest.raises(ApiError, match=r"^SSLPolicyNotFound"):
        account.call("elbv2", "DescribeSSLPolicies", {"Names": ["Strongest"]})


def test_limits_can_be_asked_for(account: Account) -> None:
    limits = {each["Name"]: each["Max"] for each in account.call("elbv2", "DescribeAccountLimits")["Limits"]}
    assert limits["rules-per-application-load-balancer"] == "100"
