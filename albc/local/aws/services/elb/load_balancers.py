"""Classic Load Balancers: create, describe, delete, their subnets and security groups."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from albc.local.aws.errors import ApiError
from albc.local.aws.ids import decimal_id, hex_id
from albc.local.aws.services import names
from albc.local.aws.services.addresses import free_address
from albc.local.aws.services.elb import attributes, listeners, lookup, tags
from albc.local.aws.services.operation import Answer, Operations, Params, page, present
from albc.local.aws.state import State
from albc.local.aws.state.classic import ClassicLoadBalancer

HOSTED_ZONE = "Z1H1FL5HABSF5"


def create_load_balancer(state: State, params: Params) -> Answer:
    subnets = params.get("Subnets") or ()
    wanted = _wanted(state, params, subnets)
    if same_name := state.classic.get(wanted.name):
        if _settings(same_name, same_name.interfaces) != _settings(wanted, subnets):
            raise ApiError(
                "DuplicateLoadBalancerName",
                f"Load Balancer named {wanted.name} already exists and it is configured with different parameters",
            )
        return {"DNSName": same_name.dns_name}
    if len(state.classic) >= state.options.quotas.classic_load_balancers:
        raise ApiError("TooManyLoadBalancers", "The maximum number of load balancers has been reached")
    wanted.address = free_address(state)
    _place(state, wanted, subnets)
    state.classic[wanted.name] = wanted
    return {"DNSName": wanted.dns_name}


def describe_load_balancers(state: State, params: Params) -> Answer:
    wanted = params.get("LoadBalancerNames")
    found = [lookup.shown(state, name) for name in dict.fromkeys(wanted)] if wanted else lookup.all_shown(state)
    shown, marker = page(found, lambda each: each.name, params.get("PageSize", 400), params.get("Marker"))
    return {"LoadBalancerDescriptions": [_described(state, each) for each in shown], "NextMarker": marker}


def delete_load_balancer(state: State, params: Params) -> Answer:
    if balancer := state.classic.pop(params["LoadBalancerName"], None):
        for interface_id in balancer.interfaces.values():
            state.network.release_interface(interface_id, state.clock() + state.options.release_seconds)
        state.network.release_due(state.clock())
    return {}


def attach_load_balancer_to_subnets(state: State, params: Params) -> Answer:
    balancer = lookup.load_balancer(state, params)
    together = list(dict.fromkeys((*balancer.interfaces, *params["Subnets"])))
    if _checked_subnets(state, together, balancer.scheme) != balancer.vpc_id:
        raise ApiError("InvalidSubnet", f"The subnets are not in the load balancer's VPC {balancer.vpc_id}")
    _place(state, balancer, together)
    return {"Subnets": list(balancer.interfaces)}


def detach_load_balancer_from_subnets(state: State, params: Params) -> Answer:
    balancer = lookup.load_balancer(state, params)
    left = [subnet for subnet in balancer.interfaces if subnet not in params["Subnets"]]
    if not left:
        raise ApiError("InvalidConfigurationRequest", "A load balancer cannot be detached from its last subnet")
    _place(state, balancer, left)
    return {"Subnets": list(balancer.interfaces)}


def apply_security_groups_to_load_balancer(state: State, params: Params) -> Answer:
    balancer = lookup.load_balancer(state, params)
    _check_groups(state, balancer.vpc_id, params["SecurityGroups"])
    balancer.security_groups = tuple(dict.fromkeys(params["SecurityGroups"]))
    _place(state, balancer, list(balancer.interfaces))
    return {"SecurityGroups": list(balancer.security_groups)}


def configure_health_check(state: State, params: Params) -> Answer:
    balancer = lookup.load_balancer(state, params)
    check = params["HealthCheck"]
    protocol, _, rest = check["Target"].partition(":")
    port, slash, _ = rest.partition("/")
    if protocol.upper() not in listeners.PROTOCOLS or not port.isdigit() or not 1 <= int(port) <= 65535:
        raise ApiError("ValidationError", f"HealthCheck Target '{check['Target']}' must be PROTOCOL:PORT[/PATH]")
    if bool(slash) != (protocol.upper() in ("HTTP", "HTTPS")):
        raise ApiError("ValidationError", f"HealthCheck Target '{check['Target']}': a path is for HTTP and HTTPS")
    if check["Timeout"] >= check["Interval"]:
        raise ApiError("ValidationError", "HealthCheck timeout must be less than interval")
    balancer.health_check = dict(check)
    return {"HealthCheck": balancer.health_check}


def _wanted(state: State, params: Params, subnets: Sequence[str]) -> ClassicLoadBalancer:
    """The load balancer that a request describes, not yet in any place; refuses what AWS refuses."""
    name = params["LoadBalancerName"]
    names.check("Load balancer", name)
    scheme = params.get("Scheme", "internet-facing")
    if scheme not in ("internal", "internet-facing"):
        raise ApiError("InvalidScheme", f"The scheme '{scheme}' is not valid")
    if not subnets:
        raise ApiError("ValidationError", "Subnets must be specified")
    vpc_id = _checked_subnets(state, subnets, scheme)
    groups = params.get("SecurityGroups") or [state.network.default_group(vpc_id).group_id]
    _check_groups(state, vpc_id, groups)
    if not params["Listeners"]:
        raise ApiError("ValidationError", "At least one listener must be specified")
    wanted_listeners = listeners.checked(state, params["Listeners"], {})
    tag_set = tags.merged(state, {}, params.get("Tags") or ())
    first = next(iter(wanted_listeners.values()))
    prefix, options = "internal-" if scheme == "internal" else "", state.options
    number = decimal_id("classic", name, state.next_serial())
    return ClassicLoadBalancer(
        name=name,
        arn=options.arn("elasticloadbalancing", f"loadbalancer/{name}"),
        dns_name=f"{prefix}{name}-{number}.{options.region}.elb.{options.dns_suffix}",
        scheme=scheme,
        vpc_id=vpc_id,
        created_at=state.clock(),
        health_check={
            "Target": f"TCP:{first.instance_port}",
            "Interval": 30,
            "Timeout": 5,
            "UnhealthyThreshold": 2,
            "HealthyThreshold": 10,
        },
        attributes=attributes.DEFAULTS,
        security_groups=tuple(dict.fromkeys(groups)),
        tags=tag_set,
        listeners=wanted_listeners,
    )


def _settings(balancer: ClassicLoadBalancer, subnets: Iterable[str]) -> tuple[Any, ...]:
    """What two create requests must agree in to be one and the same."""
    return balancer.scheme, set(balancer.security_groups), sorted(subnets), balancer.listeners, balancer.tags


def _checked_subnets(state: State, subnets: Iterable[str], scheme: str) -> str:
    """Refuse subnets that AWS refuses; returns the VPC."""
    network = state.network
    if absent := [subnet for subnet in subnets if subnet not in network.subnets]:
        raise ApiError("SubnetNotFound", f"The subnet ID '{absent[0]}' does not exist")
    items = [network.subnets[subnet] for subnet in subnets]
    if len({item["VpcId"] for item in items}) > 1:
        raise ApiError("InvalidSubnet", "All subnets must belong to the same VPC")
    if len({item["AvailabilityZone"] for item in items}) < len(items):
        raise ApiError("InvalidConfigurationRequest", "Only one subnet of each Availability Zone can be attached")
    vpc_id = str(items[0]["VpcId"])
    if scheme == "internet-facing" and not network.has_internet_gateway(vpc_id):
        raise ApiError("InvalidSubnet", f"VPC {vpc_id} has no internet gateway")
    return vpc_id


def _check_groups(state: State, vpc_id: str, wanted: Iterable[str]) -> None:
    groups = state.network.security_groups
    if any(group not in groups or groups[group].vpc_id != vpc_id for group in wanted):
        raise ApiError("InvalidSecurityGroup", "One or more security groups are invalid")


def _place(state: State, balancer: ClassicLoadBalancer, subnets: Iterable[str]) -> None:
    """Have a network interface in each of these subnets and in no other, with the load balancer's groups."""
    kept = {subnet: balancer.interfaces[subnet] for subnet in balancer.interfaces if subnet in subnets}
    for interface_id in balancer.interfaces.values():
        if interface_id not in kept.values():
            state.network.remove_interface(interface_id)
    for subnet in subnets:
        if subnet not in kept:
            kept[subnet] = f"eni-{hex_id('classic-eni', balancer.name, subnet, state.next_serial())}"
        present_one = state.network.interfaces.get(kept[subnet])
        address = present_one["PrivateIpAddress"] if present_one else state.network.take_address(subnet)
        state.network.add_interface(_interface(state, balancer, kept[subnet], subnet, address))
    balancer.interfaces = kept


