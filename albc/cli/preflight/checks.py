"""What will be trouble in this account and cluster, from what was read there. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from albc.cli.preflight.findings import Finding, Level

ROLE_TAGS: Mapping[str, str] = {
    "internet-facing": "kubernetes.io/role/elb",
    "internal": "kubernetes.io/role/internal-elb",
}
NEEDED_ADDRESSES = 8
"""Free addresses that an ALB asks of each of its subnets
(AWS: Application Load Balancers, "Subnets for your load balancer")."""
NEEDED_ZONES = 2
"""For an ALB."""

Subnet = Mapping[str, Any]
"""As DescribeSubnets gives it."""


def subnets(found: Sequence[Subnet]) -> Iterator[Finding]:
    area = "Subnets"
    if not found:
        yield Finding(area, Level.TROUBLE, "the VPC has no subnets", "check --aws-vpc-id")
        return
    for scheme, tag in ROLE_TAGS.items():
        usable = [subnet for subnet in found if _tags(subnet).get(tag) in ("", "1")]
        zones = {subnet["AvailabilityZone"] for subnet in usable}
        if len(zones) < NEEDED_ZONES:
            yield Finding(
                area,
                Level.WARNING,
                f"{len(zones)} zones have a subnet tagged {tag}=1; an {scheme} ALB needs {NEEDED_ZONES}",
                "tag subnets, name them by annotation, or rely on discovery by route tables",
            )
        else:
            yield Finding(area, Level.OK, f"{scheme}: {len(usable)} subnets in {len(zones)} zones")
    for subnet in found:
        free = subnet.get("AvailableIpAddressCount", NEEDED_ADDRESSES)
        if free < NEEDED_ADDRESSES:
            yield Finding(
                area,
                Level.WARNING,
                f"{subnet['SubnetId']} has {free} free addresses; an ALB takes up to {NEEDED_ADDRESSES}",
                "use larger subnets for load balancers",
            )


def node_groups(interfaces: Iterable[Mapping[str, Any]], tagged: Iterable[str], cluster: str) -> Iterator[Finding]:
    """Interfaces of DescribeNetworkInterfaces; ids of the security groups that bear the cluster's tag."""
    area, owned = "Security groups of nodes", frozenset(tagged)
    crowded: dict[tuple[str, ...], int] = defaultdict(int)
    for interface in interfaces:
        several = sorted(group["GroupId"] for group in interface.get("Groups") or () if group["GroupId"] in owned)
        if len(several) > 1:
            crowded[tuple(several)] += 1
    for ids, count in sorted(crowded.items()):
        yield Finding(
            area,
            Level.TROUBLE,
            f"{count} interfaces have several groups tagged kubernetes.io/cluster/{cluster}: {', '.join(ids)}",
            "leave the tag on one of them, or choose one by --service-target-eni-security-group-tags",
        )
    if not owned:
        yield Finding(
            area,
            Level.WARNING,
            f"no security group is tagged kubernetes.io/cluster/{cluster}",
            "tag the nodes' group if nodes have more than one, so that albc knows which to open",
        )
    elif not crowded:
        yield Finding(area, Level.OK, f"{len(owned)} tagged kubernetes.io/cluster/{cluster}, one an interface")


@dataclass(frozen=True, slots=True)
class Quota:
    """One of AWS's limits, and how much of it the account uses in this Region."""

    name: str
    limit: int
    used: int


TIGHT = 0.8
"""Share of a quota from which on it is told."""


def quotas(found: Iterable[Quota]) -> Iterator[Finding]:
    for quota in found:
        text = f"{quota.name}: {quota.used} of {quota.limit} in use"
        if quota.used >= quota.limit:
            yield Finding("Quotas", Level.TROUBLE, text, "ask AWS for more, or delete what nobody uses")
        elif quota.used >= TIGHT * quota.limit:
            yield Finding("Quotas", Level.WARNING, text, "ask AWS for more before it is used up")
        else:
            yield Finding("Quotas", Level.OK, text)


def cluster_rights(user: str, missing: Sequence[str]) -> Iterator[Finding]:
    area = "Rights in the cluster"
    for right in missing:
        yield Finding(area, Level.TROUBLE, f"{user} may not {right}", "apply the chart's ClusterRole")
    if not missing:
        yield Finding(area, Level.OK, f"{user} may do all that albc does")


def account_rights(caller: str, refused: Sequence[str]) -> Iterator[Finding]:
    """Reading calls only: nothing is written to find out whether it may be."""
    area = "Rights in the account"
    for action in refused:
        yield Finding(area, Level.TROUBLE, f"{caller} may not {action}", "allow it: deploy/iam/aws/base.json")
    if not refused:
        yield Finding(area, Level.OK, f"{caller} may make the reading calls; writing ones were not tried")


def _tags(subnet: Subnet) -> Mapping[str, str]:
    return {tag["Key"]: tag["Value"] for tag in subnet.get("Tags") or ()}
