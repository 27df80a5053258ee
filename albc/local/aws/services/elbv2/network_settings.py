"""Where and how a load balancer is in the network: its security groups, subnets, address type and address pools."""

from albc.local.aws.errors import ApiError
from albc.local.aws.services.elbv2 import describe, lookup, zones
from albc.local.aws.services.operation import Answer, Operations, Params, present
from albc.local.aws.state import State

IP_ADDRESS_TYPES = {
    "application": ("ipv4", "dualstack", "dualstack-without-public-ipv4"),
    "network": ("ipv4", "dualstack"),
}


def set_security_groups(state: State, params: Params) -> Answer:
    balancer = lookup.load_balancer(state, params["LoadBalancerArn"])
    if balancer.type == "network" and not balancer.security_groups:
        raise ApiError(
            "InvalidConfigurationRequest",
            f"Load balancer '{balancer.arn}' was created without security groups, so it cannot be given any",
        )
    if not params["SecurityGroups"]:
        raise ApiError("ValidationError", "At least one security group must be specified")
    groups = checked_groups(state, balancer.vpc_id, params["SecurityGroups"], balancer.type)
    enforce = params.get("EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic")
    if enforce and balancer.type != "network":
        raise ApiError("InvalidConfigurationRequest", "PrivateLink traffic reaches Network Load Balancers only")
    balancer.security_groups = groups
    if enforce:
        balancer.enforce_inbound_rules_on_private_link = enforce
    zones.refresh_interfaces(state, balancer)
    return {
        "SecurityGroupIds": list(balancer.security_groups),
        "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic": balancer.enforce_inbound_rules_on_private_link,
    }


def set_subnets(state: State, params: Params) -> Answer:
    balancer = lookup.load_balancer(state, params["LoadBalancerArn"])
    ip_address_type = params.get("IpAddressType", balancer.ip_address_type)
    mappings = zones.requested(params)
    vpc_id = zones.check(
        state,
        mappings,
        type_=balancer.type,
        scheme=balancer.scheme,
        ip_address_type=ip_address_type,
        current=balancer.zones,
    )
    if vpc_id != balancer.vpc_id:
        raise ApiError("InvalidSubnet", f"The subnets are not in the load balancer's VPC {balancer.vpc_id}")
    check_ip_address_type(balancer.type, balancer.scheme, ip_address_type)
    if prefix := params.get("EnablePrefixForIpv6SourceNat"):
        if balancer.type != "network":
            raise ApiError("InvalidConfigurationRequest", "Source NAT prefixes need a Network Load Balancer")
        if prefix == "on" and ip_address_type != "dualstack":
            raise ApiError("InvalidConfigurationRequest", "Source NAT prefixes need a dualstack load balancer")
        balancer.enable_prefix_for_source_nat = prefix
    balancer.ip_address_type = ip_address_type
    zones.place(state, balancer, mappings)
    zones.refresh_interfaces(state, balancer)
    return {
        "AvailabilityZones": describe.zones(balancer),
        "IpAddressType": balancer.ip_address_type,
        "EnablePrefixForIpv6SourceNat": balancer.enable_prefix_for_source_nat,
    }


def set_ip_address_type(state: State, params: Params) -> Answer:
    balancer = lookup.load_balancer(state, params["LoadBalancerArn"])
    wanted = params["IpAddressType"]
    check_ip_address_type(balancer.type, balancer.scheme, wanted)
    mappings = [{"SubnetId": zone.subnet_id} for zone in balancer.zones]
    zones.check(
        state,
        mappings,
        type_=balancer.type,
        scheme=balancer.scheme,
        ip_address_type=wanted,
        current=balancer.zones,
    )
    if wanted == "ipv4" and balancer.enable_prefix_for_source_nat == "on":
        raise ApiError("InvalidConfigurationRequest", "Source NAT prefixes must be switched off first")
    if wanted != "ipv4" and balancer.ipam_pool:
        raise ApiError(
            "InvalidConfigurationRequest", "The IPAM pool must be removed before the address type is changed"
        )
    balancer.ip_address_type = wanted
    zones.place(state, balancer, mappings)
    zones.refresh_interfaces(state, balancer)
    return {"IpAddressType": wanted}


def modify_ip_pools(state: State, params: Params) -> Answer:
    balancer = lookup.load_balancer(state, params["LoadBalancerArn"])
    if balancer.type != "application" or balancer.scheme != "internet-facing":
        raise ApiError("InvalidConfigurationRequest", "IPAM pools need an internet-facing Application Load Balancer")
    if "ipv4" in (params.get("RemoveIpamPools") or ()):
        balancer.ipam_pool = None
    if pool := (params.get("IpamPools") or {}).get("Ipv4IpamPoolId"):
        balancer.ipam_pool = pool
    return {"IpamPools": present({"Ipv4IpamPoolId": balancer.ipam_pool})}


def check_ip_address_type(type_: str, scheme: str, ip_address_type: str) -> None:
    """Refuse an address type that this type or scheme of load balancer cannot have."""
    if ip_address_type not in IP_ADDRESS_TYPES[type_]:
        raise ApiError(
            "InvalidConfigurationRequest",
            f"IP address type '{ip_address_type}' is not supported for load balancers of type '{type_}'",
        )
    if ip_address_type == "dualstack-without-public-ipv4" and scheme != "internet-facing":
        raise ApiError(
            "InvalidConfigurationRequest", f"IP address type '{ip_address_type}' needs scheme internet-facing"
        )


def checked_groups(state: State, vpc_id: str, wanted: list[str] | None, type_: str) -> tuple[str, ...]:
    """The security groups that a request leads to: the wanted ones, or the defaults of the type."""
    if not wanted:
        return (state.network.default_group(vpc_id).group_id,) if type_ == "application" else ()
    groups = state.network.security_groups
    if any(group not in groups or groups[group].vpc_id != vpc_id for group in wanted):
        raise ApiError("InvalidConfigurationRequest", "One or more security groups are invalid")
    limit = state.options.quotas.security_groups_per_load_balancer
    if len(set(wanted)) > limit:
        raise ApiError("InvalidConfigurationRequest", f"A load balancer cannot have more than {limit} security groups")
    return tuple(dict.fromkeys(wanted))


OPERATIONS: Operations = {
    "SetSecurityGroups": set_security_groups,
    "SetSubnets": set_subnets,
    "SetIpAddressType": set_ip_address_type,
    "ModifyIpPools": modify_ip_pools,
}
