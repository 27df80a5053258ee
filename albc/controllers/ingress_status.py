"""What the status of a group's members should say (spec/ingress.md §5.3). Pure."""

from collections.abc import Iterable
from typing import Any

from albc.kube.objects import Ingress


def status_patch(ingress: Ingress, hostnames: Iterable[str], ports: Iterable[int]) -> dict[str, Any] | None:
    """A merge patch of the status; None when it says already what it should.

    `hostnames`: of the ALB, and of the frontend NLB if there is one. `ports`: of the ALB's listeners, all members'.
    """
    alb, *others = hostnames
    wanted: dict[str, set[int]] = {alb: set(ports), **{other: set() for other in others}}
    current = {entry.hostname: {port.port for port in entry.ports} for entry in ingress.status.load_balancer.ingress}
    if current == wanted and not any(entry.ip for entry in ingress.status.load_balancer.ingress):
        return None
    entries = [
        {"hostname": hostname}
        | ({"ports": [{"port": port, "protocol": "TCP"} for port in sorted(listening)]} if listening else {})
        for hostname, listening in wanted.items()
    ]
    return {"status": {"loadBalancer": {"ingress": entries}}}
