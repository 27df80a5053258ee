"""Load balancers: what is made, what changes in place, what must be replaced, what may be deleted.

A load balancer that AWS cannot change is replaced: the new one first, the old one when the new one is active. AWS does
not allow two of a name, so where the name is to stay the new one gets a name like it. Only where both must have one
address (Elastic IP, private IPv4, IPv6) the old one goes first. Deletion protection is never lifted: what it forbids is
`blocked`, unless the user's setting says "false" (spec/aws.md §5.2 is the reference's way, which differs in both).
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from albc.deploy.fields.field import Difference, create_request, differences, drifts, modify_request
from albc.deploy.fields.load_balancers import LOAD_BALANCER, gains_ipv6_addresses
from albc.deploy.plan.attributes import PROTECTION, Owner, attribute_operations, unmanaged_attributes
from albc.deploy.plan.load_balancer_match import LoadBalancers, Replacement
from albc.deploy.plan.operation import Operation, ResourceID, Unmanaged, Verb
from albc.deploy.plan.scope import Scope
from albc.deploy.plan.tags import elbv2_tags
from albc.deploy.settings import DeploySettings
from albc.deploy.values import tag_list
from albc.model.attributes import LOAD_BALANCER_DEFAULTS
from albc.model.inventory import ActualLoadBalancer
from albc.model.load_balancer import Attribute, LoadBalancer
from albc.model.reference import Token

PROTECTED = (
    "deletion protection is on; switch it off (attribute deletion_protection.enabled) if the load balancer may go"
)
ACTIVE = frozenset({"active", "active_impaired"})


def changes(balancers: LoadBalancers, scope: Scope) -> list[Operation]:
    """Creations and modifications; before a creation, the deletion of what has its addresses."""
    operations = blocked(balancers, scope)
    replaced = {replacement.by.id: replacement for replacement in balancers.replaced}
    for wanted in balancers.missing:
        replacement = replaced.get(wanted.id)
        if replacement and replacement.holds_addresses:
            operations += _remove(scope, replacement, f"{replacement.because}; it holds addresses that are to stay")
        operations += _create(wanted, scope, replacement)
    kept = {replacement.actual.arn for replacement in balancers.kept}
    for wanted, actual in balancers.pairs:
        modifications = _modify(wanted, actual, scope)
        if actual.arn in kept:
            # The wanted subnets fit the wanted scheme, which it does not have.
            modifications = (one for one in modifications if one.action != "set_subnets")
        operations += modifications
    return operations


def blocked(balancers: LoadBalancers, scope: Scope) -> list[Operation]:
    """What cannot be replaced until a person lifts the protection."""
    return [_blocked(scope, one.actual, f"{one.because}, but {PROTECTED}") for one in balancers.kept]


def deletions(balancers: LoadBalancers, scope: Scope, needs: frozenset[ResourceID], unready: str) -> list[Operation]:
    """Of what is replaced or unwanted; `needs` holds all that must have happened before, `unready` says why traffic
    cannot move yet."""
    active = {wanted.id for wanted, actual in balancers.pairs if actual.state in ACTIVE}
    missing = {wanted.id for wanted in balancers.missing}
    operations: list[Operation] = []
    for replacement in balancers.replaced:
        if replacement.holds_addresses and replacement.by.id in missing:
            continue
        inactive = "" if replacement.by.id in active else "the load balancer that takes its place to become active"
        operations += _remove(scope, replacement, replacement.because, needs=needs, waits_for=inactive or unready)
    operations += [_delete(scope, one, "no longer wanted", needs=needs) for one in balancers.unwanted]
    operations += [_blocked(scope, one, f"no longer wanted, but {PROTECTED}") for one in balancers.protected]
    return operations


def notes(balancers: LoadBalancers, scope: Scope) -> Iterator[str]:
    """What cannot be changed, and would not be worth another load balancer (spec/aws.md §5.2, step 7)."""
    for wanted, actual in balancers.pairs:
        for one in drifts(LOAD_BALANCER, wanted, actual, scope.settings):
            yield (
                f"{ResourceID(LoadBalancer.type, wanted.id)}: {one.field.name} is {one.before or 'none'} and not "
                f"{one.after or 'none'}, and AWS cannot change it; delete the load balancer to have it made anew"
            )


def unmanaged(balancers: LoadBalancers) -> Iterator[Unmanaged]:
    for wanted, actual in balancers.pairs:
        owner = _owner(wanted, actual.arn)
        yield from unmanaged_attributes(
            owner, wanted.load_balancer_attributes, actual.attributes, actual.written_attributes
        )


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


def _owner(wanted: LoadBalancer, arn: Token) -> Owner:
    return Owner(
        resource=ResourceID(LoadBalancer.type, wanted.id),
        arn=arn,
        action="modify_load_balancer_attributes",
        arn_parameter="LoadBalancerArn",
        defaults=LOAD_BALANCER_DEFAULTS[wanted.kind],
    )


def _create(wanted: LoadBalancer, scope: Scope, replacement: Replacement | None) -> Iterator[Operation]:
    if refusal := _refusal(wanted, scope):
        yield refusal
        return
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
    refusal = _refusal(wanted, scope) if "set_security_groups" in by_call else None
    if refusal:
        del by_call["set_security_groups"]
    if "set_subnets" in by_call and "set_ip_address_type" in by_call:
        # AWS measures addresses, prefixes and subnets by the address type, so both are said at once.
        by_call["set_subnets"] += by_call.pop("set_ip_address_type")
    for action in ("set_security_groups", "set_subnets", "set_ip_address_type"):
        if action in by_call:
            yield _call(wanted, actual.arn, action, scope, {one.field.name: one for one in by_call[action]})
    owner = _owner(wanted, actual.arn)
    yield from attribute_operations(
        owner, wanted.load_balancer_attributes, actual.attributes, actual.written_attributes
    )
    if pools and pools[0].after is not None:
        yield _ip_pools(wanted, actual, {"IpamPools": pools[0].after}, pools[0])
    if refusal:
        yield refusal


def _refusal(wanted: LoadBalancer, scope: Scope) -> Operation | None:
    """What stands for a request that AWS would refuse, as it names too many security groups."""
    quota, number = scope.quotas.security_groups_per_interface, len(set(map(str, wanted.security_groups)))
    if quota is None or number <= quota:
        return None
    return Operation(
        verb=Verb.BLOCKED,
        resource=ResourceID(LoadBalancer.type, wanted.id),
        because=(
            f"{number} security groups are wanted, but the account's quota for a network interface is {quota}; raise "
            "quota L-2AFB9258 of Amazon VPC (security groups per network interface), or name fewer"
        ),
        over_quota=True,
    )


def _call(
    wanted: LoadBalancer,
    arn: Token,
    action: str,
    scope: Scope,
    changed: Mapping[str, Difference[LoadBalancer, ActualLoadBalancer]],
) -> Operation:
    request = scope.resolve(modify_request(LOAD_BALANCER, action, wanted, scope.settings))
    if "IpAddressType" in changed:
        request["IpAddressType"] = wanted.ip_address_type
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


def _remove(
    scope: Scope,
    replacement: Replacement,
    because: str,
    *,
    needs: frozenset[ResourceID] = frozenset(),
    waits_for: str = "",
) -> Iterator[Operation]:
    """A protected one is here only if its user has said that it is to be no longer."""
    actual = replacement.actual
    if actual.deletion_protected:
        off = [Attribute(key=PROTECTION, value="false")]
        for operation in attribute_operations(_owner(replacement.by, actual.arn), off, actual.attributes):
            yield replace(operation, needs=needs, waits_for=waits_for)
    yield _delete(scope, actual, because, needs=needs, waits_for=waits_for)


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
