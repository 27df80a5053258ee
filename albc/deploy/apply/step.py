"""What the modules of each kind work with: one operation of a plan that is being applied."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from albc.aws.calls import Aws
from albc.aws.inventory import Inventory
from albc.deploy.apply.binding_store import BindingStore
from albc.deploy.plan.operation import Operation
from albc.errors import Conflict, Forbidden, Invalid, NotFound, Pending, Refused, Unauthorized
from albc.model.reference import Ref

SOON: Final = 2.0
"""Seconds after which AWS has usually let go of what it still held."""


LONGEST: Final = 60.0
"""Longest pause before it is tried again to delete what is in use."""


_RULES_GO: Final = ("delete_rule", "delete_listener")
MAKES_ROOM: Final[Mapping[str, tuple[str, ...]]] = {
    "RulesPerSecurityGroupLimitExceeded": ("revoke_security_group_ingress",),
    "TooManyCertificates": ("remove_listener_certificates", "delete_listener"),
    "TooManyListeners": ("delete_listener",),
    "TooManyRules": _RULES_GO,
    "TooManyUniqueTargetGroupsPerLoadBalancer": _RULES_GO,
}
"""By AWS's refusal of one more on the same load balancer or in the same group: what leaves room when it goes first."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What operations are carried out with."""

    aws: Aws
    inventory: Inventory
    bindings: BindingStore
    in_use: Counter[str] = field(default_factory=Counter)
    """How often the deletion of each ARN or id was refused, because somebody still uses it."""


class Step:
    """One operation, its parameters resolved and its secrets in clear."""

    def __init__(
        self,
        operation: Operation,
        params: Mapping[str, Any],
        otherwise: Mapping[str, Any],
        tools: Tools,
        take: "Callable[[str], Awaitable[bool]]",
    ) -> None:
        self.operation = operation
        self.params = params
        self._otherwise = otherwise
        self.tools = tools
        self._take = take
        self.recognised = False
        """What the operation was to make was there already, by a call whose answer was lost; it may differ a little."""
        self.doubtful = False

    async def call(self, **changed: Any) -> Mapping[str, Any]:
        """The operation's own call, told to the inventory when it has succeeded."""
        request = {**self.params, **changed}
        answer = await self.tools.aws.call(self.operation.service, self.operation.action, **request)
        self.tools.inventory.wrote(self.operation.service, self.operation.action, request, answer)
        self.tools.in_use.pop(self.operation.target, None)
        return answer

    async def create(self) -> Mapping[str, Any]:
        """The call, or the answer that it would have had: what has the name and our tags was made by a lost one."""
        try:
            return await self.call()
        except Conflict as conflict:
            found = await self.tools.inventory.recognise(self.operation.action, self.params)
            if found is None:
                raise Invalid(
                    f"{self.operation.resource}: {conflict}; it is not managed by this cluster for this resource, "
                    "so choose another name or remove it"
                ) from conflict
            self.recognised = True
            return found

    async def call_making_room(self) -> Mapping[str, Any]:
        """The call. While AWS has no room for what it adds, what the plan is to remove there goes first, one by one."""
        if self._otherwise:
            try:
                return await self.call()
            except (Conflict, NotFound, Forbidden, Unauthorized):
                raise
            except (Invalid, Refused):
                self.params = {**self.params, **self._otherwise}
        while True:
            try:
                return await self.call()
            except Refused as refused:
                for action in MAKES_ROOM.get(refused.code, ()):
                    if await self._take(action):
                        break
                else:
                    raise

    def doubt(self) -> None:
        """AWS is not as the inventory has it: it is asked before the next plan."""
        self.doubtful = True

    def in_use(self, because: str) -> Pending:
        """To be raised: what is to be deleted is still used. Each time it is waited longer."""
        times = self.tools.in_use[self.operation.target]
        self.tools.in_use[self.operation.target] += 1
        return Pending(because, min(LONGEST, SOON * 2.0**times))

    def later(self, because: str, seconds: float = SOON) -> Pending:
        """To be raised: the operation cannot be done yet."""
        return Pending(because, seconds)


Handler = Callable[[Step], Awaitable[Mapping[Ref, str]]]
"""Carries out a step; returns the references that are known by it."""

NOTHING: Final[Mapping[Ref, str]] = {}


async def just_call(step: Step) -> Mapping[Ref, str]:
    """For operations without a moral."""
    await step.call()
    return NOTHING


async def call_making_room(step: Step) -> Mapping[Ref, str]:
    """For those that have none but what a full load balancer teaches."""
    await step.call_making_room()
    return NOTHING
