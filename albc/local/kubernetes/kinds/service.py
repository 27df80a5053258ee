"""Services: defaults by type, ClusterIPs and nodePorts, and what may not change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from albc.local.kubernetes import errors
from albc.local.kubernetes.behaviour import Behaviour, Object
from albc.local.kubernetes.errors import FieldError
from albc.local.kubernetes.kinds.pool import AddressRange, Exhausted, Pool
from albc.local.kubernetes.options import ClusterOptions
from albc.local.kubernetes.types.notation import Schema
from albc.local.kubernetes.validation import checks
from albc.local.kubernetes.validation.metadata import invalid, required
from albc.local.kubernetes.validation.schema_rules import schema_faults

_WITH_NODE_PORTS = ("NodePort", "LoadBalancer")
_HEADLESS = "None"
_AFFINITY_SECONDS = 10800
_MOST_AFFINITY_SECONDS = 86400
_FIRST_ADDRESS = 10
"""Addresses below are left to fixed Services, as a cluster's DNS would be."""


def behaviour(options: ClusterOptions, schema: Schema) -> Behaviour:
    """How Services behave in a cluster."""
    cluster_ips = Pool(AddressRange(options.cluster_ips, _FIRST_ADDRESS))
    node_ports = Pool(options.node_ports)

    def prepare(new: Object, old: Object | None) -> None:
        if old is not None:
            _keep_allocated(new, old)
            _drop_what_the_type_has_not(new, old)
        _allocate_address(new, old, cluster_ips)
        _allocate_ports(new, old, node_ports)

    def committed(old: Object | None, new: Object | None) -> None:
        for obj, act_ip, act_port in (
            (old, cluster_ips.release, node_ports.release),
            (new, cluster_ips.take, node_ports.take),
        ):
            for address in _addresses(obj) if obj else ():
                act_ip(address)
            for port in _node_ports(obj) if obj else ():
                act_port(port)

    def validate(new: Object, old: Object | None) -> Iterator[FieldError]:
        yield from schema_faults(new, schema)
        yield from _validate(new, old)

    return Behaviour(
        default=_default, prepare=prepare, validate=validate, committed=committed, counts_generations=False
    )


def _addresses(service: Object) -> list[str]:
    return [ip for ip in service["spec"].get("clusterIPs") or [] if ip != _HEADLESS]


def _node_ports(service: Object) -> set[int]:
    spec = service["spec"]
    found = {port["nodePort"] for port in spec.get("ports") or [] if port.get("nodePort")}
    return found | ({spec["healthCheckNodePort"]} if spec.get("healthCheckNodePort") else set())


def _default(new: Object, old: Object | None) -> None:
    spec = new.setdefault("spec", {})
    kind = spec.setdefault("type", "ClusterIP")
    spec.setdefault("sessionAffinity", "None")
    if spec["sessionAffinity"] == "ClientIP":
        client = spec.setdefault("sessionAffinityConfig", {}).setdefault("clientIP", {})
        client.setdefault("timeoutSeconds", _AFFINITY_SECONDS)
    elif spec["sessionAffinity"] == "None":
        spec.pop("sessionAffinityConfig", None)
    for port in spec.get("ports") or []:
        if (port.get("targetPort") in (None, 0, "") and spec.get("clusterIP") != _HEADLESS) or "targetPort" not in port:
            port["targetPort"] = port.get("port")
    if kind in _WITH_NODE_PORTS:
        spec.setdefault("externalTrafficPolicy", "Cluster")
    if kind == "LoadBalancer":
        spec.setdefault("allocateLoadBalancerNodePorts", True)
    if kind != "ExternalName":
        spec.setdefault("internalTrafficPolicy", "Cluster")


def _needs_address(spec: Object) -> bool:
    return spec.get("type") != "ExternalName"


def _keep_allocated(new: Object, old: Object) -> None:
    """What the server once gave stays when the client leaves it out (`patchAllocatedValues`)."""
    after, before = new["spec"], old["spec"]
    if _needs_address(after) and _needs_address(before):
        for name in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"):
            if not after.get(name) and before.get(name):
                after[name] = before[name]
        if after.get("clusterIP") != before.get("clusterIP") and after.get("clusterIPs") == before.get("clusterIPs"):
            after["clusterIPs"] = [after["clusterIP"]]
    if after["type"] in _WITH_NODE_PORTS and before["type"] in _WITH_NODE_PORTS:
        given = {(p.get("protocol"), p["port"]): p.get("nodePort") for p in before.get("ports") or []}
        used = {port["nodePort"] for port in after.get("ports") or [] if port.get("nodePort")}
        for port in after.get("ports") or []:
            kept = given.get((port.get("protocol"), port.get("port")))
            if not port.get("nodePort") and kept and kept not in used:
                port["nodePort"] = kept
    if _needs_health_port(after) and _needs_health_port(before) and not after.get("healthCheckNodePort"):
        after["healthCheckNodePort"] = before.get("healthCheckNodePort")


