"""Carries out a plan: at once what is independent, in order what is not.

* An operation runs when all earlier ones that it needs are done. If one of those failed or waits, it is skipped.
* A failure ends nothing but what needs it; all else is carried out.
* What has been done is written through to the inventory at once, so the next plan starts from it. When it is not known
  what became of a call, the inventory is told to ask AWS before the next plan: so a crash or a lost answer at any point
  leads to the same end, and nothing is made twice.
* Nothing polls in here: what takes time ends as `Waiting`.
* One log line for each operation that was carried out, and for each that failed: what, on which resource, and why.

Called by the controllers; calls the modules of this package by the table `HANDLERS`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

import anyio
import structlog

from albc.aws.calls import Aws
from albc.aws.inventory import Inventory, StackKey
from albc.deploy.apply import (
    bindings,
    certificates,
    classic,
    frontend_nlb,
    imported_certificates,
    listeners,
    load_balancers,
    rules,
    security_groups,
    shield,
    tags,
    target_groups,
    web_acls,
)
from albc.deploy.apply.applied import Applied, Failure, Waiting
from albc.deploy.apply.binding_store import BindingStore
from albc.deploy.apply.step import SOON, Handler, Step, Tools
from albc.deploy.plan.operation import Operation, Plan, Verb
from albc.deploy.values import resolved, revealed
from albc.errors import Forbidden, NotFound, NotLeader, Pending, QuotaExceeded, Throttled, Unauthorized
from albc.model.reference import Ref

OF_OURS: Final = frozenset(
    {"LoadBalancerNotFound", "ListenerNotFound", "RuleNotFound", "TargetGroupNotFound", "InvalidGroup.NotFound"}
)
"""Codes with which AWS misses what a plan makes; whatever else it misses, a user has named."""

_NAME_A_PLACE: Final = ("LoadBalancerArn", "ListenerArn", "RuleArn")
"""Parameters with an ARN that holds the load balancer's, `…/app/NAME/ID`, and below it the listener's id."""

log = structlog.stdlib.get_logger("deploy.apply")

HANDLERS: Final[Mapping[tuple[str, str], Handler]] = {
    **bindings.HANDLERS,
    **certificates.HANDLERS,
    **classic.HANDLERS,
    **frontend_nlb.HANDLERS,
    **imported_certificates.HANDLERS,
    **listeners.HANDLERS,
    **load_balancers.HANDLERS,
    **rules.HANDLERS,
    **security_groups.HANDLERS,
    **shield.HANDLERS,
    **tags.HANDLERS,
    **target_groups.HANDLERS,
    **web_acls.HANDLERS,
}
"""By service and action; every operation that a plan can hold is here."""


class Applier:
    """Applies plans of all stacks; each `apply` is on its own."""

    def __init__(self, aws: Aws, inventory: Inventory, binding_store: BindingStore) -> None:
        self._tools = Tools(aws, inventory, binding_store)

    async def apply(self, plan: Plan) -> Applied:
        """Raises nothing but cancellation: what failed is in the answer."""
        run = _Run(plan, self._tools)
        async with anyio.create_task_group() as tasks:
            for job in run.jobs:
                tasks.start_soon(run.follow, job)
        return run.applied()


class _State(Enum):
    OPEN = "open"
    DONE = "done"
    NOT_DONE = "not done"


@dataclass(slots=True, eq=False)
class _Job:
    operation: Operation
    after: "list[_Job]" = field(default_factory=list)
    state: _State = _State.OPEN
    taken: bool = False
    """Somebody carries it out, or has."""
    over: anyio.Event = field(default_factory=anyio.Event)


class _Run:
    """One plan on its way."""

    def __init__(self, plan: Plan, tools: Tools) -> None:
        self._plan = plan
        self._tools = tools
        self._known: dict[Ref, str] = dict(plan.known)
        self._waiting: list[Waiting] = []
        self._failed: list[Failure] = []
        self._skipped: list[Operation] = []
        self._done: list[Operation] = []
        self.jobs = _jobs(plan)

    async def follow(self, job: _Job) -> None:
        for earlier in job.after:
            await earlier.over.wait()
        if job.taken:
            return
        job.taken = True
        if any(earlier.state is _State.NOT_DONE for earlier in job.after):
            self._skipped.append(job.operation)
            job.state = _State.NOT_DONE
            job.over.set()
            return
        await self._carry_out(job)

    async def _carry_out(self, job: _Job) -> None:
        try:
            job.state = _State.DONE if await self._try(job) else _State.NOT_DONE
        finally:
            job.over.set()

    async def _try(self, job: _Job) -> bool:
        operation = job.operation
        if operation.waits_for:
            self._waiting.append(Waiting(operation, f"for {operation.waits_for}", operation.wait_seconds))
            return False
        if operation.over_quota:
            self._fail(operation, QuotaExceeded(operation.because))
            return False
        handler = HANDLERS[operation.service, operation.action]

        async def take(action: str) -> bool:
            return await self._take(action, operation)

        params, otherwise = (revealed(resolved(one, self._known)) for one in (operation.params, operation.otherwise))
        step = Step(operation, params, otherwise, self._tools, take)
        try:
            self._known.update(await handler(step))
        except Pending as pending:
            self._waiting.append(Waiting(operation, str(pending), pending.after_seconds))
            if step.doubtful:
                self._doubt()
            return False
        except (NotLeader, Throttled, Forbidden, Unauthorized) as error:  # nothing has happened
            self._fail(operation, error)
            return False
        except NotFound as error:
            if error.code in OF_OURS:
                return self._gone(operation, error)
            self._failed.append(Failure(operation, error))
            return False
        except Exception as error:
            self._fail(operation, error)
            self._doubt(operation.target if operation.verb is Verb.DELETE else "")
            return False
        self._done.append(operation)
        log.info("applied", because=operation.because, **self._named(operation))
        if step.recognised:
            self._waiting.append(Waiting(operation, "to be compared with what was found of it", 0.0))
        return True

    def _fail(self, operation: Operation, error: Exception) -> None:
        self._failed.append(Failure(operation, error))
        log.warning("not applied", error=str(error), **self._named(operation))

    def _named(self, operation: Operation) -> Mapping[str, str]:
        """How log lines name an operation."""
        return {"stackID": str(self._plan.stack), "action": operation.action, "resource": str(operation.resource)}

    def _gone(self, operation: Operation, error: NotFound) -> bool:
        """Somebody has deleted it, or AWS does not know everywhere yet that it is there. A look at AWS tells which."""
        self._doubt(operation.target)
        self._waiting.append(Waiting(operation, f"it has gone: {error}", SOON))
        return False

    def _doubt(self, deleted: str = "") -> None:
        self._tools.inventory.doubt(StackKey(self._plan.tag_prefix, str(self._plan.stack)), deleted)

    async def _take(self, action: str, for_: Operation) -> bool:
        """Room is needed now: a deletion that stands later in the plan is carried out first."""
        place = self._place(for_)
        jobs = [job for job in self.jobs if job.operation.action == action and not job.taken]
        for near in (place, place[:1]):
            for job in jobs:
                if self._place(job.operation)[: len(near)] == near:
                    job.taken = True
                    await self._carry_out(job)
                    return job.state is _State.DONE
        return False

    def _place(self, operation: Operation) -> tuple[str, ...]:
        """Where room is needed: the group of an inbound rule; else the load balancer, and on it the listener."""
        if operation.service != "elbv2":
            return (operation.target or operation.resource.id,)
        named = (operation.params[name] for name in _NAME_A_PLACE if name in operation.params)
        arn = str(resolved(next(named, ""), self._known))
        _, kind, name, id, *below = arn.split("/")
        return (f"{kind}/{name}/{id}", *below[:1])

    def applied(self) -> Applied:
        return Applied(
            resolved=self._known,
            done=tuple(self._done),
            waiting=tuple(self._waiting),
            blocked=tuple(operation for operation in self._plan.blocked if not operation.over_quota),
            failed=tuple(self._failed),
            skipped=tuple(self._skipped),
        )


def _jobs(plan: Plan) -> list[_Job]:
    """Each with those before it that it has to wait for."""
    jobs: list[_Job] = []
    for operation in plan.operations:
        if operation.verb is Verb.BLOCKED and not operation.over_quota:
            continue
        waits_for = operation.needs | {operation.resource}
        jobs.append(_Job(operation, [job for job in jobs if job.operation.resource in waits_for]))
    return jobs
