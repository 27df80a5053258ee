"""Attributes of Classic Load Balancers: a structure, of which a request changes the named parts."""

from collections.abc import Mapping
from typing import Any

from albc.local.aws.errors import ApiError
from albc.local.aws.services.elb import lookup
from albc.local.aws.services.operation import Answer, Operations, Params
from albc.local.aws.state import State

DEFAULTS: Mapping[str, Any] = {
    "CrossZoneLoadBalancing": {"Enabled": False},
    "AccessLog": {"Enabled": False},
    "ConnectionDraining": {"Enabled": False, "Timeout": 300},
    "ConnectionSettings": {"IdleTimeout": 60},
    "AdditionalAttributes": [{"Key": "elb.http.desyncmitigationmode", "Value": "defensive"}],
}


def describe_load_balancer_attributes(state: State, params: Params) -> Answer:
    return {"LoadBalancerAttributes": lookup.load_balancer(state, params).attributes}


def modify_load_balancer_attributes(state: State, params: Params) -> Answer:
    balancer = lookup.load_balancer(state, params)
    wanted = params["LoadBalancerAttributes"]
    merged: dict[str, Any] = {
        name: {**balancer.attributes[name], **value} if isinstance(value, Mapping) else value
        for name, value in wanted.items()
    }
    log: Mapping[str, Any] = merged.get("AccessLog") or balancer.attributes["AccessLog"]
    if log["Enabled"] and not log.get("S3BucketName"):
        raise ApiError("InvalidConfigurationRequest", "An S3 bucket must be specified for access logs")
    if log.get("EmitInterval", 60) not in (5, 60):
        raise ApiError("InvalidConfigurationRequest", "Access logs are emitted every 5 or 60 minutes")
    balancer.attributes = {**balancer.attributes, **merged}
    return {"LoadBalancerName": balancer.name, "LoadBalancerAttributes": merged}


OPERATIONS: Operations = {
    "DescribeLoadBalancerAttributes": describe_load_balancer_attributes,
    "ModifyLoadBalancerAttributes": modify_load_balancer_attributes,
}
