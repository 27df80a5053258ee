"""Managed security groups: created, given inbound rules, and deleted when nothing holds them (spec/aws.md §4)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from albc.deploy.fields.field import create_request
from albc.deploy.fields.security_groups import SECURITY_GROUP, Shape, wanted_permission
from albc.deploy.plan.operation import Operation, ResourceID, Verb
from albc.deploy.plan.scope import Scope
from albc.deploy.plan.tags import cluster_tag, ec2_tags
from albc.deploy.values import tag_list
from albc.model.classic import ClassicLoadBalancer
from albc.model.inventory import ActualSecurityGroup, InventoryView
from albc.model.permissions import Permission, counted, from_answer, with_shapes
from albc.model.reference import Ref, Token
from albc.model.security_group import SecurityGroup
from albc.model.stack import Stack

Inbound: TypeAlias = Mapping[Permission, Shape]
"""Inbound rules, each with AWS's form of it."""


@dataclass(frozen=True, slots=True)
class SecurityGroups:
    """Which groups of AWS are which of the stack."""

    pairs: tuple[tuple[SecurityGroup, ActualSecurityGroup], ...]
    missing: tuple[SecurityGroup, ...]
    unwanted: tuple[ActualSecurityGroup, ...]
    of_classic: bool = False
    """Of a Classic Load Balancer: owned by the cluster by a tag of old, too."""

    def known(self) -> dict[Ref, str]:
        return {wanted.group_id: actual.id for wanted, actual in self.pairs}


def match(stack: Stack, view: InventoryView) -> SecurityGroups:
    """By resource id; of several with one id the first by group id."""
    actual = sorted(view.security_groups, key=lambda group: group.id)
    pairs = []
    missing = []
    for wanted in stack.all(SecurityGroup):
        if found := next((group for group in actual if view.resource_id(group.tags) == wanted.id), None):
            pairs.append((wanted, found))
        else:
            missing.append(wanted)
    taken = {found.id for _, found in pairs}
    unwanted = tuple(group for group in actual if group.id not in taken)
    return SecurityGroups(tuple(pairs), tuple(missing), unwanted, of_classic=bool(stack.all(ClassicLoadBalancer)))


def changes(groups: SecurityGroups, scope: Scope, *, in_use: bool) -> list[Operation]:
    """Creations and modifications. `in_use`: a load balancer that has to give way goes on serving for a while, so that
    nothing is revoked yet."""
    operations = []
    for wanted in groups.missing:
        operations += _create(wanted, scope)
    for wanted, actual in groups.pairs:
        resource = ResourceID(SecurityGroup.type, wanted.id)
        tags = scope.tags(wanted.id, wanted.tags)
        if groups.of_classic:
            operations += cluster_tag(scope, resource, actual.id, wanted.tags, actual.tags)
        operations += ec2_tags(scope, resource, actual.id, tags, actual.tags)
        grant, revoke = _inbound(wanted, actual, scope)
        if in_use:
            operations += grant
        else:
            operations += grant + revoke if _has_room(wanted, actual, scope) else revoke + grant
    return operations


def revocations(groups: SecurityGroups, scope: Scope, needs: frozenset[ResourceID]) -> list[Operation]:
    """What `changes` has left out; `needs` holds what has to stand first."""
    return [
        replace(operation, needs=needs)
        for wanted, actual in groups.pairs
        for operation in _inbound(wanted, actual, scope)[1]
    ]


def deletions(groups: SecurityGroups, view: InventoryView, needs: frozenset[ResourceID]) -> list[Operation]:
    """Of the groups that no resource of the stack stands for; `needs` holds whatever might use them."""
    return [
        Operation(
            verb=Verb.DELETE,
            resource=ResourceID(SecurityGroup.type, view.resource_id(group.tags)),
            service="ec2",
            action="delete_security_group",
            params={"GroupId": group.id},
            target=group.id,
            before={"GroupName": group.aws.get("GroupName", "")},
            because="no longer wanted",
            needs=needs,
        )
        for group in groups.unwanted
    ]


