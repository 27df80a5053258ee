"""The rules of an ALB's listener: its routes' units in order of precedence, numbered from 1 (spec/gateway.md §11).

A unit that an ALB cannot match on is left out; one whose action it cannot do answers 500; the others go on. Called by
`build` for each port.
"""

from dataclasses import dataclass, field

from albc.mapping import tags
from albc.mapping.gateway.actions import BACKEND_ERROR, actions_of
from albc.mapping.gateway.conditions import check_match_indexes, conditions_of
from albc.mapping.gateway.faults import Fault
from albc.mapping.gateway.forwarding import Forwarder, Forwarding
from albc.mapping.gateway.ports import Port
from albc.mapping.gateway.precedence import Unit, units_in_order
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


@dataclass(slots=True)
class PortRules:
    """What one port's routes come to. Filled by `build_rules` alone."""

    rules: list[ListenerRule] = field(default_factory=list)
    target_groups: list[BuiltTargetGroup] = field(default_factory=list)
    faults: list[RuleFault] = field(default_factory=list)


def build_rules(
    port: Port, listener: Listener, forwarder: Forwarder, snapshot: Snapshot, settings: MappingSettings
) -> PortRules:
    result = PortRules()
    plans: dict[tuple[RouteRef, int], _RulePlan] = {}
    for each in port.routes:
        for rule in each.route.rules:
            plans[each.route.ref, rule.rule.index] = _plan(each.route, rule, listener, forwarder, snapshot, settings)
    for (route, index), plan in plans.items():
        result.target_groups += plan.forwarding.target_groups
        result.faults += (RuleFault(route, index, fault) for fault in plan.faults)
    for unit in units_in_order(port.routes):
        plan = plans[unit.route.ref, unit.rule.rule.index]
        if plan.actions:
            _add(unit, plan, listener, result)
    return result


@dataclass(frozen=True, slots=True, kw_only=True)
class _RulePlan:
    """What a route's rule does on one port, whatever the match and host."""

    actions: tuple[ActionConfig, ...]
    """Empty: the rule does not belong on this port."""
    tags: dict[str, str]
    forwarding: Forwarding
    faults: tuple[Fault, ...]


def _plan(
    route: ResolvedRoute,
    rule: ResolvedRule,
    listener: Listener,
    forwarder: Forwarder,
    snapshot: Snapshot,
    settings: MappingSettings,
) -> _RulePlan:
    place = ListenerPort(number=listener.port, protocol=listener.protocol)
    forwarding = forwarder.forward(rule.backends, route.ref, place)
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
        tags.refuse_external_managed(own, settings, f"ListenerRuleConfiguration {configuration.name}")
    except Invalid as fault:
        raise Invalid(fault.message, reason="UnsupportedValue") from None
    return own


def _add(unit: Unit, plan: _RulePlan, listener: Listener, result: PortRules) -> None:
    try:
        conditions = conditions_of(unit)
    except Invalid as fault:
        found = RuleFault(unit.route.ref, unit.rule.rule.index, Fault.of(fault))
        if found not in result.faults:
            result.faults.append(found)
        return
    priority = len(result.rules) + 1
    result.rules.append(
        ListenerRule(
            id=f"{listener.port}:{priority}",
            listener_arn=listener.arn,
            priority=priority,
            actions=plan.actions,
            conditions=conditions,
            transforms=transforms_of(unit),
            tags=plan.tags,
        )
    )
