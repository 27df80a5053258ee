"""TargetGroupBindings: what is left out is filled in from the target group, what cannot work is refused
(spec/targets.md §4.2, §4.3).

The target group is asked for only where a rule needs it: `needs_target_group` says so, the caller looks it up, once.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from albc.crds.target_group_binding import TargetGroupBinding, TargetGroupBindingSpec
from albc.webhooks.review import ALLOWED, Allowed, Denied, Review, Verdict, typed

VPC_ID: Final = r"^(?:vpc-[0-9a-f]{8}|vpc-[0-9a-f]{17}|vpc-[0-9a-f]{32})$"


@dataclass(frozen=True, slots=True)
class TargetGroupFacts:
    """What AWS says of the target group of a binding."""

    arn: str
    target_type: str
    ip_address_type: str
    """Empty is ipv4."""
    vpc_id: str
    protocol: str


@dataclass(frozen=True, slots=True)
class LookupFailed:
    """AWS did not say; why."""

    message: str


Lookup = TargetGroupFacts | LookupFailed | None
"""None: was not asked for."""


# Filling in


def lacks_defaults(spec: TargetGroupBindingSpec) -> bool:
    """Whether the mutator needs the target group."""
    return (
        not spec.target_group_arn
        or spec.target_type is None
        or spec.ip_address_type is None
        or not spec.vpc_id
        or spec.target_group_protocol is None
    )


def mutate_binding(review: Review, lookup: Lookup) -> Verdict:
    """CREATE: fields that are absent, from the target group. UPDATE: nothing."""
    if review.operation != "CREATE":
        return ALLOWED
    spec = typed(review.object, TargetGroupBinding).spec
    if not spec.target_group_arn and not spec.target_group_name:
        return Denied("must provide either TargetGroupARN or TargetGroupName", "checkTargetGroupArnOrName")
    if not lacks_defaults(spec):
        return ALLOWED
    match lookup:
        case TargetGroupFacts() as group:
            return _filled(spec, group)
        case LookupFailed(message):
            return _first_failure(spec, message)
        case None:
            raise TypeError("a binding that lacks defaults needs its target group")


def _filled(spec: TargetGroupBindingSpec, group: TargetGroupFacts) -> Verdict:
    values: dict[str, Any] = {}
    if not spec.target_group_arn:
        values["targetGroupARN"] = group.arn
    if spec.target_type is None:
        if group.target_type not in ("instance", "ip"):
            return Denied(f"unsupported TargetType: {group.target_type}", "defaultingTargetType")
        values["targetType"] = group.target_type
    if spec.ip_address_type is None:
        address_type = group.ip_address_type or "ipv4"
        if address_type not in ("ipv4", "ipv6"):
            return Denied(
                f"unable to get target group IP address type: unsupported IPAddressType: {address_type}",
                "defaultingIPAddressType",
            )
        values["ipAddressType"] = address_type
    if not spec.vpc_id and group.vpc_id:
        values["vpcID"] = group.vpc_id
    if spec.target_group_protocol is None:
        values["targetGroupProtocol"] = group.protocol
    return Allowed(tuple({"op": "add", "path": f"/spec/{field}", "value": value} for field, value in values.items()))


def _first_failure(spec: TargetGroupBindingSpec, message: str) -> Denied:
    """A look-up that failed is told by the first rule that needed it."""
    if not spec.target_group_arn:
        return Denied(message, "getArnFromNameIfNeeded")
    if spec.target_type is None:
        return Denied(f"couldn't determine TargetType: {message}", "defaultingTargetType")
    if spec.ip_address_type is None:
        return Denied(f"unable to get target group IP address type: {message}", "defaultingIPAddressType")
    if not spec.vpc_id:
        return Denied(f"unable to get target group VpcID: {message}", "defaultingVpcID")
    return Denied(f"couldn't determine TargetGroup protocol: {message}", "defaultingTargetGroupProtocol")


# Refusing


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a binding is judged against, besides its target group."""

    bindings: Iterable[TargetGroupBinding]
    """Of all namespaces."""
    vpc_id: str
    """The controller's own."""


def needs_target_group(review: Review) -> bool:
    """Whether the validator needs the target group: always for a new binding, else to turn a name into an ARN."""
    spec = typed(review.object, TargetGroupBinding).spec
    return review.operation == "CREATE" or not spec.target_group_arn


def validate_binding(review: Review, lookup: Lookup, surroundings: Surroundings) -> Verdict:
    """The first rule that is broken, in the reference's order."""
    if review.operation == "DELETE":
        return ALLOWED
    binding = typed(review.object, TargetGroupBinding)
    old = typed(review.old, TargetGroupBinding) if review.operation == "UPDATE" else None
    return next(_refusals(binding, old, lookup, surroundings), ALLOWED)


