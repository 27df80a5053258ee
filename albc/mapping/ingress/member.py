"""A member of an IngressGroup as every rule of this folder sees it: the Ingress, its order, its class's settings."""

from dataclasses import dataclass, field

from albc.crds.ingress_class_params import IngressClassParamsSpec
from albc.kube.objects import Ingress, Service
from albc.mapping.annotations import Annotations
from albc.mapping.snapshot import NamespacedName
from albc.model.problem import ObjectRef

PREFIX = "alb.ingress.kubernetes.io/"

PLAN_ANNOTATION = f"{PREFIX}dry-run-plan"
"""Written by the controller, read by people (spec/ingress.md §5.5)."""

NO_PARAMS = IngressClassParamsSpec()


def ref(ingress: Ingress) -> ObjectRef:
    return ObjectRef("Ingress", ingress.namespace, ingress.name)


def annotations_of(thing: Ingress | Service) -> Annotations:
    return Annotations(thing.metadata.annotations, PREFIX)


@dataclass(frozen=True, slots=True)
class Member:
    ingress: Ingress
    params: IngressClassParamsSpec = NO_PARAMS
    """Of its class; empty where the class has none."""
    params_name: str = ""
    order: int = 0
    """`group.order`."""
    annotations: Annotations = field(init=False, compare=False)
    ref: ObjectRef = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "annotations", annotations_of(self.ingress))
        object.__setattr__(self, "ref", ref(self.ingress))

    @property
    def name(self) -> NamespacedName:
        return NamespacedName(self.ingress.namespace, self.ingress.name)
