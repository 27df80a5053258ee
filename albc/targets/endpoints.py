"""The Pods behind a Service port, as `ip` targets (spec/targets.md §6.1). Pure.

An endpoint that somebody has written by hand, of a Service without selector, has no Pod; it counts while it is ready.
A Pod leaves with its deletionTimestamp, the first that is known of its end, whatever its EndpointSlice says yet.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from albc.kube.key import NamespacedName
from albc.kube.objects import EndpointSlice, Node, Pod, Service
from albc.kube.objects.core import Endpoint, EndpointPort, ServicePort
from albc.targets.nodes import readiness

Leave: TypeAlias = Literal["deletion", "readiness"]
"""When a Pod that goes stops being a target: as soon as it is deleted; or, as a yardstick, when it no longer serves."""


class BackendNotFound(Exception):
    """The Service, or its port, is not there: the binding has no targets until it is."""


@dataclass(frozen=True, slots=True)
class PodEndpoint:
    """One address and port that a Pod serves; None: of an endpoint that is no Pod's."""

    ip: str
    port: int
    pod: Pod | None

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


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointRules:
    ipv6: bool = False
    """Which family of EndpointSlices counts."""
    fail_open: bool = True
    """Gate `EndpointsFailOpen`."""
    leave: Leave = "deletion"


def pod_endpoints(
    service: Service, port: ServicePort, slices: Iterable[EndpointSlice], view: PodView, rules: EndpointRules
) -> tuple[PodEndpoint, ...]:
    """Ready endpoints; when there are none and `fail_open`, those whose node is of unknown readiness."""
    ready: list[PodEndpoint] = []
    unknown: list[PodEndpoint] = []
    family = "IPv6" if rules.ipv6 else "IPv4"
    for slice_ in slices:
        if slice_.address_type != family:
            continue
        for slice_port in slice_.ports:
            # An unnamed service port takes every port of the slice: there is only one.
            if slice_port.port is None or (port.name and slice_port.name != port.name):
                continue
            for endpoint in slice_.endpoints:
                found = _endpoint(endpoint, slice_port, service.namespace, view)
                if found is None:
                    continue
                match _standing(endpoint, found.pod, view, rules.leave):
                    case "ready":
                        ready.append(found)
                    case "unknown":
                        unknown.append(found)
    chosen = ready or (unknown if rules.fail_open else [])
    return tuple(sorted(chosen, key=lambda e: e.identifier))


def _endpoint(endpoint: Endpoint, port: EndpointPort, namespace: str, view: PodView) -> PodEndpoint | None:
    target = endpoint.target_ref
    if not endpoint.addresses or port.port is None:
        return None
    if target is None:
        return PodEndpoint(endpoint.addresses[0], port.port, None)
    if target.kind != "Pod":
        return None
    pod = view.pods.get(NamespacedName(target.namespace or namespace, target.name))
    return PodEndpoint(endpoint.addresses[0], port.port, pod) if pod else None


def _standing(endpoint: Endpoint, pod: Pod | None, view: PodView, leave: Leave) -> Literal["ready", "unknown"] | None:
    """Whether the endpoint is to get traffic; `unknown` if nobody hears of its node any more."""
    conditions = endpoint.conditions
    if pod is None:
        return "ready" if conditions.ready is not False else None
    if leave == "readiness" and conditions.serving:
        return "ready"
    going = leave == "deletion" and pod.metadata.deletion_timestamp is not None
    if conditions.ready is not False and not going:
        return "ready"
    # A Pod that only its target-health gate holds back must be registered, or the gate would never open.
    if condition_status(pod, "ContainersReady") != "True":
        return None
    node = view.nodes.get(pod.spec.node_name)
    match readiness(node) if node else None:
        case "True" if not (conditions.terminating or going):
            return "ready"
        case "Unknown":
            return "unknown"
    return None


def condition_status(pod: Pod, type_: str) -> str | None:
    return next((condition.status for condition in pod.status.conditions if condition.type == type_), None)
