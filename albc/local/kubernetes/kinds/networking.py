"""Ingresses, IngressClasses and EndpointSlices."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from albc.local.kubernetes.behaviour import Behaviour, Object
from albc.local.kubernetes.errors import FieldError
from albc.local.kubernetes.types.notation import Schema
from albc.local.kubernetes.validation import checks
from albc.local.kubernetes.validation.metadata import invalid, required
from albc.local.kubernetes.validation.names import DNS_1035_LABEL, DNS_SUBDOMAIN
from albc.local.kubernetes.validation.schema_rules import schema_faults

_CLASS_ANNOTATION = "kubernetes.io/ingress.class"
_DEFAULT_CLASS = "ingressclass.kubernetes.io/is-default-class"
_MOST_ENDPOINTS = 1000
_BAD_IN_PATHS = ("//", "/./", "/../", "%2f", "%2F")
_BAD_ENDS = ("/..", "/.")


def ingress(schema: Schema, classes: Callable[[], list[Object]]) -> Behaviour:
    """How Ingresses behave; `classes` gives the IngressClasses of the moment."""

    def default(new: Object, old: Object | None) -> None:
        spec = new.setdefault("spec", {})
        annotated = _CLASS_ANNOTATION in (new["metadata"].get("annotations") or {})
        if old is None and spec.get("ingressClassName") is None and not annotated:
            name = _default_class(classes())
            if name:
                spec["ingressClassName"] = name

    def validate(new: Object, old: Object | None) -> Iterator[FieldError]:
        yield from _validate_ingress(new, old)

    return Behaviour(default=default, validate=validate)


def _default_class(classes: list[Object]) -> str:
    """The newest default class, as the DefaultIngressClass admission chooses."""
    marked = [c for c in classes if (c["metadata"].get("annotations") or {}).get(_DEFAULT_CLASS) == "true"]
    marked.sort(key=lambda c: c["metadata"]["name"])
    marked.sort(key=lambda c: c["metadata"]["creationTimestamp"], reverse=True)
    return marked[0]["metadata"]["name"] if marked else ""


def _validate_ingress(new: Object, old: Object | None) -> Iterator[FieldError]:
    spec = new["spec"]
    annotation = (new["metadata"].get("annotations") or {}).get(_CLASS_ANNOTATION)
    if old is None and annotation is not None and spec.get("ingressClassName") is not None:
        yield invalid(f"annotations.{_CLASS_ANNOTATION}", annotation, "can not be set when the class field is also set")
    if spec.get("ingressClassName") is not None:
        name = spec["ingressClassName"]
        yield from (invalid("spec.ingressClassName", name, why) for why in DNS_SUBDOMAIN.faults(name))
    if not spec.get("rules") and not spec.get("defaultBackend"):
        yield invalid("spec", dict(spec), "either `defaultBackend` or `rules` must be specified")
    if spec.get("defaultBackend"):
        yield from _backend(spec["defaultBackend"], "spec.defaultBackend")
    for place, tls in enumerate(spec.get("tls") or []):
        for number, host in enumerate(tls.get("hosts") or []):
            yield from _host(host, f"spec.tls[{place}].hosts[{number}]")
    for place, rule in enumerate(spec.get("rules") or []):
        field = f"spec.rules[{place}]"
        host = rule.get("host", "")
        if host:
            yield from _host(host, f"{field}.host")
        http = rule.get("http")
        if http is None:
            continue
        if not http.get("paths"):
            yield required(f"{field}.http.paths")
        for number, path in enumerate(http.get("paths") or []):
            yield from _path(path, f"{field}.http.paths[{number}]")


def _host(host: str, field: str) -> Iterator[FieldError]:
    if checks.is_ip(host):
        yield invalid(field, host, "must be a DNS name, not an IP address")
        return
    if "*" not in host:
        yield from (invalid(field, host, why) for why in DNS_SUBDOMAIN.faults(host))
    elif not host.startswith("*.") or DNS_SUBDOMAIN.faults(host[2:]):
        why = (
            "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist "
            "of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. "
            r"'*.example.com', regex used for validation is '\*\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]"
            "([-a-z0-9]*[a-z0-9])?)*')"
        )
        yield invalid(field, host, why)


def _path(path: Mapping[str, Any], field: str) -> Iterator[FieldError]:
    kind, value = path.get("pathType"), path.get("path", "")
    if not kind:
        yield required(f"{field}.pathType", "pathType must be specified")
    elif kind in ("Exact", "Prefix"):
        if not value.startswith("/"):
            yield invalid(f"{field}.path", value, "must be an absolute path")
        for bad in _BAD_IN_PATHS:
            if bad in value:
                yield invalid(f"{field}.path", value, f"must not contain '{bad}'")
        for bad in _BAD_ENDS:
            if value.endswith(bad):
                yield invalid(f"{field}.path", value, f"cannot end with '{bad}'")
    elif kind == "ImplementationSpecific":
        if value and not value.startswith("/"):
            yield invalid(f"{field}.path", value, "must be an absolute path")
    else:
        yield checks.unsupported(f"{field}.pathType", kind, ("Exact", "ImplementationSpecific", "Prefix"))
    yield from _backend(path.get("backend") or {}, f"{field}.backend")


def _backend(backend: Mapping[str, Any], field: str) -> Iterator[FieldError]:
    service, resource = backend.get("service"), backend.get("resource")
    if service is not None and resource is not None:
        yield invalid(field, "", "cannot set both resource and service backends")
        return
    if resource is not None:
        for name in ("kind", "name"):
            if not resource.get(name):
                yield required(f"{field}.resource.{name}")
        return
    if service is None:
        yield required(field, "resource or service backend is required")
        return
    name, port = service.get("name", ""), service.get("port") or {}
    if not name:
        yield required(f"{field}.service.name")
    else:
        yield from (invalid(f"{field}.service.name", name, why) for why in DNS_1035_LABEL.faults(name))
    if port.get("name") and port.get("number"):
        yield invalid(field, "", "cannot set both port name & port number")
    elif port.get("name"):
        yield from checks.port_name(port["name"], f"{field}.service.port.name")
    elif port.get("number"):
        yield from checks.port_number(port["number"], f"{field}.service.port.number")
    else:
        yield required(field, "port name or number is required")


def ingress_class(schema: Schema) -> Behaviour:
    """How IngressClasses behave."""

    def validate(new: Object, old: Object | None) -> Iterator[FieldError]:
        spec = new.get("spec") or {}
        controller = spec.get("controller", "")
        if not controller:
            yield required("spec.controller")
        elif "/" not in controller or DNS_SUBDOMAIN.faults(controller.partition("/")[0]):
            why = 'must be a domain-prefixed path (such as "acme.io/foo")'
            yield invalid("spec.controller", controller, why)
        yield from checks.immutable(new, old, "spec.controller")
        parameters = spec.get("parameters") or {}
        if parameters:
            for name in ("kind", "name"):
                if not parameters.get(name):
                    yield required(f"spec.parameters.{name}", f"{name} is required")
            scope, namespace = parameters.get("scope"), parameters.get("namespace")
            if scope not in ("Cluster", "Namespace"):
                yield checks.unsupported("spec.parameters.scope", scope, ("Cluster", "Namespace"))
            elif scope == "Namespace" and not namespace:
                why = "`parameters.scope` is set to 'Namespace'"
                yield required("spec.parameters.namespace", why)
            elif scope == "Cluster" and namespace is not None:
                yield checks.forbidden("spec.parameters.namespace", "`parameters.scope` is set to 'Cluster'")

    return Behaviour(validate=validate)


def endpoint_slice(schema: Schema) -> Behaviour:
    """How EndpointSlices behave."""

    def validate(new: Object, old: Object | None) -> Iterator[FieldError]:
        yield from schema_faults({k: v for k, v in new.items() if k != "endpoints"}, _without(schema, "endpoints"))
        yield from checks.immutable(new, old, "addressType")
        endpoints = new.get("endpoints") or []
        if len(endpoints) > _MOST_ENDPOINTS:
            text = f"Too many: {len(endpoints)}: must have at most {_MOST_ENDPOINTS} items"
            yield FieldError("FieldValueTooMany", "endpoints", text)
        for place, endpoint in enumerate(endpoints):
            field = f"endpoints[{place}].addresses"
            if not endpoint.get("addresses"):
                yield required(field, "must contain at least 1 address")
            for number, address in enumerate(endpoint.get("addresses") or []):
                if new.get("addressType") in ("IPv4", "IPv6"):
                    yield from checks.address(address, f"{field}[{number}]")
        names: set[str] = set()
        for place, port in enumerate(new.get("ports") or []):
            if port.get("name", "") in names:
                yield checks.duplicate(f"ports[{place}].name", port.get("name", ""))
            names.add(port.get("name", ""))
            if port.get("port") is not None:
                yield from checks.port_number(port["port"], f"ports[{place}].port")

    def prepare(new: Object, old: Object | None) -> None:
        new.setdefault("endpoints", [])
        new.setdefault("ports", [])

    return Behaviour(validate=validate, prepare=prepare)


def _without(schema: Schema, name: str) -> Schema:
    return {**schema, "required": [field for field in schema.get("required", ()) if field != name]}
