"""Node ports for Services in manifests, which an API server would choose: a plan needs some number, and says so.

Called by `manifests` when files stand for a cluster, and by `albc plan` once it is known which numbers mattered.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import msgspec

from albc.kube.key import NamespacedName
from albc.kube.objects import Service
from albc.model.problem import ObjectRef, Problem
from albc.model.stack import Stack
from albc.model.target_group import TargetGroup

RANGE = range(30_000, 32_768)
"""Where API servers choose from by default."""

_TYPES = ("NodePort", "LoadBalancer")


@dataclass(frozen=True, slots=True)
class AssumedPort:
    number: int
    service: ObjectRef
    port: int


def assume(
    services: Mapping[NamespacedName, Service],
) -> tuple[dict[NamespacedName, Service], tuple[AssumedPort, ...]]:
    """The Services with a number wherever an API server would put one: the lowest ones that nobody has, by name."""
    taken = {port.node_port for service in services.values() for port in service.spec.ports}
    free = (number for number in RANGE if number not in taken)
    assumed: list[AssumedPort] = []
    return {name: _complete(services[name], free, assumed) for name in sorted(services)}, tuple(assumed)


def _complete(service: Service, free: Iterator[int], assumed: list[AssumedPort]) -> Service:
    spec = service.spec
    if spec.type not in _TYPES or spec.allocate_load_balancer_node_ports is False:
        return service
    ports = []
    for port in spec.ports:
        number = port.node_port or next(free, 0)
        if not port.node_port and number:
            assumed.append(AssumedPort(number, ObjectRef("Service", service.namespace, service.name), port.port))
        ports.append(msgspec.structs.replace(port, node_port=number))
    return msgspec.structs.replace(service, spec=msgspec.structs.replace(spec, ports=tuple(ports)))


def warnings(assumed: Iterable[AssumedPort], stacks: Iterable[Stack | None]) -> Iterator[Problem]:
    """Of those that some target group of the stacks has."""
    used = {group.port for stack in stacks if stack for group in stack.all(TargetGroup)}
    for one in assumed:
        if one.number in used:
            message = (
                f"port {one.port} has no nodePort; {one.number} is assumed here, the API server will choose one, and "
                "target groups that have it will have other names"
            )
            yield Problem(one.service, "AssumedNodePort", message, "warning")
