"""What would happen, as a value: the stacks that the controller would build, and its plan for each.

Pure. Both ways of looking (`offline`, `live`) end here; `tree`, `diff` and `document` show it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from albc.deploy.plan import Plan, ResourceID, Verb, make_plan
from albc.deploy.settings import DeploySettings
from albc.errors import Invalid
from albc.mapping.cluster import Made, Unit
from albc.model.inventory import InventoryView
from albc.model.problem import Problem
from albc.model.stack import Stack


@dataclass(frozen=True)
class Planned:
    """One stack, and what has to be done for it."""

    unit: Unit
    stack: Stack
    plan: Plan

    @property
    def fates(self) -> Mapping[ResourceID, Verb]:
        """What becomes of each resource: the first operation on it says, unless a later one is blocked."""
        found: dict[ResourceID, Verb] = {}
        for operation in self.plan.operations:
            if operation.verb is Verb.BLOCKED or operation.resource not in found:
                found[operation.resource] = operation.verb
        return found

    @property
    def name(self) -> str:
        """For people: `Ingress group shop`, `Service shop/web`, `Gateway shop/edge`."""
        family = self.unit.tag_prefix.partition(".")[0].capitalize()
        group = " group" if family == "Ingress" and not self.stack.id.namespace else ""
        return f"{family}{group} {self.stack.id}"


@dataclass(frozen=True)
class Outlook:
    """By stack."""

    planned: tuple[Planned, ...]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...] = ()
    """What happens besides the plans, a sentence each."""

    @property
    def has_changes(self) -> bool:
        """A blocked operation counts: AWS is not as it should be."""
        return bool(self.notes) or any(not one.plan.is_empty for one in self.planned)

    @property
    def has_errors(self) -> bool:
        return any(problem.severity == "error" for problem in self.problems)

    def count(self, verb: Verb) -> int:
        """Resources to which this happens."""
        return sum(fate is verb for one in self.planned for fate in one.fates.values())


def outlook(
    made: Iterable[tuple[Unit, Made]],
    view_of: Callable[[Unit], InventoryView],
    problems: tuple[Problem, ...],
    missing_group: str,
    deploy: DeploySettings,
) -> Outlook:
    """`missing_group` is the name of the shared backend security group while it does not exist, else ""."""
    planned: list[Planned] = []
    found = list(problems)
    for unit, one in made:
        if (stack := one.built.stack) is None:
            continue
        try:
            plan = make_plan(stack, view_of(unit), deploy, one.keep)
        except Invalid as fault:
            found.append(Problem(unit.ref, "FailedDeployModel", str(fault)))
            plan = Plan(stack=stack.id, tag_prefix=unit.tag_prefix, operations=(), known={})
        planned.append(Planned(unit, stack, plan))
    needed = missing_group and any(missing_group in one.stack.to_json() for one in planned)
    note = f"the security group {missing_group}, shared by all load balancers towards their targets, would be created"
    return Outlook(tuple(planned), tuple(found), (note,) if needed else ())


def nothing_there(unit: Unit) -> InventoryView:
    """The view of an empty account."""
    return InventoryView(stack=unit.stack, tag_prefix=unit.tag_prefix)
