"""Managed security groups: created, given inbound rules, and deleted when nothing holds them (spec/aws.md §4)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from albc.deploy.fields.field import create_request
from albc.deploy.fields.security_groups import SECURITY_GROUP, Inbound, actual_permissions, wanted_permission
from albc.deploy.plan.operation import Operation, ResourceID, Verb
from albc.deploy.plan.scope import Scope
from albc.deploy.plan.tags import ec2_tags
from albc.deploy.values import tag_list
from albc.model.inventory import ActualSecurityGroup, InventoryView
from albc.model.reference import Ref, Token
from albc.model.security_group import SecurityGroup
from albc.model.stack import Stack


@dataclass(frozen=True, slots=True)
class SecurityGroups:
    """Which groups of AWS are which of the stack."""

    pairs: tuple[tuple[SecurityGroup, ActualSecurityGroup], ...]
    missing: tuple[SecurityGroup, ...]
    unwanted: tuple[ActualSecurityGroup, ...]

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
    return SecurityGroups(tuple(pairs), tuple(missing), tuple(group for group in actual if group.id not in taken))


def changes(groups: SecurityGroups, scope: Scope) -> list[Operation]:
    """Creations and modifications."""
    operations = []
    for wanted in groups.missing:
        operations += _create(wanted, scope)
    for wanted, actual in groups.pairs:
        resource = ResourceID(SecurityGroup.type, wanted.id)
        tags = scope.tags(wanted.id, wanted.tags)
        operations += ec2_tags(scope, resource, actual.id, tags, actual.tags)
        operations += _inbound(wanted, actual, scope)
    return operations


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
    rules = _permissions(wanted, scope)
    return [create, *_authorize(resource, wanted.group_id, [rules[identity] for identity in sorted(rules)])]


def _inbound(wanted: SecurityGroup, actual: ActualSecurityGroup, scope: Scope) -> list[Operation]:
    """Authorize, then revoke; a rule is the same whatever its description says."""
    mine = _permissions(wanted, scope)
    theirs = {inbound.identity: inbound for inbound in actual_permissions(actual.aws)}
    resource = ResourceID(SecurityGroup.type, wanted.id)
    grant = [mine[identity] for identity in sorted(mine.keys() - theirs.keys())]
    surplus = set() if scope.kept.active else theirs.keys() - mine.keys()
    revoke = [theirs[identity] for identity in sorted(surplus)]
    return _authorize(resource, actual.id, grant) + _revoke(resource, actual.id, revoke)


def _permissions(wanted: SecurityGroup, scope: Scope) -> dict[str, Inbound]:
    return {inbound.identity: inbound for inbound in map(wanted_permission, scope.resolve(wanted.ingress))}


def _authorize(resource: ResourceID, group: Token, rules: list[Inbound]) -> list[Operation]:
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
            after={"IpPermissions": [rule.identity for rule in rules]},
            because=f"{_count(rules)} missing",
        )
    ]


def _revoke(resource: ResourceID, group: str, rules: list[Inbound]) -> list[Operation]:
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
            before={"IpPermissions": [rule.identity for rule in rules]},
            because=f"{_count(rules)} not wanted",
        )
    ]


def _request(group: Token, rules: Iterable[Inbound]) -> dict[str, Any]:
    return {"GroupId": group, "IpPermissions": [rule.shape for rule in rules]}


def _count(rules: list[Inbound]) -> str:
    return "1 inbound rule is" if len(rules) == 1 else f"{len(rules)} inbound rules are"
