"""Target groups: create, describe, modify, delete."""

import re
from collections.abc import Mapping
from typing import Any

from albc.local.aws.errors import ApiError
from albc.local.aws.ids import hex_id
from albc.local.aws.services import names
from albc.local.aws.services.elbv2 import attributes, describe, lookup, tags
from albc.local.aws.services.operation import Answer, Operations, Params, page
from albc.local.aws.state import State
from albc.local.aws.state.load_balancing import TargetGroup

HTTP = ("HTTP", "HTTPS")

HEALTH_CHECK_KEYS = (
    "HealthCheckProtocol",
    "HealthCheckPort",
    "HealthCheckEnabled",
    "HealthCheckPath",
    "HealthCheckIntervalSeconds",
    "HealthCheckTimeoutSeconds",
    "HealthyThresholdCount",
    "UnhealthyThresholdCount",
    "Matcher",
)


def create_target_group(state: State, params: Params) -> Answer:
    name = params["Name"]
    names.check("Target group", name)
    settings = _new_settings(state, params)
    tag_set = tags.checked(state, params)
    groups = state.load_balancing.target_groups
    if same_name := next((group for group in groups.values() if group.name == name), None):
        if (same_name.settings, same_name.vpc_id, same_name.tags) != (settings, params["VpcId"], tag_set):
            raise ApiError(
                "DuplicateTargetGroupName",
                f"A target group with the same name '{name}' exists, but with different settings",
            )
        return {"TargetGroups": [describe.target_group(state, same_name)]}
    if len(groups) >= state.options.quotas.target_groups:
        raise ApiError("TooManyTargetGroups", "The maximum number of target groups has been reached")
    suffix = hex_id("target-group", name, state.next_serial(), digits=16)
    arn = state.options.arn("elasticloadbalancing", f"targetgroup/{name}/{suffix}")
    group = TargetGroup(
        arn=arn,
        name=name,
        vpc_id=params["VpcId"],
        created_at=state.clock(),
        settings=settings,
        attributes=attributes.defaults(attributes.of_target_group(settings)),
        tags=tag_set,
    )
    groups[arn] = group
    return {"TargetGroups": [describe.target_group(state, group)]}


def describe_target_groups(state: State, params: Params) -> Answer:
    holder = state.load_balancing
    selectors = [key for key in ("LoadBalancerArn", "TargetGroupArns", "Names") if params.get(key)]
    if len(selectors) > 1:
        raise ApiError("ValidationError", f"{' and '.join(selectors)} cannot be specified together")
    groups = [group for group in holder.target_groups.values() if state.visible(group.created_at)]
    groups += state.lingering(TargetGroup)
    if arns := params.get("TargetGroupArns"):
        groups = [lookup.target_group(state, arn, reading=True) for arn in dict.fromkeys(arns)]
    elif wanted := params.get("Names"):
        by_name = {group.name: group for group in groups}
        if any(name not in by_name for name in wanted):
            raise ApiError("TargetGroupNotFound", "One or more target groups not found")
        groups = [by_name[name] for name in dict.fromkeys(wanted)]
    elif user := params.get("LoadBalancerArn"):
        lookup.load_balancer(state, user, reading=True)
        groups = [group for group in groups if user in holder.users_of(group.arn)]
    shown, marker = page(groups, lambda group: group.arn, params.get("PageSize", 400), params.get("Marker"))
    return {"TargetGroups": [describe.target_group(state, group) for group in shown], "NextMarker": marker}


def modify_target_group(state: State, params: Params) -> Answer:
    group = lookup.target_group(state, params["TargetGroupArn"])
    changes = {key: params[key] for key in HEALTH_CHECK_KEYS if key in params}
    settings = {**group.settings, **changes}
    if settings["HealthCheckProtocol"] not in HTTP:
        settings.pop("HealthCheckPath", None)
        settings.pop("Matcher", None)
    elif group.settings["HealthCheckProtocol"] not in HTTP:
        settings = {**_http_check_defaults(settings), **settings}
    _check_health_check(settings, params)
    group.settings = settings
    return {"TargetGroups": [describe.target_group(state, group)]}


def delete_target_group(state: State, params: Params) -> Answer:
    holder, arn = state.load_balancing, params["TargetGroupArn"]
    if arn not in holder.target_groups:
        return {}
    if holder.users_of(arn):
        raise ApiError("ResourceInUse", f"Target group '{arn}' is currently in use by a listener or a rule")
    holder.departed.append((state.clock(), holder.target_groups.pop(arn)))
    return {}


def restore_target_group(state: State, item: Mapping[str, Any]) -> None:
    """Put a target group of a recorded account into this one, under its ARN, with default attributes."""
    own = ("TargetGroupArn", "TargetGroupName", "VpcId", "LoadBalancerArns")
    settings = {key: value for key, value in item.items() if key not in own}
    state.load_balancing.target_groups[item["TargetGroupArn"]] = TargetGroup(
        arn=item["TargetGroupArn"],
        name=item["TargetGroupName"],
        vpc_id=item["VpcId"],
        created_at=0.0,
        settings=settings,
        attributes=attributes.defaults(attributes.of_target_group(settings)),
        tags={},
    )


