"""Which Region, VPC and account we work in: what flags say, else what can be found out (spec/aws.md §8.1).

Called once at start, before anything else asks AWS.
"""

import os
from collections.abc import Mapping
from typing import Final

import anyio
import structlog

from albc.aws.calls import Aws
from albc.aws.imds import InstanceMetadata
from albc.errors import AlbcError, Invalid

log = structlog.stdlib.get_logger("aws.discovery")

_STS_SECONDS: Final = 3.0


async def discover_region(given: str, imds: InstanceMetadata, environ: Mapping[str, str] = os.environ) -> str:
    """The flag's value, else AWS_DEFAULT_REGION, AWS_REGION (in this order), else the instance's own."""
    if named := given or environ.get("AWS_DEFAULT_REGION") or environ.get("AWS_REGION"):
        return named
    try:
        return await imds.region()
    except AlbcError as error:
        raise Invalid(
            f"failed to introspect region from EC2Metadata, specify --aws-region instead if EC2Metadata is "
            f"unavailable: {error}"
        ) from error


async def discover_vpc_id(
    given: str,
    tags: Mapping[str, str],
    aws: Aws,
    imds: InstanceMetadata,
    environ: Mapping[str, str] = os.environ,
) -> str:
    """The flag's value, else the one VPC that bears all tags, else that of this instance, or of the node's instance."""
    if given:
        return given
    if tags:
        return await _by_tags(tags, aws)
    try:
        return await imds.vpc_id()
    except AlbcError as error:
        node = environ.get("NODENAME", "")
        if node.startswith("i-"):
            return await _of_instance(node, aws)
        raise Invalid(
            f"failed to get VPC ID: failed to fetch VPC ID from instance metadata: {error}; "
            "specify --aws-vpc-id or --aws-vpc-tags"
        ) from error


async def discover_account_id(aws: Aws) -> str:
    """The account of our credentials; "" when STS does not tell it soon, as in a network without a way to it.

    It is for the eyes of people: nothing depends on it.
    """
    with anyio.move_on_after(_STS_SECONDS):
        try:
            return str((await aws.call("sts", "get_caller_identity"))["Account"])
        except AlbcError as error:
            log.warning("the AWS account is not known", error=str(error))
    return ""


async def _by_tags(tags: Mapping[str, str], aws: Aws) -> str:
    filters = [{"Name": f"tag:{key}", "Values": [value]} for key, value in sorted(tags.items())]
    printed = ", ".join(f"{key}={value}" for key, value in sorted(tags.items()))
    vpcs = await aws.paginate("ec2", "describe_vpcs", "Vpcs", Filters=filters)
    if not vpcs:
        raise Invalid(f"failed to get VPC ID: no VPC exists with the tags {printed}; correct --aws-vpc-tags")
    if len(vpcs) > 1:
        raise Invalid(f"failed to get VPC ID: multiple VPCs exist with the tags {printed}; specify --aws-vpc-id")
    return str(vpcs[0]["VpcId"])


async def _of_instance(id: str, aws: Aws) -> str:
    reservations = await aws.paginate("ec2", "describe_instances", "Reservations", InstanceIds=[id])
    instances = [instance for reservation in reservations for instance in reservation["Instances"]]
    if len(instances) != 1:
        raise Invalid(f"failed to get VPC ID: {len(instances)} instances have the id {id}; specify --aws-vpc-id")
    return str(instances[0]["VpcId"])
