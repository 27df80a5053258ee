from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from albc.local.aws import Account, AccountOptions, ApiError, ManualClock, Quotas

Make = Callable[..., str]
Rules = list[dict[str, Any]]


def http(*cidrs: str, port: int = 80) -> Rules:
    ranges = [{"CidrIp": cidr} for cidr in cidrs]
    return [{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": ranges}]


def create(account: Account, name: str = "edge", **params: Any) -> str:
    vpc = account.call("ec2", "DescribeVpcs")["Vpcs"][0]["VpcId"]
    wanted = {"GroupName": name, "Description": "made by a test", "VpcId": vpc, **params}
    return str(account.call("ec2", "CreateSecurityGroup", wanted)["GroupId"])


def authorize(account: Account, group: str, rules: Rules) -> None:
    account.call("ec2", "AuthorizeSecurityGroupIngress", {"GroupId": group, "IpPermissions": rules})


def revoke(account: Account, group: str, rules: Rules) -> None:
    account.call("ec2", "RevokeSecurityGroupIngress", {"GroupId": group, "IpPermissions": rules})


def ingress(account: Account, group: str) -> Rules:
    return list(
        account.call("ec2", "DescribeSecurityGroups", {"GroupIds": [group]})["SecurityGroups"][0]["IpPermissions"]
    )


def cidrs(account: Account, group: str) -> list[str]:
    return [each["CidrIp"] for permission in ingress(account, group) for each in permission["IpRanges"]]


@pytest.fixture
def edge(account: Account) -> str:
    return create(account)


def test_a_new_group_lets_nothing_in_and_everything_out(account: Account, edge: str) -> None:
    (group,) = account.call("ec2", "DescribeSecurityGroups", {"GroupIds": [edge]})["SecurityGroups"]
    assert group["IpPermissions"] == []
    assert group["IpPermissionsEgress"][0]["IpRanges"] == [{"CidrIp": "0.0.0.0/0"}]


def test_rules_of_one_port_are_shown_together(account: Account, edge: str) -> None:
    authorize(account, edge, [*http("10.0.0.0/8"), {**http()[0], "UserIdGroupPairs": [{"GroupId": edge}]}])
    authorize(account, edge, [{**http("10.1.0.0/16")[0], "PrefixListIds": [{"PrefixListId": "pl-82a045eb"}]}])
    (permission,) = ingress(account, edge)
    assert [each["CidrIp"] for each in permission["IpRanges"]] == ["10.0.0.0/8", "10.1.0.0/16"]
    assert [each["GroupId"] for each in permission["UserIdGroupPairs"]] == [edge]
    assert permission["PrefixListIds"] == [{"PrefixListId": "pl-82a045eb"}]


def test_a_rule_that_is_there_is_refused_whatever_its_description_and_nothing_is_added(
    account: Account, edge: str
) -> None:
    authorize(account, edge, http("10.0.0.0/8"))
    again = http("10.9.0.0/16")[0]["IpRanges"] + [{"CidrIp": "10.0.0.0/8", "Description": "other words"}]
    with pytest.raises(ApiError, match=r"^InvalidPermission\.Duplicate"):
        authorize(account, edge, [{**http()[0], "IpRanges": again}])
    assert cidrs(account, edge) == ["10.0.0.0/8"]


def test_a_missing_rule_cannot_be_revoked_and_the_others_stay(account: Account, edge: str) -> None:
    authorize(account, edge, http("10.0.0.0/8"))
    with pytest.raises(ApiError, match=r"^InvalidPermission\.NotFound"):
        revoke(account, edge, http("10.0.0.0/8", "10.1.0.0/16"))
    assert cidrs(account, edge) == ["10.0.0.0/8"]


def test_host_bits_are_cleared_and_protocol_numbers_named(account: Account, edge: str) -> None:
    authorize(account, edge, [{**http("10.1.2.3/8")[0], "IpProtocol": "6"}])
    assert cidrs(account, edge) == ["10.0.0.0/8"]
    revoke(account, edge, http("10.0.0.0/8"))
    assert ingress(account, edge) == []


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        (http("everywhere"), "InvalidParameterValue"),
        (http("10.0.0.0/8", port=70000), "InvalidParameterValue"),
        ([{"IpProtocol": "tcp", "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}], "InvalidParameterValue"),
        (http("10.0.0.0/8", "10.0.0.0/8"), "InvalidParameterValue"),
        (http(), "InvalidParameterValue"),
        ([], "MissingParameter"),
        ([{**http()[0], "UserIdGroupPairs": [{"GroupId": "sg-0"}]}], r"InvalidGroup\.NotFound"),
        ([{**http()[0], "PrefixListIds": [{"PrefixListId": "pl-0"}]}], r"InvalidPrefixListID\.NotFound"),
        ([{**http()[0], "IpRanges": [{"CidrIp": "::/0"}]}], "InvalidParameterValue"),
        ([{**http()[0], "IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": "«"}]}], "InvalidParameterValue"),
    ],
    ids=["cidr", "port", "no-port", "twice", "no-source", "empty", "group", "prefix-list", "family", "description"],
)
def test_rules_that_aws_refuses(account: Account, edge: str, rules: Rules, code: str) -> None:
    with pytest.raises(ApiError, match=rf"^{code}"):
        authorize(account, edge, rules)


def test_the_limit_of_rules_counts_prefix_lists_by_their_size(account: Account, edge: str) -> None:
    authorize(account, edge, [{**http()[0], "PrefixListIds": [{"PrefixListId": "pl-82a045eb"}]}])
    authorize(account, edge, http("10.0.0.0/16", "10.1.0.0/16", "10.2.0.0/16", "10.3.0.0/16", "10.4.0.0/16"))
    with pytest.raises(ApiError, match=r"^RulesPerSecurityGroupLimitExceeded"):
        authorize(account, edge, http("10.5.0.0/16"))


def test_a_name_is_unique_in_its_vpc(account: Account, edge: str) -> None:
    assert edge
    with pytest.raises(ApiError, match=r"^InvalidGroup\.Duplicate: .*'edge'"):
        create(account, "edge")


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"GroupName": "sg-mine"}, "InvalidParameterValue"),
        ({"GroupName": "default"}, r"InvalidGroup\.Reserved"),
        ({"Description": "«»"}, "InvalidParameterValue"),
        ({"VpcId": "vpc-0"}, r"InvalidVpcID\.NotFound"),
    ],
)
def test_groups_that_aws_refuses(account: Account, params: dict[str, str], code: str) -> None:
    with pytest.raises(ApiError, match=rf"^{code}"):
        create(account, **params) if "GroupName" not in params else create(account, params["GroupName"])


