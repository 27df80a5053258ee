"""The local stack's network: one VPC in which every address is a real one on this machine's loopback interface."""

from collections.abc import Iterable

from albc.local.aws.ids import hex_id
from albc.local.aws.layout import AWS_PREFIX_LISTS, Item, Layout
from albc.local.aws.options import AccountOptions

PUBLIC_CIDR = "127.18.0.0/16"
PRIVATE_CIDR = "127.19.0.0/16"
ZONES = (("a", 0), ("b", 64), ("c", 128))
"""Zone letter and third octet of its /18 subnets and its node."""

LOAD_BALANCER_CIDR = "127.18.192.0/18"
"""The addresses that load balancers' DNS names stand for, whatever their subnets: no subnet lies in this part."""


def loopback_layout(options: AccountOptions) -> Layout:
    """One VPC on 127.18.0.0/16 (public subnets) and 127.19.0.0/16 (private ones, with a node in each zone)."""
    return _Loopback(options).layout()


class _Loopback:
    """Writes the local stack's network; ids are digests of names."""

    def __init__(self, options: AccountOptions) -> None:
        self._options = options
        self._vpc = self._id("vpc", "main")

    def layout(self) -> Layout:
        letters = [letter for letter, _ in ZONES]
        return Layout(
            vpcs=(self._vpc_item(),),
            zones=tuple(self._zone(letter) for letter in letters),
            subnets=tuple(
                self._subnet(kind, letter, octet) for kind in ("public", "private") for letter, octet in ZONES
            ),
            route_tables=(
                self._route_table("main", main=True),
                self._route_table("public", [self._id("subnet", f"public-{letter}") for letter in letters]),
                self._route_table("private", [self._id("subnet", f"private-{letter}") for letter in letters]),
            ),
            internet_gateways=(
                {
                    "InternetGatewayId": self._id("igw", "main"),
                    "Attachments": [{"State": "available", "VpcId": self._vpc}],
                    "OwnerId": self._options.account_id,
                    "Tags": [],
                },
            ),
            addresses=tuple(
                {
                    "AllocationId": self._id("eipalloc", f"public-{letter}"),
                    "PublicIp": f"127.20.0.{number}",
                    "Domain": "vpc",
                    "Tags": _tags(Name=f"public-{letter}"),
                }
                for number, letter in enumerate(letters, 1)
            ),
            security_groups=(
                self._security_group("default", "default VPC security group", ()),
                self._security_group(
                    "nodes",
                    "nodes of the cluster",
                    [{"Key": f"kubernetes.io/cluster/{self._options.cluster_name}", "Value": "owned"}],
                ),
            ),
            instances=tuple(self._instance(letter, octet) for letter, octet in ZONES),
            network_interfaces=tuple(self._interface(letter, octet) for letter, octet in ZONES),
            prefix_lists=AWS_PREFIX_LISTS,
        )

    def _id(self, kind: str, name: str) -> str:
        return f"{kind}-{hex_id(self._options.account_id, self._options.region, kind, name)}"

    def _zone_name(self, letter: str) -> str:
        return f"{self._options.region}{letter}"

    def _zone(self, letter: str) -> Item:
        return {
            "ZoneName": self._zone_name(letter),
            "ZoneId": self._zone_id(letter),
            "ZoneType": "availability-zone",
            "RegionName": self._options.region,
            "State": "available",
            "OptInStatus": "opt-in-not-required",
            "GroupName": self._options.region,
            "NetworkBorderGroup": self._options.region,
            "Messages": [],
        }

    def _zone_id(self, letter: str) -> str:
        area, direction, number = self._options.region.rsplit("-", 2)
        return f"{area[:2]}{direction[0]}{number}-az{'abc'.index(letter) + 1}"

    def _vpc_item(self) -> Item:
        return {
            "VpcId": self._vpc,
            "CidrBlock": PUBLIC_CIDR,
            "CidrBlockAssociationSet": [
                {
                    "AssociationId": self._id("vpc-cidr-assoc", cidr),
                    "CidrBlock": cidr,
                    "CidrBlockState": {"State": "associated"},
                }
                for cidr in (PUBLIC_CIDR, PRIVATE_CIDR)
            ],
            "Ipv6CidrBlockAssociationSet": [],
            "DhcpOptionsId": self._id("dopt", "main"),
            "InstanceTenancy": "default",
            "IsDefault": False,
            "OwnerId": self._options.account_id,
            "State": "available",
            "Tags": _tags(Name="local"),
        }

    def _subnet(self, kind: str, letter: str, octet: int) -> Item:
        subnet_id = self._id("subnet", f"{kind}-{letter}")
        role = "kubernetes.io/role/elb" if kind == "public" else "kubernetes.io/role/internal-elb"
        network = "127.18" if kind == "public" else "127.19"
        return {
            "SubnetId": subnet_id,
            "SubnetArn": self._options.arn("ec2", f"subnet/{subnet_id}"),
            "VpcId": self._vpc,
            "CidrBlock": f"{network}.{octet}.0/18",
            "Ipv6CidrBlockAssociationSet": [],
            "AvailabilityZone": self._zone_name(letter),
            "AvailabilityZoneId": self._zone_id(letter),
            "AvailableIpAddressCount": 2**14 - 5,
            "AssignIpv6AddressOnCreation": False,
            "DefaultForAz": False,
            "Ipv6Native": False,
            "MapPublicIpOnLaunch": kind == "public",
            "OwnerId": self._options.account_id,
            "State": "available",
            "Tags": [*_tags(Name=f"{kind}-{letter}"), {"Key": role, "Value": "1"}],
        }

    def _route_table(self, name: str, subnets: Iterable[str] = (), *, main: bool = False) -> Item:
        table = self._id("rtb", name)
        routes = [
            {"DestinationCidrBlock": cidr, "GatewayId": "local", "Origin": "CreateRouteTable", "State": "active"}
            for cidr in (PUBLIC_CIDR, PRIVATE_CIDR)
        ]
        if name != "main":
            gateway = (
                {"GatewayId": self._id("igw", "main")}
                if name == "public"
                else {"NatGatewayId": self._id("nat", "main")}
            )
            routes.append({"DestinationCidrBlock": "0.0.0.0/0", **gateway, "Origin": "CreateRoute", "State": "active"})
        return {
            "RouteTableId": table,
            "VpcId": self._vpc,
            "OwnerId": self._options.account_id,
            "Routes": routes,
            "Associations": [
                {
                    "Main": main,
                    "RouteTableAssociationId": self._id("rtbassoc", subnet),
                    "RouteTableId": table,
                    **({} if main else {"SubnetId": subnet}),
                    "AssociationState": {"State": "associated"},
                }
                for subnet in (["main"] if main else subnets)
            ],
            "Tags": _tags(Name=name),
        }

    def _security_group(self, name: str, description: str, tags: Iterable[Item]) -> Item:
        own = self._id("sg", name)
        return {
            "GroupId": own,
            "GroupName": name,
            "Description": description,
            "VpcId": self._vpc,
            "OwnerId": self._options.account_id,
            "IpPermissions": [{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": own}]}],
            "IpPermissionsEgress": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
            "Tags": list(tags),
        }

    def _instance(self, letter: str, octet: int) -> Item:
        interface = dict(self._interface(letter, octet))
        attachment = {k: v for k, v in interface["Attachment"].items() if not k.startswith("Instance")}
        for key in ("AvailabilityZone", "RequesterManaged", "TagSet"):
            del interface[key]
        address = f"127.19.{octet}.10"
        return {
            "InstanceId": instance_id(letter),
            "InstanceType": "m6i.large",
            "ImageId": self._id("ami", "node"),
            "State": {"Code": 16, "Name": "running"},
            "PrivateIpAddress": address,
            "PrivateDnsName": f"ip-{address.replace('.', '-')}.{self._options.region}.compute.internal",
            "Placement": {"AvailabilityZone": self._zone_name(letter), "Tenancy": "default", "GroupName": ""},
            "VpcId": self._vpc,
            "SubnetId": self._id("subnet", f"private-{letter}"),
            "SecurityGroups": [self._nodes_group()],
            "NetworkInterfaces": [{**interface, "Attachment": attachment}],
            "Tags": [
                *_tags(Name=f"node-{letter}"),
                {"Key": f"kubernetes.io/cluster/{self._options.cluster_name}", "Value": "owned"},
            ],
        }

    def _interface(self, letter: str, octet: int) -> Item:
        address = f"127.19.{octet}.10"
        return {
            "NetworkInterfaceId": self._id("eni", f"node-{letter}"),
            "Attachment": {
                "AttachmentId": self._id("eni-attach", f"node-{letter}"),
                "DeviceIndex": 0,
                "NetworkCardIndex": 0,
                "DeleteOnTermination": True,
                "InstanceId": instance_id(letter),
                "InstanceOwnerId": self._options.account_id,
                "Status": "attached",
            },
            "AvailabilityZone": self._zone_name(letter),
            "Description": "",
            "Groups": [self._nodes_group()],
            "InterfaceType": "interface",
            "Ipv6Addresses": [],
            # Pods of this zone: what the VPC CNI shows as many /28 prefixes stands here as one.
            "Ipv4Prefixes": [{"Ipv4Prefix": f"127.19.{octet}.0/18"}],
            "MacAddress": f"0a:00:00:00:{octet:02x}:0a",
            "OwnerId": self._options.account_id,
            "PrivateIpAddress": address,
            "PrivateIpAddresses": [{"Primary": True, "PrivateIpAddress": address}],
            "RequesterManaged": False,
            "SourceDestCheck": True,
            "Status": "in-use",
            "SubnetId": self._id("subnet", f"private-{letter}"),
            "VpcId": self._vpc,
            "TagSet": [],
        }

    def _nodes_group(self) -> dict[str, str]:
        return {"GroupId": self._id("sg", "nodes"), "GroupName": "nodes"}


def instance_id(letter: str) -> str:
    """The EC2 instance of the node in a zone; the local cluster's Nodes have it in their provider id."""
    return f"i-{letter:0>17}"


def _tags(**tags: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]
