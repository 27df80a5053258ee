"""Which sockets the nodes should have open for Services, and where they lead. PURE.

`wanted_ports` says it for a whole state. `ServicePorts` holds the state, takes changes object by object, and says it
for the Services that they concern, so that one Pod that comes costs one Service's work. Rules are those of kube-proxy's
iptables mode: endpoints that are ready, or else those that still serve while they end; with
`externalTrafficPolicy: Local` only those of the same node, whose health check port says whether there are any.
"""

import socket
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from albc.local.dataplane.relay import Address

Object = Mapping[str, Any]
Identity = tuple[str, str]
"""Namespace and name."""
Kind = Literal["services", "endpointslices", "nodes"]

SERVICE_LABEL = "kubernetes.io/service-name"
_KINDS = {"TCP": socket.SOCK_STREAM, "UDP": socket.SOCK_DGRAM}


@dataclass(frozen=True)
class PortKey:
    """A socket on a node."""

    address: str
    port: int
    kind: socket.SocketKind
    answers_health: bool = False


@dataclass(frozen=True)
class Backing:
    """What stands behind a node's port."""

    service: Identity
    endpoints: tuple[Address, ...]
    local: bool
    """`externalTrafficPolicy: Local`: the client's address is kept, others see the node's."""


def wanted_ports(
    services: Sequence[Object], endpoint_slices: Sequence[Object], nodes: Sequence[Object]
) -> Mapping[PortKey, Backing]:
    """Every socket that the nodes should have open for these Services."""
    slices = defaultdict(list)
    for item in endpoint_slices:
        if named := _service_of(item):
            slices[named].append(item)
    wanted: dict[PortKey, Backing] = {}
    for service in services:
        identity = (service["metadata"].get("namespace", "default"), service["metadata"]["name"])
        for node in nodes:
            for address in _addresses(node):
                place = _Place(node["metadata"]["name"], address, identity, slices[identity])
                wanted.update(_ports_on(service["spec"], place))
    return wanted


@dataclass(frozen=True)
class _Place:
    """One Service on one node."""

    node: str
    address: str
    service: tuple[str, str]
    slices: Sequence[Object]


def _ports_on(spec: Object, place: _Place) -> Iterable[tuple[PortKey, Backing]]:
    local = spec.get("externalTrafficPolicy") == "Local"
    on_node: set[str] = set()
    for port in spec.get("ports") or ():
        endpoints = _endpoints(place, port.get("name") or "", local=local)
        on_node.update(address for address, _ in endpoints)
        kind = _KINDS.get(port.get("protocol", "TCP"))
        if port.get("nodePort") and kind is not None:
            yield PortKey(place.address, port["nodePort"], kind), Backing(place.service, endpoints, local)
    if local and (health := spec.get("healthCheckNodePort")):
        key = PortKey(place.address, health, socket.SOCK_STREAM, answers_health=True)
        yield key, Backing(place.service, tuple((address, 0) for address in sorted(on_node)), local)


def _endpoints(place: _Place, port_name: str, *, local: bool) -> tuple[Address, ...]:
    ready: set[Address] = set()
    ending: set[Address] = set()
    family = "IPv6" if ":" in place.address else "IPv4"
    for item in place.slices:
        numbers = [port["port"] for port in item.get("ports") or () if (port.get("name") or "") == port_name]
        if not numbers or item.get("addressType", "IPv4") != family:
            continue
        for endpoint in item.get("endpoints") or ():
            if local and endpoint.get("nodeName") != place.node:
                continue
            conditions = endpoint.get("conditions") or {}
            found = {(endpoint["addresses"][0], numbers[0])}
            if conditions.get("ready", True):
                ready |= found
            elif conditions.get("serving") and conditions.get("terminating"):
                ending |= found
    return tuple(sorted(ready or ending))


def _addresses(node: Object) -> Iterable[str]:
    held = (node.get("status") or {}).get("addresses") or ()
    return (entry["address"] for entry in held if entry["type"] == "InternalIP")


class ServicePorts:
    """The state so far, and what has changed in it since it was last asked."""

    def __init__(self) -> None:
        self._services: dict[Identity, Object] = {}
        self._slices: dict[Identity, Object] = {}
        self._slices_of: defaultdict[Identity, set[Identity]] = defaultdict(set)
        self._nodes: dict[Identity, Object] = {}
        self._changed: set[Identity] = set()

    def note(self, kind: Kind, key: Identity, obj: Object | None) -> None:
        """An object is now so; None: it is gone."""
        match kind:
            case "services":
                _put(self._services, key, obj)
                self._changed.add(key)
            case "endpointslices":
                for held in (self._slices.get(key), obj):
                    if held is not None and (service := _service_of(held)):
                        self._slices_of[service].discard(key)
                        self._changed.add(service)
                _put(self._slices, key, obj)
                if obj is not None and (service := _service_of(obj)):
                    self._slices_of[service].add(key)
            case "nodes":
                before = self._nodes.get(key)
                if list(_addresses(before or {})) != list(_addresses(obj or {})):
                    self._changed.update(self._services)
                _put(self._nodes, key, obj)

    def changes(self) -> tuple[frozenset[Identity], Mapping[PortKey, Backing]]:
        """The Services that have changed since the last call, and all that the nodes should have open for them."""
        changed, self._changed = frozenset(self._changed), set()
        services = [self._services[key] for key in changed if key in self._services]
        slices = [self._slices[key] for service in changed for key in self._slices_of.get(service, ())]
        return changed, wanted_ports(services, slices, list(self._nodes.values()))


def _put(held: dict[Identity, Object], key: Identity, obj: Object | None) -> None:
    if obj is None:
        held.pop(key, None)
    else:
        held[key] = obj


def _service_of(endpoint_slice: Object) -> Identity | None:
    metadata = endpoint_slice["metadata"]
    name = (metadata.get("labels") or {}).get(SERVICE_LABEL)
    return (metadata.get("namespace", "default"), name) if name else None
