"""Names of the AWS resources of a Service (spec/service.md A8.9).

Called by the rule of each resource. The hashes are the reference's, byte for byte.
"""

from albc.kube.objects import Service
from albc.mapping.resource_names import resource_name
from albc.mapping.service.backends import Backend
from albc.mapping.service.parsed import NAME, ServiceAnnotations
from albc.mapping.settings import MappingSettings
from albc.model.target_group import HealthCheck

_LONGEST = 32


def load_balancer_name(
    service: Service, annotations: ServiceAnnotations, scheme: str, settings: MappingSettings
) -> str:
    """The user's word, which only its length limits, or one made of namespace, name and a hash."""
    if (name := annotations[NAME]) is not None:
        if len(name.encode()) > _LONGEST:
            raise annotations.invalid(NAME, f"cannot be longer than {_LONGEST} characters")
        return name
    meta = service.metadata
    return resource_name(meta.namespace, meta.name, settings.cluster_name, meta.uid, scheme)


def managed_security_group_name(service: Service, settings: MappingSettings) -> str:
    meta = service.metadata
    return resource_name(meta.namespace, meta.name, settings.cluster_name, meta.name, meta.namespace, meta.uid)


def target_group_name(
    backend: Backend, port: int, target_type: str, health_check: HealthCheck, settings: MappingSettings
) -> str:
    """`port` is the target group's own."""
    meta = backend.service.metadata
    return resource_name(
        meta.namespace,
        meta.name,
        settings.cluster_name,
        backend.action_of,
        meta.uid,
        str(port),
        str(backend.port.port),
        target_type,
        backend.protocol,
        health_check.protocol,
        str(health_check.interval_seconds),
    )