def _new_settings(state: State, params: Params) -> dict[str, Any]:
    target_type = params.get("TargetType", "instance")
    if target_type == "lambda":
        raise ApiError("InvalidConfigurationRequest", "the local account has no Lambda functions")
    for key, word in (("Protocol", "protocol"), ("Port", "port"), ("VpcId", "VPC ID")):
        if key not in params:
            raise ApiError("ValidationError", f"A {word} must be specified")
    protocol = params["Protocol"]
    if params["VpcId"] not in state.network.vpcs:
        raise ApiError("ValidationError", f"The VPC ID '{params['VpcId']}' is not found")
    if protocol not in HTTP and protocol not in attributes.NLB_PROTOCOLS:
        raise ApiError("UnsupportedProtocol", f"The protocol '{protocol}' is not supported")
    if target_type == "alb" and protocol != "TCP":
        raise ApiError("ValidationError", f"Protocol '{protocol}' must be 'TCP' for target groups of type 'alb'")
    if protocol not in HTTP and "ProtocolVersion" in params:
        raise ApiError("ValidationError", f"Protocol version cannot be specified for protocol '{protocol}'")
    if protocol not in HTTP and "TargetControlPort" in params:
        raise ApiError("ValidationError", f"Target control port cannot be specified for protocol '{protocol}'")
    settings = {
        "Protocol": protocol,
        "Port": params["Port"],
        "TargetType": target_type,
        "IpAddressType": params.get("IpAddressType", "ipv4"),
        **({"ProtocolVersion": params.get("ProtocolVersion", "HTTP1")} if protocol in HTTP else {}),
        **({"TargetControlPort": params["TargetControlPort"]} if "TargetControlPort" in params else {}),
    }
    settings |= _health_check(settings, params)
    _check_health_check(settings, params)
    return settings


def _health_check(settings: Mapping[str, Any], params: Params) -> dict[str, Any]:
    own = {key: params[key] for key in HEALTH_CHECK_KEYS if key in params}
    http_group = settings["Protocol"] in HTTP
    protocol = own.get("HealthCheckProtocol") or ("HTTP" if http_group or settings["TargetType"] == "alb" else "TCP")
    checks = {
        "HealthCheckProtocol": protocol,
        "HealthCheckPort": "traffic-port",
        "HealthCheckEnabled": True,
        "HealthCheckIntervalSeconds": 30,
        "HealthCheckTimeoutSeconds": 5 if http_group else (6 if protocol == "HTTP" else 10),
        "HealthyThresholdCount": 5,
        "UnhealthyThresholdCount": 2,
    }
    if protocol in HTTP:
        checks |= _http_check_defaults(settings)
    return checks | own


def _http_check_defaults(settings: Mapping[str, Any]) -> dict[str, Any]:
    if settings.get("ProtocolVersion") == "GRPC":
        return {"HealthCheckPath": "/AWS.ALB/healthcheck", "Matcher": {"GrpcCode": "12"}}
    return {
        "HealthCheckPath": "/",
        "Matcher": {"HttpCode": "200" if settings["Protocol"] in HTTP else "200-399"},
    }


def _check_health_check(settings: Mapping[str, Any], params: Params) -> None:
    protocol, group_protocol = settings["HealthCheckProtocol"], settings["Protocol"]
    http_group = group_protocol in HTTP
    allowed = HTTP if http_group or settings["TargetType"] == "alb" else (*HTTP, "TCP")
    if protocol not in allowed:
        raise ApiError("ValidationError", f"Health check protocol '{protocol}' must be one of '{', '.join(allowed)}'")
    if not settings["HealthCheckEnabled"]:
        raise ApiError("ValidationError", "Health checks cannot be disabled for this target type")
    # Network Load Balancers take a timeout as long as the interval.
    spare = settings["HealthCheckIntervalSeconds"] - settings["HealthCheckTimeoutSeconds"]
    if spare < 0 or (spare == 0 and http_group):
        raise ApiError("ValidationError", "Health check interval must be greater than the timeout.")
    port = settings["HealthCheckPort"]
    if port != "traffic-port" and not (re.fullmatch(r"\d{1,5}", port) and 1 <= int(port) <= 65535):
        raise ApiError(
            "ValidationError", f"Health check port '{port}' must be 'traffic-port' or a port from 1 to 65535"
        )
    if protocol not in HTTP:
        if "HealthCheckPath" in params or "Matcher" in params:
            raise ApiError("ValidationError", f"Health check protocol '{protocol}' takes neither path nor matcher")
        return
    if not settings["HealthCheckPath"].startswith("/"):
        raise ApiError("ValidationError", f"Health check path '{settings['HealthCheckPath']}' must begin with '/'")
    _check_matcher(settings, high=499 if http_group else 599)


def _check_matcher(settings: Mapping[str, Any], high: int) -> None:
    matcher = settings["Matcher"]
    grpc = settings.get("ProtocolVersion") == "GRPC"
    code, low, high = ("GrpcCode", 0, 99) if grpc else ("HttpCode", 200, high)
    if set(matcher) != {code}:
        raise ApiError("ValidationError", f"The matcher must be a {code} for this protocol version")
    for part in matcher[code].split(","):
        bounds = part.split("-")
        numbers = [int(bound) for bound in bounds if re.fullmatch(r"\d{1,3}", bound)]
        if len(numbers) != len(bounds) or len(numbers) > 2 or not all(low <= each <= high for each in numbers):
            raise ApiError(
                "ValidationError", f"Health check matcher '{matcher[code]}' must be codes from {low} to {high}"
            )


OPERATIONS: Operations = {
    "CreateTargetGroup": create_target_group,
    "DescribeTargetGroups": describe_target_groups,
    "ModifyTargetGroup": modify_target_group,
    "DeleteTargetGroup": delete_target_group,
}
