"""Which Ingresses are ours, and with which class parameters (spec/ingress.md §2).

Called by `groups` for every Ingress; the admission webhook needs `find_class` and `is_claimed_by_annotation` alone,
since an Ingress may be admitted before its class parameters exist.
"""

from dataclasses import dataclass

from albc.crds.ingress_class_params import IngressClassParams
from albc.kube.objects import Ingress, IngressClass
from albc.mapping.ingress.member import ref
from albc.mapping.invalid import Invalid
from albc.mapping.label_selectors import selects
from albc.mapping.settings import MappingSettings
from albc.mapping.snapshot import NamespacedName, Snapshot

CONTROLLER = "ingress.k8s.aws/alb"
CLASS_ANNOTATION = "kubernetes.io/ingress.class"
DEFAULT_CLASS_ANNOTATION = "ingressclass.kubernetes.io/is-default-class"

REASON = "FailedLoadGroupID"


@dataclass(frozen=True, slots=True)
class Claim:
    """That an Ingress is ours, and on which terms."""

    params: IngressClassParams | None = None


def claim(ingress: Ingress, snapshot: Snapshot, settings: MappingSettings) -> Claim | None:
    """None if the Ingress is somebody else's. Raises `Invalid` if its class cannot be told or used."""
    if CLASS_ANNOTATION in ingress.metadata.annotations:
        return Claim() if is_claimed_by_annotation(ingress, settings) else None
    ingress_class = find_class(ingress, snapshot)
    if ingress_class is None:
        return Claim() if not settings.ingress_class else None
    if ingress_class.spec.controller != CONTROLLER:
        return None
    return Claim(_params(ingress_class, ingress, snapshot))


def is_claimed_by_annotation(ingress: Ingress, settings: MappingSettings) -> bool:
    """Whether `kubernetes.io/ingress.class` names our class. With an empty `--ingress-class`, `alb` is ours too."""
    value = ingress.metadata.annotations.get(CLASS_ANNOTATION)
    return value is not None and (value == settings.ingress_class or (not settings.ingress_class and value == "alb"))


def find_class(ingress: Ingress, snapshot: Snapshot) -> IngressClass | None:
    """The class that `spec.ingressClassName` names, else the default class, else None; whose ever it is."""
    name = ingress.spec.ingress_class_name
    if name is None:
        return _default_class(snapshot)
    if (found := snapshot.ingress_classes.get(NamespacedName("", name))) is None:
        raise Invalid(f"invalid ingress class: IngressClass {name} does not exist; create it", reason=REASON)
    return found


def _default_class(snapshot: Snapshot) -> IngressClass | None:
    defaults = [
        candidate
        for candidate in snapshot.ingress_classes.values()
        if candidate.metadata.annotations.get(DEFAULT_CLASS_ANNOTATION) == "true"
    ]
    if len(defaults) > 1:
        names = ", ".join(sorted(candidate.name for candidate in defaults))
        raise Invalid(
            f"multiple default IngressClasses found: {names}; keep one default, or set spec.ingressClassName",
            reason=REASON,
        )
    return defaults[0] if defaults else None


def _params(ingress_class: IngressClass, ingress: Ingress, snapshot: Snapshot) -> IngressClassParams | None:
    reference = ingress_class.spec.parameters
    if reference is None:
        return None
    if reference.api_group != "elbv2.k8s.aws" or reference.kind != "IngressClassParams":
        raise Invalid(
            f"invalid ingress class: IngressClass {ingress_class.name} references unknown parameters "
            f"{reference.kind} of {reference.api_group or 'no API group'}; name an IngressClassParams of elbv2.k8s.aws",
            reason=REASON,
        )
    params = snapshot.ingress_class_params.get(NamespacedName("", reference.name))
    if params is None:
        raise Invalid(
            f"invalid ingress class: IngressClassParams {reference.name} of IngressClass {ingress_class.name} "
            "does not exist; create it",
            reason=REASON,
        )
    _check_namespace(params, ingress, snapshot)
    return params


def _check_namespace(params: IngressClassParams, ingress: Ingress, snapshot: Snapshot) -> None:
    selector = params.spec.namespace_selector
    if selector is None:
        return
    namespace = snapshot.namespaces.get(NamespacedName("", ingress.namespace))
    if namespace is None:
        raise Invalid(
            f"invalid ingress class: namespaceSelector of IngressClassParams {params.name} cannot be evaluated, "
            f"since namespace {ingress.namespace} of {ref(ingress)} is not known",
            reason=REASON,
        )
    if not selects(selector, namespace.metadata.labels):
        raise Invalid(
            f"invalid ingress class: namespaceSelector of IngressClassParams {params.name} does not select "
            f"namespace {ingress.namespace}; label the namespace, or use another class",
            reason=REASON,
        )
