"""Protection by Shield Advanced (spec/aws.md §7.3)."""

from collections.abc import Mapping

from albc.deploy.apply.step import NOTHING, Handler, Step, just_call
from albc.errors import Conflict
from albc.model.reference import Ref


async def create(step: Step) -> Mapping[Ref, str]:
    try:
        await step.call()
    except Conflict as conflict:
        step.doubt()
        raise step.later("the load balancer is protected already") from conflict
    return NOTHING


HANDLERS: Mapping[tuple[str, str], Handler] = {
    ("shield", "create_protection"): create,
    ("shield", "delete_protection"): just_call,
}
