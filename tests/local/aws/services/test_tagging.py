from collections.abc import Callable

import pytest

from albc.local.aws import Account, ApiError

Make = Callable[..., str]

OURS = {"Tags": [{"Key": "elbv2.k8s.aws/cluster", "Value": "prod"}]}


def found(account: Account, *types: str, key: str = "elbv2.k8s.aws/cluster", values: tuple[str, ...] = ()) -> set[str]:
    wanted = {"TagFilters": [{"Key": key, "Values": list(values)}], "ResourceTypeFilters": list(types)}
    return {
        each["ResourceARN"]
        for each in account.call("resourcegroupstaggingapi", "GetResources", wanted)["ResourceTagMappingList"]
    }


def test_resources_are_found_by_tag_across_services(
    account: Account, alb: Make, nlb: Make, group: Make, listener: Make, rule: Make
) -> None:
    application, network, web = alb(**OURS), nlb(**OURS), group(**OURS)
    front = listener(application, **OURS)
    path = rule(front, **OURS)
    alb("foreign")
    assert found(account) == {application, network, web, front, path}
    assert found(account, values=("prod",)) == found(account)
    assert found(account, values=("other",)) == set()


def test_resource_types_may_name_the_service_the_kind_or_the_type(
    account: Account, alb: Make, nlb: Make, group: Make
) -> None:
    application, network, web = alb(**OURS), nlb(**OURS), group(**OURS)
    assert found(account, "elasticloadbalancing:loadbalancer") == {application, network}
    assert found(account, "elasticloadbalancing:loadbalancer/net") == {network}
    assert found(account, "elasticloadbalancing:targetgroup", "ec2") == {web}


def test_subnets_are_found_by_their_role(account: Account, subnets: list[str]) -> None:
    arns = found(account, "ec2:subnet", key="kubernetes.io/role/elb", values=("1",))
    assert {arn.rpartition("/")[2] for arn in arns} == set(subnets)


def test_pages_follow_one_another(account: Account, group: Make) -> None:
    arns = {group(f"g{number}", **OURS) for number in range(5)}
    wanted = {"ResourceTypeFilters": ["elasticloadbalancing:targetgroup"], "ResourcesPerPage": 2}
    seen: list[str] = []
    token = ""
    for _ in range(3):
        answer = account.call("resourcegroupstaggingapi", "GetResources", {**wanted, "PaginationToken": token})
        seen += [each["ResourceARN"] for each in answer["ResourceTagMappingList"]]
        token = answer["PaginationToken"]
    assert token == ""
    assert (len(seen), set(seen)) == (5, arns)


def test_arns_cannot_be_combined_with_filters(account: Account, alb: Make) -> None:
    arn = alb(**OURS)
    answer = account.call("resourcegroupstaggingapi", "GetResources", {"ResourceARNList": [arn]})
    assert [each["ResourceARN"] for each in answer["ResourceTagMappingList"]] == [arn]
    with pytest.raises(ApiError, match=r"^InvalidParameterException"):
        account.call(
            "resourcegroupstaggingapi", "GetResources", {"ResourceARNList": [arn], "TagFilters": [{"Key": "a"}]}
        )
