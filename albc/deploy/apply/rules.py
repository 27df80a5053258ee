"""Rules (spec/aws.md §5.6). Where a listener is full, rules that are to go make room for those that come."""

from collections.abc import Mapping

from albc.deploy.apply.step import NOTHING, Handler, Step, just_call
from albc.errors import Conflict, NotFound, Refused
from albc.model.reference import Ref


async def create(step: Step) -> Mapping[Ref, str]:
    while True:
        try:
            await step.call()
        except Conflict as conflict:
            # A lost answer, or somebody else's rule: the next plan sees which, for AWS is asked again.
            step.doubt()
            raise step.later(f"priority {step.params['Priority']} is taken already") from conflict
        except NotFound as missing:
            raise step.later(f"the listener is not known to all of AWS yet: {missing}") from missing
        except Refused as refused:
            if refused.code != "TooManyRules" or not await step.take("delete_rule"):
                raise
        else:
            return NOTHING


HANDLERS: Mapping[tuple[str, str], Handler] = {
    ("elbv2", "create_rule"): create,
    ("elbv2", "modify_rule"): just_call,
    ("elbv2", "set_rule_priorities"): just_call,
    ("elbv2", "delete_rule"): just_call,
}
