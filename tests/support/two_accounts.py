"""Our own AWS account and moto's, with the same network in both, for tests that hold one against the other.

moto runs in a process of its own (`make setup` installs it apart, for its botocore is another than ours). Its network
is made through its API; ours is then made of what moto answers, so that both have the same ids.
"""

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import anyio
from aiobotocore.session import get_session

from albc.local.aws import Account, AccountOptions, AwsServer, recorded_layout

MOTO_SERVER = Path(sys.executable).parent.parent / "judges" / "bin" / "moto_server"
REGION = "us-west-2"
ZONE = "example.com"
OTHER_ACCOUNT = "222222222222"
PODS_PER_NODE = 8
"""Addresses that have a network interface, as pods of Fargate have: the first ones of each node."""

NEVER_SECONDS = 3600
"""A requested certificate waits so long for its validation."""

_STARTS_WITHIN_SECONDS = 60.0
_DESCRIBED = ("Vpcs", "Subnets", "RouteTables", "InternetGateways", "AvailabilityZones", "NetworkInterfaces")


@dataclass(frozen=True)
class Network:
    vpc_id: str
    subnets: tuple[str, ...]
    """Public ones, one in each zone."""
    instance: str


@dataclass(frozen=True)
class Endpoint:
    """One of the two accounts: a name for people, and how a client reaches it."""

    name: str
    url: str
    network: Network

    @asynccontextmanager
    async def client(self, service: str, **keys: str) -> AsyncIterator[Any]:
        """An unmodified client; as the account's own user, or with the keys of a role."""
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", **keys}
        async with get_session().create_client(service, region_name=REGION, endpoint_url=self.url, **keys) as client:
            yield client


@asynccontextmanager
async def two_accounts(folder: Path) -> AsyncIterator[tuple[Endpoint, Endpoint]]:
    """Ours and moto's, for as long as the block lasts."""
    async with AsyncExitStack() as running:
        moto = await running.enter_async_context(moto_alone(folder))
        network = await _make_network(moto)
        described = {f"Describe{kind}": await _described(moto, kind) for kind in _DESCRIBED}
        described["DescribeSecurityGroups"] = await _described(moto, "SecurityGroups")
        described["DescribeInstances"] = await _described(moto, "Instances")
        options = AccountOptions(
            region=REGION, hosted_zones=(ZONE,), active_seconds=0.0, health_seconds=0.0, issue_seconds=NEVER_SECONDS
        )
        account = Account(options, layout=recorded_layout({"ec2": described}))
        server = await running.enter_async_context(AwsServer(account))
        yield Endpoint("ours", server.url, network), Endpoint("moto", moto.url, network)


@asynccontextmanager
async def moto_alone(folder: Path) -> AsyncIterator[Endpoint]:
    """An empty account of moto's; its log goes into the folder."""
    from world import free_port

    port = free_port()
    environment = {**os.environ, "MOTO_ACM_VALIDATION_WAIT": str(NEVER_SECONDS)}
    line = [str(MOTO_SERVER), "-H", "127.0.0.1", "-p", str(port)]
    with (folder / "moto.log").open("wb") as log:
        process = await anyio.open_process(line, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)
        try:
            with anyio.fail_after(_STARTS_WITHIN_SECONDS):
                while not await _listens(port):  # noqa: ASYNC110 - another process, which tells nobody here
                    await anyio.sleep(0.05)
            yield Endpoint("moto", f"http://127.0.0.1:{port}", Network("", (), ""))
        finally:
            process.terminate()
            await process.wait()


async def _listens(port: int) -> bool:
    try:
        stream = await anyio.connect_tcp("127.0.0.1", port)
    except OSError:
        return False
    await stream.aclose()
    return True


async def _described(moto: Endpoint, kind: str) -> Mapping[str, Any]:
    words = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in kind)
    async with moto.client("ec2") as ec2:
        answer = await getattr(ec2, f"describe{words}")()
    del answer["ResponseMetadata"]
    written: Mapping[str, Any] = json.loads(json.dumps(answer, default=datetime.isoformat))
    return written


async def _make_network(moto: Endpoint) -> Network:
    """The local stack's network: a VPC of public subnets, one for pods, and their interfaces."""
    async with moto.client("ec2") as ec2:
        vpc_id = (await ec2.create_vpc(CidrBlock="127.18.0.0/16"))["Vpc"]["VpcId"]
        await ec2.associate_vpc_cidr_block(VpcId=vpc_id, CidrBlock="127.19.0.0/16")
        gateway = (await ec2.create_internet_gateway())["InternetGateway"]["InternetGatewayId"]
        await ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc_id)
        of_vpc = [{"Name": "vpc-id", "Values": [vpc_id]}]
        table = (await ec2.describe_route_tables(Filters=of_vpc))["RouteTables"][0]["RouteTableId"]
        await ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
        public = []
        for number, letter in enumerate("abc"):
            made = await ec2.create_subnet(
                VpcId=vpc_id,
                CidrBlock=f"127.18.{64 * number}.0/18",
                AvailabilityZone=f"{REGION}{letter}",
                TagSpecifications=[
                    {"ResourceType": "subnet", "Tags": [{"Key": "kubernetes.io/role/elb", "Value": "1"}]}
                ],
            )
            public.append(made["Subnet"]["SubnetId"])
        pods = await ec2.create_subnet(VpcId=vpc_id, CidrBlock="127.19.0.0/16", AvailabilityZone=f"{REGION}a")
        pods_id = pods["Subnet"]["SubnetId"]
        group = (await ec2.create_security_group(GroupName="nodes", Description="nodes", VpcId=vpc_id))["GroupId"]
        await ec2.create_tags(Resources=[group], Tags=[{"Key": "kubernetes.io/cluster/local", "Value": "owned"}])
        for node in (1, 65, 129):
            for last in range(PODS_PER_NODE):
                address = f"127.19.{node}.{last}"
                await ec2.create_network_interface(SubnetId=pods_id, PrivateIpAddress=address, Groups=[group])
        started = await ec2.run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1, SubnetId=pods_id)
        return Network(vpc_id, tuple(public), started["Instances"][0]["InstanceId"])
