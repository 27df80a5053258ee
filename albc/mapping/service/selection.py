"""Which Services become Network Load Balancers (spec/service.md A1).

Called by the controller for every event, by `albc plan`, and by `build`.
"""

from albc.kube.objects import Service
from albc.mapping import go
from albc.mapping.invalid import Invalid
from albc.mapping.service.parsed import LOAD_BALANCER_ATTRIBUTES, TARGET_TYPE, TYPE, ServiceAnnotations
from albc.mapping.settings import MappingSettings

FINALIZER = "service.k8s.aws/resources"


def is_ours(service: Service, settings: MappingSettings) -> bool:
    """Whether the Service shall have a load balancer of ours. A class, even an empty one, decides alone; without one
    the type annotation does. Being deleted is not being ours.
    """
    if service.metadata.deletion_timestamp is not None:
        return False
    if settings.service_type_load_balancer_only and service.spec.type != "LoadBalancer":
        return False
    if service.spec.load_balancer_class is not None:
        return service.spec.load_balancer_class == settings.load_balancer_class
    annotations = ServiceAnnotations(service.metadata.annotations)
    match annotations[TYPE]:
        case "nlb-ip":
            return True
        case "external":
            return annotations[TARGET_TYPE] in ("ip", "instance")
        case _:
            return False


def pending_finalization(service: Service) -> bool:
    """Whether AWS resources may exist that only we will remove."""
    return FINALIZER in service.metadata.finalizers


def protected(service: Service) -> bool:
    """Whether the Service itself forbids that its load balancer is deleted (spec/service.md A6). Deletion needs no
    parse of what it deletes, so a malformed annotation forbids nothing.
    """
    try:
        attributes = ServiceAnnotations(service.metadata.annotations)[LOAD_BALANCER_ATTRIBUTES]
    except Invalid:
        return False
    return bool(attributes and go.parse_bool(attributes.get("deletion_protection.enabled", "")))
