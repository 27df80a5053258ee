from collections.abc import Callable

import pytest

from albc.local.aws import Account, ApiError

Make = Callable[..., str]


@pytest.fixture
def acl(account: Account) -> str:
    return str(account.call("wafv2", "ListWebACLs", {"Scope": "REGIONAL"})["WebACLs"][0]["ARN"])


def test_a_load_balancer_has_no_web_acl_then_one_then_none(account: Account, alb: Make, acl: str) -> None:
    resource = {"ResourceArn": alb()}
    assert account.call("wafv2", "GetWebACLForResource", resource) == {}
    account.call("wafv2", "AssociateWebACL", {**resource, "WebACLArn": acl})
    assert account.call("wafv2", "GetWebACLForResource", resource)["WebACL"]["ARN"] == acl
    assert account.call("wafv2", "ListResourcesForWebACL", {"WebACLArn": acl}) == {
        "ResourceArns": [resource["ResourceArn"]]
    }
    account.call("wafv2", "DisassociateWebACL", resource)
    assert account.call("wafv2", "GetWebACLForResource", resource) == {}


def test_another_web_acl_takes_the_place_of_the_first(account: Account, alb: Make, acl: str) -> None:
    settings = {"Scope": "REGIONAL", "DefaultAction": {"Block": {}}, "VisibilityConfig": {}}
    other = account.call("wafv2", "CreateWebACL", {"Name": "strict", **settings})["Summary"]["ARN"]
    arn = alb()
    for each in (acl, other):
        account.call("wafv2", "AssociateWebACL", {"ResourceArn": arn, "WebACLArn": each})
    assert account.call("wafv2", "GetWebACLForResource", {"ResourceArn": arn})["WebACL"]["Name"] == "strict"


def test_the_same_name_gives_the_same_arn_in_every_run(account: Account, acl: str) -> None:
    assert Account().call("wafv2", "ListWebACLs", {"Scope": "REGIONAL"})["WebACLs"][0]["ARN"] == acl
    with pytest.raises(ApiError, match=r"^WAFDuplicateItemException"):
        account.call("wafv2", "CreateWebACL", {"Name": "demo", "Scope": "REGIONAL"})


def test_unknown_acls_unknown_load_balancers_and_network_load_balancers_are_refused(
    account: Account, alb: Make, nlb: Make, acl: str
) -> None:
    for resource, web_acl, code in (
        (alb(), acl + "0", "WAFNonexistentItemException"),
        ("arn:gone", acl, "WAFNonexistentItemException"),
        (nlb(), acl, "WAFInvalidParameterException"),
    ):
        with pytest.raises(ApiError, match=rf"^{code}"):
            account.call("wafv2", "AssociateWebACL", {"ResourceArn": resource, "WebACLArn": web_acl})


def test_an_acl_in_use_cannot_be_deleted_and_goes_free_with_its_load_balancer(
    account: Account, alb: Make, acl: str
) -> None:
    arn = alb()
    account.call("wafv2", "AssociateWebACL", {"ResourceArn": arn, "WebACLArn": acl})
    delete = {"Name": "demo", "Scope": "REGIONAL", "Id": acl.rpartition("/")[2], "LockToken": "x"}
    with pytest.raises(ApiError, match=r"^WAFAssociatedItemException"):
        account.call("wafv2", "DeleteWebACL", delete)
    account.call("elbv2", "DeleteLoadBalancer", {"LoadBalancerArn": arn})
    assert account.call("wafv2", "DeleteWebACL", delete) == {}


def test_the_older_web_acls_are_named_by_id(account: Account, alb: Make) -> None:
    (older,) = account.call("waf-regional", "ListWebACLs")["WebACLs"]
    resource = {"ResourceArn": alb()}
    assert account.call("waf-regional", "GetWebACLForResource", resource) == {}
    account.call("waf-regional", "AssociateWebACL", {**resource, "WebACLId": older["WebACLId"]})
    assert account.call("waf-regional", "GetWebACLForResource", resource) == {"WebACLSummary": older}
    account.call("waf-regional", "DisassociateWebACL", resource)
    assert account.call("waf-regional", "GetWebACLForResource", resource) == {}
    with pytest.raises(ApiError, match=r"^WAFNonexistentItemException"):
        account.call("waf-regional", "GetWebACL", {"WebACLId": "0"})
