"""One member's rules, once its Services are known: what they forward to, and who may pass (spec/ingress.md §14.1, §15).

Conditions and order come from `backends`. Priorities are given when the group's rules stand together in a listener.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from albc.kube.objects import Service
from albc.mapping.ingress import auth, target_groups
from albc.mapping.ingress.actions import Action, Destination, ForwardTo, unavailable
from albc.mapping.ingress.auth import Authentication
from albc.mapping.ingress.backends import Backend, Backends
from albc.mapping.ingress.groups import GroupID
from albc.mapping.ingress.member import Member, annotations_of
from albc.mapping.ingress.target_groups import TargetGroupSettings, TargetGroupShare
from albc.mapping.invalid import Invalid
from albc.mapping.settings import MappingSettings
from albc.mapping.snapshot import NamespacedName, Snapshot
from albc.model.actions import ActionConfig, Forward, TargetGroupTuple
from albc.model.conditions import Condition
from albc.model.facts import Facts
from albc.model.listener import RewriteTransform
from albc.model.problem import ObjectRef
from albc.model.reference import Token


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What becomes of a request."""

    before: tuple[ActionConfig, ...]
    """Authentication; it stands on HTTPS listeners only."""
    action: ActionConfig
    target_groups: tuple[TargetGroupShare, ...]
    """Those that the action forwards to and that albc makes."""
    login_ignored: bool
    """Authentication is asked for, but the member has no HTTPS listener."""

    def on(self, protocol: str) -> tuple[ActionConfig, ...]:
        return (*self.before, self.action) if protocol == "HTTPS" else (self.action,)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleShare:
    """A rule as it stands in every listener of its member."""

    owner: ObjectRef
    name: str
    """As the user would call it: host and path."""
    conditions: tuple[Condition, ...]
    answer: Answer
    transforms: tuple[RewriteTransform, ...]
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesShare:
    """All rules of one member, in the order in which its listeners try them."""

    rules: tuple[RuleShare, ...]
    answers: tuple[Answer, ...]
    """Those of the rules, each once."""
    default: Answer | None

    @property
    def login_ignored(self) -> bool:
        return any(answer.login_ignored for answer in (*self.answers, *([self.default] if self.default else ())))


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a member's rules depend on beside the member."""

    group: GroupID
    snapshot: Snapshot
    facts: Facts
    settings: MappingSettings


def build(
    member: Member, backends: Backends, tags: Mapping[str, str], authenticates: bool, around: Surroundings
) -> RulesShare:
    """`authenticates`: whether the member has an HTTPS listener, where authentication can stand."""
    if not backends.rules and not backends.default:
        return RulesShare(rules=(), answers=(), default=None)
    answering = _Answering(member, authenticates, around)
    owner = member.ref
    rules = tuple(
        RuleShare(
            owner=owner,
            name=f"{rule.host or '*'}{rule.path}",
            conditions=rule.conditions,
            answer=answering.answer(rule.backend),
            transforms=rule.backend.transforms,
            tags=tags,
        )
        for rule in backends.rules
    )
    return RulesShare(
        rules=rules,
        answers=tuple({id(rule.answer): rule.answer for rule in rules}.values()),
        default=answering.answer(backends.default) if backends.default else None,
    )


class _Answering:
    """Answers of one member's backends; what several have in common is made once."""

    def __init__(self, member: Member, authenticates: bool, around: Surroundings) -> None:
        self._member = member
        self._authenticates = authenticates
        self._around = around
        self._place = target_groups.Place(group=around.group, member=member, settings=around.settings)
        self._jwt = auth.read_jwt(member.annotations)
        self._secrets = auth.KnownSecrets(
            member.ingress.namespace, around.snapshot.secrets, around.settings.required_secrets_label
        )
        self._answers: dict[int, Answer] = {}
        self._shares: dict[tuple[str, int | str], TargetGroupShare] = {}
        self._authentications: dict[str, Authentication] = {}
        self._target_group_settings: dict[str, TargetGroupSettings] = {}

    def answer(self, backend: Backend) -> Answer:
        known = self._answers.get(id(backend))
        if known is None:
            known = self._answers[id(backend)] = self._answer(backend)
        return known

    def _answer(self, backend: Backend) -> Answer:
        action, services = self._with_services(backend.action)
        authentication = self._authentication(action, services)
        asked = authentication.type != "none" or self._jwt is not None
        before: tuple[ActionConfig, ...] = ()
        if asked and self._authenticates:
            before = auth.actions(authentication, self._jwt, self._secrets)
        login_ignored = asked and not self._authenticates
        if not isinstance(action, ForwardTo):
            return Answer(before=before, action=action, target_groups=(), login_ignored=login_ignored)
        shares = {d: self._share(services[d.service], d.port) for d in action.destinations if d.service is not None}
        forward = Forward(
            target_groups=tuple(
                TargetGroupTuple(target_group_arn=self._arn(destination, shares), weight=destination.weight)
                for destination in action.destinations
            ),
            stickiness=action.stickiness,
        )
        return Answer(before=before, action=forward, target_groups=tuple(shares.values()), login_ignored=login_ignored)

    def _with_services(self, action: Action) -> tuple[Action, Mapping[str, Service]]:
        """The action and its Services; where the only Service is missing and that is tolerated, a 503 instead."""
        services: dict[str, Service] = {}
        if not isinstance(action, ForwardTo):
            return action, services
        namespace = self._member.ingress.namespace
        for name in action.services:
            service = self._around.snapshot.services.get(NamespacedName(namespace, name))
            if service is None:
                if action.only_service and self._around.settings.tolerate_non_existent_backend_service:
                    return unavailable("Backend service does not exist"), {}
                raise Invalid(f'Service "{name}" not found in namespace {namespace}; create it, or correct the backend')
            services[name] = service
        return action, services

    def _authentication(self, action: Action, services: Mapping[str, Service]) -> Authentication:
        """Read from the Ingress; where one Service is all that is forwarded to, from that over the Ingress."""
        only = services.get(action.only_service or "") if isinstance(action, ForwardTo) else None
        key = _voice(only) if only else ""
        if key not in self._authentications:
            annotations = annotations_of(only).over(self._member.annotations) if only else self._member.annotations
            self._authentications[key] = auth.read(annotations)
        return self._authentications[key]

    def _share(self, service: Service, port: int | str) -> TargetGroupShare:
        key = (service.name, port)
        if key not in self._shares:
            self._shares[key] = target_groups.build(self._place, service, port, self._settings_of(service))
        return self._shares[key]

    def _settings_of(self, service: Service) -> TargetGroupSettings:
        key = _voice(service)
        if key not in self._target_group_settings:
            of_service = annotations_of(service)
            self._target_group_settings[key] = target_groups.read(self._member, of_service, self._around.settings)
        return self._target_group_settings[key]

    def _arn(self, destination: Destination, shares: Mapping[Destination, TargetGroupShare]) -> Token:
        if destination.arn is not None:
            return destination.arn
        if destination.service is not None:
            return shares[destination].target_group.arn
        found = [group.arn for group in self._around.facts.target_groups if group.name == destination.name]
        if len(found) != 1:
            raise Invalid(
                f"searching TargetGroup with name {destination.name}: there are {len(found)} of that name, "
                "expected one; create it, or correct targetGroupName"
            )
        return found[0]


def _voice(service: Service) -> str:
    """The Service's name, or nothing for one that is silent: all of those get what the Ingress says."""
    return "" if annotations_of(service).silent else service.name
