"""Target groups (spec/aws.md §5.1).

AWS ties a target group to one load balancer, so one that serves a load balancer which is being replaced cannot serve
its successor: that gets target groups of its own. Such a second one needs a name of its own, too.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from albc.deploy.fields.field import Change, Difference, create_request, differences, modify_request
from albc.deploy.fields.target_groups import ADVANCED_HEALTH_CHECK, TARGET_GROUP
from albc.deploy.plan.attributes import Owner, attribute_operations, unmanaged_attributes
from albc.deploy.plan.free_names import free_name
from albc.deploy.plan.keep import targets
from albc.deploy.plan.load_balancer_match import LoadBalancers
from albc.deploy.plan.operation import Operation, ResourceID, Unmanaged, Verb
from albc.deploy.plan.scope import Scope
from albc.deploy.plan.tags import elbv2_tags
from albc.deploy.settings import DeploySettings
from albc.deploy.values import tag_list
from albc.model.actions import Forward
from albc.model.attributes import target_group_defaults
from albc.model.inventory import ActualLoadBalancer, ActualTargetGroup, InventoryView
from albc.model.listener import Listener, ListenerRule
from albc.model.reference import Ref, Token
from albc.model.stack import Stack
from albc.model.target_group import TargetGroup

NETWORK_PROTOCOLS = frozenset({"TCP", "TLS", "UDP", "TCP_UDP", "QUIC", "TCP_QUIC"})


@dataclass(frozen=True, slots=True)
class TargetGroups:
    """Which target groups of AWS are which of the stack."""

    pairs: tuple[tuple[TargetGroup, ActualTargetGroup], ...]
    missing: tuple[tuple[TargetGroup, str], ...]
    """With the reason; their names are free."""
    unwanted: tuple[ActualTargetGroup, ...]
    held: tuple[ActualTargetGroup, ...]
    """Unwanted, but used by a load balancer that stays."""

    def known(self) -> dict[Ref, str]:
        return {wanted.arn: actual.arn for wanted, actual in self.pairs}


def match(stack: Stack, view: InventoryView, settings: DeploySettings, balancers: LoadBalancers) -> TargetGroups:
    """By resource id, then by whether AWS can make of it what is wanted, then by who uses it."""
    doomed = forwarded_to(balancers.doomed())
    in_use = forwarded_to(actual for _, actual in balancers.pairs)
    protected = forwarded_to(balancers.protected)
    names = {group.aws.get("TargetGroupName", "") for group in view.target_groups}
    pairs: list[tuple[TargetGroup, ActualTargetGroup]] = []
    missing = []
    for wanted in stack.all(TargetGroup):
        candidates = sorted(
            (group for group in view.target_groups if view.resource_id(group.tags) == wanted.id),
            key=lambda group: (group.arn not in in_use, group.arn),
        )
        reasons = {
            group.arn: "it serves a load balancer that is being replaced"
            if group.arn in doomed and group.arn not in in_use
            else _obstacles(wanted, group, settings)
            for group in candidates
        }
        if usable := [group for group in candidates if not reasons[group.arn]]:
            pairs.append((wanted, usable[0]))
        else:
            named = replace(wanted, name=free_name(wanted.name, names))
            missing.append((named, next(iter(reasons.values()), "")))
    taken = {actual.arn for _, actual in pairs}
    leftover = [group for group in view.target_groups if group.arn not in taken]
    return TargetGroups(
        pairs=tuple(pairs),
        missing=tuple(missing),
        unwanted=tuple(group for group in leftover if group.arn not in protected),
        held=tuple(group for group in leftover if group.arn in protected),
    )


def changes(groups: TargetGroups, scope: Scope) -> list[Operation]:
    """Creations and modifications."""
    operations: list[Operation] = []
    for wanted, reason in groups.missing:
        operations += _create(wanted, reason, scope)
    for wanted, actual in groups.pairs:
        operations += _modify(wanted, actual, scope)
    return operations


def deletions(groups: TargetGroups, scope: Scope, needs: frozenset[ResourceID]) -> list[Operation]:
    """Of the unwanted; `needs` holds all that might forward to them or bind them."""
    return [
        Operation(
            verb=Verb.DELETE,
            resource=ResourceID(TargetGroup.type, group.tags.get(f"{scope.tag_prefix}/resource", group.arn)),
            service="elbv2",
            action="delete_target_group",
            params={"TargetGroupArn": group.arn},
            target=group.arn,
            before={"Name": group.aws.get("TargetGroupName", "")},
            because="no longer wanted",
            needs=needs,
        )
        for group in groups.unwanted
        if group.arn not in scope.kept.target_groups
    ]


def unmanaged(groups: TargetGroups) -> Iterator[Unmanaged]:
    for wanted, actual in groups.pairs:
        owner = _owner(wanted, actual.arn)
        yield from unmanaged_attributes(owner, wanted.attributes, actual.attributes, actual.written_attributes)


def waiting_for_health(groups: TargetGroups, stack: Stack, view: InventoryView, settings: DeploySettings) -> str:
    """Which target groups of a new load balancer have no healthy target yet, while their predecessors have; in words.
    One that is still to be made has none; nor has, ever, one to which the stack forwards nothing.

    "" when traffic may move, or has been waited for long enough.
    """
    succession = view.succession
    if succession is None or succession.seconds >= settings.replacement_health_seconds:
        return ""
    healthy, used = succession.healthy_targets, _wanted(stack)
    before = (*groups.unwanted, *groups.held)
    served = {view.resource_id(group.tags) for group in before if healthy.get(group.arn)}
    # Of one whose successor is still to be made, nobody has asked yet how its targets are.
    perhaps = {view.resource_id(group.tags) for group in before if healthy.get(group.arn, 1)}
    waiting = [wanted.name for wanted, _ in groups.missing if wanted.id in perhaps and wanted.arn in used]
    waiting += [
        str(actual.aws.get("TargetGroupName", ""))
        for wanted, actual in groups.pairs
        if wanted.id in served and wanted.arn in used and not succession.can_serve(actual.arn)
    ]
    return f"healthy targets in {', '.join(sorted(waiting))}" if waiting else ""


def is_ready(arn: str, predecessor: str, view: InventoryView, settings: DeploySettings) -> bool:
    """Whether traffic may move to one target group from another: it can serve, or it is worth no (more) waiting."""
    succession = view.succession
    return succession is not None and (
        succession.can_serve(arn)
        or not succession.healthy_targets.get(predecessor)
        or succession.waited.get(arn, 0.0) >= settings.replacement_health_seconds
    )


def forwarded_to(balancers: "Iterator[ActualLoadBalancer] | tuple[ActualLoadBalancer, ...]") -> frozenset[str]:
    """ARNs of the target groups in the actions of these load balancers."""
    arns: set[str] = set()
    for balancer in balancers:
        for listener in balancer.listeners:
            actions = [*(listener.aws.get("DefaultActions") or ())]
            for rule in listener.rules:
                actions += rule.aws.get("Actions") or ()
            arns |= targets(actions)
    return frozenset(arns)


def _wanted(stack: Stack) -> frozenset[Token]:
    """Target groups that the stack forwards to."""
    actions = [
        *(action for listener in stack.all(Listener) for action in listener.default_actions),
        *(action for rule in stack.all(ListenerRule) for action in rule.actions),
    ]
    forwards = [action for action in actions if isinstance(action, Forward)]
    return frozenset(one.target_group_arn for forward in forwards for one in forward.target_groups)


def _obstacles(wanted: TargetGroup, actual: ActualTargetGroup, settings: DeploySettings) -> str:
    return ", ".join(
        f"{one.field.name} was {one.before}, {one.after} is wanted, and AWS cannot change it"
        for one in differences(TARGET_GROUP, wanted, actual, settings, {})
        if one.field.change is Change.REPLACE or _is_fixed(one, wanted, settings)
    )


def _is_fixed(one: Difference[TargetGroup, ActualTargetGroup], wanted: TargetGroup, settings: DeploySettings) -> bool:
    return (
        one.field.name in ADVANCED_HEALTH_CHECK
        and wanted.protocol in NETWORK_PROTOCOLS
        and not settings.nlb_health_check_advanced_config
    )


def _owner(wanted: TargetGroup, arn: Token) -> Owner:
    return Owner(
        resource=ResourceID(TargetGroup.type, wanted.id),
        arn=arn,
        action="modify_target_group_attributes",
        arn_parameter="TargetGroupArn",
        defaults=target_group_defaults(wanted.protocol),
    )


def _create(wanted: TargetGroup, reason: str, scope: Scope) -> Iterator[Operation]:
    request = create_request(TARGET_GROUP, wanted, scope.settings)
    yield Operation(
        verb=Verb.REPLACE if reason else Verb.CREATE,
        resource=ResourceID(TargetGroup.type, wanted.id),
        service="elbv2",
        action="create_target_group",
        params={**request, "Tags": tag_list(scope.tags(wanted.id, wanted.tags))},
        after=request,
        because=reason or "does not exist",
    )
    owner = _owner(wanted, wanted.arn)
    yield from attribute_operations(owner, wanted.attributes, owner.defaults)


def _modify(wanted: TargetGroup, actual: ActualTargetGroup, scope: Scope) -> Iterator[Operation]:
    resource = ResourceID(TargetGroup.type, wanted.id)
    yield from elbv2_tags(scope, resource, actual.arn, scope.tags(wanted.id, wanted.tags), actual.tags)
    if changed := differences(TARGET_GROUP, wanted, actual, scope.settings, scope.known):
        yield Operation(
            verb=Verb.MODIFY,
            resource=resource,
            service="elbv2",
            action="modify_target_group",
            params={
                "TargetGroupArn": actual.arn,
                **modify_request(TARGET_GROUP, "modify_target_group", wanted, scope.settings),
            },
            target=actual.arn,
            before={one.field.name: one.before for one in changed},
            after={one.field.name: one.after for one in changed},
            because=f"{', '.join(one.field.name for one in changed)} changed",
        )
    yield from attribute_operations(
        _owner(wanted, actual.arn), wanted.attributes, actual.attributes, actual.written_attributes
    )
