"""An account whose time stands still, and short ways to make the usual things in it."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiobotocore.config import AioConfig
from aiobotocore.session import get_session

from albc.local.aws import Account, AccountOptions, AwsServer, ManualClock

Make = Callable[..., str]


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """One event loop for a module, so that its tests share a server and its clients."""
    return "asyncio"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def account(clock: ManualClock) -> Account:
    return Account(AccountOptions(health_seconds=10, active_seconds=60), clock=clock)


@pytest.fixture
def subnets(account: Account) -> list[str]:
    """The public subnets, one in each zone, in the order of zones."""
    wanted = {"Filters": [{"Name": "tag:kubernetes.io/role/elb", "Values": ["1"]}]}
    found = account.call("ec2", "DescribeSubnets", wanted)["Subnets"]
    return [subnet["SubnetId"] for subnet in sorted(found, key=lambda subnet: str(subnet["AvailabilityZone"]))]


@pytest.fixture
def vpc_id(account: Account) -> str:
    return str(account.call("ec2", "DescribeVpcs")["Vpcs"][0]["VpcId"])


@pytest.fixture
def alb(account: Account, subnets: list[str]) -> Make:
    """Make an Application Load Balancer; gives its ARN."""

    def make(name: str = "shop", **params: Any) -> str:
        answer = account.call("elbv2", "CreateLoadBalancer", {"Name": name, "Subnets": subnets, **params})
        return str(answer["LoadBalancers"][0]["LoadBalancerArn"])

    return make


@pytest.fixture
def nlb(alb: Make) -> Make:
    """Make a Network Load Balancer; gives its ARN."""
    return lambda name="tcp", **params: alb(name, Type="network", **params)


@pytest.fixture
def group(account: Account, vpc_id: str) -> Make:
    """Make a target group (HTTP, port 80, IP addresses); gives its ARN."""

    def make(name: str = "web", **params: Any) -> str:
        wanted = {"Name": name, "Protocol": "HTTP", "Port": 80, "VpcId": vpc_id, "TargetType": "ip", **params}
        return str(account.call("elbv2", "CreateTargetGroup", wanted)["TargetGroups"][0]["TargetGroupArn"])

    return make


@pytest.fixture
def listener(account: Account) -> Make:
    """Make a listener (HTTP; answers 404, or forwards to `to`); gives its ARN."""

    def make(balancer: str, port: int = 80, *, to: str | None = None, **params: Any) -> str:
        action: dict[str, Any] = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
        if to:
            action = {"Type": "forward", "TargetGroupArn": to}
        wanted = {
            "LoadBalancerArn": balancer,
            "Port": port,
            "Protocol": "HTTP",
            "DefaultActions": [action],
            **params,
        }
        return str(account.call("elbv2", "CreateListener", wanted)["Listeners"][0]["ListenerArn"])

    return make


@pytest.fixture
def rule(account: Account) -> Make:
    """Make a rule (answers 200 on `path`, or forwards to `to`); gives its ARN."""

    def make(listener: str, priority: int = 1, *, path: str = "/", to: str | None = None, **params: Any) -> str:
        action: dict[str, Any] = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}
        if to:
            action = {"Type": "forward", "TargetGroupArn": to}
        wanted = {
            "ListenerArn": listener,
            "Priority": priority,
            "Conditions": [{"Field": "path-pattern", "Values": [path]}],
            "Actions": [action],
            **params,
        }
        return str(account.call("elbv2", "CreateRule", wanted)["Rules"][0]["RuleArn"])

    return make


@pytest.fixture
def certificate(account: Account) -> Make:
    """Request a certificate for a host; gives its ARN."""
    return lambda host="shop.example.com": str(
        account.call("acm", "RequestCertificate", {"DomainName": host, "ValidationMethod": "DNS"})["CertificateArn"]
    )


@pytest.fixture(scope="module")
async def server() -> AsyncIterator[AwsServer]:
    """An account over HTTP, shared by a module."""
    options = AccountOptions(hosted_zones=("example.com",), shield_subscribed=True)
    async with AwsServer(Account(options)) as running:
        yield running


@pytest.fixture(scope="module")
async def clients(server: AwsServer) -> AsyncIterator[Callable[[str], Any]]:
    """Unmodified aiobotocore clients of the server, by service; without retries."""
    session, opened = get_session(), {}

    async def client(service: str, **keys: str) -> Any:
        key = (service, *keys.values())
        if key not in opened:
            context = session.create_client(
                service,
                region_name="us-west-2",
                endpoint_url=server.url,
                config=AioConfig(retries={"total_max_attempts": 1}),
                **{"aws_access_key_id": "local", "aws_secret_access_key": "local", **keys},
            )
            opened[key] = (context, await context.__aenter__())
        return opened[key][1]

    yield client
    for context, _ in opened.values():
        await context.__aexit__(None, None, None)
