"""Inbound security group rules, one source each, and the difference between two sets (spec/targets.md §10).

EC2 gathers the sources of one protocol and port range; here each is a `Permission` of its own, so that sets compare.
This is the one place that says when two rules are the same.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Source = Literal["cidr_ipv4", "cidr_ipv6", "prefix_list", "group"]

# EC2's list of sources of a permission, and the field of each that names it.
_SOURCES: Mapping[Source, tuple[str, str]] = {
    "cidr_ipv4": ("IpRanges", "CidrIp"),
    "cidr_ipv6": ("Ipv6Ranges", "CidrIpv6"),
    "prefix_list": ("PrefixListIds", "PrefixListId"),
    "group": ("UserIdGroupPairs", "GroupId"),
}

TARGETS_LABEL: Mapping[str, str] = {"elbv2.k8s.aws/targetGroupBinding": "shared"}
"""In the description of the rules that let load balancers reach their targets."""

_SHOWN: Mapping[Source, str] = {
    "cidr_ipv4": "IpRange",
    "cidr_ipv6": "Ipv6Range",
    "prefix_list": "PrefixListId",
    "group": "UserIdGroupPair",
}
_LABEL = re.compile(r"([^\s,=]+)=([^\s,=]+)(?:,|$)")


@dataclass(frozen=True, slots=True, order=True)
class Permission:
    """One source that may connect. The description is no part of its identity."""

    protocol: str
    """`tcp`, `udp`, `icmp`, `icmpv6`, or `-1` for all."""
    from_port: int
    to_port: int
    source: Source
    value: str
    """CIDR, prefix list id or security group id, by `source`."""
    description: str = field(default="", compare=False)

    @property
    def labels(self) -> Mapping[str, str]:
        """What the description says of the rule's owner: `key=value` pairs."""
        return dict(_LABEL.findall(self.description))

    def __str__(self) -> str:
        """By which rules are put in order (spec/aws.md §4.3)."""
        ports = f"FromPort: {self.from_port}, ToPort: {self.to_port}"
        return f"IpProtocol: {self.protocol}, {ports}, {_SHOWN[self.source]}: {self.value}"

    def request(self) -> dict[str, Any]:
        """EC2's request form."""
        sources, name = _SOURCES[self.source]
        item = {name: self.value} | ({"Description": self.description} if self.description else {})
        return {"IpProtocol": self.protocol, "FromPort": self.from_port, "ToPort": self.to_port, sources: [item]}


def from_answer(permissions: Iterable[Mapping[str, Any]]) -> tuple[Permission, ...]:
    """The `IpPermissions` of a DescribeSecurityGroups answer."""
    return tuple(permission for permission, _ in with_shapes(permissions))


def with_shapes(permissions: Iterable[Mapping[str, Any]]) -> Iterator[tuple[Permission, dict[str, Any]]]:
    """Each with EC2's own form of it, as it has to be said to revoke it."""
    for answer in permissions:
        head = {name: answer[name] for name in ("IpProtocol", "FromPort", "ToPort") if name in answer}
        for source, (sources, name) in _SOURCES.items():
            for item in answer.get(sources) or ():
                permission = Permission(
                    answer["IpProtocol"],
                    answer.get("FromPort") or 0,
                    answer.get("ToPort") or 0,
                    source,
                    item[name],
                    item.get("Description", ""),
                )
                yield permission, {**head, sources: [item]}


def counted(permissions: Iterable[Permission]) -> int:
    """How many they are by EC2's quota, which counts those for IPv4 and those for IPv6 apart: the greater number.

    A prefix list counts as one here. For EC2 it is as many as it may hold, which its id does not tell.
    """
    sources = [permission.source for permission in permissions]
    return len(sources) - min(sources.count("cidr_ipv4"), sources.count("cidr_ipv6"))


@dataclass(frozen=True, slots=True)
class PermissionChange:
    grant: tuple[Permission, ...]
    revoke: tuple[Permission, ...]


def change(
    current: Iterable[Permission],
    desired: Iterable[Permission],
    *,
    labels: Mapping[str, str] = {},
) -> PermissionChange:
    """What to grant and to revoke. Only rules that bear all `labels` are ever revoked."""
    have, want = set(current), set(desired)
    revoke = (p for p in have - want if labels.items() <= p.labels.items())
    return PermissionChange(tuple(sorted(want - have)), tuple(sorted(revoke)))
