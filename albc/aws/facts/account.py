"""Facts from an AWS account, each question asked once in its lifetime, whoever wants to know.

Answers are kept for as long as the reference keeps them (spec/aws.md §8.6), shorter where people change things by hand
and look at the result. An empty answer to a question that names something is kept for a few seconds only: it is what
a user is about to create. The shared backend security group is created when it must exist and does not.

Called by `albc.controllers` before mapping; calls `albc.aws.calls`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from time import monotonic
from typing import Any, Final

import anyio

from albc.aws.backend_security_group import BackendSecurityGroup
from albc.aws.calls import Aws
from albc.aws.facts.questions import Question, Scope, facts_of, first_questions, follow_ups
from albc.aws.together import together
from albc.errors import NotFound
from albc.model.facts import Facts, FactsRequest

MINUTES: Final = 60.0
HOURS: Final = 60 * MINUTES

LIFETIMES: Final[Mapping[str, float]] = {
    "describe_vpcs": 10 * MINUTES,
    "describe_subnets": 2 * MINUTES,
    "describe_availability_zones": 24 * HOURS,
    "describe_route_tables": 2 * MINUTES,
    "describe_security_groups": 10 * MINUTES,
    "list_certificates": MINUTES,
    "describe_certificate": 10 * HOURS,
    "list_tags_for_certificate": MINUTES,
    "list_web_acls": HOURS,
    "describe_trust_stores": 10 * MINUTES,
    "describe_target_groups": 20 * MINUTES,
}
"""Seconds, by operation."""

IMPORTED_CERTIFICATE_LIFETIME: Final = 5 * MINUTES
"""An imported certificate keeps its ARN when it is imported again with other names."""
NOTHING_LIFETIME: Final = 10.0


@dataclass(slots=True)
class _Kept:
    elements: Sequence[Mapping[str, Any]]
    until: float


class FactsFromAWS:
    """Answers requests about one VPC."""

    def __init__(
        self,
        aws: Aws,
        scope: Scope,
        backend_security_group: BackendSecurityGroup,
        *,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._aws = aws
        self._scope = scope
        self._backend = backend_security_group
        self._clock = clock
        self._kept: dict[Question, _Kept] = {}
        self._locks: dict[Question, anyio.Lock] = {}

    async def answer(self, request: FactsRequest) -> Facts:
        """The facts, from the account or from answers that are still good; raises what calls raise."""
        asked = replace(request, backend_security_group=False)
        answers: dict[Question, Sequence[Mapping[str, Any]]] = {}
        await self._ask(first_questions(asked, self._scope), answers)
        await self._ask(follow_ups(asked, self._scope, answers), answers)
        facts = facts_of(asked, self._scope, answers)
        if request.backend_security_group:
            facts = replace(facts, backend_security_group=await self._backend.ensure())
        self._ask_again_soon(asked, facts)
        self._forget_the_outdated()
        return facts

    async def _ask(self, questions: Iterable[Question], answers: dict[Question, Sequence[Mapping[str, Any]]]) -> None:
        missing = []
        for question in questions:
            kept = self._kept.get(question)
            if kept and self._clock() < kept.until:
                answers[question] = kept.elements
            else:
                missing.append(question)
        found = await together([partial(self._elements, question) for question in missing])
        answers.update(zip(missing, found, strict=True))

    async def _elements(self, question: Question) -> Sequence[Mapping[str, Any]]:
        async with self._locks.setdefault(question, anyio.Lock()):
            kept = self._kept.get(question)
            if kept and self._clock() < kept.until:
                return kept.elements
            elements = await self._read(question)
            self._kept[question] = _Kept(elements, self._clock() + _lifetime(question, elements))
            return elements

    async def _read(self, question: Question) -> Sequence[Mapping[str, Any]]:
        try:
            if question.single:
                answer = await self._aws.call(question.service, question.operation, **question.request())
                return [answer[question.result]]
            return await self._aws.paginate(question.service, question.operation, question.result, **question.request())
        except NotFound:
            return ()

    def _ask_again_soon(self, request: FactsRequest, facts: Facts) -> None:
        """What a user named and AWS does not know is what somebody is about to create."""
        known = {group.id for group in facts.security_groups} | {group.name_tag for group in facts.security_groups}
        missing = {
            "list_web_acls": request.web_acl_names - facts.web_acl_arns.keys(),
            "describe_trust_stores": request.trust_store_names - facts.trust_store_arns.keys(),
            "describe_security_groups": request.security_groups - known,
        }
        soon = self._clock() + NOTHING_LIFETIME
        for question in first_questions(request, self._scope):
            if missing.get(question.operation) and question in self._kept:
                self._kept[question].until = min(self._kept[question].until, soon)

    def _forget_the_outdated(self) -> None:
        now = self._clock()
        for question in [question for question, kept in self._kept.items() if kept.until <= now]:
            del self._kept[question]
            self._locks.pop(question, None)


def _lifetime(question: Question, elements: Sequence[Mapping[str, Any]]) -> float:
    if question.named and not elements:
        return NOTHING_LIFETIME
    if any(element.get("Type") == "IMPORTED" for element in elements if question.operation == "describe_certificate"):
        return IMPORTED_CERTIFICATE_LIFETIME
    return LIFETIMES[question.operation]
