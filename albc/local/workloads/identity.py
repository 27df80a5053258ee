"""Who a pod is, as its containers see it: names, addresses and environment. PURE."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Identity:
    """One container of one pod."""

    uid: str
    name: str
    namespace: str
    ip: str
    node: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)

    def variable(self, name: str, default: str = "") -> str:
        """An environment variable of the container."""
        return self.environment.get(name) or default

    def echo_context(self) -> Mapping[str, str]:
        """What the conformance echo server says of itself, from the variables that its manifests set."""
        return {
            "namespace": self.variable("NAMESPACE", self.namespace),
            "ingress": self.variable("INGRESS_NAME"),
            "service": self.variable("SERVICE_NAME"),
            "pod": self.variable("POD_NAME", self.name),
        }


def identify(pod: Mapping[str, Any], container: Mapping[str, Any]) -> Identity:
    """From a Pod with `status.podIP`. Variables from ConfigMaps and Secrets are left out."""
    metadata = pod["metadata"]
    variables = {
        str(variable["name"]): _value(pod, variable)
        for variable in container.get("env") or ()
        if "value" in variable or "fieldRef" in (variable.get("valueFrom") or {})
    }
    return Identity(
        uid=metadata["uid"],
        name=metadata["name"],
        namespace=metadata.get("namespace", "default"),
        ip=pod["status"]["podIP"],
        node=pod.get("spec", {}).get("nodeName", ""),
        environment=variables,
    )


def _value(pod: Mapping[str, Any], variable: Mapping[str, Any]) -> str:
    if "value" in variable:
        return str(variable["value"])
    return _field(pod, str(variable["valueFrom"]["fieldRef"]["fieldPath"]))


def _field(pod: Mapping[str, Any], path: str) -> str:
    """A field of the downward API: `metadata.name`, `metadata.labels['app']`, `status.podIP`, …; unknown: empty."""
    path, bracket, rest = path.partition("[")
    found: Any = pod
    for part in path.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    if bracket and isinstance(found, Mapping):
        found = found.get(rest.rstrip("]").strip("'\""))
    return "" if found is None or isinstance(found, Mapping) else str(found)
