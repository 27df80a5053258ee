"""The rules of an ALB's listener: its routes' units in order of precedence, numbered from 1 (spec/gateway.md §11).

A unit that an ALB cannot match on is left out; one whose action it cannot do answers 500; the others go on. Called by
`build` for each port.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from operator import itemgetter

from albc.mapping import tags
from albc.mapping.gateway.actions import BACKEND_ERROR, actions_of
from albc.mapping.gateway.conditions import check_match_indexes, conditions_of
from albc.mapping.gateway.faults import Fault
from albc.mapping.gateway.forwarding import Forwarder, Forwarding
from albc.mapping.gateway.ports import Port, PortRoute
from albc.mapping.gateway.precedence import Key, precedence, units_of
from albc.mapping.gateway.resolution import ResolvedRoute, ResolvedRule
from albc.mapping.gateway.routes import RouteRef
from albc.mapping.gateway.rule_configurations import pre_routing_action
from albc.mapping.gateway.target_groups import BuiltTargetGroup, ListenerPort
from albc.mapping.gateway.transforms import transforms_of
from albc.mapping.invalid import Invalid
from albc.mapping.settings import MappingSettings
from albc.mapping.snapshot import Snapshot
from albc.model.actions import ActionConfig
from albc.model.listener import Listener, ListenerRule


@dataclass(frozen=True, slots=True)
class RuleFault:
    """What is wrong with one rule of a route."""

    route: RouteRef
    rule_index: int
    fault: Fault


@dataclass(frozen=True, slots=True, eq=False)
class _RouteShare:
    """What one route gives to a port: its rules, whose numbers are not final, and its target groups, each once."""

    port_route: PortRoute
    rules: tuple[tuple[Key, ListenerRule], ...]
    target_groups: tuple[BuiltTargetGroup, ...]
    faults: tuple[RuleFault, ...]


@dataclass(frozen=True, slots=True, eq=False)
class PortRules:
    """What one port's routes come to."""

    context: "_Context | None" = None
    shares: Mapping[RouteRef, _RouteShare] = field(default_factory=dict)
    ordered: tuple[tuple[Key, RouteRef, ListenerRule], ...] = ()
    """Rules with their final numbers, in their order."""

    @property
    def rules(self) -> list[ListenerRule]:
        return [rule for _, _, rule in self.ordered]

    @property
    def target_groups(self) -> list[BuiltTargetGroup]:
        return [group for share in self.shares.values() for group in share.target_groups]

    @property
    def faults(self) -> list[RuleFault]:
        return [fault for share in self.shares.values() for fault in share.faults]


@dataclass(frozen=True, slots=True)
class _Context:
    """What the rules of every route of a port depend on, beside the route itself."""

    listener: Listener
    forwarder: Forwarder
    settings: MappingSettings


NO_RULES = PortRules()


def build_rules(
    port: Port,
    listener: Listener,
    forwarder: Forwarder,
    snapshot: Snapshot,
    settings: MappingSettings,
    earlier: PortRules = NO_RULES,
) -> PortRules:
    """What `earlier` holds of routes that have not changed since is taken as it is."""
    context = _Context(listener, forwarder, settings)
    if earlier.context is None or not _same(context, earlier.context):
        earlier = NO_RULES
    shares = {}
    for each in port.routes:
        known = earlier.shares.get(each.route.ref)
        if known is None or not _holds(known, each):
            known = _share(each, context, snapshot)
        shares[each.route.ref] = known
    kept = {ref for ref, share in shares.items() if earlier.shares.get(ref) is share}
    ordered = [each for each in earlier.ordered if each[1] in kept]
    ordered += [(key, ref, rule) for ref, share in shares.items() if ref not in kept for key, rule in share.rules]
    ordered.sort(key=itemgetter(0))
    numbered = tuple(
        (key, ref, rule if rule.priority == number else _numbered(rule, number, listener))
        for number, (key, ref, rule) in enumerate(ordered, 1)
    )
    return PortRules(context, shares, numbered)