def test_a_group_that_another_one_names_cannot_be_deleted(account: Account, edge: str) -> None:
    nodes = create(account, "more-nodes")
    rule = [{**http()[0], "UserIdGroupPairs": [{"GroupId": edge}]}]
    authorize(account, nodes, rule)
    with pytest.raises(ApiError, match=r"^DependencyViolation"):
        account.call("ec2", "DeleteSecurityGroup", {"GroupId": edge})
    revoke(account, nodes, rule)
    assert account.call("ec2", "DeleteSecurityGroup", {"GroupId": edge})["Return"]


def test_a_group_that_names_itself_can_be_deleted(account: Account, edge: str) -> None:
    authorize(account, edge, [{**http()[0], "UserIdGroupPairs": [{"GroupId": edge}]}])
    assert account.call("ec2", "DeleteSecurityGroup", {"GroupId": edge})["Return"]


def test_a_load_balancers_group_is_free_once_its_interfaces_are_released(clock: ManualClock) -> None:
    account = Account(AccountOptions(release_seconds=30), clock=clock)
    public = {"Filters": [{"Name": "map-public-ip-on-launch", "Values": ["true"]}]}
    places = [subnet["SubnetId"] for subnet in account.call("ec2", "DescribeSubnets", public)["Subnets"]]
    edge = create(account)
    wanted = {"Name": "shop", "Subnets": places, "SecurityGroups": [edge]}
    arn = account.call("elbv2", "CreateLoadBalancer", wanted)["LoadBalancers"][0]["LoadBalancerArn"]
    account.call("elbv2", "DeleteLoadBalancer", {"LoadBalancerArn": arn})
    with pytest.raises(ApiError, match=r"^DependencyViolation"):
        account.call("ec2", "DeleteSecurityGroup", {"GroupId": edge})
    clock.advance(30)
    assert account.call("ec2", "DeleteSecurityGroup", {"GroupId": edge})["Return"]


def test_the_default_group_and_unknown_ones_cannot_be_deleted(account: Account) -> None:
    wanted = {"Filters": [{"Name": "group-name", "Values": ["default"]}]}
    default = account.call("ec2", "DescribeSecurityGroups", wanted)["SecurityGroups"][0]["GroupId"]
    with pytest.raises(ApiError, match=r"^CannotDelete"):
        account.call("ec2", "DeleteSecurityGroup", {"GroupId": default})
    with pytest.raises(ApiError, match=r"^InvalidGroup\.NotFound"):
        account.call("ec2", "DeleteSecurityGroup", {"GroupId": "sg-0"})


def test_the_groups_of_a_vpc_can_be_asked_for(account: Account, edge: str, vpc_id: str) -> None:
    answer = account.call("ec2", "GetSecurityGroupsForVpc", {"VpcId": vpc_id})
    assert {group["GroupName"] for group in answer["SecurityGroupForVpcs"]} == {"default", "nodes", "edge"}
    assert edge in {group["GroupId"] for group in answer["SecurityGroupForVpcs"]}


blocks = st.integers(0, 20).map(lambda number: f"10.{number}.0.0/16")


@given(st.lists(st.tuples(st.booleans(), blocks, st.sampled_from([80, 443])), max_size=40))
def test_after_any_history_the_rules_are_those_granted_and_not_revoked(history: list[tuple[bool, str, int]]) -> None:
    account = Account(AccountOptions(quotas=Quotas(rules_per_security_group=100)), clock=ManualClock())
    edge = create(account)
    expected: set[tuple[str, int]] = set()
    for granting, cidr, port in history:
        rule = (cidr, port)
        if granting and rule not in expected:
            authorize(account, edge, http(cidr, port=port))
            expected.add(rule)
        elif not granting and rule in expected:
            revoke(account, edge, http(cidr, port=port))
            expected.discard(rule)
        else:
            with pytest.raises(ApiError, match=r"^InvalidPermission\."):
                (authorize if granting else revoke)(account, edge, http(cidr, port=port))
    shown = {
        (each["CidrIp"], permission["FromPort"])
        for permission in ingress(account, edge)
        for each in permission["IpRanges"]
    }
    assert shown == expected
