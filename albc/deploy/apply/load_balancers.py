"""Load balancers (spec/aws.md §5.2)."""

from collections.abc import Mapping

from albc.deploy.apply.step import NOTHING, Handler, Step, just_call
from albc.errors import Conflict, Invalid, Refused
from albc.model.load_balancer import LoadBalancer
from albc.model.reference import Ref


async def create(step: Step) -> Mapping[Ref, str]:
    balancer = (await step.create())["LoadBalancers"][0]
    id = step.operation.resource.id
    return {
        Ref(LoadBalancer.type, id, "loadBalancerARN"): balancer["LoadBalancerArn"],
        Ref(LoadBalancer.type, id, "dnsName"): balancer["DNSName"],
    }


async def delete(step: Step) -> Mapping[Ref, str]:
    """Protection that somebody switched on since the plan was made is respected."""
    try:
        await step.call()
    except Conflict as conflict:
        raise step.in_use(f"load balancer {step.params['LoadBalancerArn']} is still in use") from conflict
    except Refused as refused:
        if refused.code == "OperationNotPermitted":
            raise Invalid(
                f"{step.operation.resource} cannot be deleted: {refused}; if it may go, switch deletion protection off "
                "(attribute deletion_protection.enabled)"
            ) from refused
        raise
    return NOTHING


HANDLERS: Mapping[tuple[str, str], Handler] = {
    ("elbv2", "create_load_balancer"): create,
    ("elbv2", "set_security_groups"): just_call,
    ("elbv2", "set_subnets"): just_call,
    ("elbv2", "set_ip_address_type"): just_call,
    ("elbv2", "modify_ip_pools"): just_call,
    ("elbv2", "modify_load_balancer_attributes"): just_call,
    ("elbv2", "modify_capacity_reservation"): just_call,
    ("elbv2", "delete_load_balancer"): delete,
}
