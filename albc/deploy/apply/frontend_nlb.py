"""The registration of an ALB as a target (spec/aws.md §5.8). AWS refuses it until the ALB listens on the port."""

from collections.abc import Mapping

from albc.deploy.apply.step import NOTHING, Handler, Step, just_call
from albc.errors import Invalid, Refused
from albc.model.reference import Ref

REGISTRATION_SECONDS = 15.0


async def register(step: Step) -> Mapping[Ref, str]:
    try:
        await step.call()
    except (Refused, Invalid) as refused:
        raise step.later(f"the load balancer cannot be registered yet: {refused}", REGISTRATION_SECONDS) from refused
    return NOTHING


HANDLERS: Mapping[tuple[str, str], Handler] = {
    ("elbv2", "register_targets"): register,
    ("elbv2", "deregister_targets"): just_call,
}
