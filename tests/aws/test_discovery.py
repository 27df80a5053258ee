"""Region, VPC and account: what the flags say, else what can be found out."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from albc.aws.calls import Aws
from albc.aws.discovery import discover_account_id, discover_region, discover_vpc_id
from albc.aws.imds import IPV4_ENDPOINT, IPV6_ENDPOINT, InstanceMetadata, default_endpoint
from albc.errors import Invalid
from albc.local.aws import Account, Fault, FaultKind

pytestmark = pytest.mark.anyio

METADATA = {
    "placement/region": "eu-north-1",
    "mac": "02:00:00:00:00:01/",
    "network/interfaces/macs/02:00:00:00:00:01/vpc-id": "vpc-of-instance",
}


@pytest.fixture
async def imds() -> AsyncIterator[InstanceMetadata]:
    """A metadata service that insists on version 2."""

    async def token(request: web.Request) -> web.Response:
        assert int(request.headers["X-aws-ec2-metadata-token-ttl-seconds"]) > 0
        return web.Response(text="secret")

    async def data(request: web.Request) -> web.Response:
        if request.headers.get("X-aws-ec2-metadata-token") != "secret":
            return web.Response(status=401)
        path = request.match_info["path"]
        return web.Response(text=METADATA[path]) if path in METADATA else web.Response(status=404)

    app = web.Application()
    app.router.add_put("/latest/api/token", token)
    app.router.add_get("/latest/meta-data/{path:.*}", data)
    async with TestServer(app) as server:
        yield InstanceMetadata(str(server.make_url("/")))


@pytest.fixture
def nowhere() -> InstanceMetadata:
    return InstanceMetadata("http://127.0.0.1:1")


@pytest.mark.parametrize(
    ("flag", "environ", "region"),
    [
        ("us-west-2", {"AWS_REGION": "eu-west-1"}, "us-west-2"),
        ("", {"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-3"}, "eu-west-3"),
        ("", {"AWS_REGION": "eu-west-1"}, "eu-west-1"),
        ("", {}, "eu-north-1"),
    ],
)
async def test_the_region_is_the_flags_then_the_environments_then_the_instances(
    imds: InstanceMetadata, flag: str, environ: dict[str, str], region: str
) -> None:
    assert await discover_region(flag, imds, environ) == region


async def test_a_region_that_cannot_be_found_names_the_flag(nowhere: InstanceMetadata) -> None:
    with pytest.raises(Invalid, match="specify --aws-region instead"):
        await discover_region("", nowhere, {})


async def test_the_vpc_is_the_flags_then_the_tags_then_the_instances(
    aws: Aws, account: Account, imds: InstanceMetadata, vpc_id: str
) -> None:
    account.call("ec2", "CreateTags", {"Resources": [vpc_id], "Tags": [{"Key": "team", "Value": "shop"}]})

    assert await discover_vpc_id("vpc-given", {"team": "none"}, aws, imds) == "vpc-given"
    assert await discover_vpc_id("", {"team": "shop"}, aws, imds) == vpc_id
    assert await discover_vpc_id("", {}, aws, imds) == "vpc-of-instance"


async def test_tags_that_no_vpc_bears_are_told_and_nothing_else_is_tried(aws: Aws, imds: InstanceMetadata) -> None:
    with pytest.raises(Invalid, match="no VPC exists with the tags team=none"):
        await discover_vpc_id("", {"team": "none"}, aws, imds)


async def test_without_metadata_the_node_name_may_be_an_instance(
    aws: Aws, account: Account, nowhere: InstanceMetadata, vpc_id: str
) -> None:
    reservations = account.call("ec2", "DescribeInstances", {})["Reservations"]
    node = reservations[0]["Instances"][0]["InstanceId"]

    assert await discover_vpc_id("", {}, aws, nowhere, {"NODENAME": node}) == vpc_id
    with pytest.raises(Invalid, match="specify --aws-vpc-id"):
        await discover_vpc_id("", {}, aws, nowhere, {"NODENAME": "node-a"})


async def test_the_account_is_that_of_the_credentials(aws: Aws, account: Account) -> None:
    assert await discover_account_id(aws) == account.options.account_id


async def test_an_account_that_cannot_be_told_stops_nothing(aws: Aws, account: Account) -> None:
    account.faults.add(Fault(FaultKind.ACCESS_DENIED, service="sts"))

    assert await discover_account_id(aws) == ""


def test_metadata_is_asked_over_ipv6_where_there_is_no_ipv4() -> None:
    assert default_endpoint(has_ipv4=True) == IPV4_ENDPOINT
    assert default_endpoint(has_ipv4=False) == IPV6_ENDPOINT
