"""EndpointSlices follow Services and pods: who is behind a Service, on which port, ready or going.

Endpoints keep their place in their slice; a slice holds endpoints with the same ports, at most a hundred.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from albc.local.kubernetes.behaviour import Object
from albc.local.kubernetes.controllers.world import (
    ENDPOINT_SLICES,
    NODES,
    PODS,
    SERVICES,
    World,
    condition_of,
    reference_to,
)
from albc.local.kubernetes.selectors import LabelSelector, Requirement, from_object
from albc.local.kubernetes.store import Event, Key, StorageName

SERVICE_LABEL = "kubernetes.io/service-name"
_MANAGED_BY = "endpointslice.kubernetes.io/managed-by"
_MANAGER = "endpointslice-controller.k8s.io"
_HEADLESS_LABEL = "service.kubernetes.io/headless"
_MOST_ENDPOINTS = 100
_ENDED = ("Succeeded", "Failed")
_ZONE = "topology.kubernetes.io/zone"

Port = tuple[str, int | None, str, str]
Ports = tuple[Port, ...]


class EndpointSlices:
    """Keeps the EndpointSlices of every Service that has a selector."""

    workers = 2

    def __init__(self, world: World) -> None:
        self._world = world.named("kube-controller-manager")
        self._selectors: dict[Key, Mapping[str, str]] = {}

    def keys(self, source: StorageName, event: Event) -> Iterable[Key]:
        if source == SERVICES:
            key = event.stored.key
            self._selectors.pop(key, None)
            if event.type != "DELETED":
                selector = event.stored.object()["spec"].get("selector")
                if selector:
                    self._selectors[key] = selector
            return (key,)
        if source == PODS:
            labels = [event.stored.labels, event.previous.labels if event.previous else {}]
            namespace = event.stored.key.namespace
            return [
                key
                for key, selector in self._selectors.items()
                if key.namespace == namespace and any(selector.items() <= have.items() for have in labels)
            ]
        if source == ENDPOINT_SLICES and event.stored.labels.get(_MANAGED_BY) == _MANAGER:
            return (Key(event.stored.key.namespace, event.stored.labels.get(SERVICE_LABEL, "")),)
        return ()

    async def reconcile(self, key: Key) -> float | None:
        service = self._world.get(SERVICES, key)
        mine = LabelSelector(
            (Requirement(SERVICE_LABEL, "In", (key.name,)), Requirement(_MANAGED_BY, "In", (_MANAGER,)))
        )
        slices = self._world.select(ENDPOINT_SLICES, key.namespace, mine)
        selector = service["spec"].get("selector") if service else None
        if service is None or service["metadata"].get("deletionTimestamp") or not selector:
            for gone in slices:
                await self._delete(gone)
            return None
        if service["spec"].get("type") == "ExternalName":
            return None
        pods = self._world.select(PODS, key.namespace, from_object({"matchLabels": selector}))
        wanted = self._wanted(service, pods)
        if not any(wanted.values()):
            # A Service with nobody behind it has one empty slice, so that watchers see it.
            wanted = {(): {}}
        for ports, endpoints in wanted.items():
            same = [s for s in slices if _ports_of(s) == ports]
            slices = [s for s in slices if s not in same]
            await self._fill(service, ports, endpoints, same)
        for left in slices:
            await self._delete(left)
        return None

    def _wanted(self, service: Object, pods: list[Object]) -> dict[Ports, dict[str, Object]]:
        """For each set of ports the endpoints that have it, by pod uid."""
        found: dict[Ports, dict[str, Object]] = {}
        for pod in sorted(pods, key=lambda pod: str(pod["metadata"]["name"])):
            status = pod.get("status") or {}
            if not status.get("podIP") or status.get("phase") in _ENDED:
                continue
            ports = _resolved(service, pod)
            if ports or not service["spec"].get("ports"):
                found.setdefault(ports, {})[pod["metadata"]["uid"]] = self._endpoint(service, pod)
        return found

    def _endpoint(self, service: Object, pod: Object) -> Object:
        terminating = bool(pod["metadata"].get("deletionTimestamp"))
        serving = condition_of(pod, "Ready") == "True"
        ready = (serving and not terminating) or bool(service["spec"].get("publishNotReadyAddresses"))
        node = self._world.get(NODES, Key("", pod["spec"].get("nodeName", "")))
        endpoint: Object = {
            "addresses": [pod["status"]["podIP"]],
            "conditions": {"ready": ready, "serving": serving, "terminating": terminating},
            "targetRef": {
                "kind": "Pod",
                "name": pod["metadata"]["name"],
                "namespace": pod["metadata"]["namespace"],
                "uid": pod["metadata"]["uid"],
            },
        }
        if pod["spec"].get("nodeName"):
            endpoint["nodeName"] = pod["spec"]["nodeName"]
        zone = ((node or {}).get("metadata", {}).get("labels") or {}).get(_ZONE)
        if zone:
            endpoint["zone"] = zone
        if pod["spec"].get("hostname") and pod["spec"].get("subdomain") == service["metadata"]["name"]:
            endpoint["hostname"] = pod["spec"]["hostname"]
        return endpoint

    async def _fill(self, service: Object, ports: Ports, endpoints: dict[str, Object], slices: list[Object]) -> None:
        waiting = dict(endpoints)
        kept: list[list[Object]] = []
        for endpoint_slice in slices:
            uids = [(e.get("targetRef") or {}).get("uid") for e in endpoint_slice.get("endpoints") or []]
            kept.append([waiting.pop(uid) for uid in uids if uid in waiting])
        rest = list(waiting.values())
        for content in kept:
            room = _MOST_ENDPOINTS - len(content)
            content += rest[:room]
            rest = rest[room:]
        for endpoint_slice, content in zip(slices, kept, strict=True):
            if content or (len(slices) == 1 and not endpoints):
                await self._update(service, endpoint_slice, content)
            else:
                await self._delete(endpoint_slice)
        while rest or (not endpoints and not slices):
            await self._create(service, ports, rest[:_MOST_ENDPOINTS])
            rest = rest[_MOST_ENDPOINTS:]
            if not rest:
                break

    async def _update(self, service: Object, endpoint_slice: Object, content: list[Object]) -> None:
        labels = _labels(service)
        metadata = endpoint_slice["metadata"]
        if (endpoint_slice.get("endpoints") or []) == content and (metadata.get("labels") or {}) == labels:
            return
        key = Key(metadata["namespace"], metadata["name"])
        await self._world.modify(
            ENDPOINT_SLICES,
            key,
            lambda live: {**live, "endpoints": content, "metadata": {**live["metadata"], "labels": labels}},
        )

    async def _create(self, service: Object, ports: Ports, content: list[Object]) -> None:
        metadata = service["metadata"]
        obj = {
            "metadata": {
                "generateName": f"{metadata['name']}-",
                "labels": _labels(service),
                "ownerReferences": [reference_to(service)],
            },
            "addressType": "IPv4",
            "endpoints": content,
            "ports": [_port(port) for port in ports],
        }
        await self._world.create(ENDPOINT_SLICES, metadata["namespace"], obj)

    async def _delete(self, endpoint_slice: Object) -> None:
        metadata = endpoint_slice["metadata"]
        key = Key(metadata["namespace"], metadata["name"])
        await self._world.delete(ENDPOINT_SLICES, key, uid=metadata["uid"])


def _labels(service: Object) -> dict[str, str]:
    """Those of the Service, and those by which slices are found."""
    labels = dict(service["metadata"].get("labels") or {})
    if service["spec"].get("clusterIP") == "None":
        labels[_HEADLESS_LABEL] = ""
    return {**labels, _MANAGED_BY: _MANAGER, SERVICE_LABEL: service["metadata"]["name"]}


def _port(port: Port) -> dict[str, Any]:
    name, number, protocol, app_protocol = port
    found: dict[str, Any] = {"name": name, "protocol": protocol}
    if number is not None:
        found["port"] = number
    if app_protocol:
        found["appProtocol"] = app_protocol
    return found


def _ports_of(endpoint_slice: Object) -> Ports:
    return tuple(
        (port.get("name", ""), port.get("port"), port.get("protocol", "TCP"), port.get("appProtocol", ""))
        for port in endpoint_slice.get("ports") or []
    )


def _resolved(service: Object, pod: Object) -> Ports:
    """The Service's ports as this pod has them; a name that the pod does not know drops its port."""
    found: list[Port] = []
    for port in service["spec"].get("ports") or []:
        protocol = port.get("protocol", "TCP")
        number = _number(port.get("targetPort", port["port"]), protocol, pod)
        if number is not None:
            found.append((port.get("name", ""), number, protocol, port.get("appProtocol", "")))
    return tuple(found)


def _number(target: int | str, protocol: str, pod: Object) -> int | None:
    if isinstance(target, int):
        return target
    for container in [*pod["spec"].get("containers", []), *pod["spec"].get("initContainers", [])]:
        for port in container.get("ports") or []:
            if port.get("name") == target and port.get("protocol", "TCP") == protocol:
                return int(port["containerPort"])
    return None
