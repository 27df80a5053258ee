"""Load balancers: which are the stack's, what changes in place, what must be replaced, what may be deleted.

A load balancer that AWS cannot change is replaced: the new one first, the old one when the new one is active. Where
both must have one name, the old one has to go first, for AWS does not allow two of a name. Deletion protection is
never lifted: what it forbids is `blocked` (spec/aws.md §5.2 is the reference's way, which differs in both).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from albc.deploy.fields.field import (
    Change,
    Difference,
    create_request,
    differences,
    modify_request,
)
from albc.deploy.fields.load_balancers import LOAD_BALANCER, gains_ipv6_addresses
from albc.deploy.plan.attributes import Owner, attribute_operations
from albc.deploy.plan.operation import Operation, ResourceID, Verb
from albc.deploy.plan.scope import Scope
from albc.deploy.plan.tags import elbv2_tags
from albc.deploy.settings import DeploySettings
from albc.deploy.values import tag_list
from albc.model.attributes import LOAD_BALANCER_DEFAULTS
from albc.model.inventory import ActualLoadBalancer, InventoryView
from albc.model.load_balancer import LoadBalancer
from albc.model.reference import Ref, Token
from albc.model.stack import Stack

PROTECTED = (
    "deletion protection is on; switch it off (attribute deletion_protection.enabled) if the load balancer may go"
)
ACTIVE = frozenset({"active", "active_impaired"})


@dataclass(frozen=True, slots=True)
class Replacement:
    """A load balancer that has to give way, and why."""

    actual: ActualLoadBalancer
    by: LoadBalancer
    because: str

    @property
    def same_name(self) -> bool:
        return bool(self.actual.aws.get("LoadBalancerName") == self.by.name)


@dataclass(frozen=True, slots=True)
class LoadBalancers:
    """Which load balancers of AWS are which of the stack."""

    pairs: tuple[tuple[LoadBalancer, ActualLoadBalancer], ...]
    missing: tuple[LoadBalancer, ...]
    replaced: tuple[Replacement, ...]
    unwanted: tuple[ActualLoadBalancer, ...]
    """No resource of the stack stands for them, and nothing protects them."""
    protected: tuple[ActualLoadBalancer, ...]
    """Unwanted, but protected: they stay as they are, with all that they use."""
    kept: tuple[Replacement, ...]
    """To be replaced, but protected: they stay among `pairs`, as far as AWS can change them."""

    def known(self) -> dict[Ref, str]:
        known = {}
        for wanted, actual in self.pairs:
            known[wanted.arn] = actual.arn
            known[wanted.dns_name] = actual.aws.get("DNSName", "")
        return known

    def doomed(self) -> tuple[ActualLoadBalancer, ...]:
        """Those that go only after their successors have come."""
        missing = {wanted.id for wanted in self.missing}
        return tuple(
            replacement.actual
            for replacement in self.replaced
            if not (replacement.same_name and replacement.by.id in missing)
        )


def match(stack: Stack, view: InventoryView, settings: DeploySettings) -> LoadBalancers:
    """By resource id, then by whether AWS can make of it what is wanted."""
    pairs, missing, replaced, kept = [], [], [], []
    actual = sorted(view.load_balancers, key=lambda one: one.arn)
    wanted_ids = {wanted.id for wanted in stack.all(LoadBalancer)}
    for wanted in stack.all(LoadBalancer):
        candidates = [one for one in actual if view.resource_id(one.tags) == wanted.id]
        obstacles = {one.arn: _obstacles(wanted, one, settings) for one in candidates}
        usable = [one for one in candidates if not obstacles[one.arn]]
        to_go = [Replacement(one, wanted, obstacles[one.arn]) for one in candidates if obstacles[one.arn]]
        protected = [replacement for replacement in to_go if replacement.actual.deletion_protected]
        if usable:
            pairs.append((wanted, usable[0]))
            replaced += [replacement for replacement in to_go if replacement not in protected]
            kept += protected
        elif protected:
            pairs.append((wanted, protected[0].actual))
            kept.append(protected[0])
        else:
            missing.append(wanted)
            replaced += to_go
    leftover = [one for one in actual if view.resource_id(one.tags) not in wanted_ids]
    return LoadBalancers(
        pairs=tuple(pairs),
        missing=tuple(missing),
        replaced=tuple(replaced),
        unwanted=tuple(one for one in leftover if not one.deletion_protected),
        protected=tuple(one for one in leftover if one.deletion_protected),
        kept=tuple(kept),
    )


def changes(balancers: LoadBalancers, scope: Scope) -> list[Operation]:
    """Creations and modifications; before a creation, the deletion of what has its name."""
    operations = [_blocked(scope, one.actual, f"{one.because}, but {PROTECTED}") for one in balancers.kept]
    replaced = {replacement.by.id: replacement for replacement in balancers.replaced}
    for wanted in balancers.missing:
        replacement = replaced.get(wanted.id)
        if replacement and replacement.same_name:
            operations.append(_delete(scope, replacement.actual, f"{replacement.because}, under the same name"))
        operations += _create(wanted, scope, replacement)
    for wanted, actual in balancers.pairs:
        operations += _modify(wanted, actual, scope)
    return operations


def deletions(balancers: LoadBalancers, scope: Scope, needs: frozenset[ResourceID]) -> list[Operation]:
    """Of what is replaced or unwanted; `needs` holds all that must have happened before."""
    active = {wanted.id for wanted, actual in balancers.pairs if actual.state in ACTIVE}
    missing = {wanted.id for wanted in balancers.missing}
    operations = []
    for replacement in balancers.replaced:
        if replacement.same_name and replacement.by.id in missing:
            continue
        waits_for = "" if replacement.by.id in active else "the load balancer that takes its place to become active"
        operations.append(_delete(scope, replacement.actual, replacement.because, needs=needs, waits_for=waits_for))
    operations += [_delete(scope, one, "no longer wanted", needs=needs) for one in balancers.unwanted]
    operations += [_blocked(scope, one, f"no longer wanted, but {PROTECTED}") for one in balancers.protected]
    return operations


def capacity(balancers: LoadBalancers, scope: Scope) -> list[Operation]:
    """Reserved capacity, for load balancers that are not being set up any more (spec/aws.md §5.3)."""
    if not scope.settings.lb_capacity_reservation:
        return []
    operations = []
    for wanted, actual in balancers.pairs:
        if wanted.minimum_load_balancer_capacity and actual.capacity_units is not None:
            units = wanted.minimum_load_balancer_capacity.capacity_units
            if units != actual.capacity_units:
                reservation = _reserve(wanted, actual.arn, units, before=actual.capacity_units)
                active = actual.state in ACTIVE
                operations.append(reservation if active else _when_active(reservation, scope.settings))
    for wanted in balancers.missing:
        if wanted.minimum_load_balancer_capacity and wanted.minimum_load_balancer_capacity.capacity_units:
            units = wanted.minimum_load_balancer_capacity.capacity_units
            operations.append(_when_active(_reserve(wanted, wanted.arn, units, before=0), scope.settings))
    return operations


def _obstacles(wanted: LoadBalancer, actual: ActualLoadBalancer, settings: DeploySettings) -> str:
    """What AWS cannot change, in words; "" when there is nothing."""
    return ", ".join(
        f"{one.field.name} was {one.before}, {one.after} is wanted, and AWS cannot change it"
        for one in differences(LOAD_BALANCER, wanted, actual, settings, {})
        if one.field.change is Change.REPLACE
    )


def _owner(wanted: LoadBalancer, arn: Token) -> Owner:
    return Owner(
        resource=ResourceID(LoadBalancer.type, wanted.id),
        arn=arn,
        action="modify_load_balancer_attributes",
        arn_parameter="LoadBalancerArn",
        defaults=LOAD_BALANCER_DEFAULTS[wanted.kind],
    )


def _create(wanted: LoadBalancer, scope: Scope, replacement: Replacement | None) -> Iterator[Operation]:
    request = scope.resolve(create_request(LOAD_BALANCER, wanted, scope.settings))
    tags = scope.tags(wanted.id, wanted.tags)
    yield Operation(
        verb=Verb.REPLACE if replacement else Verb.CREATE,
        resource=ResourceID(LoadBalancer.type, wanted.id),
        service="elbv2",
        action="create_load_balancer",
        params={**request, "Tags": tag_list(tags)},
        after=request,
        because=replacement.because if replacement else "does not exist",
    )
    owner = _owner(wanted, wanted.arn)
    yield from attribute_operations(owner, wanted.load_balancer_attributes, owner.defaults)
    if wanted.kind == "network" and wanted.security_groups_inbound_rules_on_private_link == "off":
        # AWS enforces the rules from the start; the create request cannot say otherwise.
        yield _call(wanted, wanted.arn, "set_security_groups", scope, {})


def _modify(wanted: LoadBalancer, actual: ActualLoadBalancer, scope: Scope) -> Iterator[Operation]:
    """In the order in which AWS takes them: an IPAM pool goes before the address type changes, and comes after."""
    found = differences(LOAD_BALANCER, wanted, actual, scope.settings, scope.known)
    by_call: dict[str, list[Difference[LoadBalancer, ActualLoadBalancer]]] = {}
    for one in found:
        by_call.setdefault(one.field.modified_by, []).append(one)
    pools = by_call.pop("modify_ip_pools", [])
    if pools and pools[0].after is None:
        yield _ip_pools(wanted, actual, {"RemoveIpamPools": ["ipv4"]}, pools[0])
    resource = ResourceID(LoadBalancer.type, wanted.id)
    yield from elbv2_tags(scope, resource, actual.arn, scope.tags(wanted.id, wanted.tags), actual.tags)
    if gains_ipv6_addresses(wanted, actual):
        by_call.setdefault("set_subnets", [])
    for action in ("set_security_groups", "set_subnets", "set_ip_address_type"):
        if action in by_call:
            yield _call(wanted, actual.arn, action, scope, {one.field.name: one for one in by_call[action]})
    owner = _owner(wanted, actual.arn)
    yield from attribute_operations(
        owner, wanted.load_balancer_attributes, actual.attributes, actual.written_attributes
    )
    if pools and pools[0].after is not None:
        yield _ip_pools(wanted, actual, {"IpamPools": pools[0].after}, pools[0])


def _call(
    wanted: LoadBalancer,
    arn: Token,
    action: str,
    scope: Scope,
    changed: Mapping[str, Difference[LoadBalancer, ActualLoadBalancer]],
) -> Operation:
    request = scope.resolve(modify_request(LOAD_BALANCER, action, wanted, scope.settings))
    enforce = "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic"
    if changed and enforce not in changed:
        request.pop(enforce, None)
    return Operation(
        verb=Verb.MODIFY,
        resource=ResourceID(LoadBalancer.type, wanted.id),
        service="elbv2",
        action=action,
        params={"LoadBalancerArn": arn, **request},
        target=arn if isinstance(arn, str) else "",
        before={name: one.before for name, one in changed.items()},
        after={name: one.after for name, one in changed.items()} if changed else request,
        because=f"{', '.join(changed or request)} changed",
    )


def _ip_pools(
    wanted: LoadBalancer,
    actual: ActualLoadBalancer,
    request: Mapping[str, Any],
    one: Difference[LoadBalancer, ActualLoadBalancer],
) -> Operation:
    return Operation(
        verb=Verb.MODIFY,
        resource=ResourceID(LoadBalancer.type, wanted.id),
        service="elbv2",
        action="modify_ip_pools",
        params={"LoadBalancerArn": actual.arn, **request},
        target=actual.arn,
        before={one.field.name: one.before},
        after={one.field.name: one.after},
        because="the IPAM pool changed",
    )


def _reserve(wanted: LoadBalancer, arn: Token, units: int, *, before: int) -> Operation:
    request = {"MinimumLoadBalancerCapacity": {"CapacityUnits": units}} if units else {"ResetCapacityReservation": True}
    return Operation(
        verb=Verb.MODIFY,
        resource=ResourceID(LoadBalancer.type, wanted.id),
        service="elbv2",
        action="modify_capacity_reservation",
        params={"LoadBalancerArn": arn, **request},
        target=arn if isinstance(arn, str) else "",
        before={"CapacityUnits": before},
        after={"CapacityUnits": units},
        because="reserved capacity changed",
    )


def _when_active(operation: Operation, settings: DeploySettings) -> Operation:
    """AWS reserves nothing for a load balancer that it is still setting up."""
    return replace(
        operation, waits_for="the load balancer to become active", wait_seconds=settings.stabilization_seconds
    )


def _delete(
    scope: Scope,
    actual: ActualLoadBalancer,
    because: str,
    *,
    needs: frozenset[ResourceID] = frozenset(),
    waits_for: str = "",
) -> Operation:
    return Operation(
        verb=Verb.DELETE,
        resource=_resource(scope, actual),
        service="elbv2",
        action="delete_load_balancer",
        params={"LoadBalancerArn": actual.arn},
        target=actual.arn,
        before={"Name": actual.aws.get("LoadBalancerName", "")},
        because=because,
        needs=needs,
        waits_for=waits_for,
    )


def _blocked(scope: Scope, actual: ActualLoadBalancer, because: str) -> Operation:
    return Operation(
        verb=Verb.BLOCKED,
        resource=_resource(scope, actual),
        target=actual.arn,
        before={"Name": actual.aws.get("LoadBalancerName", "")},
        because=because,
    )


def _resource(scope: Scope, actual: ActualLoadBalancer) -> ResourceID:
    return ResourceID(LoadBalancer.type, actual.tags.get(f"{scope.tag_prefix}/resource", actual.arn))
