"""A load balancer's places: its subnets, the network interfaces in them and their addresses."""

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from albc.local.aws.errors import ApiError
from albc.local.aws.ids import hex_id
from albc.local.aws.services.operation import Params
from albc.local.aws.state import State
from albc.local.aws.state.load_balancing import LoadBalancer, ZoneMapping

MIN_FREE_ADDRESSES = 8


def requested(params: Params) -> list[Mapping[str, Any]]:
    """The subnet mappings of a request, however they were given."""
    if params.get("Subnets") and params.get("SubnetMappings"):
        raise ApiError("ValidationError", "You can specify either subnets or subnet mappings, not both")
    mappings = params.get("SubnetMappings") or [{"SubnetId": each} for each in params.get("Subnets") or ()]
    if not mappings:
        raise ApiError("ValidationError", "At least one subnet must be specified")
    return list(mappings)


def check(
    state: State,
    mappings: Sequence[Mapping[str, Any]],
    *,
    type_: str,
    scheme: str,
    ip_address_type: str,
    current: Iterable[ZoneMapping] = (),
) -> str:
    """Refuse subnets that AWS refuses; returns the VPC. `current` are places that are already taken."""
    network = state.network
    for mapping in mappings:
        if mapping.get("SubnetId") not in network.subnets:
            raise ApiError("SubnetNotFound", f"The subnet ID '{mapping.get('SubnetId')}' does not exist")
    subnets = [network.subnets[mapping["SubnetId"]] for mapping in mappings]
    if len({subnet["VpcId"] for subnet in subnets}) > 1:
        raise ApiError("InvalidSubnet", "All subnets must belong to the same VPC")
    zones = [subnet["AvailabilityZone"] for subnet in subnets]
    if len(set(zones)) != len(zones):
        raise ApiError(
            "InvalidConfigurationRequest",
            "A load balancer cannot be attached to multiple subnets in the same Availability Zone",
        )
    if type_ == "application" and len(zones) < 2:
        raise ApiError("ValidationError", "At least two subnets in two different Availability Zones must be specified")
    vpc_id = str(subnets[0]["VpcId"])
    if scheme == "internet-facing" and not network.has_internet_gateway(vpc_id):
        raise ApiError("InvalidSubnet", f"VPC {vpc_id} has no internet gateway")
    held = {zone.subnet_id for zone in current}
    for mapping, subnet in zip(mappings, subnets, strict=True):
        subnet_id = subnet["SubnetId"]
        if subnet_id not in held and network.free_addresses(subnet_id) < MIN_FREE_ADDRESSES:
            raise ApiError(
                "InvalidSubnet",
                f"Not enough IP space available in {subnet_id}. "
                f"ELB requires at least {MIN_FREE_ADDRESSES} free IP addresses in each subnet.",
            )
        if ip_address_type != "ipv4" and not network.ipv6_blocks(subnet_id):
            raise ApiError("ValidationError", "You must specify subnets with an associated IPv6 CIDR block.")
        _check_addresses(state, mapping, type_=type_, scheme=scheme, ip_address_type=ip_address_type, current=current)
    return vpc_id


def place(state: State, balancer: LoadBalancer, mappings: Sequence[Mapping[str, Any]]) -> None:
    """Put the load balancer into these subnets; places that it keeps keep their interface and addresses."""
    kept = {zone.subnet_id: zone for zone in balancer.zones}
    wanted = {mapping["SubnetId"] for mapping in mappings}
    for subnet_id, zone in kept.items():
        if subnet_id not in wanted:
            state.network.remove_interface(zone.interface_id)
    placed = [
        _updated(state, balancer, kept[mapping["SubnetId"]], mapping)
        if mapping["SubnetId"] in kept
        else _new(state, balancer, mapping)
        for mapping in mappings
    ]
    balancer.zones = tuple(sorted(placed, key=lambda zone: zone.zone))


def refresh_interfaces(state: State, balancer: LoadBalancer) -> None:
    """Write the load balancer's network interfaces anew, after its groups or places changed."""
    for zone in balancer.zones:
        state.network.add_interface(_interface(state, balancer, zone))


def _check_addresses(
    state: State,
    mapping: Mapping[str, Any],
    *,
    type_: str,
    scheme: str,
    ip_address_type: str,
    current: Iterable[ZoneMapping],
) -> None:
    special = [key for key in mapping if key != "SubnetId"]
    if not special:
        return
    if type_ != "network":
        raise ApiError("ValidationError", f"{', '.join(special)} can only be specified for Network Load Balancers")
    network = state.network
    if allocation := mapping.get("AllocationId"):
        if scheme != "internet-facing":
            raise ApiError("InvalidConfigurationRequest", "Elastic IP addresses need an internet-facing load balancer")
        if allocation not in network.addresses:
            raise ApiError("AllocationIdNotFound", f"The allocation ID '{allocation}' does not exist")
        own = any(zone.allocation_id == allocation for zone in current)
        if not own and any(
            zone.allocation_id == allocation
            for other in state.load_balancing.load_balancers.values()
            for zone in other.zones
        ):
            raise ApiError("ResourceInUse", f"The allocation ID '{allocation}' is not available for use")
    if private := mapping.get("PrivateIPv4Address"):
        if scheme != "internal":
            raise ApiError("InvalidConfigurationRequest", "Private IPv4 addresses need an internal load balancer")
        own = any(zone.private_ip == private for zone in current)
        if not own and network.is_taken(private):
            raise ApiError("InvalidConfigurationRequest", f"The private IP address '{private}' is in use")
        if ipaddress.ip_address(private) not in ipaddress.ip_network(network.subnets[mapping["SubnetId"]]["CidrBlock"]):
            raise ApiError(
                "InvalidConfigurationRequest", f"The address '{private}' is not in the subnet {mapping['SubnetId']}"
            )
    if ipv6 := mapping.get("IPv6Address"):
        if ip_address_type == "ipv4":
            raise ApiError("InvalidConfigurationRequest", "IPv6 addresses need a dualstack load balancer")
        if not any(ipaddress.ip_address(ipv6) in block for block in network.ipv6_blocks(mapping["SubnetId"])):
            raise ApiError("InvalidConfigurationRequest", f"The address '{ipv6}' is not in {mapping['SubnetId']}")


