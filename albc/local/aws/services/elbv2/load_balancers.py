"""Load balancers: create, describe, delete."""

from collections.abc import Mapping, Sequence
from typing import Any

from albc.local.aws.errors import ApiError
from albc.local.aws.ids import decimal_id, hex_id
from albc.local.aws.services import names
from albc.local.aws.services.addresses import free_address
from albc.local.aws.services.elbv2 import attributes, describe, lookup, network_settings, tags, zones
from albc.local.aws.services.operation import Answer, Operations, Params, page
from albc.local.aws.state import State
from albc.local.aws.state.load_balancing import LoadBalancer

HOSTED_ZONES = {"application": "Z1H1FL5HABSF5", "network": "Z18D5FSROUN65G"}
"""Route 53's zones of load balancers in us-west-2 (AWS general reference)."""

MAX_DESCRIBED = 20


def create_load_balancer(state: State, params: Params) -> Answer:
    mappings = zones.requested(params)
    wanted = _wanted(state, params, mappings)
    held = state.load_balancing.load_balancers
    if same_name := next((each for each in held.values() if each.name == wanted.name), None):
        places = [zone.subnet_id for zone in same_name.zones]
        if _settings(same_name, places) != _settings(wanted, [mapping["SubnetId"] for mapping in mappings]):
            raise ApiError(
                "DuplicateLoadBalancerName",
                f"A load balancer with the same name '{wanted.name}' exists, but with different settings",
            )
        return {"LoadBalancers": [describe.load_balancer(state, same_name)]}
    _check_quota(state, wanted.type)
    wanted.address = free_address(state)
    zones.place(state, wanted, mappings)
    zones.refresh_interfaces(state, wanted)
    held[wanted.arn] = wanted
    state.next_serial()
    answer = describe.load_balancer(state, wanted)
    return {"LoadBalancers": [{**answer, "State": {"Code": "provisioning"}}]}


def describe_load_balancers(state: State, params: Params) -> Answer:
    held = state.load_balancing.load_balancers
    arns, wanted = params.get("LoadBalancerArns"), params.get("Names")
    if arns and wanted:
        raise ApiError("ValidationError", "Load balancer ARNs and names cannot be specified together")
    if len(arns or wanted or ()) > MAX_DESCRIBED:
        raise ApiError(
            "ValidationError", f"Up to {MAX_DESCRIBED} load balancers can be described by ARN or name at a time"
        )
    if arns:
        found = [lookup.load_balancer(state, arn, reading=True) for arn in dict.fromkeys(arns)]
    else:
        found = [balancer for balancer in held.values() if state.visible(balancer.created_at)]
        found += state.lingering(LoadBalancer)
    if wanted:
        by_name = {balancer.name: balancer for balancer in found}
        if absent := [name for name in wanted if name not in by_name]:
            raise ApiError("LoadBalancerNotFound", f"Load balancers '[{', '.join(absent)}]' not found")
        found = [by_name[name] for name in dict.fromkeys(wanted)]
    shown, marker = page(found, lambda each: each.arn, params.get("PageSize", 400), params.get("Marker"))
    return {"LoadBalancers": [describe.load_balancer(state, balancer) for balancer in shown], "NextMarker": marker}


def delete_load_balancer(state: State, params: Params) -> Answer:
    holder, arn = state.load_balancing, params["LoadBalancerArn"]
    if arn not in holder.load_balancers:
        return {}
    balancer = holder.load_balancers[arn]
    if balancer.attributes["deletion_protection.enabled"] == "true":
        raise ApiError(
            "OperationNotPermitted", f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled"
        )
    if holder.is_target(arn):
        raise ApiError(
            "ResourceInUse",
            f"Load balancer '{arn}' cannot be deleted because it is a target of a Network Load Balancer",
        )
    for listener in holder.listeners_of(arn):
        remove_listener(state, listener.arn)
    for zone in balancer.zones:
        state.network.release_interface(zone.interface_id, state.clock() + state.options.release_seconds)
    state.firewalls.associations.pop(arn, None)
    state.firewalls.classic_associations.pop(arn, None)
    del holder.load_balancers[arn]
    holder.departed.append((state.clock(), balancer))
    state.network.release_due(state.clock())
    holder.refresh_users(state.clock())
    return {}


