"""The Pods behind a Service port, as `ip` targets (spec/targets.md §6.1). Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from albc.kube.key import NamespacedName
from albc.kube.objects import EndpointSlice, Node, Pod, Service
from albc.kube.objects.core import Endpoint, EndpointPort, ServicePort
from albc.targets.nodes import readiness


class BackendNotFound(Exception):
    """The Service, or its port, is not there: the binding has no targets until it is."""


@dataclass(frozen=True, slots=True)
class PodEndpoint:
    """One address and port that a Pod serves."""

    ip: str
    port: int
    pod: Pod

    @property
    def identifier(self) -> str:
        return f"{self.ip}:{self.port}"


def service_port(service: Service, port: int | str) -> ServicePort:
    """The port of that number, or of that name. Raises `BackendNotFound`."""
    for candidate in service.spec.ports:
        if (candidate.name if isinstance(port, str) else candidate.port) == port:
            return candidate
    raise BackendNotFound(f"unable to find port {port} on service {service.namespace}/{service.name}")


@dataclass(frozen=True, slots=True)
class PodView:
    """What is needed of Pods and Nodes to judge an endpoint."""

    pods: Mapping[NamespacedName, Pod]
    nodes: Mapping[str, Node]
    """By name."""


def pod_endpoints(
    service: Service, port: ServicePort, slices: Iterable[EndpointSlice], view: PodView, *, ipv6: bool, fail_open: bool
) -> tuple[PodEndpoint, ...]:
    """Ready endpoints; when there are none and `fail_open`, those whose node is of unknown readiness."""
    ready: list[PodEndpoint] = []
    unknown: list[PodEndpoint] = []
    family = "IPv6" if ipv6 else "IPv4"
    for slice_ in slices:
        if slice_.address_type != family:
            continue
        for slice_port in slice_.ports:
            # An unnamed service port takes every port of the slice: there is only one.
            if slice_port.port is None or (port.name and slice_port.name != port.name):
                continue
            for endpoint in slice_.endpoints:
                _sort_in(endpoint, slice_port, service.namespace, view, ready, unknown)
    chosen = ready or (unknown if fail_open else [])
    return tuple(sorted(chosen, key=lambda e: e.identifier))


def _sort_in(
    endpoint: Endpoint,
    port: EndpointPort,
    namespace: str,
    view: PodView,
    ready: list[PodEndpoint],
    unknown: list[PodEndpoint],
) -> None:
    target = endpoint.target_ref
    if target is None or target.kind != "Pod" or not endpoint.addresses or port.port is None:
        return
    pod = view.pods.get(NamespacedName(target.namespace or namespace, target.name))
    if pod is None:
        return
    found = PodEndpoint(endpoint.addresses[0], port.port, pod)
    conditions = endpoint.conditions
    if conditions.ready is not False:
        ready.append(found)
        return
    # A Pod that only its target-health gate holds back must be registered, or the gate would never open.
    if condition_status(pod, "ContainersReady") != "True":
        return
    node = view.nodes.get(pod.spec.node_name)
    match readiness(node) if node else None:
        case "True" if not conditions.terminating:
            ready.append(found)
        case "Unknown":
            unknown.append(found)


def condition_status(pod: Pod, type_: str) -> str | None:
    return next((condition.status for condition in pod.status.conditions if condition.type == type_), None)
