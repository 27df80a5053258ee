"""What the status of a group's members should say (spec/ingress.md §5.3). Pure."""

from collections.abc import Iterable
from typing import Any

from albc.kube.objects import Ingress


def status_patch(ingress: Ingress, hostnames: Iterable[str], ports: Iterable[int]) -> dict[str, Any] | None:
    """A merge patch of the status; None when it says already what it should, in whatever order.

    `hostnames`: of the ALB, and of the frontend NLB if there is one. `ports`: of the ALB's listeners, all members'.
    Without any listener the ports that stand there stay.
    """
    alb, *others = hostnames
    entries = ingress.status.load_balancer.ingress
    current = {entry.hostname: {port.port for port in entry.ports} for entry in entries}
    listening = set(ports) or current.get(alb, set())
    wanted: dict[str, set[int]] = {alb: listening, **{other: set() for other in others}}
    if current == wanted and len(entries) == len(wanted) and not any(entry.ip for entry in entries):
        return None
    written = [_entry(hostname, open_ports) for hostname, open_ports in wanted.items()]
    return {"status": {"loadBalancer": {"ingress": written}}}


def _entry(hostname: str, ports: set[int]) -> dict[str, Any]:
    """The protocol stands empty, as the reference writes it."""
    listed = [{"port": port, "protocol": ""} for port in sorted(ports)]
    return {"hostname": hostname, "ports": listed} if listed else {"hostname": hostname}