def remove_listener(state: State, arn: str) -> None:
    """Drop a listener and its rules; the caller refreshes who uses what."""
    holder = state.load_balancing
    for rule in holder.rules_of(arn):
        del holder.rules[rule.arn]
    del holder.listeners[arn]


def _wanted(state: State, params: Params, mappings: Sequence[Mapping[str, Any]]) -> LoadBalancer:
    """The load balancer that a request describes, not yet in any place; refuses what AWS refuses."""
    name, type_ = params["Name"], params.get("Type", "application")
    names.check("Load balancer", name)
    if type_ == "gateway":
        raise ApiError("InvalidConfigurationRequest", "the local account has no Gateway Load Balancers")
    scheme = params.get("Scheme", "internet-facing")
    ip_address_type = params.get("IpAddressType", "ipv4")
    vpc_id = zones.check(state, mappings, type_=type_, scheme=scheme, ip_address_type=ip_address_type)
    network_settings.check_ip_address_type(type_, scheme, ip_address_type)
    groups = network_settings.checked_groups(state, vpc_id, params.get("SecurityGroups"), type_)
    prefix = params.get("EnablePrefixForIpv6SourceNat")
    if prefix == "on" and (type_ != "network" or ip_address_type != "dualstack"):
        raise ApiError("InvalidConfigurationRequest", "Source NAT prefixes need a dualstack Network Load Balancer")
    return LoadBalancer(
        arn=_arn(state, name, type_),
        name=name,
        type=type_,
        scheme=scheme,
        dns_name=_dns_name(state, name, type_, scheme),
        vpc_id=vpc_id,
        ip_address_type=ip_address_type,
        created_at=state.clock(),
        active_at=state.clock() + state.options.active_seconds,
        address="",
        zones=(),
        security_groups=groups,
        attributes=_default_attributes(type_, scheme),
        tags=tags.checked(state, params),
        canonical_hosted_zone_id=HOSTED_ZONES[type_],
        customer_owned_pool=params.get("CustomerOwnedIpv4Pool"),
        ipam_pool=(params.get("IpamPools") or {}).get("Ipv4IpamPoolId"),
        enforce_inbound_rules_on_private_link="on" if type_ == "network" and groups else None,
        enable_prefix_for_source_nat=(prefix or "off") if type_ == "network" else None,
    )


def _settings(balancer: LoadBalancer, subnets: list[str]) -> tuple[Any, ...]:
    """What two create requests must agree in to be one and the same."""
    return (
        balancer.type,
        balancer.scheme,
        balancer.ip_address_type,
        set(balancer.security_groups),
        sorted(subnets),
        balancer.customer_owned_pool,
        balancer.ipam_pool,
        balancer.tags,
    )


def _check_quota(state: State, type_: str) -> None:
    quotas = state.options.quotas
    limit = quotas.application_load_balancers if type_ == "application" else quotas.network_load_balancers
    if sum(each.type == type_ for each in state.load_balancing.load_balancers.values()) >= limit:
        raise ApiError(
            "TooManyLoadBalancers", f"The maximum number of {type_} load balancers ({limit}) has been reached"
        )


def _default_attributes(type_: str, scheme: str) -> dict[str, str]:
    values = attributes.defaults(attributes.LOAD_BALANCER[type_])
    if scheme == "internal":
        values["ipv6.deny_all_igw_traffic"] = "true"
    return values


def _arn(state: State, name: str, type_: str) -> str:
    kind = "app" if type_ == "application" else "net"
    suffix = hex_id("load-balancer", name, state.serial, digits=16)
    return state.options.arn("elasticloadbalancing", f"loadbalancer/{kind}/{name}/{suffix}")


def _dns_name(state: State, name: str, type_: str, scheme: str) -> str:
    region, end = state.options.region, state.options.dns_suffix
    if type_ == "network":
        return f"{name}-{hex_id('load-balancer', name, state.serial, digits=16)}.elb.{region}.{end}"
    prefix = "internal-" if scheme == "internal" else ""
    return f"{prefix}{name}-{decimal_id('dns', name, state.serial)}.{region}.elb.{end}"


OPERATIONS: Operations = {
    "CreateLoadBalancer": create_load_balancer,
    "DescribeLoadBalancers": describe_load_balancers,
    "DeleteLoadBalancer": delete_load_balancer,
}
