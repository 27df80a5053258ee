"""Rules (spec/aws.md §5.6). AWS may not know their listener yet, which it has just made."""

from collections.abc import Mapping

from albc.deploy.apply.step import NOTHING, Handler, Step, call_making_room, just_call
from albc.errors import Conflict, NotFound
from albc.model.reference import Ref


async def create(step: Step) -> Mapping[Ref, str]:
    try:
        await step.call_making_room()
    except Conflict as conflict:
        # A lost answer, or somebody else's rule: the next plan sees which, for AWS is asked again.
        step.doubt()
        raise step.later(f"priority {step.params['Priority']} is taken already") from conflict
    except NotFound as missing:
        raise step.later(f"the listener is not known to all of AWS yet: {missing}") from missing
    return NOTHING


HANDLERS: Mapping[tuple[str, str], Handler] = {
    ("elbv2", "create_rule"): create,
    ("elbv2", "modify_rule"): call_making_room,
    ("elbv2", "set_rule_priorities"): just_call,
    ("elbv2", "delete_rule"): just_call,
}
