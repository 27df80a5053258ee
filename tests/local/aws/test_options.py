"""An account is of its Region's partition."""

from collections.abc import Iterator

import pytest
from botocore.loaders import Loader

from albc.local.aws import Account, AccountOptions


def regions() -> Iterator[tuple[str, str, str]]:
    """Each Region that botocore knows, with its partition and the end of its names."""
    for partition in Loader().load_data("endpoints")["partitions"]:
        for region in partition["regions"]:
            yield region, partition["partition"], partition["dnsSuffix"]


def test_every_region_has_the_partition_and_domain_that_botocore_knows() -> None:
    found = {(region, AccountOptions(region=region).partition, AccountOptions(region=region).dns_suffix)
             for region, _, _ in regions()}  # fmt: skip
    assert found == set(regions())


@pytest.mark.parametrize("region", ["cn-north-1", "us-gov-west-1", "us-iso-east-1", "eu-isoe-west-1"])
def test_arns_and_names_of_load_balancers_say_where_they_are(region: str) -> None:
    account = Account(AccountOptions(region=region))
    public = [{"Name": "tag:kubernetes.io/role/elb", "Values": ["1"]}]
    subnets = [each["SubnetId"] for each in account.call("ec2", "DescribeSubnets", {"Filters": public})["Subnets"]]
    [made] = account.call("elbv2", "CreateLoadBalancer", {"Name": "shop", "Subnets": subnets})["LoadBalancers"]

    assert made["LoadBalancerArn"].startswith(f"arn:{account.options.partition}:elasticloadbalancing:{region}:")
    assert made["DNSName"].endswith(f".{region}.elb.{account.options.dns_suffix}")
    assert {each["ZoneName"] for each in made["AvailabilityZones"]} == {f"{region}{letter}" for letter in "abc"}
