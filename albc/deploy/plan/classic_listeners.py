"""Listeners of a Classic Load Balancer (spec/service.md B4): AWS changes none of them, so a changed one is made anew.

Those on free ports come before any goes; only a port that is used again is without a listener for a moment.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from albc.deploy.fields.classic import listener_shape
from albc.deploy.plan.operation import Operation, ResourceID, Verb
from albc.model.classic import ClassicLoadBalancer
from albc.model.inventory import ActualClassicLoadBalancer

Shape = Mapping[str, Any]


def listener_operations(
    resource: ResourceID, wanted: ClassicLoadBalancer, actual: ActualClassicLoadBalancer
) -> Iterator[Operation]:
    described = [one["Listener"] for one in actual.aws.get("ListenerDescriptions") or () if one.get("Listener")]
    mine = {identity(shape): shape for shape in map(listener_shape, wanted.listeners)}
    theirs = {identity(shape): shape for shape in described}
    unwanted = [shape for identity, shape in theirs.items() if identity not in mine]
    missing = [shape for identity, shape in mine.items() if identity not in theirs]
    occupied = {shape["LoadBalancerPort"] for shape in unwanted}
    free = [shape for shape in missing if shape["LoadBalancerPort"] not in occupied]

    yield from _create(resource, wanted.name, free)
    if unwanted:
        yield Operation(
            verb=Verb.MODIFY,
            resource=resource,
            service="elb",
            action="delete_load_balancer_listeners",
            params={"LoadBalancerName": wanted.name, "LoadBalancerPorts": sorted(occupied)},
            before={"Listeners": unwanted},
            because=f"{_ports(unwanted)} not wanted, or to be made anew",
        )
    yield from _create(resource, wanted.name, [shape for shape in missing if shape not in free])


def _create(resource: ResourceID, name: str, shapes: Sequence[Shape]) -> Iterator[Operation]:
    if shapes:
        yield Operation(
            verb=Verb.MODIFY,
            resource=resource,
            service="elb",
            action="create_load_balancer_listeners",
            params={"LoadBalancerName": name, "Listeners": shapes},
            after={"Listeners": shapes},
            because=f"{_ports(shapes)} missing",
        )


def identity(shape: Shape) -> tuple[Any, ...]:
    """What makes two listeners, in AWS's form, equal; case does not count."""
    texts = (shape["Protocol"], shape.get("InstanceProtocol") or "", shape.get("SSLCertificateId") or "")
    return (*(text.lower() for text in texts), shape["LoadBalancerPort"], shape["InstancePort"])


def _ports(shapes: Iterable[Shape]) -> str:
    ports = sorted(shape["LoadBalancerPort"] for shape in shapes)
    return f"listener{'s' if len(ports) > 1 else ''} {', '.join(map(str, ports))}"
