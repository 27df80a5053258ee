"""What the services beside ELBv2 refuse, with AWS's error codes, where it is one line each."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from aws_things import Params, Things, things_in
from self_signed import self_signed

from albc.local.aws import Account, AccountOptions, ApiError, ManualClock, Quotas

TAG = {"Key": "a", "Value": "b"}
TCP = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 2, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}


def things(**options: Any) -> Things:
    return things_in(Account(AccountOptions(active_seconds=0, **options), clock=ManualClock()))


def group(t: Things, **params: Any) -> Params:
    return {"GroupName": "edge", "Description": "edge", "VpcId": t.vpc, **params}


def imported(t: Things) -> Params:
    certificate, key = self_signed("a.example.com", since=datetime(2027, 1, 1, tzinfo=UTC))
    return {"CertificateArn": t.certificate, "Certificate": certificate, "PrivateKey": key}


REFUSED: tuple[tuple[str, str, Callable[[Things], Params], str], ...] = (
    ("ec2", "CreateSecurityGroup", lambda t: group(t, TagSpecifications=[{"ResourceType": "instance", "Tags": [TAG]}]),
     "InvalidParameterValue"),
    ("ec2", "CreateSecurityGroup",
     lambda t: group(t, TagSpecifications=[{"ResourceType": "security-group", "Tags": [TAG, TAG]}]),
     "InvalidParameterValue"),
    ("ec2", "GetSecurityGroupsForVpc", lambda t: {"VpcId": "vpc-gone"}, "InvalidVpcID.NotFound"),
    ("ec2", "AuthorizeSecurityGroupIngress", lambda t: {"IpPermissions": [TCP]}, "MissingParameter"),
    ("ec2", "AuthorizeSecurityGroupIngress",
     lambda t: {"GroupId": t.security_groups[0], "IpPermissions": [{**TCP, "FromPort": 3}]}, "InvalidParameterValue"),
    ("ec2", "CreateTags", lambda t: {"Resources": ["thing-1"], "Tags": [TAG]}, "InvalidID"),
    ("ec2", "GetManagedPrefixListEntries", lambda t: {"PrefixListId": "pl-0"}, "InvalidPrefixListID.NotFound"),
    ("ec2", "DescribeIpamPools", lambda t: {"IpamPoolIds": ["ipam-pool-0"]}, "InvalidIpamPoolId.NotFound"),
    ("ec2", "DescribeVpcPeeringConnections", lambda t: {"VpcPeeringConnectionIds": ["pcx-0"]},
     "InvalidVpcPeeringConnectionID.NotFound"),
    ("acm", "ImportCertificate", imported, "ValidationException"),
    ("acm", "AddTagsToCertificate",
     lambda t: {"CertificateArn": t.certificate, "Tags": [{"Key": "aws:a", "Value": "b"}]}, "InvalidTagException"),
    ("shield", "CreateProtection", lambda t: {"Name": "a", "ResourceArn": t.alb}, "ResourceNotFoundException"),
    ("shield", "DescribeProtection", lambda t: {}, "InvalidParameterException"),
    ("shield", "DeleteProtection", lambda t: {"ProtectionId": "gone"}, "ResourceNotFoundException"),
    ("wafv2", "GetWebACL", lambda t: {"Name": "none", "Id": "gone", "Scope": "REGIONAL"},
     "WAFNonexistentItemException"),
    ("wafv2", "DeleteWebACL", lambda t: {"Name": "none", "Id": "gone", "Scope": "REGIONAL", "LockToken": "a"},
     "WAFNonexistentItemException"),
    ("wafv2", "ListResourcesForWebACL", lambda t: {"WebACLArn": "arn:gone"}, "WAFNonexistentItemException"),
    ("resourcegroupstaggingapi", "GetResources", lambda t: {"ResourceARNList": [f"arn:{n}" for n in range(101)]},
     "InvalidParameterException"),
    ("iam", "CreateServiceLinkedRole", lambda t: {"AWSServiceName": "none.amazonaws.com"}, "NoSuchEntity"),
)  # fmt: skip


@pytest.mark.parametrize(("service", "operation", "params", "code"), REFUSED)
def test_it_is_refused(service: str, operation: str, params: Callable[[Things], Params], code: str) -> None:
    held = things()
    before = held.account.snapshot()
    with pytest.raises(ApiError) as refused:
        held.account.call(service, operation, params(held))
    assert refused.value.code == code
    assert held.account.snapshot() == before


def test_shield_is_subscribed_to_once() -> None:
    held = things(shield_subscribed=True)
    with pytest.raises(ApiError, match=r"^ResourceAlreadyExistsException"):
        held.account.call("shield", "CreateSubscription")


@pytest.mark.parametrize(
    ("service", "quotas", "operation", "params", "code"),
    [
        ("ec2", Quotas(security_groups_per_region=2), "CreateSecurityGroup", group, "SecurityGroupLimitExceeded"),
        ("acm", Quotas(certificates=1), "RequestCertificate", lambda t: {"DomainName": "b.example.com"},
         "LimitExceededException"),
        ("acm", Quotas(tags_per_resource=0), "AddTagsToCertificate",
         lambda t: {"CertificateArn": t.certificate, "Tags": [TAG]}, "TooManyTagsException"),
    ],
)  # fmt: skip
def test_a_quota_that_is_used_up_refuses_one_more(
    service: str, quotas: Quotas, operation: str, params: Callable[[Things], Params], code: str
) -> None:
    held = things(quotas=quotas)
    with pytest.raises(ApiError) as refused:
        held.account.call(service, operation, params(held))
    assert refused.value.code == code