def _same(context: _Context, earlier: _Context) -> bool:
    """Of the Gateway, only what goes into target groups counts."""
    one, other = context.forwarder, earlier.forwarder
    return (
        context.listener == earlier.listener
        and context.settings == earlier.settings
        and one.builder.frame == other.builder.frame
        and one.builder.gateway.spec.infrastructure == other.builder.gateway.spec.infrastructure
        and one.owners == other.owners
        and one.facts.target_groups == other.facts.target_groups
    )


def _holds(known: _RouteShare, each: PortRoute) -> bool:
    return known.port_route.route is each.route and known.port_route.hostnames == each.hostnames


def _share(each: PortRoute, context: _Context, snapshot: Snapshot) -> _RouteShare:
    listener, ref = context.listener, each.route.ref
    plans = {rule.rule.index: _plan(each.route, rule, context, snapshot) for rule in each.route.rules}
    faults = [RuleFault(ref, index, fault) for index, plan in plans.items() for fault in plan.faults]
    rules = []
    for key, unit in sorted(((precedence(unit), unit) for unit in units_of(each)), key=itemgetter(0)):
        plan = plans[unit.rule.rule.index]
        if not plan.actions:
            continue
        try:
            conditions = conditions_of(unit)
        except Invalid as invalid:
            fault = RuleFault(ref, unit.rule.rule.index, Fault.of(invalid))
            faults += [fault] if fault not in faults else []
            continue
        rule = ListenerRule(
            listener_arn=listener.arn,
            priority=0,
            actions=plan.actions,
            conditions=conditions,
            transforms=transforms_of(unit),
            tags=plan.tags,
        )
        rules.append((key, rule))
    groups = {built.target_group.id: built for plan in plans.values() for built in plan.forwarding.target_groups}
    return _RouteShare(each, tuple(rules), tuple(groups.values()), tuple(faults))


def _numbered(rule: ListenerRule, number: int, listener: Listener) -> ListenerRule:
    return replace(rule, id=f"{listener.port}:{number}", priority=number)


@dataclass(frozen=True, slots=True, kw_only=True)
class _RulePlan:
    """What a route's rule does on one port, whatever the match and host."""

    actions: tuple[ActionConfig, ...]
    """Empty: the rule does not belong on this port."""
    tags: dict[str, str]
    forwarding: Forwarding
    faults: tuple[Fault, ...]


def _plan(route: ResolvedRoute, rule: ResolvedRule, context: _Context, snapshot: Snapshot) -> _RulePlan:
    listener, settings = context.listener, context.settings
    place = ListenerPort(number=listener.port, protocol=listener.protocol)
    forwarding = context.forwarder.forward(rule.backends, route.ref, place)
    faults = list(forwarding.faults)
    actions: tuple[ActionConfig, ...]
    own_tags: dict[str, str] = {}
    try:
        own_tags = _check(rule, settings)
        actions = actions_of(rule, route.ref, forwarding.targets, snapshot.secrets)
    except Invalid as fault:
        faults.append(Fault.of(fault))
        actions = (BACKEND_ERROR,)
    before = pre_routing_action(rule.configuration)
    if before is not None and listener.protocol != "HTTPS":
        # Over HTTP nobody can be signed in, and the backend must not be open there.
        message = f"action {before.type} works on HTTPS only, so the rule is not put on port {listener.port}"
        faults.append(Fault("UnsupportedValue", message))
        actions = ()
    return _RulePlan(actions=actions, tags=tags.merge(own_tags, settings), forwarding=forwarding, faults=tuple(faults))


def _check(rule: ResolvedRule, settings: MappingSettings) -> dict[str, str]:
    """The rule's own tags, once its configuration has been found usable on this rule."""
    configuration = rule.configuration
    if configuration is None:
        return {}
    check_match_indexes(configuration, len(rule.rule.matches))
    own = dict(configuration.spec.tags or {})
    try:
        tags.check(own, settings, f"ListenerRuleConfiguration {configuration.name}")
    except Invalid as fault:
        raise Invalid(fault.message, reason="UnsupportedValue") from None
    return own
