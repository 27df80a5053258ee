"""What several kinds share: names, references, conditions, listeners' namespaces, and the frame of a definition."""

from dataclasses import dataclass
from typing import Any

from albc.local.gateway_api.schema import Rule, Schema, integer, listing, record, text

GROUP = "gateway.networking.k8s.io"

_DNS_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_DNS_NAME = rf"{_DNS_LABEL}(\.{_DNS_LABEL})*"
_CAMEL_KIND = "^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$"


def hostname() -> Schema:
    """May begin with `*.`."""
    return text((1, 253), rf"^(\*\.)?{_DNS_NAME}$")


def precise_hostname() -> Schema:
    return text((1, 253), f"^{_DNS_NAME}$")


def section_name() -> Schema:
    return text((1, 253), f"^{_DNS_NAME}$")


def object_name() -> Schema:
    return text((1, 253))


def namespace() -> Schema:
    return text((1, 63), f"^{_DNS_LABEL}$")


def group(default: str | None = None) -> Schema:
    return text((0, 253), f"^$|^{_DNS_NAME}$", default=default)


def kind(default: str | None = None) -> Schema:
    return text((1, 63), _CAMEL_KIND, default=default)


def port() -> Schema:
    return integer((1, 65535))


def duration() -> Schema:
    return text(pattern="^([0-9]{1,5}(h|m|s|ms)){1,4}$")


def controller_name(rules: tuple[Rule, ...] = ()) -> Schema:
    return text((1, 253), rf"^{_DNS_NAME}\/[A-Za-z0-9\/\-._~%!$&'()*+,;=:]+$", rules=rules)


def parent_reference() -> Schema:
    return record(
        {
            "group": group(GROUP),
            "kind": kind("Gateway"),
            "namespace": namespace(),
            "name": object_name(),
            "sectionName": section_name(),
            "port": port(),
        },
        "name",
    )


def listener_set_parent() -> Schema:
    return record(
        {"group": group(GROUP), "kind": kind("Gateway"), "name": object_name(), "namespace": namespace()}, "name"
    )


_SERVICE_NEEDS_PORT: Rule = (
    "self.group != '' || self.kind != 'Service' || has(self.port)",
    "Must have port for Service reference",
)


def backend_object(extra: dict[str, Schema] | None = None) -> Schema:
    """A reference to something that takes traffic, with further fields of its user."""
    return record(
        {
            "group": group(""),
            "kind": kind("Service"),
            "name": object_name(),
            "namespace": namespace(),
            "port": port(),
            **(extra or {}),
        },
        "name",
        rules=(_SERVICE_NEEDS_PORT,),
    )


def weighted_backend(extra: dict[str, Schema] | None = None) -> Schema:
    return backend_object({"weight": integer((0, 1_000_000), default=1), **(extra or {})})


def local_object() -> Schema:
    return record({"group": group(), "kind": kind(), "name": object_name()}, "group kind name")


def label_selector() -> Schema:
    requirement = record({"key": text(), "operator": text(), "values": listing(text())}, "key operator")
    selector = record(
        {
            "matchExpressions": listing(requirement),
            "matchLabels": {"type": "object", "additionalProperties": {"type": "string"}},
        }
    )
    return {**selector, "x-kubernetes-map-type": "atomic"}


def namespaces_from(choices: tuple[str, ...], default: str) -> Schema:
    """Which namespaces may attach; the whole block is filled in where it is left out."""
    return record(
        {"from": text(enum=choices, default=default), "selector": label_selector()}, default={"from": default}
    )


def conditions(max_items: int = 8, *pending: str) -> Schema:
    """A list of conditions by type, with `pending` ones from the start."""
    condition = record(
        {
            "type": text((1, 316)),
            "status": text(enum=("True", "False", "Unknown")),
            "observedGeneration": {"type": "integer", "format": "int64", "minimum": 0},
            "lastTransitionTime": {"type": "string", "format": "date-time"},
            "reason": text((1, 1024), "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$"),
            "message": text((0, 32768)),
        },
        "type status lastTransitionTime reason message",
    )
    first = [waiting(type_) for type_ in pending] or None
    return listing(condition, (0, max_items), kind="map:type", default=first)


def waiting(type_: str) -> dict[str, str]:
    """The condition that an object has before a controller has seen it."""
    return {
        "type": type_,
        "status": "Unknown",
        "reason": "Pending",
        "message": "Waiting for controller",
        "lastTransitionTime": "1970-01-01T00:00:00Z",
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    kind: str
    plural: str
    short: tuple[str, ...] = ()
    namespaced: bool = True


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    path: str
    type: str = "string"


AGE = Column("Age", ".metadata.creationTimestamp", "date")


def condition_column(type_: str) -> Column:
    return Column(type_, f'.status.conditions[?(@.type=="{type_}")].status')


def definition(
    names: Names, spec: Schema, status: Schema | None, columns: tuple[Column, ...], versions: tuple[str, ...] = ("v1",)
) -> dict[str, Any]:
    """A CustomResourceDefinition; all versions share one schema and the first one is stored."""
    properties: dict[str, Any] = {
        "apiVersion": {"type": "string"},
        "kind": {"type": "string"},
        "metadata": {"type": "object"},
        "spec": spec,
    }
    if status:
        properties["status"] = status
    schema = {"type": "object", "properties": properties, "required": ["spec"]}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": f"{names.plural}.{GROUP}",
            # A real API server asks this of every group under k8s.io; these schemas are a stand-in for local use.
            "annotations": {"api-approved.kubernetes.io": "unapproved, a stand-in for development"},
        },
        "spec": {
            "group": GROUP,
            "names": {
                "kind": names.kind,
                "listKind": f"{names.kind}List",
                "plural": names.plural,
                "singular": names.kind.lower(),
                "shortNames": list(names.short),
                "categories": ["gateway-api"],
            },
            "scope": "Namespaced" if names.namespaced else "Cluster",
            "versions": [
                {
                    "name": version,
                    "served": True,
                    "storage": version == versions[0],
                    "additionalPrinterColumns": [
                        {"name": column.name, "type": column.type, "jsonPath": column.path} for column in columns
                    ],
                    "schema": {"openAPIV3Schema": schema},
                    **({"subresources": {"status": {}}} if status else {}),
                }
                for version in versions
            ],
        },
    }
