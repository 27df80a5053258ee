"""Which AWS account a command works with: the Region and the VPC, by flags or by what the instance knows of itself."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from albc.aws.calls import Aws, open_aws
from albc.aws.clients import AwsSettings
from albc.aws.discovery import discover_region, discover_vpc_id
from albc.aws.imds import InstanceMetadata
from albc.cli.connections import METADATA, endpoints, told_as_usage
from albc.settings import Settings


def instance_metadata(settings: Settings) -> InstanceMetadata:
    return InstanceMetadata(endpoints(dict(settings.aws_api_endpoints)).get(METADATA, ""))


async def aws_settings(settings: Settings, metadata: InstanceMetadata) -> AwsSettings:
    """Raises an `AlbcError` where no Region is to be found."""
    return AwsSettings(
        region=await discover_region(settings.aws_region, metadata),
        endpoints=endpoints(dict(settings.aws_api_endpoints)),
        max_attempts=settings.aws_max_retries,
        limits=settings.aws_api_throttle,
    )


async def vpc_of(settings: Settings, aws: Aws, metadata: InstanceMetadata) -> str:
    """Its id."""
    return await discover_vpc_id(settings.aws_vpc_id, dict(settings.aws_vpc_tags), aws, metadata)


@asynccontextmanager
async def reading_account(settings: Settings) -> AsyncIterator[tuple[Aws, str, str]]:
    """An account in which nothing can be changed, its Region and the id of the cluster's VPC."""
    metadata = instance_metadata(settings)
    with told_as_usage("cannot start"):
        reading = await aws_settings(settings, metadata)
    async with open_aws(reading, may_write=lambda: False) as aws:
        with told_as_usage(f"cannot use the AWS account in {reading.region}"):
            vpc_id = await vpc_of(settings, aws, metadata)
        yield aws, reading.region, vpc_id
