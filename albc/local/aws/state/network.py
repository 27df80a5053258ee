"""What the account holds for EC2. Fixed things are AWS-shaped items; security groups and interfaces change."""

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from albc.local.aws.errors import ApiError
from albc.local.aws.layout import Layout
from albc.local.aws.options import AccountOptions

Item = Mapping[str, Any]

SOURCES = {
    "IpRanges": "CidrIp",
    "Ipv6Ranges": "CidrIpv6",
    "PrefixListIds": "PrefixListId",
    "UserIdGroupPairs": "GroupId",
}
"""Kinds of source in an `IpPermission`, and the member that names the source."""


@dataclass(frozen=True, slots=True)
class SecurityGroupRule:
    """One rule: one protocol, one range of ports, one source. Two rules are the same whatever their descriptions."""

    protocol: str
    from_port: int | None
    to_port: int | None
    kind: str
    """Key of `SOURCES`."""
    source: str
    description: str | None = field(default=None, compare=False)


@dataclass(slots=True)
class SecurityGroup:
    """A security group and its rules, in the order in which they were added."""

    group_id: str
    name: str
    description: str
    vpc_id: str
    owner_id: str
    created_at: float
    tags: dict[str, str] = field(default_factory=dict)
    ingress: dict[SecurityGroupRule, SecurityGroupRule] = field(default_factory=dict)
    egress: dict[SecurityGroupRule, SecurityGroupRule] = field(default_factory=dict)

    def describe(self, options: AccountOptions) -> dict[str, Any]:
        """The group as DescribeSecurityGroups has it."""
        return {
            "GroupId": self.group_id,
            "GroupName": self.name,
            "Description": self.description,
            "VpcId": self.vpc_id,
            "OwnerId": self.owner_id,
            "SecurityGroupArn": options.arn("ec2", f"security-group/{self.group_id}"),
            "IpPermissions": list(permissions(self.ingress, self.owner_id)),
            "IpPermissionsEgress": list(permissions(self.egress, self.owner_id)),
            "Tags": tag_list(self.tags),
        }


def permissions(rules: Iterable[SecurityGroupRule], owner_id: str) -> Iterator[dict[str, Any]]:
    """Rules as AWS shows them: one permission for each protocol and port range, with all its sources."""
    grouped: dict[tuple[str, int | None, int | None], dict[str, Any]] = {}
    for rule in rules:
        ports = {} if rule.from_port is None else {"FromPort": rule.from_port, "ToPort": rule.to_port}
        permission = grouped.setdefault(
            (rule.protocol, rule.from_port, rule.to_port),
            {"IpProtocol": rule.protocol, **ports, **{kind: [] for kind in SOURCES}},
        )
        source: dict[str, Any] = {SOURCES[rule.kind]: rule.source}
        if rule.kind == "UserIdGroupPairs":
            source["UserId"] = owner_id
        if rule.description:
            source["Description"] = rule.description
        permission[rule.kind].append(source)
    yield from grouped.values()


def rules_of(permissions: Iterable[Item], own_id: str = "") -> Iterator[SecurityGroupRule]:
    """The single rules of AWS-shaped permissions, protocols and networks in the form in which AWS keeps them."""
    for permission in permissions:
        protocol = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "all": "-1"}.get(
            str(permission["IpProtocol"]).lower(), str(permission["IpProtocol"]).lower()
        )
        ports = (None, None) if protocol == "-1" else (permission.get("FromPort"), permission.get("ToPort"))
        for kind, key in SOURCES.items():
            for source in permission.get(kind) or ():
                named = source.get(key) or own_id
                if kind in ("IpRanges", "Ipv6Ranges"):
                    named = str(network_of(named))
                yield SecurityGroupRule(protocol, *ports, kind, named, source.get("Description") or None)


