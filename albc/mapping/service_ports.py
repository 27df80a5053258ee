"""Ports of a Service as a backend refers to them (spec/targets.md §6.1, §16.4).

Called by the target group rules of all families.
"""

from albc.kube.objects import Service
from albc.kube.objects.core import ServicePort
from albc.mapping.invalid import Invalid


def find_port(service: Service, port: int | str) -> ServicePort:
    """The Service's port of that name (text) or number; the first one, where a number stands twice."""
    for candidate in service.spec.ports:
        if port == (candidate.name if isinstance(port, str) else candidate.port):
            return candidate
    offered = ", ".join(f"{p.name} ({p.port})" if p.name else str(p.port) for p in service.spec.ports) or "no port"
    raise Invalid(f"unable to find port {port} on service {service.namespace}/{service.name}, which has {offered}")


def target_port(port: ServicePort) -> int | str:
    """Where the Pods listen: a number, or the name of a container port. Left out, it is the Service's own port."""
    return port.target_port or port.port
