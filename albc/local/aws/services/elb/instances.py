"""Instances of Classic Load Balancers."""

from collections.abc import Iterable
from typing import Any

from albc.local.aws.errors import ApiError
from albc.local.aws.services.elb import lookup
from albc.local.aws.services.operation import Answer, Operations, Params
from albc.local.aws.state import State
from albc.local.aws.state.classic import ClassicLoadBalancer


def register_instances_with_load_balancer(state: State, params: Params) -> Answer:
    balancer = lookup.load_balancer(state, params)
    wanted = [each["InstanceId"] for each in params["Instances"]]
    _check(state, wanted)
    now = state.clock()
    balancer.instances = {**dict.fromkeys(wanted, now), **balancer.instances}
    return _answer(balancer)


def deregister_instances_from_load_balancer(state: State, params: Params) -> Answer:
    balancer = lookup.load_balancer(state, params)
    gone = [each["InstanceId"] for each in params["Instances"]]
    _check(state, gone)
    balancer.instances = {instance: since for instance, since in balancer.instances.items() if instance not in gone}
    balancer.reports = {instance: found for instance, found in balancer.reports.items() if instance not in gone}
    return _answer(balancer)


def describe_instance_health(state: State, params: Params) -> Answer:
    balancer = lookup.load_balancer(state, params)
    wanted = [each["InstanceId"] for each in params.get("Instances") or ()] or list(balancer.instances)
    return {"InstanceStates": [_health(state, balancer, instance) for instance in wanted]}


def _check(state: State, instances: Iterable[str]) -> None:
    for instance in instances:
        if instance not in state.network.instances:
            raise ApiError("InvalidInstance", f"Could not find EC2 instance {instance}.")


def _answer(balancer: ClassicLoadBalancer) -> Answer:
    return {"Instances": [{"InstanceId": instance} for instance in balancer.instances]}


def _health(state: State, balancer: ClassicLoadBalancer, instance: str) -> dict[str, Any]:
    if instance not in balancer.instances:
        raise ApiError("InvalidInstance", f"Could not find EC2 instance {instance}.")
    if (found := balancer.reports.get(instance)) is False:
        description = "Instance has failed at least the UnhealthyThreshold number of health checks consecutively."
        return {"InstanceId": instance, "State": "OutOfService", "ReasonCode": "Instance", "Description": description}
    if found or state.clock() - balancer.instances[instance] >= state.options.health_seconds:
        return {"InstanceId": instance, "State": "InService", "ReasonCode": "N/A", "Description": "N/A"}
    description = "Instance registration is still in progress."
    return {"InstanceId": instance, "State": "OutOfService", "ReasonCode": "ELB", "Description": description}


OPERATIONS: Operations = {
    "RegisterInstancesWithLoadBalancer": register_instances_with_load_balancer,
    "DeregisterInstancesFromLoadBalancer": deregister_instances_from_load_balancer,
    "DescribeInstanceHealth": describe_instance_health,
}
