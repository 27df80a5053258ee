"""TargetGroupBindings, through the `BindingStore`. A deleted one stays until its targets are deregistered."""

from collections.abc import Mapping

from albc.deploy.apply.binding_store import WantedBinding
from albc.deploy.apply.step import NOTHING, Handler, Step
from albc.deploy.plan.bindings import spec_of
from albc.errors import Conflict
from albc.model.reference import Ref

DEREGISTRATION_SECONDS = 1.0
"""When a deleted binding is looked for again; the deletion's own event usually comes before."""
STORE_SECONDS = 1.0


async def create(step: Step) -> Mapping[Ref, str]:
    try:
        await step.tools.bindings.create(_wanted(step))
    except Conflict as conflict:
        raise step.later(f"the informer to see what is there already: {conflict}", STORE_SECONDS) from conflict
    return NOTHING


async def patch(step: Step) -> Mapping[Ref, str]:
    await step.tools.bindings.patch(_wanted(step))
    return NOTHING


async def delete(step: Step) -> Mapping[Ref, str]:
    namespace, name = step.params["namespace"], step.params["name"]
    await step.tools.bindings.delete(namespace, name)
    raise step.later(f"TargetGroupBinding {namespace}/{name} is deregistering its targets", DEREGISTRATION_SECONDS)


def _wanted(step: Step) -> WantedBinding:
    binding = step.params["binding"]
    return WantedBinding(
        namespace=binding.namespace,
        name=binding.name,
        labels=binding.labels,
        annotations=binding.annotations,
        spec=spec_of(binding),
    )


HANDLERS: Mapping[tuple[str, str], Handler] = {
    ("kubernetes", "create_binding"): create,
    ("kubernetes", "patch_binding"): patch,
    ("kubernetes", "delete_binding"): delete,
}
