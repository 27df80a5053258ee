"""Policies of Classic Load Balancers: made by name, then set on listeners or on instance ports."""

from collections.abc import Iterable
from dataclasses import replace

from albc.local.aws.errors import ApiError
from albc.local.aws.services.elb import lookup
from albc.local.aws.services.elb.listeners import SECURE
from albc.local.aws.services.operation import Answer, Operations, Params
from albc.local.aws.services.ssl_policies import SSL_POLICIES
from albc.local.aws.state import State
from albc.local.aws.state.classic import ClassicLoadBalancer

TYPES = ("ProxyProtocolPolicyType", "SSLNegotiationPolicyType")


def create_load_balancer_policy(state: State, params: Params) -> Answer:
    balancer = lookup.load_balancer(state, params)
    name, kind = params["PolicyName"], params["PolicyTypeName"]
    if kind not in TYPES:
        raise ApiError("PolicyTypeNotFound", f"The policy type '{kind}' does not exist here")
    if name in balancer.policies:
        raise ApiError("DuplicatePolicyName", f"A policy with the name '{name}' exists on this load balancer")
    attributes = params.get("PolicyAttributes") or []
    for each in attributes:
        if each.get("AttributeName") == "Reference-Security-Policy" and each.get("AttributeValue") not in SSL_POLICIES:
            raise ApiError("InvalidConfigurationRequest", f"There is no security policy '{each.get('AttributeValue')}'")
    policy = {"PolicyName": name, "PolicyTypeName": kind, "PolicyAttributeDescriptions": attributes}
    balancer.policies = {**balancer.policies, name: policy}
    return {}


def describe_load_balancer_policies(state: State, params: Params) -> Answer:
    balancer = lookup.load_balancer(state, params)
    wanted = params.get("PolicyNames") or list(balancer.policies)
    _check(balancer, wanted)
    return {"PolicyDescriptions": [balancer.policies[name] for name in wanted]}


def set_load_balancer_policies_of_listener(state: State, params: Params) -> Answer:
    balancer = lookup.load_balancer(state, params)
    port = params["LoadBalancerPort"]
    if port not in balancer.listeners:
        raise ApiError("ListenerNotFound", f"The load balancer has no listener on port {port}")
    _check(balancer, params["PolicyNames"])
    listener = balancer.listeners[port]
    if params["PolicyNames"] and listener.protocol not in SECURE:
        raise ApiError("InvalidConfigurationRequest", f"{listener.protocol} listeners take no such policy")
    balancer.listeners = {**balancer.listeners, port: replace(listener, policies=tuple(params["PolicyNames"]))}
    return {}


def set_load_balancer_policies_for_backend_server(state: State, params: Params) -> Answer:
    balancer = lookup.load_balancer(state, params)
    port, names = params["InstancePort"], tuple(params["PolicyNames"])
    _check(balancer, names)
    known = {listener.instance_port for listener in balancer.listeners.values()} | balancer.backend_policies.keys()
    if port not in known:
        raise ApiError("InvalidConfigurationRequest", f"No listener has the instance port {port}")
    others = {each: policies for each, policies in balancer.backend_policies.items() if each != port}
    balancer.backend_policies = {**others, port: names} if names else others
    return {}


def _check(balancer: ClassicLoadBalancer, names: Iterable[str]) -> None:
    if absent := [name for name in names if name not in balancer.policies]:
        raise ApiError("PolicyNotFound", f"The load balancer has no policy named '{absent[0]}'")


OPERATIONS: Operations = {
    "CreateLoadBalancerPolicy": create_load_balancer_policy,
    "DescribeLoadBalancerPolicies": describe_load_balancer_policies,
    "SetLoadBalancerPoliciesOfListener": set_load_balancer_policies_of_listener,
    "SetLoadBalancerPoliciesForBackendServer": set_load_balancer_policies_for_backend_server,
}