def network_of(cidr: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """A CIDR block with its host bits cleared, as AWS does."""
    try:
        return ipaddress.ip_network(cidr, strict=False)
    except ValueError as error:
        raise ApiError("InvalidParameterValue", f"CIDR block {cidr} is malformed") from error


class Network:
    """Everything of EC2, by id."""

    def __init__(self, layout: Layout, owner_id: str) -> None:
        self.owner_id = owner_id
        self.vpcs = _by(layout.vpcs, "VpcId")
        self.zones = _by(layout.zones, "ZoneName")
        self.subnets = _by(layout.subnets, "SubnetId")
        self.route_tables = _by(layout.route_tables, "RouteTableId")
        self.internet_gateways = _by(layout.internet_gateways, "InternetGatewayId")
        self.addresses = _by(layout.addresses, "AllocationId")
        self.instances = _by(layout.instances, "InstanceId")
        self.interfaces = _by(layout.network_interfaces, "NetworkInterfaceId")
        self.prefix_lists = _by(layout.prefix_lists, "PrefixListId")
        self.tags: dict[str, dict[str, str]] = {}
        """Tags that CreateTags gave to things of the layout, by id; they stand in place of the item's own."""
        self.security_groups = {
            item["GroupId"]: SecurityGroup(
                item["GroupId"],
                item["GroupName"],
                item["Description"],
                item["VpcId"],
                item.get("OwnerId", owner_id),
                0.0,
                {tag["Key"]: tag["Value"] for tag in item.get("Tags", ())},
                {rule: rule for rule in rules_of(item.get("IpPermissions", ()), item["GroupId"])},
                {rule: rule for rule in rules_of(item.get("IpPermissionsEgress", ()), item["GroupId"])},
            )
            for item in layout.security_groups
        }
        self._releasing: dict[str, float] = {}
        """Interfaces that go by themselves, and when."""
        self._taken = {
            address["PrivateIpAddress"]
            for interface in self.interfaces.values()
            for address in interface.get("PrivateIpAddresses", ())
        }

    def has_internet_gateway(self, vpc_id: str) -> bool:
        """Whether an internet gateway is attached to a VPC."""
        return any(
            each["VpcId"] == vpc_id for gateway in self.internet_gateways.values() for each in gateway["Attachments"]
        )

    def cidrs_of(self, vpc_id: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
        """The address blocks of a VPC, both families."""
        vpc = self.vpcs[vpc_id]
        blocks = [vpc["CidrBlock"]]
        blocks += [each["CidrBlock"] for each in vpc.get("CidrBlockAssociationSet", ())]
        blocks += [each["Ipv6CidrBlock"] for each in vpc.get("Ipv6CidrBlockAssociationSet", ())]
        return [ipaddress.ip_network(block) for block in dict.fromkeys(blocks)]

    def ipv6_blocks(self, subnet_id: str) -> list[ipaddress.IPv6Network]:
        """The IPv6 blocks of a subnet."""
        associations = self.subnets[subnet_id].get("Ipv6CidrBlockAssociationSet", ())
        return [
            ipaddress.IPv6Network(each["Ipv6CidrBlock"])
            for each in associations
            if each.get("Ipv6CidrBlockState", {}).get("State", "associated") == "associated"
        ]

    def zone_of_address(self, vpc_id: str, address: str) -> str | None:
        """The zone of the subnet in which an address lies; None outside all subnets."""
        ip = ipaddress.ip_address(address)
        for subnet in self.subnets.values():
            if subnet["VpcId"] != vpc_id:
                continue
            if ip.version == 6:
                if any(ip in block for block in self.ipv6_blocks(subnet["SubnetId"])):
                    return str(subnet["AvailabilityZone"])
            elif ip in ipaddress.ip_network(subnet["CidrBlock"]):
                return str(subnet["AvailabilityZone"])
        return None

    def take_address(self, subnet_id: str, wanted: str | None = None) -> str:
        """Reserve an IPv4 address of a subnet: the wanted one (which is free), or the highest that is free.

        From the top, because nodes and pods of the local cluster take theirs from the bottom.
        """
        if wanted is not None:
            self._taken.add(wanted)
            return wanted
        block = ipaddress.IPv4Network(self.subnets[subnet_id]["CidrBlock"])
        for number in range(int(block.broadcast_address) - 1, int(block.network_address) + 3, -1):
            address = str(ipaddress.IPv4Address(number))
            if address not in self._taken:
                self._taken.add(address)
                return address
        raise ApiError("InvalidSubnet", f"Not enough IP space available in {subnet_id}.")

    def add_interface(self, interface: Item) -> None:
        self.interfaces[interface["NetworkInterfaceId"]] = interface

    def remove_interface(self, interface_id: str) -> None:
        """Drop an interface and free its addresses; nothing when it is gone."""
        if interface := self.interfaces.pop(interface_id, None):
            self._taken -= {each["PrivateIpAddress"] for each in interface["PrivateIpAddresses"]}

    def release_interface(self, interface_id: str, when: float) -> None:
        """Have an interface go at this moment (at the next `release_due` after it)."""
        self._releasing[interface_id] = when

    def release_due(self, now: float) -> None:
        """Remove the interfaces whose time has come; whoever looks at interfaces or deletes groups calls it first."""
        for interface_id, when in list(self._releasing.items()):
            if now >= when:
                del self._releasing[interface_id]
                self.remove_interface(interface_id)

    def is_taken(self, address: str) -> bool:
        """Whether some interface has this private IPv4 address."""
        return address in self._taken

    def free_addresses(self, subnet_id: str) -> int:
        """`AvailableIpAddressCount` of a subnet: what it started with, less the interfaces made since."""
        made = sum(
            1
            for interface in self.interfaces.values()
            if interface["SubnetId"] == subnet_id and interface.get("RequesterManaged")
        )
        return max(0, int(self.subnets[subnet_id].get("AvailableIpAddressCount", 0)) - made)

    def default_group(self, vpc_id: str) -> SecurityGroup:
        """The VPC's own security group."""
        return next(g for g in self.security_groups.values() if g.vpc_id == vpc_id and g.name == "default")


def _by(items: Iterable[Item], key: str) -> dict[str, Item]:
    return {item[key]: item for item in items}


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags in the form of most services."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def tag_dict(tags: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Tags by key, from the form of most services."""
    return {tag["Key"]: tag.get("Value", "") for tag in tags}
