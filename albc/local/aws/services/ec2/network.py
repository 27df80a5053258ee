"""What is there from the start: VPCs, subnets, routes, zones, addresses, instances, interfaces, prefix lists."""

from albc.local.aws.errors import ApiError
from albc.local.aws.ids import hex_id
from albc.local.aws.services.ec2 import filters, kinds
from albc.local.aws.services.operation import Answer, Operations, Params, page
from albc.local.aws.state import State

ZONE_PATHS = {
    "zone-name": "ZoneName",
    "zone-id": "ZoneId",
    "zone-type": "ZoneType",
    "region-name": "RegionName",
    "state": "State",
}


def describe_instances(state: State, params: Params) -> Answer:
    chosen = kinds.INSTANCE.chosen(state, params)
    shown, token = page(
        chosen,
        lambda item: str(item["InstanceId"]),
        params.get("MaxResults") or kinds.PAGE_SIZE,
        params.get("NextToken"),
        code="InvalidParameterValue",
    )
    reservations = [
        {
            "ReservationId": f"r-{hex_id('reservation', instance['InstanceId'])}",
            "OwnerId": state.options.account_id,
            "Groups": [],
            "Instances": [instance],
        }
        for instance in shown
    ]
    return {"Reservations": reservations, "NextToken": token}


def describe_availability_zones(state: State, params: Params) -> Answer:
    zones = list(state.network.zones.values())
    for key, wanted in (("ZoneName", params.get("ZoneNames")), ("ZoneId", params.get("ZoneIds"))):
        known = {zone[key] for zone in zones}
        if absent := [name for name in wanted or () if name not in known]:
            raise ApiError("InvalidParameterValue", f"Invalid availability zone: [{absent[0]}]")
        if wanted:
            zones = [zone for zone in zones if zone[key] in wanted]
    return {"AvailabilityZones": filters.select(zones, params.get("Filters"), ZONE_PATHS)}


def describe_regions(state: State, _params: Params) -> Answer:
    region = state.options.region
    endpoint = f"ec2.{region}.{state.options.dns_suffix}"
    return {"Regions": [{"RegionName": region, "Endpoint": endpoint, "OptInStatus": "opt-in-not-required"}]}


def describe_account_attributes(state: State, params: Params) -> Answer:
    values = {
        "supported-platforms": "VPC",
        "default-vpc": "none",
        "vpc-max-security-groups-per-interface": str(state.options.quotas.security_groups_per_load_balancer),
    }
    wanted = params.get("AttributeNames") or values
    return {
        "AccountAttributes": [
            {"AttributeName": name, "AttributeValues": [{"AttributeValue": values[name]}]}
            for name in wanted
            if name in values
        ]
    }


def describe_managed_prefix_lists(state: State, params: Params) -> Answer:
    chosen = kinds.PREFIX_LIST.chosen(state, params)
    return {"PrefixLists": [{key: value for key, value in item.items() if key != "Entries"} for item in chosen]}


def get_managed_prefix_list_entries(state: State, params: Params) -> Answer:
    item = state.network.prefix_lists.get(params["PrefixListId"])
    if item is None:
        raise kinds.PREFIX_LIST.absent(params["PrefixListId"])
    return {"Entries": item["Entries"]}


def describe_coip_pools(_state: State, params: Params) -> Answer:
    """The account has no Outposts, so no pools of customer-owned addresses."""
    if wanted := params.get("PoolIds"):
        raise ApiError("InvalidPoolID.NotFound", f"The pool ID '{wanted[0]}' does not exist")
    return {"CoipPools": []}


def get_coip_pool_usage(state: State, params: Params) -> Answer:
    return describe_coip_pools(state, {"PoolIds": [params["PoolId"]]})


def describe_ipam_pools(_state: State, params: Params) -> Answer:
    """The account has no IPAM; load balancers may name pools all the same."""
    if wanted := params.get("IpamPoolIds"):
        raise ApiError("InvalidIpamPoolId.NotFound", f"The IPAM pool ID '{wanted[0]}' does not exist")
    return {"IpamPools": []}


def describe_vpc_peering_connections(_state: State, params: Params) -> Answer:
    if wanted := params.get("VpcPeeringConnectionIds"):
        raise ApiError(
            "InvalidVpcPeeringConnectionID.NotFound", f"The vpc-peering-connection ID '{wanted[0]}' does not exist"
        )
    return {"VpcPeeringConnections": []}


OPERATIONS: Operations = {
    "DescribeVpcs": kinds.VPC.describe(),
    "DescribeSubnets": kinds.SUBNET.describe(),
    "DescribeRouteTables": kinds.ROUTE_TABLE.describe(),
    "DescribeInternetGateways": kinds.INTERNET_GATEWAY.describe(),
    "DescribeAddresses": kinds.ADDRESS.describe(),
    "DescribeNetworkInterfaces": kinds.NETWORK_INTERFACE.describe(),
    "DescribeInstances": describe_instances,
    "DescribeAvailabilityZones": describe_availability_zones,
    "DescribeRegions": describe_regions,
    "DescribeAccountAttributes": describe_account_attributes,
    "DescribeManagedPrefixLists": describe_managed_prefix_lists,
    "GetManagedPrefixListEntries": get_managed_prefix_list_entries,
    "DescribeCoipPools": describe_coip_pools,
    "GetCoipPoolUsage": get_coip_pool_usage,
    "DescribeIpamPools": describe_ipam_pools,
    "DescribeVpcPeeringConnections": describe_vpc_peering_connections,
}
