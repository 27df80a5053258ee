"""Pods, and pod templates: defaults of containers, and the little of a pod that may change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from albc.local.kubernetes.behaviour import Behaviour, Object
from albc.local.kubernetes.errors import FieldError
from albc.local.kubernetes.types.notation import Schema
from albc.local.kubernetes.validation import checks
from albc.local.kubernetes.validation.metadata import invalid, required
from albc.local.kubernetes.validation.names import qualified_name
from albc.local.kubernetes.validation.schema_rules import schema_faults

_TOLERATED = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
_TOLERATION_SECONDS = 300
_CHANGEABLE = ("activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds")
_CHANGEABLE_TEXT = (
    "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
    "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)


def behaviour(schema: Schema) -> Behaviour:
    """How Pods behave."""

    def validate(new: Object, old: Object | None) -> Iterator[FieldError]:
        yield from schema_faults(new, schema)
        yield from validate_spec(new["spec"], "spec")
        if old is not None and _fixed(new["spec"], old["spec"]) != _fixed(old["spec"], old["spec"]):
            yield checks.forbidden("spec", _CHANGEABLE_TEXT)

    return Behaviour(default=_default, prepare=_prepare, validate=validate, graceful=True)


def default_spec(spec: Object) -> None:
    """Sets, in place, the defaults of a pod's or a template's spec that depend on other fields."""
    for container in [*(spec.get("containers") or []), *(spec.get("initContainers") or [])]:
        if "imagePullPolicy" not in container:
            container["imagePullPolicy"] = "Always" if _is_latest(container.get("image", "")) else "IfNotPresent"
        limits = (container.get("resources") or {}).get("limits") or {}
        requests = container["resources"].setdefault("requests", {}) if limits else {}
        for name, amount in limits.items():
            requests.setdefault(name, amount)
        for port in container.get("ports") or []:
            if spec.get("hostNetwork") and "containerPort" in port:
                port.setdefault("hostPort", port["containerPort"])
    if spec.get("serviceAccountName") and "serviceAccount" not in spec:
        spec["serviceAccount"] = spec["serviceAccountName"]


def _is_latest(image: str) -> bool:
    name = image.rpartition("/")[2]
    return "@" not in name and (":" not in name or name.endswith(":latest"))


def _default(new: Object, old: Object | None) -> None:
    spec = new.setdefault("spec", {})
    default_spec(spec)
    spec.setdefault("serviceAccountName", "default")
    spec.setdefault("serviceAccount", spec["serviceAccountName"])
    spec.setdefault("priority", 0)
    spec.setdefault("preemptionPolicy", "PreemptLowerPriority")
    if old is None:
        tolerations = spec.setdefault("tolerations", [])
        for key in _TOLERATED:
            if not any(t.get("key") in (key, None) and t.get("effect") in ("NoExecute", None) for t in tolerations):
                tolerations.append(
                    {
                        "key": key,
                        "operator": "Exists",
                        "effect": "NoExecute",
                        "tolerationSeconds": _TOLERATION_SECONDS,
                    }
                )


def _prepare(new: Object, old: Object | None) -> None:
    if old is None:
        new["status"] = {"phase": "Pending", "qosClass": _qos(new["spec"])}


def _qos(spec: Object) -> str:
    resources = [c.get("resources") or {} for c in spec.get("containers") or []]
    if not any(r.get("limits") or r.get("requests") for r in resources):
        return "BestEffort"
    guaranteed = all(
        {"cpu", "memory"} <= (r.get("limits") or {}).keys() and r.get("limits") == r.get("requests") for r in resources
    )
    return "Guaranteed" if guaranteed else "Burstable"


def _fixed(spec: Object, old: Object) -> dict[str, Any]:
    """What of a pod's spec cannot change; a node name can be given once."""
    kept = {key: value for key, value in spec.items() if key not in _CHANGEABLE}
    if not old.get("nodeName"):
        kept.pop("nodeName", None)
    for name in ("containers", "initContainers"):
        if name in kept:
            kept[name] = [{k: v for k, v in c.items() if k not in ("image", "resources")} for c in kept[name]]
    kept.pop("ephemeralContainers", None)
    return kept


def validate_spec(spec: Object, field: str) -> Iterator[FieldError]:
    """A pod's spec, or a template's."""
    yield from _containers(spec.get("containers") or [], f"{field}.containers")
    yield from _containers(spec.get("initContainers") or [], f"{field}.initContainers")
    volumes = {volume.get("name") for volume in spec.get("volumes") or []}
    for place, container in enumerate(spec.get("containers") or []):
        for number, mount in enumerate(container.get("volumeMounts") or []):
            if mount.get("name") not in volumes:
                here = f"{field}.containers[{place}].volumeMounts[{number}].name"
                text = f'Not found: "{mount.get("name")}"'
                yield FieldError("FieldValueNotFound", here, text)
    for place, gate in enumerate(spec.get("readinessGates") or []):
        here = f"{field}.readinessGates[{place}].conditionType"
        yield from (invalid(here, gate["conditionType"], why) for why in qualified_name(gate.get("conditionType", "")))
    grace = spec.get("terminationGracePeriodSeconds")
    if grace is not None and grace < 0:
        yield invalid(f"{field}.terminationGracePeriodSeconds", grace, "must be greater than or equal to 0")


def _containers(containers: list[Object], field: str) -> Iterator[FieldError]:
    seen: set[str] = set()
    for place, container in enumerate(containers):
        here = f"{field}[{place}]"
        name = container.get("name", "")
        if name:
            yield from checks.dns_label(name, f"{here}.name")
            if name in seen:
                yield checks.duplicate(f"{here}.name", name)
            seen.add(name)
        if not container.get("image"):
            yield required(f"{here}.image")
        names: set[str] = set()
        for number, port in enumerate(container.get("ports") or []):
            at = f"{here}.ports[{number}]"
            if port.get("containerPort") is not None:
                yield from checks.port_number(port["containerPort"], f"{at}.containerPort")
            if port.get("name"):
                yield from checks.port_name(port["name"], f"{at}.name")
                if port["name"] in names:
                    yield checks.duplicate(f"{at}.name", port["name"])
                names.add(port["name"])
