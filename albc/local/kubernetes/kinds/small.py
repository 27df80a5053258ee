"""Kinds with a rule or two: namespaces, configuration, leases, roles, webhook configurations."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any

from albc.local.kubernetes.behaviour import Behaviour, Object
from albc.local.kubernetes.errors import FieldError
from albc.local.kubernetes.types.notation import Schema
from albc.local.kubernetes.validation import checks
from albc.local.kubernetes.validation.metadata import invalid, required
from albc.local.kubernetes.validation.schema_rules import schema_faults

_NAME_LABEL = "kubernetes.io/metadata.name"
_MOST_DATA = 1024 * 1024

# Keys that a Secret of a type must have.
_SECRET_KEYS: Mapping[str, tuple[str, ...]] = {
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
}


def plain(schema: Schema, *, counts_generations: bool = False, unconditional_update: bool = True) -> Behaviour:
    """A kind for which the type table says it all."""

    def validate(new: Object, old: Object | None) -> Iterator[FieldError]:
        yield from schema_faults(new, schema)

    return Behaviour(
        validate=validate, counts_generations=counts_generations, unconditional_update=unconditional_update
    )


def namespace(schema: Schema) -> Behaviour:
    """How Namespaces behave: they are emptied before they go."""

    def default(new: Object, old: Object | None) -> None:
        labels = new["metadata"].setdefault("labels", {})
        if new["metadata"].get("name"):
            labels.setdefault(_NAME_LABEL, new["metadata"]["name"])

    def prepare(new: Object, old: Object | None) -> None:
        if old is None:
            new["spec"] = {"finalizers": ["kubernetes"]}
            new["status"] = {"phase": "Active"}

    return Behaviour(default=default, prepare=prepare, counts_generations=False, unconditional_update=False)


def config_map(schema: Schema) -> Behaviour:
    """How ConfigMaps behave."""

    def validate(new: Object, old: Object | None) -> Iterator[FieldError]:
        yield from _data_keys(new, "data", "binaryData")
        yield from _immutable_data(new, old, "data", "binaryData")

    return Behaviour(validate=validate, counts_generations=False)


def secret(schema: Schema) -> Behaviour:
    """How Secrets behave: text becomes base64, some types need some keys."""

    def default(new: Object, old: Object | None) -> None:
        new.setdefault("type", "Opaque")
        text = new.pop("stringData", None) or {}
        if text:
            encoded = {key: base64.b64encode(value.encode()).decode() for key, value in text.items()}
            new["data"] = {**(new.get("data") or {}), **encoded}

    def validate(new: Object, old: Object | None) -> Iterator[FieldError]:
        yield from _data_keys(new, "data")
        yield from _immutable_data(new, old, "data")
        yield from checks.immutable(new, old, "type")
        for key in _SECRET_KEYS.get(new["type"], ()):
            if key not in (new.get("data") or {}):
                yield required(f"data[{key}]")

    return Behaviour(default=default, validate=validate, counts_generations=False)


def _data_keys(new: Object, *names: str) -> Iterator[FieldError]:
    total = 0
    for name in names:
        for key, value in (new.get(name) or {}).items():
            total += len(value)
            if not key or not all(char.isalnum() or char in "-_." for char in key) or len(key) > 253:
                why = (
                    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or "
                    "'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
                )
                yield invalid(f"{name}[{key}]", key, why)
    if total > _MOST_DATA:
        yield FieldError("FieldValueTooLong", "", f"Too long: may not be more than {_MOST_DATA} bytes")


def _immutable_data(new: Object, old: Object | None, *names: str) -> Iterator[FieldError]:
    if old is None or not old.get("immutable"):
        return
    if not new.get("immutable"):
        yield checks.forbidden("immutable", "field is immutable when `immutable` is set")
    for name in names:
        if (new.get(name) or {}) != (old.get(name) or {}):
            yield checks.forbidden(name, "field is immutable when `immutable` is set")


def lease(schema: Schema) -> Behaviour:
    """How Leases behave."""

    def validate(new: Object, old: Object | None) -> Iterator[FieldError]:
        spec = new.get("spec") or {}
        seconds = spec.get("leaseDurationSeconds")
        if seconds is not None and seconds <= 0:
            yield invalid("spec.leaseDurationSeconds", seconds, "must be greater than 0")
        yield from checks.not_negative(new, "spec.leaseTransitions")
        if spec.get("holderIdentity") == "":
            yield invalid("spec.holderIdentity", "", "must not be empty")

    return Behaviour(validate=validate, counts_generations=False, unconditional_update=False)


def role(schema: Schema) -> Behaviour:
    """How Roles and ClusterRoles behave."""

    def validate(new: Object, old: Object | None) -> Iterator[FieldError]:
        for place, rule in enumerate(new.get("rules") or []):
            field = f"rules[{place}]"
            if not rule.get("verbs"):
                yield required(f"{field}.verbs", "verbs must contain at least one value")
            if rule.get("nonResourceURLs"):
                if new["kind"] == "Role":
                    why = "namespaced rules cannot apply to non-resource URLs"
                    yield invalid(f"{field}.nonResourceURLs", rule["nonResourceURLs"], why)
                continue
            if not rule.get("apiGroups"):
                yield required(f"{field}.apiGroups", "resource rules must supply at least one api group")
            if not rule.get("resources"):
                yield required(f"{field}.resources", "resource rules must supply at least one resource")

    return Behaviour(validate=validate, counts_generations=False)


def binding(schema: Schema) -> Behaviour:
    """How RoleBindings and ClusterRoleBindings behave."""

    def default(new: Object, old: Object | None) -> None:
        rbac = "rbac.authorization.k8s.io"
        if new.get("roleRef"):
            new["roleRef"].setdefault("apiGroup", rbac)
        for subject in new.get("subjects") or []:
            if subject.get("kind") in ("User", "Group"):
                subject.setdefault("apiGroup", rbac)

    def validate(new: Object, old: Object | None) -> Iterator[FieldError]:
        yield from schema_faults(new, schema)
        if old is not None and new.get("roleRef") != old.get("roleRef"):
            yield invalid("roleRef", new.get("roleRef"), "cannot change roleRef")

    return Behaviour(default=default, validate=validate, counts_generations=False)


def webhooks(schema: Schema) -> Behaviour:
    """How webhook configurations behave."""

    def validate(new: Object, old: Object | None) -> Iterator[FieldError]:
        yield from schema_faults(new, schema)
        seen: set[str] = set()
        for place, webhook in enumerate(new.get("webhooks") or []):
            field = f"webhooks[{place}]"
            name = webhook.get("name", "")
            if name.count(".") < 2:
                yield invalid(
                    f"{field}.name", name, "should be a domain with at least three segments separated by dots"
                )
            if name in seen:
                yield checks.duplicate(f"{field}.name", name)
            seen.add(name)
            yield from _webhook(webhook, field)

    return Behaviour(validate=validate)


def _webhook(webhook: Mapping[str, Any], field: str) -> Iterator[FieldError]:
    if webhook.get("admissionReviewVersions") and not {"v1", "v1beta1"} & set(webhook["admissionReviewVersions"]):
        why = "must include at least one of v1, v1beta1"
        yield invalid(f"{field}.admissionReviewVersions", webhook["admissionReviewVersions"], why)
    if not 1 <= webhook.get("timeoutSeconds", 10) <= 30:
        why = "the timeout value must be between 1 and 30 seconds"
        yield invalid(f"{field}.timeoutSeconds", webhook["timeoutSeconds"], why)
    client = webhook.get("clientConfig") or {}
    if bool(client.get("url")) == bool(client.get("service")):
        yield required(f"{field}.clientConfig", "exactly one of url or service is required")
    if client.get("url") and not client["url"].startswith("https://"):
        yield invalid(f"{field}.clientConfig.url", client["url"], "'https' is the only allowed URL scheme")
