"""A stack's Classic Load Balancer: made, changed in place, or deleted (spec/service.md B4 to B10).

It is found by its name, which the Service's UID makes unique, and deleted only if it bears the cluster's tag. AWS
cannot change its scheme; mapping warns of that. What must not be without something meanwhile gets the new before the
old goes: subnets, listeners where their ports are free.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from albc.deploy.fields.classic import CLASSIC_LOAD_BALANCER
from albc.deploy.fields.field import create_request, differences, modify_request
from albc.deploy.plan.classic_listeners import listener_operations
from albc.deploy.plan.classic_policies import policy_operations
from albc.deploy.plan.classic_subnets import subnet_operations
from albc.deploy.plan.operation import Operation, ResourceID, Verb
from albc.deploy.plan.scope import Scope
from albc.deploy.values import tag_list
from albc.model.classic import ClassicLoadBalancer
from albc.model.inventory import ActualClassicLoadBalancer, InventoryView, is_anothers
from albc.model.reference import Ref
from albc.model.stack import Stack

NEW: Mapping[str, Any] = {
    "CrossZoneLoadBalancing": {"Enabled": False},
    "AccessLog": {"Enabled": False},
    "ConnectionDraining": {"Enabled": False, "Timeout": 300},
    "ConnectionSettings": {"IdleTimeout": 60},
}
"""Attributes of a load balancer that was just made."""


_THE_ONE = ResourceID(ClassicLoadBalancer.type, "LoadBalancer")
"""Of the stack's load balancer, whether it wants one or not."""


@dataclass(frozen=True, slots=True)
class Classic:
    """What the stack wants, and what there is."""

    wanted: ClassicLoadBalancer | None
    actual: ActualClassicLoadBalancer | None

    def known(self) -> dict[Ref, str]:
        if self.wanted is None or self.actual is None:
            return {}
        return {self.wanted.dns_name: self.actual.aws.get("DNSName", "")}


def match(stack: Stack, view: InventoryView) -> Classic:
    return Classic(next(iter(stack.all(ClassicLoadBalancer)), None), view.classic)


def changes(classic: Classic, scope: Scope) -> list[Operation]:
    """Creation or modifications."""
    wanted = classic.wanted
    if wanted is None:
        return []
    operations = [] if classic.actual else [_create(wanted, scope)]
    actual = classic.actual or _as_made(wanted, scope)
    operations += _in_place(wanted, actual, scope)
    return [replace(operation, target=wanted.name) for operation in operations]


def blocked(classic: Classic, scope: Scope) -> list[Operation]:
    """One that another cluster owns is not touched. One that is no longer wanted, but does not bear this cluster's tag,
    stays with all that it uses."""
    actual, cluster_name = classic.actual, scope.settings.cluster_name
    tag = f"kubernetes.io/cluster/{cluster_name}"
    if actual is None or tag in actual.tags:
        return []
    if is_anothers(actual.tags, cluster_name):
        because = f"{actual.name} belongs to another cluster by its tags; if it is of this one, give it the tag {tag}"
    elif classic.wanted is None:
        because = f"it has not the tag {tag}; give it that tag if it may go, or delete it by hand"
    else:
        return []
    return [Operation(verb=Verb.BLOCKED, resource=_THE_ONE, target=actual.name, because=because)]


def deletions(classic: Classic, needs: frozenset[ResourceID]) -> list[Operation]:
    actual = classic.actual
    if classic.wanted is not None or actual is None:
        return []
    return [
        Operation(
            verb=Verb.DELETE,
            resource=_THE_ONE,
            service="elb",
            action="delete_load_balancer",
            params={"LoadBalancerName": actual.name},
            target=actual.name,
            before={"LoadBalancerName": actual.name},
            because="no longer wanted",
            needs=needs,
        )
    ]


def _create(wanted: ClassicLoadBalancer, scope: Scope) -> Operation:
    request = create_request(CLASSIC_LOAD_BALANCER, wanted, scope.settings)
    return Operation(
        verb=Verb.CREATE,
        resource=_resource(wanted),
        service="elb",
        action="create_load_balancer",
        params={**request, "Tags": tag_list(wanted.tags)},
        after=request,
        because="does not exist",
    )


def _as_made(wanted: ClassicLoadBalancer, scope: Scope) -> ActualClassicLoadBalancer:
    """What AWS will have made of the create request."""
    request = create_request(CLASSIC_LOAD_BALANCER, wanted, scope.settings)
    listeners = [{"Listener": listener, "PolicyNames": []} for listener in request["Listeners"]]
    return ActualClassicLoadBalancer(
        name=wanted.name,
        aws={**scope.resolve(request), "ListenerDescriptions": listeners},
        attributes=NEW,
        tags=wanted.tags,
    )


def _in_place(wanted: ClassicLoadBalancer, actual: ActualClassicLoadBalancer, scope: Scope) -> Iterator[Operation]:
    """In the order of spec/service.md B10."""
    resource = _resource(wanted)
    modified = {operation.action: operation for operation in _modifications(wanted, actual, scope)}
    yield from subnet_operations(resource, wanted, actual)
    if apply_groups := modified.pop("apply_security_groups_to_load_balancer", None):
        yield apply_groups
    yield from listener_operations(resource, wanted, actual)
    yield from policy_operations(resource, wanted, actual)
    yield from _tags(resource, wanted, actual, scope)
    yield from modified.values()


def _modifications(wanted: ClassicLoadBalancer, actual: ActualClassicLoadBalancer, scope: Scope) -> Iterator[Operation]:
    for one in differences(CLASSIC_LOAD_BALANCER, wanted, actual, scope.settings, scope.known):
        request = modify_request(CLASSIC_LOAD_BALANCER, one.field.modified_by, wanted, scope.settings)
        yield Operation(
            verb=Verb.MODIFY,
            resource=_resource(wanted),
            service="elb",
            action=one.field.modified_by,
            params={"LoadBalancerName": wanted.name, **request},
            before={one.field.name: one.before},
            after={one.field.name: one.after},
            because=f"{one.field.name} differs",
        )


def _tags(
    resource: ResourceID, wanted: ClassicLoadBalancer, actual: ActualClassicLoadBalancer, scope: Scope
) -> Iterable[Operation]:
    """Added where they are missing or differ, never removed."""
    external = scope.settings.external_managed_tags
    wrong = {key: value for key, value in wanted.tags.items() if actual.tags.get(key) != value and key not in external}
    if wrong:
        yield Operation(
            verb=Verb.MODIFY,
            resource=resource,
            service="elb",
            action="add_tags",
            params={"LoadBalancerNames": [wanted.name], "Tags": tag_list(wrong)},
            after=wrong,
            because=f"tags {', '.join(sorted(wrong))} are missing or differ",
        )


def _resource(wanted: ClassicLoadBalancer) -> ResourceID:
    return ResourceID(wanted.type, wanted.id)
