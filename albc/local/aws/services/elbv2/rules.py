"""Rules of Application Load Balancers' listeners. The default rule goes with its listener."""

from albc.local.aws.errors import ApiError
from albc.local.aws.ids import hex_id
from albc.local.aws.services.elbv2 import actions, conditions, describe, lookup, tags
from albc.local.aws.services.operation import Answer, Operations, Params, page
from albc.local.aws.state import State
from albc.local.aws.state.load_balancing import Listener, LoadBalancer, Rule


def create_rule(state: State, params: Params) -> Answer:
    listener = lookup.listener(state, params["ListenerArn"])
    balancer = _application(state, listener)
    priority = params["Priority"]
    kept_conditions = conditions.checked(params["Conditions"], state.options.quotas)
    kept_actions = actions.checked(state, balancer, listener.protocol, params["Actions"])
    transforms = conditions.checked_transforms(params.get("Transforms") or ())
    tag_set = tags.checked(state, params)
    siblings = state.load_balancing.rules_of(listener.arn)
    if any(rule.priority == priority for rule in siblings):
        raise ApiError("PriorityInUse", f"Priority '{priority}' is currently in use")
    _check_quota(state, balancer)
    suffix = hex_id("rule", listener.arn, state.next_serial(), digits=16)
    arn = f"{listener.arn.replace(':listener/', ':listener-rule/')}/{suffix}"
    rule = Rule(
        arn, listener.arn, priority, kept_conditions, kept_actions, transforms, tag_set, created_at=state.clock()
    )
    state.load_balancing.rules[arn] = rule
    state.load_balancing.refresh_users(state.clock())
    return {"Rules": [describe.rule(rule)]}


def describe_rules(state: State, params: Params) -> Answer:
    arn, arns = params.get("ListenerArn"), params.get("RuleArns")
    if bool(arn) == bool(arns):
        raise ApiError("ValidationError", "You must specify either listener ARNs or rule ARNs")
    if arns:
        items = []
        for each in dict.fromkeys(arns):
            owner = lookup.listener_of_default_rule(state, each)
            items.append(
                describe.default_rule(owner) if owner else describe.rule(lookup.rule(state, each, reading=True))
            )
    else:
        listener = lookup.listener(state, params["ListenerArn"])
        rules = state.load_balancing.rules_of(listener.arn)
        items = [describe.rule(rule) for rule in rules if state.visible(rule.created_at)]
        items.append(describe.default_rule(listener))
    shown, marker = page(
        items,
        lambda item: f"{item['Priority']:0>7} {item['RuleArn']}",
        params.get("PageSize", 400),
        params.get("Marker"),
    )
    return {"Rules": shown, "NextMarker": marker}


def modify_rule(state: State, params: Params) -> Answer:
    rule = _not_default(state, params["RuleArn"], "modified")
    listener = state.load_balancing.listeners[rule.listener_arn]
    balancer = _application(state, listener)
    kept_conditions, kept_actions, transforms = rule.conditions, rule.actions, rule.transforms
    if "Conditions" in params:
        kept_conditions = conditions.checked(params["Conditions"], state.options.quotas)
    if "Actions" in params:
        kept_actions = actions.checked(state, balancer, listener.protocol, params["Actions"], rule.actions)
    if params.get("ResetTransforms"):
        if params.get("Transforms"):
            raise ApiError("ValidationError", "Transforms cannot be both set and reset")
        transforms = ()
    elif "Transforms" in params:
        transforms = conditions.checked_transforms(params["Transforms"])
    rule.conditions, rule.actions, rule.transforms = kept_conditions, kept_actions, transforms
    state.load_balancing.refresh_users(state.clock())
    return {"Rules": [describe.rule(rule)]}


def set_rule_priorities(state: State, params: Params) -> Answer:
    """All at once: priorities may be swapped in one call, and nothing changes when one of them is taken."""
    wanted = {
        _not_default(state, pair["RuleArn"], "given a priority").arn: pair["Priority"]
        for pair in params["RulePriorities"]
    }
    rules = [state.load_balancing.rules[arn] for arn in wanted]
    for listener_arn in dict.fromkeys(rule.listener_arn for rule in rules):
        taken: set[int] = set()
        for rule in state.load_balancing.rules_of(listener_arn):
            priority = wanted.get(rule.arn, rule.priority)
            if priority in taken:
                raise ApiError("PriorityInUse", f"Priority '{priority}' is currently in use")
            taken.add(priority)
    for rule in rules:
        rule.priority = wanted[rule.arn]
    return {"Rules": [describe.rule(rule) for rule in rules]}


def delete_rule(state: State, params: Params) -> Answer:
    rule = _not_default(state, params["RuleArn"], "deleted")
    del state.load_balancing.rules[rule.arn]
    state.load_balancing.refresh_users(state.clock())
    return {}


def _not_default(state: State, arn: str, verb: str) -> Rule:
    if lookup.listener_of_default_rule(state, arn):
        raise ApiError("OperationNotPermitted", f"Default rule '{arn}' cannot be {verb}")
    return lookup.rule(state, arn)


def _application(state: State, listener: Listener) -> LoadBalancer:
    balancer = state.load_balancing.load_balancers[listener.load_balancer_arn]
    if balancer.type != "application":
        raise ApiError(
            "InvalidConfigurationRequest", f"Listeners of type '{balancer.type}' have no rules but the default"
        )
    return balancer


def _check_quota(state: State, balancer: LoadBalancer) -> None:
    limit = state.options.quotas.rules_per_application_load_balancer
    listeners = {each.arn for each in state.load_balancing.listeners_of(balancer.arn)}
    if sum(rule.listener_arn in listeners for rule in state.load_balancing.rules.values()) >= limit:
        raise ApiError(
            "TooManyRules", f"The maximum number of rules on load balancer '{balancer.arn}' has been reached"
        )


OPERATIONS: Operations = {
    "CreateRule": create_rule,
    "DescribeRules": describe_rules,
    "ModifyRule": modify_rule,
    "SetRulePriorities": set_rule_priorities,
    "DeleteRule": delete_rule,
}
