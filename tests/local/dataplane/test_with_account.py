"""The embedded account and the data plane together: what is written by AWS calls is what answers."""

import anyio
import pytest

from albc.local.aws import Account
from albc.local.dataplane.plane import DataPlane
from albc.local.network import AddressBook
from albc.local.workloads.runtime import Workloads
from tests.local.dataplane.kit import PATIENCE, Stack

pytestmark = pytest.mark.anyio
POD_ADDRESS = "127.19.3.77"


async def test_a_load_balancer_made_by_calls_serves_a_pod(stack: Stack) -> None:
    account, book = Account(), AddressBook()
    pods = Workloads(book)
    vpc = account.call("ec2", "DescribeVpcs")["Vpcs"][0]["VpcId"]
    subnets = [subnet["SubnetId"] for subnet in account.call("ec2", "DescribeSubnets")["Subnets"][:2]]
    open_group = account.call("ec2", "CreateSecurityGroup", {"GroupName": "web", "Description": "web", "VpcId": vpc})
    anyone = {"IpProtocol": "tcp", "FromPort": 8000, "ToPort": 8000, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    account.call("ec2", "AuthorizeSecurityGroupIngress", {"GroupId": open_group["GroupId"], "IpPermissions": [anyone]})
    wanted = {"Name": "shop", "Subnets": subnets, "SecurityGroups": [open_group["GroupId"]]}
    made = account.call("elbv2", "CreateLoadBalancer", wanted)
    balancer = made["LoadBalancers"][0]["LoadBalancerArn"]
    group = account.call(
        "elbv2",
        "CreateTargetGroup",
        {"Name": "web", "Protocol": "HTTP", "Port": 8080, "VpcId": vpc, "TargetType": "ip"},
    )["TargetGroups"][0]["TargetGroupArn"]
    forward = [{"Type": "forward", "TargetGroupArn": group}]
    account.call(
        "elbv2",
        "CreateListener",
        {"LoadBalancerArn": balancer, "Protocol": "HTTP", "Port": 8000, "DefaultActions": forward},
    )

    async with DataPlane(book, account.snapshot, account.report_health) as plane:
        unsubscribe = account.subscribe(plane.notify)
        await pods.start(
            {
                "metadata": {"uid": "u", "name": "web-1", "namespace": "shop"},
                "spec": {"containers": [{"image": "nginx", "ports": [{"containerPort": 8080}]}]},
                "status": {"podIP": POD_ADDRESS},
            }
        )
        account.call(
            "elbv2", "RegisterTargets", {"TargetGroupArn": group, "Targets": [{"Id": POD_ADDRESS, "Port": 8080}]}
        )

        async def healthy() -> bool:
            described = account.call("elbv2", "DescribeTargetHealth", {"TargetGroupArn": group})
            return bool(described["TargetHealthDescriptions"][0]["TargetHealth"]["State"] == "healthy")

        async def served() -> bool:
            return balancer in plane.addresses()

        await stack.settled(served)
        await stack.settled(healthy)
        place = plane.addresses()[balancer].listeners[0]
        async with stack.http.get(f"http://{place.real_host}:{place.real_port}/") as answer:
            assert "web-1" in await answer.text()
        unsubscribe()
    with anyio.fail_after(PATIENCE):
        await pods.close()
