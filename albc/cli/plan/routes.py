"""A rule's conditions and actions as a line of words."""

from collections.abc import Iterator, Sequence

from albc.model.actions import (
    ActionConfig,
    AuthenticateCognito,
    AuthenticateOIDC,
    FixedResponse,
    Forward,
    JWTValidation,
    Redirect,
    TargetGroupTuple,
)
from albc.model.conditions import (
    Condition,
    HostHeader,
    HTTPHeader,
    HTTPRequestMethod,
    PathPattern,
    QueryString,
    SourceIP,
)
from albc.model.reference import Ref
from albc.model.stack import Stack
from albc.model.target_group import TargetGroup
from albc.model.target_group_binding import TargetGroupBinding


def condition_words(conditions: Sequence[Condition]) -> str:
    return " and ".join(map(_condition, conditions)) or "everything"


def action_words(actions: Sequence[ActionConfig], stack: Stack) -> str:
    return ", then ".join(_action(action, stack) for action in actions) or "nothing"


def _condition(condition: Condition) -> str:
    match condition:
        case HostHeader():
            return f"host {_any(condition.values, condition.regex_values)}"
        case PathPattern():
            return f"path {_any(condition.values, condition.regex_values)}"
        case HTTPHeader():
            return f"header {condition.http_header_name}: {_any(condition.values, condition.regex_values)}"
        case HTTPRequestMethod():
            return f"method {_any(condition.values)}"
        case QueryString():
            pairs = tuple(f"{pair.key}={pair.value}" if pair.key else pair.value for pair in condition.values)
            return f"query {_any(pairs)}"
        case SourceIP():
            return f"source {_any(condition.values)}"


def _any(values: Sequence[str], patterns: Sequence[str] = ()) -> str:
    return " or ".join((*values, *(f"/{pattern}/" for pattern in patterns)))


def _action(action: ActionConfig, stack: Stack) -> str:
    match action:
        case Forward():
            return " + ".join(_targets(action.target_groups, stack)) or "no targets"
        case Redirect():
            url = f"{action.protocol or '#{protocol}'}://{action.host or '#{host}'}:{action.port or '#{port}'}"
            return f"{action.status_code.removeprefix('HTTP_')} to {url}{action.path or '/#{path}'}"
        case FixedResponse():
            return f"{action.status_code}"
        case AuthenticateCognito():
            return "Cognito"
        case AuthenticateOIDC():
            return f"OIDC {action.issuer}"
        case JWTValidation():
            return f"JWT {action.issuer}"


def _targets(groups: Sequence[TargetGroupTuple], stack: Stack) -> Iterator[str]:
    weighted = len(groups) > 1
    for group in groups:
        name = _behind(group, stack)
        yield f"{name} ({group.weight})" if weighted and group.weight is not None else name


def _behind(group: TargetGroupTuple, stack: Stack) -> str:
    """The Service behind a target group, or the target group's own name."""
    arn = group.target_group_arn
    for binding in stack.all(TargetGroupBinding):
        if binding.target_group_arn == arn:
            return f"Service {binding.namespace}/{binding.service_ref.name}:{binding.service_ref.port}"
    if isinstance(arn, Ref):
        found = stack.get(TargetGroup, arn.id)
        return f"TargetGroup {found.name if found else arn.id}"
    return arn
