"""Tags of a Classic Load Balancer and its managed security group (spec/service.md B6). Called by `build`."""

from albc.kube.objects import Service
from albc.mapping import tags
from albc.mapping.service.classic.parsed import TAGS
from albc.mapping.service.parsed import ServiceAnnotations, full_name
from albc.mapping.settings import MappingSettings


def resource_tags(annotations: ServiceAnnotations, settings: MappingSettings) -> dict[str, str]:
    """What the user and the operator want, and the tag by which everything of a cluster is known, which wins."""
    additional = annotations[TAGS] or {}
    tags.check(additional, settings, f"Service ({full_name(TAGS)})")
    return {**tags.merge(additional, settings), f"kubernetes.io/cluster/{settings.cluster_name}": "owned"}


def load_balancer_tags(service: Service, resource: dict[str, str]) -> dict[str, str]:
    """These, and whose load balancer it is."""
    return {**resource, "kubernetes.io/service-name": f"{service.namespace}/{service.name}"}