def _needs_health_port(spec: Object) -> bool:
    return spec.get("type") == "LoadBalancer" and spec.get("externalTrafficPolicy") == "Local"


def _drop_what_the_type_has_not(new: Object, old: Object) -> None:
    """A change of type takes away what only the old type has, unless the client set it anew."""
    after, before = new["spec"], old["spec"]
    if after["type"] == before["type"] and _needs_health_port(after) == _needs_health_port(before):
        return
    if after["type"] == "ExternalName":
        for name in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy"):
            if after.get(name) == before.get(name):
                after.pop(name, None)
    if after["type"] not in _WITH_NODE_PORTS:
        for port, was in zip(after.get("ports") or [], before.get("ports") or [], strict=False):
            if port.get("nodePort") == was.get("nodePort"):
                port.pop("nodePort", None)
        if after.get("externalTrafficPolicy") == before.get("externalTrafficPolicy"):
            after.pop("externalTrafficPolicy", None)
    if after["type"] != "LoadBalancer":
        for name in ("allocateLoadBalancerNodePorts", "loadBalancerClass"):
            if after.get(name) == before.get(name):
                after.pop(name, None)
        if "status" in new:
            new["status"] = {**new["status"], "loadBalancer": {}}
    if not _needs_health_port(after) and after.get("healthCheckNodePort") == before.get("healthCheckNodePort"):
        after.pop("healthCheckNodePort", None)


def _allocate_address(new: Object, old: Object | None, pool: Pool[str]) -> None:
    spec = new["spec"]
    if not _needs_address(spec):
        return
    if spec.get("clusterIPs") and not spec.get("clusterIP"):
        spec["clusterIP"] = spec["clusterIPs"][0]
    if not spec.get("clusterIP"):
        spec["clusterIP"] = _picked(pool, "spec.clusterIPs", new)
    elif (old is None or not old["spec"].get("clusterIP")) and spec["clusterIP"] in pool:
        why = f"failed to allocate IP {spec['clusterIP']}: provided IP is already allocated"
        raise _refused(new, invalid("spec.clusterIPs", [spec["clusterIP"]], why))
    if not spec.get("clusterIPs"):
        spec["clusterIPs"] = [spec["clusterIP"]]
    spec.setdefault("ipFamilies", ["IPv4"])
    spec.setdefault("ipFamilyPolicy", "SingleStack")


def _allocate_ports(new: Object, old: Object | None, pool: Pool[int]) -> None:
    spec = new["spec"]
    mine = _node_ports(old) if old else set()
    wants = spec["type"] == "NodePort" or (
        spec["type"] == "LoadBalancer" and spec.get("allocateLoadBalancerNodePorts", True)
    )
    given: dict[tuple[int, str], int] = {}
    for place, port in enumerate(spec.get("ports") or []):
        node_port = port.get("nodePort")
        if node_port:
            if node_port in pool and node_port not in mine:
                why = "provided port is already allocated"
                raise _refused(new, invalid(f"spec.ports[{place}].nodePort", node_port, why))
        elif wants:
            # Ports of one number and different protocols share a node port, where the number is free for both.
            twins = {p: n for (p, protocol), n in given.items() if protocol != port.get("protocol")}
            port["nodePort"] = node_port = twins.get(port.get("port")) or _picked(pool, f"spec.ports[{place}]", new)
        if node_port:
            given[port.get("port"), port.get("protocol")] = node_port
    if _needs_health_port(spec) and not spec.get("healthCheckNodePort"):
        spec["healthCheckNodePort"] = _picked(pool, "spec.healthCheckNodePort", new)


def _picked(pool: Pool[Any], field: str, service: Object) -> Any:
    try:
        return pool.pick()
    except Exhausted:
        raise _refused(service, invalid(field, None, "range is full")) from None


def _refused(service: Object, fault: FieldError) -> errors.ApiError:
    return errors.invalid("Service", "", service["metadata"].get("name", ""), [fault])


