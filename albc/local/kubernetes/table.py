"""Tables, as `kubectl get` prints them: for each kind its columns and what stands in them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from albc.local.kubernetes.jsonpath import parse
from albc.local.kubernetes.registry import Resource
from albc.local.kubernetes.selectors import from_object

Object = Mapping[str, Any]
NONE = "<none>"
UNKNOWN = "<unknown>"
UNSET = "<unset>"


class Cell(NamedTuple):
    """A column of a built-in kind. Priority above 0: only in wide output."""

    name: str
    value: Callable[[Object], Any]
    priority: int = 0
    type: str = "string"
    format: str = ""


def at(path: str, absent: Any = "") -> Callable[[Object], Any]:
    """The value at a path."""
    compiled = parse(path)

    def value(obj: Object) -> Any:
        found = compiled.first(obj)
        return absent if found is None else found

    return value


def age(path: str) -> Callable[[Object], Any]:
    """How long ago the time at a path was."""
    compiled = parse(path)
    return lambda obj: human_age(compiled.first(obj))


def human_age(moment: str | None) -> str:
    """`5s`, `3m20s`, `4h`, `12d`: as `duration.HumanDuration` writes it."""
    if not moment:
        return UNKNOWN
    then = datetime.fromisoformat(moment.replace("Z", "+00:00"))
    seconds = int((datetime.now(UTC) - then).total_seconds())
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if seconds < 0:
        return "0s" if seconds >= -1 else "<invalid>"
    if seconds < 120:
        return f"{seconds}s"
    if minutes < 10:
        return f"{minutes}m{seconds % 60}s" if seconds % 60 else f"{minutes}m"
    if minutes < 180:
        return f"{minutes}m"
    if hours < 8:
        return f"{hours}h{minutes % 60}m" if minutes % 60 else f"{hours}h"
    if hours < 48:
        return f"{hours}h"
    if hours < 192:
        return f"{days}d{hours % 24}h" if hours % 24 else f"{days}d"
    if days < 730:
        return f"{days}d"
    years = days // 365
    if years < 8 and days % 365:
        return f"{years}y{days % 365}d"
    return f"{years}y"


def joined(path: str, absent: str = NONE) -> Callable[[Object], str]:
    """All values at a path, with commas between."""
    compiled = parse(path)
    return lambda obj: ",".join(str(value) for value in compiled.all(obj)) or absent


def selector(path: str) -> Callable[[Object], str]:
    """A label selector, or a map of labels, as text."""
    compiled = parse(path)

    def text(obj: Object) -> str:
        found = compiled.first(obj) or {}
        plain = not found.keys() & {"matchLabels", "matchExpressions"}
        return str(from_object({"matchLabels": found} if plain else found)) or NONE

    return text


def count(path: str) -> Callable[[Object], int]:
    """How many entries the list or map at a path has."""
    compiled = parse(path)
    return lambda obj: len(compiled.first(obj) or ())


NAME = Cell("Name", at(".metadata.name"), format="name")
AGE = Cell("Age", age(".metadata.creationTimestamp"))
_CONTAINERS = (
    Cell("Containers", joined(".spec.template.spec.containers[*].name"), 1),
    Cell("Images", joined(".spec.template.spec.containers[*].image"), 1),
    Cell("Selector", selector(".spec.selector"), 1),
)


def _pod_ready(pod: Object) -> str:
    statuses = (pod.get("status") or {}).get("containerStatuses") or []
    return f"{sum(s.get('ready', False) for s in statuses)}/{len(pod['spec']['containers'])}"


def _pod_status(pod: Object) -> str:
    status = pod.get("status") or {}
    if pod["metadata"].get("deletionTimestamp"):
        return "Terminating"
    for container in status.get("containerStatuses") or []:
        state = container.get("state") or {}
        reason = (state.get("waiting") or state.get("terminated") or {}).get("reason")
        if reason:
            return str(reason)
    return str(status.get("reason") or status.get("phase") or "")


def _restarts(pod: Object) -> str:
    statuses = (pod.get("status") or {}).get("containerStatuses") or []
    return str(sum(s.get("restartCount", 0) for s in statuses))


def _readiness_gates(pod: Object) -> str:
    gates = pod["spec"].get("readinessGates") or []
    conditions = {c["type"]: c["status"] for c in (pod.get("status") or {}).get("conditions") or []}
    good = sum(conditions.get(gate["conditionType"]) == "True" for gate in gates)
    return f"{good}/{len(gates)}" if gates else NONE


def _external_ip(service: Object) -> str:
    spec = service["spec"]
    own = list(spec.get("externalIPs") or [])
    match spec.get("type"):
        case "LoadBalancer":
            ingress = ((service.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
            shown = [entry.get("ip") or entry.get("hostname") or "" for entry in ingress] + own
            return ",".join(shown) or "<pending>"
        case "ExternalName":
            return str(spec.get("externalName", ""))
        case _:
            return ",".join(own) or NONE


def _service_ports(service: Object) -> str:
    parts = []
    for port in service["spec"].get("ports") or []:
        node = f":{port['nodePort']}" if port.get("nodePort") else ""
        parts.append(f"{port['port']}{node}/{port.get('protocol', 'TCP')}")
    return ",".join(parts) or NONE


def _node_status(node: Object) -> str:
    conditions = {c["type"]: c["status"] for c in (node.get("status") or {}).get("conditions") or []}
    words = ["Ready" if conditions.get("Ready") == "True" else "NotReady"]
    if (node.get("spec") or {}).get("unschedulable"):
        words.append("SchedulingDisabled")
    return ",".join(words)


def _node_roles(node: Object) -> str:
    prefix = "node-role.kubernetes.io/"
    roles = [key.removeprefix(prefix) for key in node["metadata"].get("labels") or {} if key.startswith(prefix)]
    return ",".join(sorted(roles)) or NONE


def _node_address(kind: str) -> Callable[[Object], str]:
    return joined(f'.status.addresses[?(@.type=="{kind}")].address')


def _ingress_hosts(ingress: Object) -> str:
    hosts = [rule.get("host") or "*" for rule in (ingress.get("spec") or {}).get("rules") or []]
    shown = ",".join(hosts[:3]) + (f" + {len(hosts) - 3} more..." if len(hosts) > 3 else "")
    return shown or "*"


def _ingress_address(ingress: Object) -> str:
    entries = ((ingress.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
    return ",".join(entry.get("hostname") or entry.get("ip") or "" for entry in entries)


def _ingress_ports(ingress: Object) -> str:
    return "80, 443" if (ingress.get("spec") or {}).get("tls") else "80"


def _class_parameters(ingress_class: Object) -> str:
    given = (ingress_class.get("spec") or {}).get("parameters")
    if not given:
        return NONE
    group = f"{given['apiGroup']}" if given.get("apiGroup") else ""
    return f"{given['kind']}{'.' + group if group else ''}/{given['name']}"


def _slice_ports(endpoint_slice: Object) -> str:
    ports = [str(port.get("port", "*")) for port in endpoint_slice.get("ports") or []]
    return ",".join(ports[:3]) + (f" + {len(ports) - 3} more..." if len(ports) > 3 else "") or UNSET


def _slice_endpoints(endpoint_slice: Object) -> str:
    found = [a for e in endpoint_slice.get("endpoints") or [] for a in e.get("addresses") or []]
    return ",".join(found[:3]) + (f" + {len(found) - 3} more..." if len(found) > 3 else "") or UNSET


def _endpoints(endpoints: Object) -> str:
    pairs = [
        f"{address['ip']}:{port['port']}"
        for subset in endpoints.get("subsets") or []
        for port in subset.get("ports") or []
        for address in subset.get("addresses") or []
    ]
    return ",".join(pairs[:3]) + (f" + {len(pairs) - 3} more..." if len(pairs) > 3 else "") or NONE


def _role_ref(binding: Object) -> str:
    return f"{binding['roleRef']['kind']}/{binding['roleRef']['name']}"


def _involved(event: Object) -> str:
    ref = event.get("involvedObject") or event.get("regarding") or {}
    return f"{ref.get('kind', '').lower()}/{ref.get('name', '')}"


def _last_seen(event: Object) -> str:
    series = (event.get("series") or {}).get("lastObservedTime")
    last = event.get("lastTimestamp") or event.get("deprecatedLastTimestamp")
    return human_age(series or last or event.get("eventTime") or event["metadata"].get("creationTimestamp"))


def _message(event: Object) -> str:
    return str(event.get("message") or event.get("note") or "").strip()


def _event_count(event: Object) -> int:
    series = (event.get("series") or {}).get("count")
    return int(series or event.get("count") or event.get("deprecatedCount") or 1)


def _ready_of(obj: Object) -> str:
    status = obj.get("status") or {}
    return f"{status.get('readyReplicas', 0)}/{obj['spec'].get('replicas', 1)}"


_NUMBER = "integer"
_EVENT = (
    Cell("Last Seen", _last_seen),
    Cell("Type", at(".type")),
    Cell("Reason", at(".reason")),
    Cell("Object", _involved),
    Cell("Subobject", at(".involvedObject.fieldPath"), 1),
    Cell("Source", at(".source.component"), 1),
    Cell("Message", _message),
    Cell("First Seen", age(".metadata.creationTimestamp"), 1),
    Cell("Count", _event_count, 1),
    Cell("Name", at(".metadata.name"), 1),
)

CELLS: dict[tuple[str, str], tuple[Cell, ...]] = {
    ("", "pods"): (
        NAME,
        Cell("Ready", _pod_ready),
        Cell("Status", _pod_status),
        Cell("Restarts", _restarts),
        AGE,
        Cell("IP", at(".status.podIP", NONE), 1),
        Cell("Node", at(".spec.nodeName", NONE), 1),
        Cell("Nominated Node", at(".status.nominatedNodeName", NONE), 1),
        Cell("Readiness Gates", _readiness_gates, 1),
    ),
    ("", "services"): (
        NAME,
        Cell("Type", at(".spec.type")),
        Cell("Cluster-IP", at(".spec.clusterIP", NONE)),
        Cell("External-IP", _external_ip),
        Cell("Port(s)", _service_ports),
        AGE,
        Cell("Selector", selector(".spec.selector"), 1),
    ),
    ("", "nodes"): (
        NAME,
        Cell("Status", _node_status),
        Cell("Roles", _node_roles),
        AGE,
        Cell("Version", at(".status.nodeInfo.kubeletVersion")),
        Cell("Internal-IP", _node_address("InternalIP"), 1),
        Cell("External-IP", _node_address("ExternalIP"), 1),
        Cell("OS-Image", at(".status.nodeInfo.osImage", UNKNOWN), 1),
        Cell("Kernel-Version", at(".status.nodeInfo.kernelVersion", UNKNOWN), 1),
        Cell("Container-Runtime", at(".status.nodeInfo.containerRuntimeVersion", UNKNOWN), 1),
    ),
    ("", "namespaces"): (NAME, Cell("Status", at(".status.phase")), AGE),
    ("", "configmaps"): (NAME, Cell("Data", lambda o: len(o.get("data") or {}) + len(o.get("binaryData") or {})), AGE),
    ("", "secrets"): (NAME, Cell("Type", at(".type")), Cell("Data", count(".data"), type=_NUMBER), AGE),
    ("", "serviceaccounts"): (NAME, Cell("Secrets", count(".secrets"), type=_NUMBER), AGE),
    ("", "endpoints"): (NAME, Cell("Endpoints", _endpoints), AGE),
    ("", "events"): _EVENT,
    ("events.k8s.io", "events"): _EVENT,
    ("apps", "deployments"): (
        NAME,
        Cell("Ready", _ready_of),
        Cell("Up-to-date", at(".status.updatedReplicas", 0), type=_NUMBER),
        Cell("Available", at(".status.availableReplicas", 0), type=_NUMBER),
        AGE,
        *_CONTAINERS,
    ),
    ("apps", "replicasets"): (
        NAME,
        Cell("Desired", at(".spec.replicas", 0), type=_NUMBER),
        Cell("Current", at(".status.replicas", 0), type=_NUMBER),
        Cell("Ready", at(".status.readyReplicas", 0), type=_NUMBER),
        AGE,
        *_CONTAINERS,
    ),
    ("networking.k8s.io", "ingresses"): (
        NAME,
        Cell("Class", at(".spec.ingressClassName", NONE)),
        Cell("Hosts", _ingress_hosts),
        Cell("Address", _ingress_address),
        Cell("Ports", _ingress_ports),
        AGE,
    ),
    ("networking.k8s.io", "ingressclasses"): (
        NAME,
        Cell("Controller", at(".spec.controller")),
        Cell("Parameters", _class_parameters),
        AGE,
    ),
    ("networking.k8s.io", "networkpolicies"): (NAME, Cell("Pod-Selector", selector(".spec.podSelector")), AGE),
    ("discovery.k8s.io", "endpointslices"): (
        NAME,
        Cell("AddressType", at(".addressType")),
        Cell("Ports", _slice_ports),
        Cell("Endpoints", _slice_endpoints),
        AGE,
    ),
    ("coordination.k8s.io", "leases"): (NAME, Cell("Holder", at(".spec.holderIdentity")), AGE),
    ("rbac.authorization.k8s.io", "roles"): (NAME, Cell("Created At", at(".metadata.creationTimestamp"))),
    ("rbac.authorization.k8s.io", "clusterroles"): (NAME, Cell("Created At", at(".metadata.creationTimestamp"))),
    ("rbac.authorization.k8s.io", "rolebindings"): (NAME, Cell("Role", _role_ref), AGE),
    ("rbac.authorization.k8s.io", "clusterrolebindings"): (NAME, Cell("Role", _role_ref), AGE),
    ("admissionregistration.k8s.io", "mutatingwebhookconfigurations"): (
        NAME,
        Cell("Webhooks", count(".webhooks"), type=_NUMBER),
        AGE,
    ),
    ("admissionregistration.k8s.io", "validatingwebhookconfigurations"): (
        NAME,
        Cell("Webhooks", count(".webhooks"), type=_NUMBER),
        AGE,
    ),
    ("apiextensions.k8s.io", "customresourcedefinitions"): (
        NAME,
        Cell("Created At", at(".metadata.creationTimestamp")),
    ),
    ("policy", "poddisruptionbudgets"): (
        NAME,
        Cell("Min Available", at(".spec.minAvailable", "N/A")),
        Cell("Max Unavailable", at(".spec.maxUnavailable", "N/A")),
        Cell("Allowed Disruptions", at(".status.disruptionsAllowed", 0), type=_NUMBER),
        AGE,
    ),
}
_DEFAULT = (NAME, AGE)


def cells_of(resource: Resource) -> tuple[Cell, ...]:
    """The columns of a resource: its own, or name and age."""
    if not resource.columns:
        return CELLS.get((resource.group, resource.plural), _DEFAULT)
    own = (Cell(c.name, _printer_value(c.path.all, c.type), c.priority, c.type, c.format) for c in resource.columns)
    return (NAME, *own)


def _printer_value(values: Callable[[Object], list[Any]], type: str) -> Callable[[Object], Any]:
    def value(obj: Object) -> Any:
        found = values(obj)
        if not found:
            return None
        first = found[0]
        match type:
            case "date":
                return human_age(first if isinstance(first, str) else None)
            case "integer" | "number":
                return first if isinstance(first, int | float) else None
            case "boolean":
                return first if isinstance(first, bool) else None
            case _ if len(found) > 1:
                return json.dumps(found, separators=(",", ":"))
            case _ if isinstance(first, dict | list):
                return json.dumps(first, separators=(",", ":"))
            case _ if isinstance(first, bool):
                return str(first).lower()
            case _:
                return str(first)

    return value


def table(
    resource: Resource, objects: Iterable[Object], metadata: Mapping[str, Any], include: str, *, headers: bool
) -> dict[str, Any]:
    """The `Table` of some objects."""
    cells = cells_of(resource)
    rows = []
    for obj in objects:
        row: dict[str, Any] = {"cells": [cell.value(obj) for cell in cells]}
        if include == "Object":
            row["object"] = obj
        elif include != "None":
            row["object"] = {
                "kind": "PartialObjectMetadata",
                "apiVersion": "meta.k8s.io/v1",
                "metadata": obj["metadata"],
            }
        rows.append(row)
    definitions = [
        {"name": c.name, "type": c.type, "format": c.format, "description": "", "priority": c.priority} for c in cells
    ]
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": dict(metadata),
        "columnDefinitions": definitions if headers else None,
        "rows": rows,
    }