def _new(state: State, balancer: LoadBalancer, mapping: Mapping[str, Any]) -> ZoneMapping:
    subnet_id, allocation = mapping["SubnetId"], mapping.get("AllocationId")
    private = mapping.get("PrivateIPv4Address")
    return ZoneMapping(
        zone=state.network.subnets[subnet_id]["AvailabilityZone"],
        subnet_id=subnet_id,
        interface_id=f"eni-{hex_id('eni', balancer.arn, subnet_id, state.next_serial())}",
        private_ip=state.network.take_address(subnet_id, private),
        allocation_id=allocation,
        public_ip=state.network.addresses[allocation]["PublicIp"] if allocation else None,
        fixed_private_ip=private is not None,
        ipv6_address=_ipv6(state, balancer, mapping),
        source_nat_prefix=_prefix(state, balancer, mapping),
    )


def _updated(state: State, balancer: LoadBalancer, zone: ZoneMapping, mapping: Mapping[str, Any]) -> ZoneMapping:
    allocation = mapping.get("AllocationId", zone.allocation_id)
    return replace(
        zone,
        allocation_id=allocation,
        public_ip=state.network.addresses[allocation]["PublicIp"] if allocation else None,
        ipv6_address=_ipv6(state, balancer, mapping, zone.ipv6_address),
        source_nat_prefix=_prefix(state, balancer, mapping, zone.source_nat_prefix),
    )


def _ipv6(state: State, balancer: LoadBalancer, mapping: Mapping[str, Any], current: str | None = None) -> str | None:
    """The IPv6 address of a dual-stack load balancer in a subnet: the given, the present, or one of its block."""
    if balancer.ip_address_type == "ipv4":
        return None
    if given := mapping.get("IPv6Address"):
        return str(given)
    if current:
        return current
    block = state.network.ipv6_blocks(mapping["SubnetId"])[0]
    return str(block[int(hex_id("ipv6", balancer.arn, mapping["SubnetId"], digits=8), 16) + 16])


def _prefix(state: State, balancer: LoadBalancer, mapping: Mapping[str, Any], current: str | None = None) -> str | None:
    if balancer.enable_prefix_for_source_nat != "on":
        return None
    given = mapping.get("SourceNatIpv6Prefix")
    if given and given != "auto_assigned":
        return str(given)
    if current:
        return current
    block = state.network.ipv6_blocks(mapping["SubnetId"])[0]
    start = int(block.network_address) + (int(hex_id("prefix", balancer.arn, digits=4), 16) << 48)
    return f"{ipaddress.IPv6Address(start)}/80"


def _interface(state: State, balancer: LoadBalancer, zone: ZoneMapping) -> dict[str, Any]:
    short_type = "app" if balancer.type == "application" else "net"
    address: dict[str, Any] = {"Primary": True, "PrivateIpAddress": zone.private_ip}
    if zone.public_ip:
        address["Association"] = {"PublicIp": zone.public_ip, "IpOwnerId": "amazon-elb"}
    groups = [state.network.security_groups[group] for group in balancer.security_groups]
    return {
        "NetworkInterfaceId": zone.interface_id,
        "Attachment": {
            "AttachmentId": f"eni-attach-{hex_id('attach', zone.interface_id)}",
            "DeviceIndex": 1,
            "DeleteOnTermination": False,
            "InstanceOwnerId": "amazon-elb",
            "Status": "attached",
        },
        "AvailabilityZone": zone.zone,
        "Description": f"ELB {short_type}/{balancer.name}/{balancer.arn.rpartition('/')[2]}",
        "Groups": [{"GroupId": group.group_id, "GroupName": group.name} for group in groups],
        "InterfaceType": "interface" if balancer.type == "application" else "network_load_balancer",
        "Ipv6Addresses": [{"Ipv6Address": zone.ipv6_address}] if zone.ipv6_address else [],
        "OwnerId": state.options.account_id,
        "PrivateIpAddress": zone.private_ip,
        "PrivateIpAddresses": [address],
        "RequesterId": "amazon-elb",
        "RequesterManaged": True,
        "SourceDestCheck": False,
        "Status": "in-use",
        "SubnetId": zone.subnet_id,
        "TagSet": [],
        "VpcId": balancer.vpc_id,
    }
