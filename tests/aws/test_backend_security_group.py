"""The shared backend security group is found, made, kept in order and deleted."""

import pytest

from albc.aws.backend_security_group import BackendSecurityGroup
from albc.aws.calls import Aws
from albc.aws.facts.parse import tag_map
from albc.aws.facts.questions import Scope
from albc.errors import Pending
from albc.local.aws import Account

pytestmark = pytest.mark.anyio


def group(aws: Aws, vpc_id: str, given: str = "", **tags: str) -> BackendSecurityGroup:
    return BackendSecurityGroup(aws, Scope("prod", vpc_id), tags, given)


async def test_it_is_made_once_and_found_after_a_restart(aws: Aws, account: Account, vpc_id: str) -> None:
    made = await group(aws, vpc_id, team="shop").ensure()

    assert await group(aws, vpc_id, team="shop").ensure() == made
    [call] = account.calls.writes()
    assert call.params["GroupName"] == "k8s-traffic-prod-6754af9632"
    assert call.params["TagSpecifications"][0]["Tags"] == [
        {"Key": "team", "Value": "shop"},
        {"Key": "elbv2.k8s.aws/cluster", "Value": "prod"},
        {"Key": "elbv2.k8s.aws/resource", "Value": "backend-sg"},
    ]


async def test_its_tags_follow_the_default_tags(aws: Aws, account: Account, vpc_id: str) -> None:
    id = await group(aws, vpc_id, team="shop", old="1").ensure()

    await group(aws, vpc_id, team="blog").ensure()

    [found] = account.call("ec2", "DescribeSecurityGroups", {"GroupIds": [id]})["SecurityGroups"]
    assert tag_map(found["Tags"])["team"] == "blog"
    assert "old" not in tag_map(found["Tags"])


async def test_a_given_group_is_neither_looked_for_nor_deleted(aws: Aws, account: Account, vpc_id: str) -> None:
    given = group(aws, vpc_id, given="sg-given")

    assert await given.ensure() == "sg-given"
    await given.delete()
    assert len(account.calls) == 0


async def test_it_goes_when_nobody_uses_it(aws: Aws, account: Account, vpc_id: str) -> None:
    shared = group(aws, vpc_id)
    id = await shared.ensure()
    subnets = account.call("ec2", "DescribeSubnets", {})["Subnets"]
    public = [one["SubnetId"] for one in subnets if "kubernetes.io/role/elb" in tag_map(one.get("Tags"))]
    request = {"Name": "user", "Subnets": public[:2], "SecurityGroups": [id]}
    [balancer] = account.call("elbv2", "CreateLoadBalancer", request)["LoadBalancers"]

    with pytest.raises(Pending):
        await shared.delete()
    account.call("elbv2", "DeleteLoadBalancer", {"LoadBalancerArn": balancer["LoadBalancerArn"]})
    await shared.delete()

    groups = account.call("ec2", "DescribeSecurityGroups", {})["SecurityGroups"]
    assert id not in [one["GroupId"] for one in groups]
