"""Listeners (spec/aws.md §5.4). AWS may not know a listener yet that it has just made."""

from collections.abc import Mapping

from albc.deploy.apply.step import NOTHING, Handler, Step, call_making_room, just_call
from albc.errors import Conflict, NotFound
from albc.model.listener import Listener
from albc.model.reference import Ref


async def create(step: Step) -> Mapping[Ref, str]:
    try:
        answer = await step.call_making_room()
    except Conflict as conflict:
        # A lost answer, or somebody else's listener: the next plan sees which, for AWS is asked again.
        step.doubt()
        raise step.later(f"port {step.params['Port']} is taken already") from conflict
    return {Ref(Listener.type, step.operation.resource.id, "listenerARN"): answer["Listeners"][0]["ListenerArn"]}


async def certificates(step: Step) -> Mapping[Ref, str]:
    try:
        await step.call_making_room()
    except NotFound as missing:
        raise step.later(f"the listener is not known to all of AWS yet: {missing}") from missing
    return NOTHING


HANDLERS: Mapping[tuple[str, str], Handler] = {
    ("elbv2", "create_listener"): create,
    ("elbv2", "modify_listener"): call_making_room,
    ("elbv2", "modify_listener_attributes"): just_call,
    ("elbv2", "add_listener_certificates"): certificates,
    ("elbv2", "remove_listener_certificates"): just_call,
    ("elbv2", "delete_listener"): just_call,
}
