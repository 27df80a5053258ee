"""Faults on demand: rules that make calls fail in the ways in which AWS and the network fail.

A test adds a `Fault` to the account (or POSTs one to `/_albc/faults`); each matching call uses it up once.
"""

import fnmatch
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec.structs import replace

from albc.aws.services import iam_action
from albc.local.aws.errors import ApiError
from albc.local.aws.options import AccountOptions


class FaultKind(StrEnum):
    """How a call fails."""

    THROTTLE = "throttle"
    SERVER_ERROR = "server-error"
    RESET_BEFORE = "reset-before"
    """The connection is cut and nothing has happened."""
    RESET_AFTER = "reset-after"
    """The operation is carried out, then the connection is cut: the answer is lost."""
    ACCESS_DENIED = "access-denied"
    ERROR = "error"
    """Any other error code: `code` and `message` say which."""


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One rule. It holds for calls whose service and operation match the patterns (`*`, `Describe*`)."""

    kind: FaultKind
    service: str = "*"
    operation: str = "*"
    times: Annotated[int, msgspec.Meta(ge=1)] = 1
    """How many calls fail; after that the rule is gone."""
    skip: Annotated[int, msgspec.Meta(ge=0)] = 0
    """How many matching calls pass first."""
    code: str = ""
    message: str = ""

    def __post_init__(self) -> None:
        if self.kind is FaultKind.ERROR and not self.code:
            raise ValueError("a fault of kind 'error' needs a code, for example TargetGroupNotFound")


class Faults:
    """The rules that are left, in the order in which they were added; the first that matches is the one used."""

    def __init__(self) -> None:
        self._rules: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self._rules.append(fault)

    def clear(self) -> None:
        self._rules.clear()

    @property
    def rules(self) -> tuple[Fault, ...]:
        """What is still to happen."""
        return tuple(self._rules)

    def take(self, service: str, operation: str) -> Fault | None:
        """The fault that this call meets, if any; counts it as used."""
        for i, rule in enumerate(self._rules):
            if not (fnmatch.fnmatchcase(service, rule.service) and fnmatch.fnmatchcase(operation, rule.operation)):
                continue
            if rule.skip:
                self._rules[i] = replace(rule, skip=rule.skip - 1)
                continue
            if rule.times > 1:
                self._rules[i] = replace(rule, times=rule.times - 1)
            else:
                del self._rules[i]
            return rule
        return None


def error_of(fault: Fault, service: str, operation: str, options: AccountOptions) -> ApiError:
    """The error answer of a fault that has one, with the code that this service uses for it."""
    match fault.kind:
        case FaultKind.THROTTLE:
            return throttled(service)
        case FaultKind.SERVER_ERROR:
            code = "InternalError" if service == "ec2" else "InternalFailure"
            return ApiError(code, "An internal error has occurred", 500)
        case FaultKind.ACCESS_DENIED:
            who = options.arn("sts", "assumed-role/albc/albc", global_=True)
            if service == "ec2":
                return ApiError("UnauthorizedOperation", "You are not authorized to perform this operation.", 403)
            code = "AccessDenied" if service in ("elbv2", "elb", "sts", "iam", "route53") else "AccessDeniedException"
            return ApiError(code, f"User: {who} is not authorized to perform: {iam_action(service, operation)}", 403)
        case _:
            return ApiError(fault.code, fault.message or "injected fault")


def throttled(service: str) -> ApiError:
    """What a service answers above its request rate."""
    if service == "ec2":
        return ApiError("RequestLimitExceeded", "Request limit exceeded.", 503)
    if service in ("sts", "iam", "route53"):
        return ApiError("Throttling", "Rate exceeded")
    return ApiError("ThrottlingException", "Rate exceeded")