def _validate(new: Object, old: Object | None) -> Iterator[FieldError]:
    spec = new["spec"]
    yield from _validate_ports(spec)
    yield from checks.labels(spec.get("selector") or {}, "spec.selector")
    if spec.get("clusterIP") == _HEADLESS and spec["type"] in _WITH_NODE_PORTS:
        yield invalid("spec.clusterIPs[0]", _HEADLESS, f"may not be set to 'None' for {spec['type']} services")
    for place, address in enumerate(spec.get("clusterIPs") or []):
        if address != _HEADLESS:
            yield from checks.address(address, f"spec.clusterIPs[{place}]")
    if spec["type"] == "ExternalName":
        if spec.get("clusterIP"):
            yield checks.forbidden("spec.clusterIPs[0]", "may not be set when `type` is 'ExternalName'")
        if not spec.get("externalName"):
            yield required("spec.externalName")
    elif not spec.get("ports") and spec.get("clusterIP") != _HEADLESS:
        yield required("spec.ports")
    for place, source in enumerate(spec.get("loadBalancerSourceRanges") or []):
        field = f"spec.loadBalancerSourceRanges[{place}]"
        if spec["type"] != "LoadBalancer":
            yield checks.forbidden("spec.loadBalancerSourceRanges", "may only be used when `type` is 'LoadBalancer'")
            break
        if not checks.is_cidr(source.strip()):
            why = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
            yield invalid(field, source, why)
    if spec.get("loadBalancerClass") is not None and spec["type"] != "LoadBalancer":
        yield checks.forbidden("spec.loadBalancerClass", "may only be used when `type` is 'LoadBalancer'")
    if spec.get("externalTrafficPolicy") and spec["type"] not in _WITH_NODE_PORTS:
        why = "may only be set for externally-accessible services"
        yield invalid("spec.externalTrafficPolicy", spec["externalTrafficPolicy"], why)
    seconds = ((spec.get("sessionAffinityConfig") or {}).get("clientIP") or {}).get("timeoutSeconds")
    if seconds is not None and not 0 < seconds <= _MOST_AFFINITY_SECONDS:
        field = "spec.sessionAffinityConfig.clientIP.timeoutSeconds"
        yield invalid(field, seconds, f"must be greater than 0 and less than {_MOST_AFFINITY_SECONDS}")
    yield from _validate_status(new)
    if old is not None:
        yield from _validate_change(spec, old["spec"])


def _validate_ports(spec: Object) -> Iterator[FieldError]:
    names: set[str] = set()
    pairs: set[tuple[Any, Any]] = set()
    ports = spec.get("ports") or []
    for place, port in enumerate(ports):
        field = f"spec.ports[{place}]"
        name = port.get("name", "")
        if not name and len(ports) > 1:
            yield required(f"{field}.name")
        elif name:
            yield from checks.dns_label(name, f"{field}.name")
            if name in names:
                yield checks.duplicate(f"{field}.name", name)
            names.add(name)
        if port.get("port") is not None:
            yield from checks.port_number(port["port"], f"{field}.port")
        if port.get("targetPort") is not None and port["targetPort"] != port.get("port"):
            yield from checks.port_number_or_name(port["targetPort"], f"{field}.targetPort")
        if port.get("nodePort") and spec["type"] not in _WITH_NODE_PORTS:
            yield checks.forbidden(f"{field}.nodePort", "may not be used when `type` is 'ClusterIP'")
        elif port.get("nodePort") and not 30000 <= port["nodePort"] <= 32767:
            why = "provided port is not in the valid range. The range of valid ports is 30000-32767"
            yield invalid(f"{field}.nodePort", port["nodePort"], why)
        pair = (port.get("protocol"), port.get("port"))
        if pair in pairs:
            yield checks.duplicate(field, {"port": port.get("port"), "protocol": port.get("protocol")})
        pairs.add(pair)


def _validate_status(new: Object) -> Iterator[FieldError]:
    ingress = ((new.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
    if ingress and new["spec"]["type"] != "LoadBalancer":
        why = "may only be used when `spec.type` is LoadBalancer"
        yield checks.forbidden("status.loadBalancer.ingress", why)
    for place, entry in enumerate(ingress):
        field = f"status.loadBalancer.ingress[{place}]"
        if entry.get("ip"):
            yield from checks.address(entry["ip"], f"{field}.ip")
        if entry.get("hostname") and checks.is_ip(entry["hostname"]):
            yield invalid(f"{field}.hostname", entry["hostname"], "must be a DNS name, not an IP address")


def _validate_change(after: Object, before: Object) -> Iterator[FieldError]:
    both = _needs_address(after) and _needs_address(before)
    if both and before.get("clusterIP") and after.get("clusterIP") != before["clusterIP"]:
        yield invalid("spec.clusterIPs[0]", after.get("clusterIPs"), "may not change once set")
    kept = before["type"] == after["type"] == "LoadBalancer"
    if kept and before.get("loadBalancerClass") != after.get("loadBalancerClass"):
        yield invalid("spec.loadBalancerClass", after.get("loadBalancerClass"), "may not change once set")
