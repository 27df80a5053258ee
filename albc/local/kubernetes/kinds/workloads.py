"""Deployments and ReplicaSets: templates, selectors and rolling updates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Any

from albc.local.kubernetes.behaviour import Behaviour, Object
from albc.local.kubernetes.errors import FieldError
from albc.local.kubernetes.kinds.pod import default_spec, validate_spec
from albc.local.kubernetes.selectors import from_object
from albc.local.kubernetes.types.notation import Schema
from albc.local.kubernetes.validation import checks
from albc.local.kubernetes.validation.metadata import invalid, required
from albc.local.kubernetes.validation.schema_rules import schema_faults

_QUARTER = "25%"
_PERCENT = re.compile(r"^[0-9]+%$")


def deployment(schema: Schema) -> Behaviour:
    """How Deployments behave."""

    def default(new: Object, old: Object | None) -> None:
        _default_template(new, old)
        strategy = new["spec"].setdefault("strategy", {})
        if strategy.get("type") == "RollingUpdate":
            rolling = strategy.setdefault("rollingUpdate", {})
            rolling.setdefault("maxUnavailable", _QUARTER)
            rolling.setdefault("maxSurge", _QUARTER)

    def validate(new: Object, old: Object | None) -> Iterator[FieldError]:
        yield from _validate(schema, new, old)
        yield from _validate_strategy(new["spec"].get("strategy") or {})
        yield from checks.not_negative(new, "spec.minReadySeconds", "spec.revisionHistoryLimit")

    return Behaviour(default=default, validate=validate)


def replica_set(schema: Schema) -> Behaviour:
    """How ReplicaSets behave."""
    return Behaviour(default=_default_template, prepare=_first_status, validate=partial(_validate, schema))


def _first_status(new: Object, old: Object | None) -> None:
    if old is None:
        new["status"] = {"replicas": 0}


def _default_template(new: Object, old: Object | None) -> None:
    spec = new.setdefault("spec", {})
    template = spec.get("template")
    if template and template.get("spec"):
        default_spec(template["spec"])


def _validate(schema: Schema, new: Object, old: Object | None) -> Iterator[FieldError]:
    yield from schema_faults(new, schema)
    spec = new["spec"]
    yield from checks.not_negative(new, "spec.replicas")
    yield from checks.label_selector(spec.get("selector"), "spec.selector")
    yield from checks.immutable(new, old, "spec.selector")
    template = spec.get("template") or {}
    labels = (template.get("metadata") or {}).get("labels") or {}
    if spec.get("selector") is not None and template:
        if not spec["selector"]:
            yield invalid("spec.selector", spec["selector"], "empty selector is invalid for deployment")
        elif not from_object(spec["selector"]).matches(labels):
            yield invalid("spec.template.metadata.labels", labels, "`selector` does not match template `labels`")
    yield from checks.labels(labels, "spec.template.labels")
    pod = template.get("spec")
    if pod:
        yield from validate_spec(pod, "spec.template.spec")
        if pod.get("restartPolicy", "Always") != "Always":
            yield checks.unsupported("spec.template.spec.restartPolicy", pod["restartPolicy"], ("Always",))
    elif template:
        yield required("spec.template.spec.containers")


def _validate_strategy(strategy: dict[str, Any]) -> Iterator[FieldError]:
    field = "spec.strategy.rollingUpdate"
    rolling = strategy.get("rollingUpdate")
    if strategy.get("type") == "Recreate" and rolling is not None:
        yield checks.forbidden(field, "may not be specified when strategy `type` is 'Recreate'")
    for name, value in (rolling or {}).items():
        if isinstance(value, str) and not _PERCENT.match(value):
            why = (
                "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', "
                "regex used for validation is '[0-9]+%')"
            )
            yield invalid(f"{field}.{name}", value, why)
        elif isinstance(value, int) and value < 0:
            yield invalid(f"{field}.{name}", value, "must be greater than or equal to 0")
    if rolling and all(str(rolling.get(name, "")).rstrip("%") == "0" for name in ("maxUnavailable", "maxSurge")):
        yield invalid(f"{field}.maxUnavailable", 0, "may not be 0 when `maxSurge` is 0")
