"""The kinds of things that EC2 describes: one table from which the Describe operations and the tag operations come."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from albc.local.aws.errors import ApiError
from albc.local.aws.services.ec2 import filters
from albc.local.aws.services.operation import Answer, Handler, Params, page
from albc.local.aws.state import State
from albc.local.aws.state.network import tag_list

Item = Mapping[str, Any]

PAGE_SIZE = 1000


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind: where it is held, how a request names it, what its answer is called."""

    prefix: str
    """Of its ids: `subnet`."""
    resource_type: str
    """In DescribeTags: `subnet`, `security-group`."""
    answer: str
    ids: str
    """Parameter with the ids that are asked for."""
    id_key: str
    held: Callable[[State], Mapping[str, Item]]
    not_found: str
    """Error code."""
    paths: Mapping[str, str]
    """Filter name → where its values stand in the item."""
    tags_key: str = "Tags"

    def items(self, state: State) -> dict[str, Item]:
        """Everything of this kind with its present tags."""
        network = state.network
        return {
            item_id: {**item, self.tags_key: tag_list(network.tags[item_id])} if item_id in network.tags else item
            for item_id, item in self.held(state).items()
        }

    def absent(self, item_id: str) -> ApiError:
        """The answer to an id that nothing has."""
        if not item_id.startswith(self.prefix + "-"):
            return ApiError(
                self.not_found.replace("NotFound", "Malformed"),
                f'Invalid id: "{item_id}" (expecting "{self.prefix}-...")',
            )
        return ApiError(self.not_found, f"The {self.resource_type} ID '{item_id}' does not exist")

    def chosen(self, state: State, params: Params) -> list[Item]:
        """What a Describe request asks for, by ids and filters."""
        items = self.items(state)
        chosen: Iterable[Item] = items.values()
        if wanted := params.get(self.ids):
            for item_id in wanted:
                if item_id not in items:
                    raise self.absent(item_id)
            chosen = [items[item_id] for item_id in dict.fromkeys(wanted)]
        return filters.select(chosen, params.get("Filters"), self.paths)

    def describe(self) -> Handler:
        """The Describe operation of this kind."""

        def operation(state: State, params: Params) -> Answer:
            state.network.release_due(state.clock())
            chosen = self.chosen(state, params)
            shown, token = page(
                chosen,
                lambda item: str(item[self.id_key]),
                params.get("MaxResults") or PAGE_SIZE,
                params.get("NextToken"),
                code="InvalidParameterValue",
            )
            return {self.answer: shown, "NextToken": token}

        return operation


def _subnets(state: State) -> dict[str, Item]:
    network = state.network
    return {
        subnet_id: {**subnet, "AvailableIpAddressCount": network.free_addresses(subnet_id)}
        for subnet_id, subnet in network.subnets.items()
    }


def _addresses(state: State) -> dict[str, Item]:
    """Elastic IP addresses; those of load balancers name the interface that has them."""
    zones = [zone for each in state.load_balancing.load_balancers.values() for zone in each.zones if zone.allocation_id]
    used = {
        zone.allocation_id: {
            "AssociationId": f"eipassoc-{zone.interface_id[4:]}",
            "NetworkInterfaceId": zone.interface_id,
            "NetworkInterfaceOwnerId": "amazon-elb",
            "PrivateIpAddress": zone.private_ip,
        }
        for zone in zones
    }
    return {key: {**item, **used.get(key, {})} for key, item in state.network.addresses.items()}


def _security_groups(state: State) -> dict[str, Item]:
    return {
        group.group_id: group.describe(state.options)
        for group in state.network.security_groups.values()
        if state.visible(group.created_at)
    }


def _permission_paths(prefix: str, member: str) -> dict[str, str]:
    return {
        f"{prefix}.protocol": f"{member}.IpProtocol",
        f"{prefix}.from-port": f"{member}.FromPort",
        f"{prefix}.to-port": f"{member}.ToPort",
        f"{prefix}.cidr": f"{member}.IpRanges.CidrIp",
        f"{prefix}.ipv6-cidr": f"{member}.Ipv6Ranges.CidrIpv6",
        f"{prefix}.group-id": f"{member}.UserIdGroupPairs.GroupId",
        f"{prefix}.prefix-list-id": f"{member}.PrefixListIds.PrefixListId",
    }


