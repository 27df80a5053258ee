"""What the status of a Service should say (spec/service.md A13.3). Pure."""

from typing import Any

from albc.kube.objects import Service


def status_patch(service: Service, hostname: str) -> dict[str, Any] | None:
    """A merge patch of the status; None when it says already what it should."""
    wanted = {port.port for port in service.spec.ports}
    match service.status.load_balancer.ingress:
        case (only,) if not only.ip and only.hostname == hostname and {p.port for p in only.ports} == wanted:
            return None
    ports = [{"port": port.port, "protocol": port.protocol} for port in service.spec.ports]
    entry = {"hostname": hostname} | ({"ports": ports} if ports else {})
    return {"status": {"loadBalancer": {"ingress": [entry]}}}
