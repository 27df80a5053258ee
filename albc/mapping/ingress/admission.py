"""What may be written at all: the checks of the admission webhooks on Ingresses and IngressClassParams, as pure rules
(spec/ingress.md §3, §6).

Called by the webhooks with the object before and after a request, and by `albc plan -f` for objects that no API server
has seen. What an Ingress asks of AWS is not judged here: `build` does that, and tells it by events.
"""

from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_network

from albc.crds.ingress_class_params import IngressClassParams, SubnetSelector
from albc.kube.objects import Ingress, IngressClass
from albc.mapping import cidrs
from albc.mapping.ingress import conditions
from albc.mapping.ingress.classes import CLASS_ANNOTATION, CONTROLLER, find_class, is_claimed_by_annotation
from albc.mapping.ingress.member import PREFIX, Member, annotations_of, ref
from albc.mapping.invalid import Invalid
from albc.mapping.settings import MappingSettings
from albc.mapping.snapshot import Snapshot
from albc.model.problem import ObjectRef, Problem

REASON = "Refused"


class Refused(Invalid):
    """An Ingress that may not be written. `check` names the rule, as the metrics do (spec/runtime.md §15)."""

    def __init__(self, message: str, check: str) -> None:
        super().__init__(message, reason=REASON)
        self.check = check


def check_ingress(new: Ingress, old: Ingress | None, snapshot: Snapshot, settings: MappingSettings) -> None:
    """Raises `Refused` if `new` may not be created (`old` is None) or take the place of `old`.

    An Ingress on its way out may always go: a class that is gone must not keep its finalizers for ever.
    """
    if new.metadata.deletion_timestamp is not None or (old is not None and _means_the_same(new, old)):
        return
    if not _is_ours(new, snapshot, settings):
        return
    if settings.disable_ingress_class_annotation and _uses_class_annotation(new, old, settings):
        raise Refused(
            f"new usage of `{CLASS_ANNOTATION}` annotation is forbidden; set spec.ingressClassName",
            "checkIngressClassAnnotationUsage",
        )
    if settings.disable_ingress_group_name_annotation and _changes_group(new, old):
        raise Refused(
            f"new usage of `{PREFIX}group.name` annotation is forbidden; set group in IngressClassParams",
            "checkGroupNameAnnotationUsage",
        )
    if new.spec.ingress_class_name is not None and (
        old is None or old.spec.ingress_class_name != new.spec.ingress_class_name
    ):
        _find_class(new, snapshot, "checkIngressClassUsage")
    _check_backends(new)


def _means_the_same(new: Ingress, old: Ingress) -> bool:
    return new.spec == old.spec and new.metadata.annotations == old.metadata.annotations


def _is_ours(ingress: Ingress, snapshot: Snapshot, settings: MappingSettings) -> bool:
    """As `classes.claim`, but without class parameters: an Ingress may be written before these exist."""
    if CLASS_ANNOTATION in ingress.metadata.annotations:
        return is_claimed_by_annotation(ingress, settings)
    ingress_class = _find_class(ingress, snapshot, "checkIngressClass")
    return ingress_class.spec.controller == CONTROLLER if ingress_class else not settings.ingress_class


def _find_class(ingress: Ingress, snapshot: Snapshot, check: str) -> IngressClass | None:
    try:
        return find_class(ingress, snapshot)
    except Invalid as fault:
        raise Refused(fault.message, check) from None


def _uses_class_annotation(new: Ingress, old: Ingress | None, settings: MappingSettings) -> bool:
    return is_claimed_by_annotation(new, settings) and (old is None or not is_claimed_by_annotation(old, settings))


def _changes_group(new: Ingress, old: Ingress | None) -> bool:
    name = annotations_of(new).string("group.name")
    return name is not None and (old is None or annotations_of(old).string("group.name") != name)


def _check_backends(ingress: Ingress) -> None:
    member = Member(ingress)
    for rule in ingress.spec.rules:
        for path in rule.http.paths if rule.http else ():
            if path.backend.service is None:
                raise Refused(
                    f'missing required "service" field in the backend of path {path.path}; '
                    "a backend of type resource is not supported",
                    "checkIngressAnnotationConditions",
                )
            try:
                conditions.read(member, path.backend.service.name)
            except Invalid as fault:
                raise Refused(fault.message, "checkIngressAnnotationConditions") from None


def class_params_faults(params: IngressClassParams) -> tuple[str, ...]:
    """Everything that the schema of IngressClassParams cannot refuse."""
    found = []
    for index, cidr in enumerate(params.spec.inbound_cidrs):
        if fault := _cidr_fault(cidr):
            found.append(f'spec.inboundCIDRs[{index}]: Invalid value: "{cidr}": {fault}')
    if params.spec.subnets is not None:
        found += _subnet_faults(params.spec.subnets)
    return tuple(found)


def _cidr_fault(text: str) -> str | None:
    address, slash, length = text.partition("/")
    parsed = cidrs.parse_address(address)
    if not slash and parsed is not None:
        return f'Could not be parsed as a CIDR (did you mean "{text}/{32 if parsed.version == 4 else 64}")'
    network = _network(text) if length.isascii() and length.isdigit() else None
    if network is None:
        return "Could not be parsed as a CIDR"
    if network.network_address != parsed:
        return f'Network contains bits outside prefix (did you mean "{network}")'
    return None


def _network(text: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


def _subnet_faults(subnets: SubnetSelector) -> Iterator[str]:
    if subnets.ids is None and subnets.tags is None:
        yield "spec.subnets: Required value: must have either `ids` or `tags`"
    elif subnets.ids is not None and subnets.tags is not None:
        yield "spec.subnets.tags: Forbidden: may not have both `ids` and `tags` set"
    elif subnets.ids is not None:
        for index, id_ in _repeated(subnets.ids):
            yield f'spec.subnets.ids[{index}]: Duplicate value: "{id_}"'
    elif not subnets.tags:
        yield "spec.subnets.tags: Required value: must have at least one tag key"
    else:
        for key in sorted(subnets.tags):
            for index, value in _repeated(subnets.tags[key]):
                yield f'spec.subnets.tags[{key}][{index}]: Duplicate value: "{value}"'


def _repeated(values: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    """What stands in the list for the second time or more, with its place."""
    seen: set[str] = set()
    for index, value in enumerate(values):
        if value in seen:
            yield index, value
        seen.add(value)


def refusals(snapshot: Snapshot, settings: MappingSettings) -> tuple[Problem, ...]:
    """What an API server with our webhooks would refuse of a whole cluster that is written anew, by object."""
    problems = []
    for ingress in snapshot.ingresses.values():
        try:
            check_ingress(ingress, None, snapshot, settings)
        except Refused as fault:
            problems.append(Problem(ref(ingress), fault.reason, fault.message))
    for params in snapshot.ingress_class_params.values():
        owner = ObjectRef("IngressClassParams", "", params.name)
        problems += [Problem(owner, REASON, fault) for fault in class_params_faults(params)]
    return tuple(sorted(problems, key=lambda problem: (problem.object, problem.message)))
