"""What a backend does with a request: `actions.NAME`, or forwarding to a Service (spec/ingress.md §14.1, §14.2)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

from albc.mapping import nearest
from albc.mapping.go import JSONObject, parse_int
from albc.mapping.ingress import limits
from albc.mapping.ingress.member import Member
from albc.mapping.invalid import Invalid
from albc.mapping.settings import MappingSettings
from albc.model.actions import FixedResponse, Redirect, Stickiness
from albc.model.facts import FactsRequest

WEIGHTS = range(1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """One target group of a forward action: by ARN, else by name, else made for a port of a Service."""

    arn: str | None = None
    name: str | None = None
    service: str | None = None
    port: int | str = 0
    weight: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardTo:
    destinations: tuple[Destination, ...]
    stickiness: Stickiness | None = None

    @property
    def services(self) -> tuple[str, ...]:
        """Names of the Services, each once."""
        return tuple(dict.fromkeys(d.service for d in self.destinations if d.service is not None))

    @property
    def only_service(self) -> str | None:
        """The Service, if the action forwards to one Service and nothing else."""
        return self.destinations[0].service if len(self.destinations) == 1 else None


Action: TypeAlias = FixedResponse | Redirect | ForwardTo


def unavailable(body: str) -> FixedResponse:
    return FixedResponse(content_type="text/plain", message_body=body, status_code="503")


def forward(service: str, port: int | str) -> ForwardTo:
    return ForwardTo(destinations=(Destination(service=service, port=port),))


def read(member: Member, name: str, settings: MappingSettings) -> Action:
    """The action that the annotation `actions.NAME` describes."""
    suffix = f"actions.{name}"
    action = member.annotations.json(suffix, _decode)
    if action is not None:
        return action
    if suffix not in member.annotations and settings.tolerate_non_existent_backend_action:
        return unavailable("Backend action does not exist")
    raise Invalid(f"missing {member.annotations.prefix}{suffix}, which a backend with port use-annotation refers to")


def wants(action: Action) -> FactsRequest:
    """Target groups that the action forwards to by name."""
    if not isinstance(action, ForwardTo):
        return FactsRequest()
    return FactsRequest(target_group_names=frozenset(d.name for d in action.destinations if d.name and not d.arn))


def _decode(document: Any) -> Action:
    action = JSONObject({} if document is None else document)
    type_ = action.string("type") or ""
    match type_:
        case "fixed-response":
            return _fixed_response(action.object("fixedResponseConfig"))
        case "redirect":
            return _redirect(action.object("redirectConfig"))
        case "forward":
            return _forward(action)
    hint = nearest.word(type_[:40], ("fixed-response", "redirect", "forward"))
    raise ValueError(f'must have a type of fixed-response, redirect or forward, not "{type_[:40]}"{hint}')


def _fixed_response(config: JSONObject | None) -> FixedResponse:
    if config is None:
        raise ValueError("must have fixedResponseConfig for the type fixed-response")
    response = FixedResponse(
        content_type=config.string("contentType"),
        message_body=config.string("messageBody"),
        status_code=config.string("statusCode") or "",
    )
    limits.check_response(response)
    return response


def _redirect(config: JSONObject | None) -> Redirect:
    if config is None:
        raise ValueError("must have redirectConfig for the type redirect")
    redirect = Redirect(
        host=config.string("host"),
        path=config.string("path"),
        port=config.string("port"),
        protocol=config.string("protocol"),
        query=config.string("query"),
        status_code=config.string("statusCode") or "",
    )
    limits.check_redirect(redirect)
    return redirect


def _forward(action: JSONObject) -> ForwardTo:
    arn, name = action.string("targetGroupARN"), action.string("targetGroupName")
    config = action.object("forwardConfig")
    if config is None:
        if arn is None and name is None:
            raise ValueError("must have forwardConfig, targetGroupARN or targetGroupName for the type forward")
        return ForwardTo(destinations=(Destination(arn=arn, name=name),))
    if arn is not None or name is not None:
        raise ValueError("must have either forwardConfig or targetGroupARN/targetGroupName, not both")
    destinations = tuple(_destination(entry) for entry in config.objects("targetGroups") or ())
    limits.check_target_groups(len(destinations))
    if len(destinations) > 1 and any(destination.weight is None for destination in destinations):
        raise ValueError("must have a weight in each of several targetGroups")
    return ForwardTo(destinations=destinations, stickiness=_stickiness(config.object("targetGroupStickinessConfig")))


def _destination(entry: JSONObject) -> Destination:
    arn, name = entry.string("targetGroupARN"), entry.string("targetGroupName")
    service, port = entry.string("serviceName"), entry.int_or_string("servicePort")
    weight = entry.int32("weight")
    if service is None and arn is None and name is None:
        raise ValueError("must have serviceName or targetGroupARN/targetGroupName in each of targetGroups")
    if service is not None and (arn is not None or name is not None):
        raise ValueError("must have either serviceName or targetGroupARN/targetGroupName in each of targetGroups")
    if service is not None and port is None:
        raise ValueError(f"must have servicePort beside serviceName {service[:63]}")
    if weight is not None and weight not in WEIGHTS:
        raise ValueError(f"must have weights from {WEIGHTS.start} to {WEIGHTS.stop - 1}, not {weight}")
    return Destination(arn=arn, name=name, service=service, port=_number_if_decimal(port), weight=weight)


def _number_if_decimal(port: int | str | None) -> int | str:
    """`"80"` is the number 80, as the reference takes it. An empty text is the name of a port without a name."""
    number = parse_int(port, 32) if isinstance(port, str) else port or 0
    return number if number is not None else port or ""


def _stickiness(config: JSONObject | None) -> Stickiness | None:
    if config is None:
        return None
    stickiness = Stickiness(enabled=config.boolean("enabled"), duration_seconds=config.int32("durationSeconds"))
    limits.check_stickiness(stickiness)
    return stickiness


def services_of(actions: Iterable[Action]) -> frozenset[str]:
    """Names of all Services that some action forwards to."""
    return frozenset(name for action in actions if isinstance(action, ForwardTo) for name in action.services)
