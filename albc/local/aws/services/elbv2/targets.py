"""Targets of target groups: register, deregister, and ask for their health.

A target is told by its id, port and the zone that the caller named (`TargetDescription`), so one address may stand
there with several ports.
"""

import ipaddress
import re
from collections.abc import Mapping
from typing import Any

from albc.local.aws.errors import ApiError
from albc.local.aws.services.elbv2 import health, lookup
from albc.local.aws.services.operation import Answer, Operations, Params, present
from albc.local.aws.state import State
from albc.local.aws.state.load_balancing import Target, TargetGroup, TargetKey

QUIC = ("QUIC", "TCP_QUIC")


def register_targets(state: State, params: Params) -> Answer:
    group = lookup.target_group(state, params["TargetGroupArn"])
    health.forget_drained(state, group)
    fresh: dict[TargetKey, Target] = {}
    for description in params["Targets"]:
        key = _key(group, description)
        existing = group.targets.get(key)
        if existing is not None and existing.draining_until is None:
            continue
        fresh[key] = _target(state, group, key, description)
    together = len(group.targets.keys() | fresh.keys())
    limit = 1 if group.target_type == "alb" else state.options.quotas.targets_per_target_group
    if together > limit:
        raise ApiError("TooManyTargets", f"The target group '{group.arn}' cannot have more than {limit} targets")
    group.targets.update(fresh)
    return {}


def deregister_targets(state: State, params: Params) -> Answer:
    group = lookup.target_group(state, params["TargetGroupArn"])
    now = state.clock()
    delay = int(group.attributes.get("deregistration_delay.timeout_seconds", "0"))
    leaving = [target for each in params["Targets"] for target in _matching(group, each)]
    for target in leaving:
        if group.in_use_since is None or delay == 0:
            group.targets.pop(target.key, None)
        elif target.draining_until is None:
            target.draining_until = now + delay
    return {}


def describe_target_health(state: State, params: Params) -> Answer:
    group = lookup.target_group(state, params["TargetGroupArn"], reading=True)
    health.forget_drained(state, group)
    if not params.get("Targets"):
        return {"TargetHealthDescriptions": [_described(state, group, each) for each in group.targets.values()]}
    descriptions: list[dict[str, Any]] = []
    for asked in params["Targets"]:
        found = _matching(group, asked)
        descriptions += [_described(state, group, target) for target in found]
        if not found:
            port = asked.get("Port", group.settings["Port"])
            descriptions.append({"Target": {"Id": asked["Id"], "Port": port}, "TargetHealth": health.not_registered()})
    return {"TargetHealthDescriptions": descriptions}


def _key(group: TargetGroup, description: Mapping[str, Any]) -> TargetKey:
    port = description.get("Port", group.settings["Port"])
    return TargetKey(description["Id"], port, description.get("AvailabilityZone"))


def _matching(group: TargetGroup, description: Mapping[str, Any]) -> list[Target]:
    """The registered targets that a description means: any zone unless it names one."""
    asked = _key(group, description)
    return [
        target
        for key, target in group.targets.items()
        if (key.target_id, key.port) == (asked.target_id, asked.port) and asked.zone in (None, key.zone, target.zone)
    ]


def _target(state: State, group: TargetGroup, key: TargetKey, description: Mapping[str, Any]) -> Target:
    server_id = description.get("QuicServerId")
    if (group.settings["Protocol"] in QUIC) != (server_id is not None):
        raise ApiError(
            "ValidationError", "A QUIC server ID is needed for, and only for, QUIC and TCP_QUIC target groups"
        )
    if server_id is not None and not re.fullmatch(r"0x[0-9a-f]{16}", server_id):
        raise ApiError("ValidationError", f"The QUIC server ID '{server_id}' must be 0x and 16 hexadecimal characters")
    match group.target_type:
        case "instance":
            address, zone = _instance(state, group, key)
        case "ip":
            address, zone = _ip(state, group, key)
        case _:
            address, zone = _load_balancer(state, key)
    return Target(key, address, zone, state.clock(), server_id)


def _instance(state: State, group: TargetGroup, key: TargetKey) -> tuple[str, str | None]:
    if key.zone is not None:
        raise ApiError("ValidationError", "You cannot specify an Availability Zone for targets of type 'instance'")
    instance = state.network.instances.get(key.target_id)
    if instance is None or instance["VpcId"] != group.vpc_id:
        raise ApiError("InvalidTarget", f"The following targets are not in the target group VPC: '{key.target_id}'")
    if instance["State"]["Name"] != "running":
        raise ApiError("InvalidTarget", f"The following targets are not in a running state: '{key.target_id}'")
    return instance["PrivateIpAddress"], instance["Placement"]["AvailabilityZone"]


def _ip(state: State, group: TargetGroup, key: TargetKey) -> tuple[str, str | None]:
    try:
        address = ipaddress.ip_address(key.target_id)
    except ValueError as error:
        raise ApiError("ValidationError", f"The IP address '{key.target_id}' is not a valid IP address") from error
    if f"ipv{address.version}" != group.settings["IpAddressType"]:
        raise ApiError(
            "ValidationError",
            f"The IP address '{key.target_id}' is not of the target group's type {group.settings['IpAddressType']}",
        )
    if any(address in block for block in state.network.cidrs_of(group.vpc_id)):
        zone = state.network.zone_of_address(group.vpc_id, key.target_id)
        if key.zone not in (None, "all", zone):
            raise ApiError("ValidationError", f"The Availability Zone '{key.zone}' is not valid for '{key.target_id}'")
        return key.target_id, None if key.zone == "all" else zone
    if key.zone != "all":
        raise ApiError(
            "ValidationError",
            f"The Availability Zone of the IP address '{key.target_id}', which is outside the VPC, must be 'all'",
        )
    if address.is_global:
        raise ApiError("ValidationError", f"The IP address '{key.target_id}' is publicly routable")
    return key.target_id, None


def _load_balancer(state: State, key: TargetKey) -> tuple[str, str | None]:
    balancer = state.load_balancing.load_balancers.get(key.target_id)
    if balancer is None or balancer.type != "application":
        raise ApiError("InvalidTarget", f"The target '{key.target_id}' is not an Application Load Balancer")
    if key.port not in {listener.port for listener in state.load_balancing.listeners_of(balancer.arn)}:
        raise ApiError("InvalidTarget", f"The load balancer '{balancer.arn}' has no listener on port {key.port}")
    return balancer.address, None


def _described(state: State, group: TargetGroup, target: Target) -> dict[str, Any]:
    check_port = group.settings["HealthCheckPort"]
    zone = target.key.zone or (target.zone if group.target_type == "ip" else None)
    return {
        "Target": present(
            {
                "Id": target.key.target_id,
                "Port": target.key.port,
                "AvailabilityZone": zone,
                "QuicServerId": target.quic_server_id,
            }
        ),
        "HealthCheckPort": str(target.key.port) if check_port == "traffic-port" else check_port,
        "TargetHealth": health.of_target(state, group, target),
    }


OPERATIONS: Operations = {
    "RegisterTargets": register_targets,
    "DeregisterTargets": deregister_targets,
    "DescribeTargetHealth": describe_target_health,
}
