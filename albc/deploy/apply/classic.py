"""Classic Load Balancers (spec/service.md B10): what a lost answer, or a certificate that is not there, leads to."""

from collections.abc import Mapping

from albc.deploy.apply.step import NOTHING, Handler, Step, just_call
from albc.errors import Conflict, Invalid, NotFound
from albc.model.classic import ClassicLoadBalancer
from albc.model.reference import Ref

_GONE = "LoadBalancerNotFound"


async def create(step: Step) -> Mapping[Ref, str]:
    """The name holds the Service's UID, so one of that name was made by a lost call; the next plan compares it."""
    try:
        answer = await _call(step)
    except Conflict as conflict:
        step.doubt()
        raise step.later(str(conflict)) from conflict
    return {Ref(ClassicLoadBalancer.type, step.operation.resource.id, "dnsName"): answer["DNSName"]}


async def change(step: Step) -> Mapping[Ref, str]:
    await _call(step)
    return NOTHING


async def create_policy(step: Step) -> Mapping[Ref, str]:
    """A policy of that name is ours, and policies do not change."""
    try:
        await step.call()
    except Conflict:
        step.doubt()
    return NOTHING


async def _call(step: Step) -> Mapping[str, str]:
    """What the request names and AWS does not know is for a person to mend; only the load balancer may have gone."""
    try:
        return await step.call()
    except NotFound as error:
        if error.code == _GONE:
            raise
        raise Invalid(str(error)) from error


HANDLERS: Mapping[tuple[str, str], Handler] = {
    ("elb", "create_load_balancer"): create,
    ("elb", "attach_load_balancer_to_subnets"): change,
    ("elb", "detach_load_balancer_from_subnets"): change,
    ("elb", "apply_security_groups_to_load_balancer"): change,
    ("elb", "create_load_balancer_listeners"): change,
    ("elb", "delete_load_balancer_listeners"): change,
    ("elb", "create_load_balancer_policy"): create_policy,
    ("elb", "set_load_balancer_policies_for_backend_server"): change,
    ("elb", "set_load_balancer_policies_of_listener"): change,
    ("elb", "configure_health_check"): change,
    ("elb", "modify_load_balancer_attributes"): change,
    ("elb", "add_tags"): just_call,
    ("elb", "delete_load_balancer"): just_call,
}