def _refusals(
    binding: TargetGroupBinding, old: TargetGroupBinding | None, lookup: Lookup, surroundings: Surroundings
) -> Iterator[Denied]:
    spec = binding.spec
    yield from _required(spec, lookup)
    arn = spec.target_group_arn or (lookup.arn if isinstance(lookup, TargetGroupFacts) else "")
    if old is not None:
        yield from _immutable(spec, arn, old.spec, surroundings.vpc_id)
    if spec.target_type == "ip" and spec.node_selector is not None:
        yield Denied("TargetGroupBinding cannot set NodeSelector when TargetType is ip", "checkNodeSelector")
    if old is None:
        yield from _bound_already(binding, arn, surroundings.bindings)
        yield from _differs_in_address(spec, arn, lookup)
    if spec.iam_role_arn_to_assume and spec.target_type == "instance":
        yield Denied("Unable to use instance target type while using assume role", "checkAssumeRoleConfig")
    if old is None:
        yield from _differs_in_protocol(spec, arn, lookup)
    else:
        yield from _bound_already(binding, arn, surroundings.bindings)


def _required(spec: TargetGroupBindingSpec, lookup: Lookup) -> Iterator[Denied]:
    missing = []
    if not spec.target_group_arn:
        if not spec.target_group_name:
            missing.append("either TargetGroupARN or TargetGroupName")
        elif isinstance(lookup, LookupFailed):
            yield Denied(
                f"searching TargetGroup with name {spec.target_group_name}: {lookup.message}", "checkRequiredFields"
            )
    if spec.target_type is None:
        missing.append("spec.targetType")
    if missing:
        yield Denied(f"TargetGroupBinding must specify these fields: {','.join(missing)}", "checkRequiredFields")


def _immutable(
    spec: TargetGroupBindingSpec, arn: str, old: TargetGroupBindingSpec, own_vpc_id: str
) -> Iterator[Denied]:
    """`ipAddressType` may become the ipv4 that it meant, `vpcID` the VPC that it meant; nothing else may change."""
    changed = []
    if arn != old.target_group_arn:
        changed.append("spec.targetGroupARN")
    if spec.target_type != old.target_type:
        changed.append("spec.targetType")
    if spec.ip_address_type != old.ip_address_type and (old.ip_address_type, spec.ip_address_type) != (None, "ipv4"):
        changed.append("spec.ipAddressType")
    if spec.vpc_id != old.vpc_id and (old.vpc_id, spec.vpc_id) != ("", own_vpc_id):
        changed.append("spec.vpcID")
    if changed:
        yield Denied(
            f"TargetGroupBinding update may not change these immutable fields: {','.join(changed)}",
            "checkImmutableFields",
        )


def _bound_already(binding: TargetGroupBinding, arn: str, others: Iterable[TargetGroupBinding]) -> Iterator[Denied]:
    same = [
        other for other in others if other.spec.target_group_arn == arn and other.metadata.uid != binding.metadata.uid
    ]
    if same and not all(each.spec.multi_cluster_target_group for each in (binding, *same)):
        names = " ".join(f"{other.namespace}/{other.name}" for other in same)
        yield Denied(
            f"TargetGroup {arn} is already bound to following TargetGroupBindings [{names}]. Please enable "
            f"MultiCluster mode on all TargetGroupBindings referencing {arn} or choose a different Target Group ARN.",
            "checkExistingTargetGroups",
        )


def _differs_in_address(spec: TargetGroupBindingSpec, arn: str, lookup: Lookup) -> Iterator[Denied]:
    if isinstance(lookup, LookupFailed):
        yield Denied(f"unable to get target group IP address type: {lookup.message}", "checkTargetGroupIPAddressType")
        return
    group = _group(lookup)
    actual = group.ip_address_type or "ipv4"
    if actual != (spec.ip_address_type or "ipv4"):
        yield Denied(f"invalid IP address type {actual} for TargetGroup {arn}", "checkTargetGroupIPAddressType")
    if not spec.vpc_id:
        return
    if not re.match(VPC_ID, spec.vpc_id):
        yield Denied(
            f"ValidationError: vpcID {spec.vpc_id} failed to satisfy constraint: VPC Id must begin with 'vpc-' "
            "followed by 8, 17 or 32 lowercase letters (a-f) or numbers.",
            "checkTargetGroupVpcID",
        )
    elif spec.vpc_id != group.vpc_id:
        yield Denied(f"invalid VpcID {spec.vpc_id} doesnt match VpcID from TargetGroup {arn}", "checkTargetGroupVpcID")


def _differs_in_protocol(spec: TargetGroupBindingSpec, arn: str, lookup: Lookup) -> Iterator[Denied]:
    given = spec.target_group_protocol
    if given is None:
        return
    actual = _group(lookup).protocol
    if given != actual:
        yield Denied(f"TargetGroup {arn} protocol differs (got {given}, expected {actual})", "checkTargetGroupProtocol")
    elif given in ("QUIC", "TCP_QUIC") and spec.target_type == "instance":
        yield Denied("QUIC protocol is not supported for Instance target types.", "checkTargetGroupProtocol")


def _group(lookup: Lookup) -> TargetGroupFacts:
    """A failed look-up has been told by an earlier rule."""
    if not isinstance(lookup, TargetGroupFacts):
        raise TypeError("a new binding is judged by its target group")
    return lookup