def _interface(
    state: State, balancer: ClassicLoadBalancer, interface_id: str, subnet: str, address: str
) -> Mapping[str, Any]:
    groups = [state.network.security_groups[group] for group in balancer.security_groups]
    return {
        "NetworkInterfaceId": interface_id,
        "AvailabilityZone": state.network.subnets[subnet]["AvailabilityZone"],
        "Description": f"ELB {balancer.name}",
        "Groups": [{"GroupId": group.group_id, "GroupName": group.name} for group in groups],
        "InterfaceType": "interface",
        "Ipv6Addresses": [],
        "OwnerId": state.options.account_id,
        "PrivateIpAddress": address,
        "PrivateIpAddresses": [{"Primary": True, "PrivateIpAddress": address}],
        "RequesterId": "amazon-elb",
        "RequesterManaged": True,
        "SourceDestCheck": False,
        "Status": "in-use",
        "SubnetId": subnet,
        "TagSet": [],
        "VpcId": balancer.vpc_id,
    }


def _described(state: State, balancer: ClassicLoadBalancer) -> dict[str, Any]:
    first = state.network.security_groups.get(balancer.security_groups[0])
    source = {"OwnerAlias": state.options.account_id, "GroupName": first.name} if first else None
    zones = {state.network.subnets[subnet]["AvailabilityZone"] for subnet in balancer.interfaces}
    return present(
        {
            "LoadBalancerName": balancer.name,
            "DNSName": balancer.dns_name,
            "CanonicalHostedZoneName": balancer.dns_name,
            "CanonicalHostedZoneNameID": HOSTED_ZONE,
            "ListenerDescriptions": [listeners.described(each) for each in balancer.listeners.values()],
            "Policies": {
                "AppCookieStickinessPolicies": [],
                "LBCookieStickinessPolicies": [],
                "OtherPolicies": sorted(balancer.policies),
            },
            "BackendServerDescriptions": [
                {"InstancePort": port, "PolicyNames": list(policies)}
                for port, policies in sorted(balancer.backend_policies.items())
            ],
            "AvailabilityZones": sorted(zones),
            "Subnets": list(balancer.interfaces),
            "VPCId": balancer.vpc_id,
            "Instances": [{"InstanceId": instance} for instance in balancer.instances],
            "HealthCheck": balancer.health_check,
            "SourceSecurityGroup": source,
            "SecurityGroups": list(balancer.security_groups),
            "CreatedTime": balancer.created_at,
            "Scheme": balancer.scheme,
        }
    )


OPERATIONS: Operations = {
    "CreateLoadBalancer": create_load_balancer,
    "DescribeLoadBalancers": describe_load_balancers,
    "DeleteLoadBalancer": delete_load_balancer,
    "AttachLoadBalancerToSubnets": attach_load_balancer_to_subnets,
    "DetachLoadBalancerFromSubnets": detach_load_balancer_from_subnets,
    "ApplySecurityGroupsToLoadBalancer": apply_security_groups_to_load_balancer,
    "ConfigureHealthCheck": configure_health_check,
}
