"""GatewayClass, Gateway, ListenerSet and ReferenceGrant."""

from typing import Any

from albc.local.gateway_api.parts import (
    AGE,
    GROUP,
    Column,
    Names,
    condition_column,
    conditions,
    controller_name,
    definition,
    group,
    hostname,
    kind,
    listener_set_parent,
    local_object,
    namespace,
    namespaces_from,
    object_name,
    port,
    section_name,
    waiting,
)
from albc.local.gateway_api.schema import Rule, Schema, anything, integer, listing, record, table, text


def gateway_class() -> dict[str, Any]:
    parameters = record(
        {"group": group(), "kind": kind(), "name": object_name(), "namespace": namespace()}, "group kind name"
    )
    spec = record(
        {
            "controllerName": controller_name((("self == oldSelf", "Value is immutable"),)),
            "parametersRef": parameters,
            "description": text((0, 64)),
        },
        "controllerName",
    )
    status = record(
        {
            "conditions": conditions(8, "Accepted"),
            "supportedFeatures": listing(record({"name": text()}, "name"), (0, 64), kind="map:name"),
        },
        default={"conditions": [waiting("Accepted")]},
    )
    return definition(
        Names(kind="GatewayClass", plural="gatewayclasses", short=("gc",), namespaced=False),
        spec,
        status,
        (Column("Controller", ".spec.controllerName"), condition_column("Accepted"), AGE),
        ("v1", "v1beta1"),
    )


_LISTENER_RULES: tuple[Rule, ...] = (
    (
        "self.all(l, !(l.protocol in ['HTTP', 'TCP', 'UDP']) || !has(l.tls))",
        "tls must not be specified for protocols ['HTTP', 'TCP', 'UDP']",
    ),
    (
        "self.all(l, l.protocol != 'HTTPS' || !has(l.tls) || l.tls.mode == 'Terminate')",
        "tls mode must be Terminate for protocol HTTPS",
    ),
    ("self.all(l, l.protocol != 'TLS' || has(l.tls))", "tls mode must be set for protocol TLS"),
    (
        "self.all(l, !(l.protocol in ['TCP', 'UDP']) || !has(l.hostname))",
        "hostname must not be specified for protocols ['TCP', 'UDP']",
    ),
    (
        "self.all(a, self.exists_one(b, a.name == b.name))",
        "Listener name must be unique within the Gateway",
    ),
    (
        "self.all(a, self.exists_one(b, a.port == b.port && a.protocol == b.protocol && "
        "(has(a.hostname) ? has(b.hostname) && a.hostname == b.hostname : !has(b.hostname))))",
        "Combination of port, protocol and hostname must be unique for each listener",
    ),
)


def _listeners() -> Schema:
    certificate = record(
        {"group": group(""), "kind": kind("Secret"), "name": object_name(), "namespace": namespace()}, "name"
    )
    tls = record(
        {
            "mode": text(enum=("Terminate", "Passthrough"), default="Terminate"),
            "certificateRefs": listing(certificate, (0, 64)),
            "options": table((0, 16), text((0, 4096))),
        },
        rules=(
            (
                "self.mode != 'Terminate' || (has(self.certificateRefs) && size(self.certificateRefs) > 0) || "
                "(has(self.options) && size(self.options) > 0)",
                "certificateRefs or options must be specified when mode is Terminate",
            ),
        ),
    )
    allowed_routes = record(
        {
            "namespaces": namespaces_from(("All", "Selector", "Same"), "Same"),
            "kinds": listing(record({"group": group(GROUP), "kind": kind()}, "kind"), (0, 8)),
        },
        default={"namespaces": {"from": "Same"}},
    )
    listener = record(
        {
            "name": section_name(),
            "hostname": hostname(),
            "port": port(),
            "protocol": text(
                (1, 255),
                r"^[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?$"
                r"|[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/[A-Za-z0-9]+$",
            ),
            "tls": tls,
            "allowedRoutes": allowed_routes,
        },
        "name port protocol",
    )
    return listing(listener, (1, 64), kind="map:name", rules=_LISTENER_RULES)


def _listener_statuses() -> Schema:
    status = record(
        {
            "name": section_name(),
            "supportedKinds": listing(record({"group": group(GROUP), "kind": kind()}, "kind"), (0, 8)),
            "attachedRoutes": integer(),
            "conditions": conditions(),
        },
        "name attachedRoutes conditions",
    )
    return listing(status, (0, 64), kind="map:name")


def gateway() -> dict[str, Any]:
    address = record(
        {
            "type": text((1, 253), r"^Hostname|IPAddress|NamedAddress|[a-z0-9.-]+\/[A-Za-z0-9/._~%!$&'()*+,;=:-]+$"),
            "value": text((0, 253)),
        }
    )
    annotation = text((0, 4096))
    label = text((0, 63), "^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$")
    spec = record(
        {
            "gatewayClassName": object_name(),
            "listeners": _listeners(),
            "addresses": listing(address, (0, 16)),
            "infrastructure": record(
                {
                    "labels": table((0, 8), label),
                    "annotations": table((0, 16), annotation),
                    "parametersRef": local_object(),
                }
            ),
            "allowedListeners": record({"namespaces": namespaces_from(("All", "Selector", "Same", "None"), "None")}),
            "tls": anything(),
            "defaultScope": text(enum=("All", "None")),
        },
        "gatewayClassName listeners",
    )
    pending = ("Accepted", "Programmed")
    status = record(
        {
            "addresses": listing(record({"type": text((1, 253)), "value": text((1, 253))}, "value"), (0, 16)),
            "conditions": conditions(8, *pending),
            "listeners": _listener_statuses(),
            "attachedListenerSets": integer(),
        },
        default={"conditions": [waiting(type_) for type_ in pending]},
    )
    return definition(
        Names(kind="Gateway", plural="gateways", short=("gtw",)),
        spec,
        status,
        (
            Column("Class", ".spec.gatewayClassName"),
            Column("Address", ".status.addresses[*].value"),
            condition_column("Programmed"),
            AGE,
        ),
        ("v1", "v1beta1"),
    )


def listener_set() -> dict[str, Any]:
    pending = ("Accepted", "Programmed")
    return definition(
        Names(kind="ListenerSet", plural="listenersets", short=("lset",)),
        record({"parentRef": listener_set_parent(), "listeners": _listeners()}, "parentRef listeners"),
        record(
            {"conditions": conditions(8, *pending), "listeners": _listener_statuses()},
            default={"conditions": [waiting(type_) for type_ in pending]},
        ),
        (condition_column("Accepted"), condition_column("Programmed"), AGE),
    )


def reference_grant() -> dict[str, Any]:
    allowed_from = record({"group": group(), "kind": kind(), "namespace": namespace()}, "group kind namespace")
    allowed_to = record({"group": group(), "kind": kind(), "name": object_name()}, "group kind")
    return definition(
        Names(kind="ReferenceGrant", plural="referencegrants", short=("refgrant",)),
        record({"from": listing(allowed_from, (1, 16)), "to": listing(allowed_to, (1, 16))}, "from to"),
        None,
        (AGE,),
        ("v1", "v1beta1"),
    )