VPC = Kind(
    prefix="vpc",
    resource_type="vpc",
    answer="Vpcs",
    ids="VpcIds",
    id_key="VpcId",
    held=lambda state: state.network.vpcs,
    not_found="InvalidVpcID.NotFound",
    paths={
        "vpc-id": "VpcId",
        "cidr": "CidrBlock",
        "cidr-block-association.cidr-block": "CidrBlockAssociationSet.CidrBlock",
        "is-default": "IsDefault",
        "isDefault": "IsDefault",
        "owner-id": "OwnerId",
        "state": "State",
    },
)
SUBNET = Kind(
    prefix="subnet",
    resource_type="subnet",
    answer="Subnets",
    ids="SubnetIds",
    id_key="SubnetId",
    held=_subnets,
    not_found="InvalidSubnetID.NotFound",
    paths={
        "subnet-id": "SubnetId",
        "vpc-id": "VpcId",
        "availability-zone": "AvailabilityZone",
        "availabilityZone": "AvailabilityZone",
        "availability-zone-id": "AvailabilityZoneId",
        "cidr-block": "CidrBlock",
        "default-for-az": "DefaultForAz",
        "ipv6-cidr-block-association.ipv6-cidr-block": "Ipv6CidrBlockAssociationSet.Ipv6CidrBlock",
        "map-public-ip-on-launch": "MapPublicIpOnLaunch",
        "outpost-arn": "OutpostArn",
        "owner-id": "OwnerId",
        "state": "State",
    },
)
ROUTE_TABLE = Kind(
    prefix="rtb",
    resource_type="route-table",
    answer="RouteTables",
    ids="RouteTableIds",
    id_key="RouteTableId",
    held=lambda state: state.network.route_tables,
    not_found="InvalidRouteTableID.NotFound",
    paths={
        "route-table-id": "RouteTableId",
        "vpc-id": "VpcId",
        "association.main": "Associations.Main",
        "association.subnet-id": "Associations.SubnetId",
        "association.route-table-association-id": "Associations.RouteTableAssociationId",
        "route.destination-cidr-block": "Routes.DestinationCidrBlock",
        "route.gateway-id": "Routes.GatewayId",
        "route.nat-gateway-id": "Routes.NatGatewayId",
    },
)
INTERNET_GATEWAY = Kind(
    prefix="igw",
    resource_type="internet-gateway",
    answer="InternetGateways",
    ids="InternetGatewayIds",
    id_key="InternetGatewayId",
    held=lambda state: state.network.internet_gateways,
    not_found="InvalidInternetGatewayID.NotFound",
    paths={
        "internet-gateway-id": "InternetGatewayId",
        "attachment.vpc-id": "Attachments.VpcId",
        "attachment.state": "Attachments.State",
    },
)
ADDRESS = Kind(
    prefix="eipalloc",
    resource_type="elastic-ip",
    answer="Addresses",
    ids="AllocationIds",
    id_key="AllocationId",
    held=_addresses,
    not_found="InvalidAllocationID.NotFound",
    paths={
        "allocation-id": "AllocationId",
        "association-id": "AssociationId",
        "domain": "Domain",
        "instance-id": "InstanceId",
        "network-interface-id": "NetworkInterfaceId",
        "private-ip-address": "PrivateIpAddress",
        "public-ip": "PublicIp",
    },
)
SECURITY_GROUP = Kind(
    prefix="sg",
    resource_type="security-group",
    answer="SecurityGroups",
    ids="GroupIds",
    id_key="GroupId",
    held=_security_groups,
    not_found="InvalidGroup.NotFound",
    paths={
        "group-id": "GroupId",
        "group-name": "GroupName",
        "description": "Description",
        "owner-id": "OwnerId",
        "vpc-id": "VpcId",
        **_permission_paths("ip-permission", "IpPermissions"),
        **_permission_paths("egress.ip-permission", "IpPermissionsEgress"),
    },
)
INSTANCE = Kind(
    prefix="i",
    resource_type="instance",
    answer="Instances",
    ids="InstanceIds",
    id_key="InstanceId",
    held=lambda state: state.network.instances,
    not_found="InvalidInstanceID.NotFound",
    paths={
        "instance-id": "InstanceId",
        "availability-zone": "Placement.AvailabilityZone",
        "instance-state-name": "State.Name",
        "instance.group-id": "SecurityGroups.GroupId",
        "network-interface.addresses.private-ip-address": "NetworkInterfaces.PrivateIpAddresses.PrivateIpAddress",
        "network-interface.network-interface-id": "NetworkInterfaces.NetworkInterfaceId",
        "private-dns-name": "PrivateDnsName",
        "private-ip-address": "PrivateIpAddress",
        "subnet-id": "SubnetId",
        "vpc-id": "VpcId",
    },
)
NETWORK_INTERFACE = Kind(
    prefix="eni",
    resource_type="network-interface",
    answer="NetworkInterfaces",
    ids="NetworkInterfaceIds",
    id_key="NetworkInterfaceId",
    held=lambda state: state.network.interfaces,
    not_found="InvalidNetworkInterfaceID.NotFound",
    tags_key="TagSet",
    paths={
        "network-interface-id": "NetworkInterfaceId",
        "addresses.association.public-ip": "PrivateIpAddresses.Association.PublicIp",
        "addresses.private-ip-address": "PrivateIpAddresses.PrivateIpAddress",
        "attachment.attachment-id": "Attachment.AttachmentId",
        "attachment.instance-id": "Attachment.InstanceId",
        "availability-zone": "AvailabilityZone",
        "description": "Description",
        "group-id": "Groups.GroupId",
        "group-name": "Groups.GroupName",
        "interface-type": "InterfaceType",
        "ipv6-addresses.ipv6-address": "Ipv6Addresses.Ipv6Address",
        "owner-id": "OwnerId",
        "private-ip-address": "PrivateIpAddress",
        "requester-id": "RequesterId",
        "requester-managed": "RequesterManaged",
        "status": "Status",
        "subnet-id": "SubnetId",
        "vpc-id": "VpcId",
    },
)
PREFIX_LIST = Kind(
    prefix="pl",
    resource_type="prefix-list",
    answer="PrefixLists",
    ids="PrefixListIds",
    id_key="PrefixListId",
    held=lambda state: state.network.prefix_lists,
    not_found="InvalidPrefixListID.NotFound",
    paths={"prefix-list-id": "PrefixListId", "prefix-list-name": "PrefixListName", "owner-id": "OwnerId"},
)

KINDS = (
    VPC,
    SUBNET,
    ROUTE_TABLE,
    INTERNET_GATEWAY,
    ADDRESS,
    SECURITY_GROUP,
    INSTANCE,
    NETWORK_INTERFACE,
    PREFIX_LIST,
)


def kind_of(item_id: str) -> Kind:
    """The kind of a thing, by the prefix of its id."""
    for kind in KINDS:
        if item_id.startswith(kind.prefix + "-"):
            return kind
    raise ApiError("InvalidID", f"The ID '{item_id}' is not valid")