def _create(wanted: SecurityGroup, scope: Scope) -> list[Operation]:
    resource = ResourceID(SecurityGroup.type, wanted.id)
    rules = _permissions(wanted, scope)
    if refusal := _refusal(resource, rules, scope):
        return [refusal]
    request = create_request(SECURITY_GROUP, wanted, scope.settings)
    tags = scope.tags(wanted.id, wanted.tags)
    create = Operation(
        verb=Verb.CREATE,
        resource=resource,
        service="ec2",
        action="create_security_group",
        params={**request, "TagSpecifications": [{"ResourceType": "security-group", "Tags": tag_list(tags)}]},
        after=request,
        because="does not exist",
    )
    return [create, *_authorize(resource, wanted.group_id, _in_order(rules, rules))]


def _inbound(
    wanted: SecurityGroup, actual: ActualSecurityGroup, scope: Scope
) -> tuple[list[Operation], list[Operation]]:
    """What to authorize, then what to revoke; a rule is the same whatever its description says."""
    mine = _permissions(wanted, scope)
    theirs = dict(with_shapes(actual.aws.get("IpPermissions") or ()))
    resource = ResourceID(SecurityGroup.type, wanted.id)
    grant = _in_order(mine, mine.keys() - theirs.keys())
    if grant and (refusal := _refusal(resource, mine, scope)):
        return [refusal], []
    surplus = set() if scope.kept.active else theirs.keys() - mine.keys()
    revoke = _in_order(theirs, surplus)
    return _authorize(resource, actual.id, grant), _revoke(resource, actual.id, revoke)


def _has_room(wanted: SecurityGroup, actual: ActualSecurityGroup, scope: Scope) -> bool:
    """For what is to come beside what is to go, as far as it is known."""
    quota = scope.quotas.rules_per_security_group
    theirs = from_answer(actual.aws.get("IpPermissions") or ())
    return quota is None or counted({*_permissions(wanted, scope), *theirs}) <= quota


def _refusal(resource: ResourceID, rules: Inbound, scope: Scope) -> Operation | None:
    """What stands for rules that AWS would refuse, all at once, as they are too many; what is there stays as it is."""
    quota, number = scope.quotas.rules_per_security_group, counted(rules)
    if quota is None or number <= quota:
        return None
    return Operation(
        verb=Verb.BLOCKED,
        resource=resource,
        because=(
            f"{number} inbound rules are wanted in one security group, but the account's quota is {quota}; raise quota "
            "L-0EA8095F of Amazon VPC (rules per security group), or name fewer sources"
        ),
        over_quota=True,
    )


def _permissions(wanted: SecurityGroup, scope: Scope) -> Inbound:
    return dict(map(wanted_permission, scope.resolve(wanted.ingress)))


def _in_order(rules: Inbound, which: Collection[Permission]) -> Inbound:
    return {permission: rules[permission] for permission in sorted(which, key=str)}


def _authorize(resource: ResourceID, group: Token, rules: Inbound) -> list[Operation]:
    if not rules:
        return []
    return [
        Operation(
            verb=Verb.MODIFY,
            resource=resource,
            service="ec2",
            action="authorize_security_group_ingress",
            params=_request(group, rules),
            target=group if isinstance(group, str) else "",
            after={"IpPermissions": [str(rule) for rule in rules]},
            because=f"{_count(rules)} missing",
        )
    ]


def _revoke(resource: ResourceID, group: str, rules: Inbound) -> list[Operation]:
    if not rules:
        return []
    return [
        Operation(
            verb=Verb.MODIFY,
            resource=resource,
            service="ec2",
            action="revoke_security_group_ingress",
            params=_request(group, rules),
            target=group,
            before={"IpPermissions": [str(rule) for rule in rules]},
            because=f"{_count(rules)} not wanted",
        )
    ]


def _request(group: Token, rules: Inbound) -> dict[str, Any]:
    return {"GroupId": group, "IpPermissions": list(rules.values())}


def _count(rules: Inbound) -> str:
    return "1 inbound rule is" if len(rules) == 1 else f"{len(rules)} inbound rules are"
