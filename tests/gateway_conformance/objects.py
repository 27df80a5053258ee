"""What the scenarios apply: the base that all share, and routes and Gateways in few words. Plain objects."""

from collections.abc import Mapping, Sequence
from typing import Any

from tls_secrets import pem, tls_secret

Plain = dict[str, Any]

GROUP = "gateway.networking.k8s.io"
INFRA, APP, WEB = "gateway-conformance-infra", "gateway-conformance-app-backend", "gateway-conformance-web-backend"
CLASS, NLB_CLASS = "conformance", "conformance-nlb"
BACKENDS = (
    (INFRA, "infra-backend-v1"),
    (INFRA, "infra-backend-v2"),
    (INFRA, "infra-backend-v3"),
    (APP, "app-backend-v1"),
    (WEB, "web-backend"),
)
PORT = 8080


def base() -> list[Plain]:
    """Namespaces, backends, classes, and the Gateways that scenarios share."""
    return [
        *(_namespace(name) for name in (INFRA, APP, WEB)),
        *(part for namespace, name in BACKENDS for part in backend(namespace, name)),
        _configuration(),
        _class(CLASS, "alb"),
        _class(NLB_CLASS, "nlb"),
        gateway("same-namespace"),
        gateway("all-namespaces", http(allowedRoutes=from_("All"))),
        gateway("backend-namespaces", http(allowedRoutes=selected({"gateway-conformance": "backend"}))),
        tls_secret("certificate", pem("*.example.org", "*.wildcard.org"), INFRA),
        gateway("same-namespace-with-https-listener", https()),
    ]


def backend(namespace: str, name: str, *, image: str = "echo-basic", target: int = 3000, **port: Any) -> list[Plain]:
    """A Deployment and its Service."""
    labels = {"app": name}
    container = {"name": name, "image": image, "ports": [{"containerPort": target}]}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    return [
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": name, "namespace": namespace},
            "spec": {"replicas": 1, "selector": {"matchLabels": labels}, "template": template},
        },
        service(namespace, name, selector=labels, port={"targetPort": target, **port}),
    ]


def service(namespace: str, name: str, *, selector: Mapping[str, str], port: Plain, **spec: Any) -> Plain:
    ports = [{"name": "main", "protocol": "TCP", "port": PORT, **port}]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"selector": dict(selector), "ports": ports, **spec},
    }


def gateway(name: str, *listeners: Plain, layer: str = CLASS, namespace: str = INFRA, **spec: Any) -> Plain:
    """With one HTTP listener on port 80 where none are given."""
    body = {"gatewayClassName": layer, "listeners": list(listeners or [http()]), **spec}
    return _object("Gateway", namespace, name, body)


def http(name: str = "http", port: int = 80, **fields: Any) -> Plain:
    return {"name": name, "protocol": "HTTP", "port": port, **fields}


def https(name: str = "https", port: int = 443, secret: str = "certificate", **fields: Any) -> Plain:
    return {"name": name, "protocol": "HTTPS", "port": port, "tls": certificate(secret), **fields}


def certificate(name: str, **fields: Any) -> Plain:
    return {"mode": "Terminate", "certificateRefs": [{"group": "", "kind": "Secret", "name": name, **fields}]}


def from_(which: str) -> Plain:
    return {"namespaces": {"from": which}}


def selected(labels: Mapping[str, str]) -> Plain:
    return {"namespaces": {"from": "Selector", "selector": {"matchLabels": dict(labels)}}}


def listener_set(name: str, parent: str, *listeners: Plain, namespace: str = INFRA) -> Plain:
    spec = {"parentRef": {"name": parent, "namespace": INFRA}, "listeners": list(listeners)}
    return _object("ListenerSet", namespace, name, spec)


def parent(name: str, namespace: str = INFRA, **fields: Any) -> Plain:
    return {"name": name, "namespace": namespace, **fields}


def http_route(
    name: str,
    *rules: Plain,
    parents: Sequence[Plain] = (),
    hostnames: Sequence[str] = (),
    namespace: str = INFRA,
) -> Plain:
    """To `same-namespace` where nothing else is given."""
    spec: Plain = {"parentRefs": list(parents or [parent("same-namespace")]), "rules": list(rules)}
    if hostnames:
        spec["hostnames"] = list(hostnames)
    return _object("HTTPRoute", namespace, name, spec)


def route(kind: str, name: str, *rules: Plain, gateway: str, namespace: str = INFRA, **spec: Any) -> Plain:
    """Of any other kind."""
    body = {"parentRefs": [parent(gateway)], "rules": list(rules), **spec}
    return _object(kind, namespace, name, body)


def to(*backends: str | Plain, **fields: Any) -> Plain:
    """A rule. Backends by name, on the port of all of them."""
    refs = [{"name": each, "port": PORT} if isinstance(each, str) else {"port": PORT, **each} for each in backends]
    return {**({"backendRefs": refs} if refs else {}), **fields}


def matching(*matches: Plain) -> Plain:
    return {"matches": list(matches)}


def prefix(path: str, **fields: Any) -> Plain:
    return {"path": {"type": "PathPrefix", "value": path}, **fields}


def exact(path: str) -> Plain:
    return {"path": {"type": "Exact", "value": path}}


def headers(**values: str) -> Plain:
    """Names with underscores for dashes."""
    return {"headers": [{"name": name.replace("_", "-"), "value": value} for name, value in values.items()]}


def queries(**values: str) -> Plain:
    return {"queryParams": [{"name": name, "value": value} for name, value in values.items()]}


def redirect(**fields: Any) -> Plain:
    return {"filters": [{"type": "RequestRedirect", "requestRedirect": fields}]}


def rewrite(**fields: Any) -> Plain:
    return {"filters": [{"type": "URLRewrite", "urlRewrite": fields}]}


def full_path(path: str) -> Plain:
    return {"path": {"type": "ReplaceFullPath", "replaceFullPath": path}}


def prefix_path(path: str) -> Plain:
    return {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": path}}


def grant(name: str, namespace: str, source: str, kind: str, *, to_name: str | None = None, of: str = INFRA) -> Plain:
    """Objects of kind `source` in namespace `of` may refer to objects of `kind` in `namespace`."""
    target = {"group": "", "kind": kind, **({"name": to_name} if to_name else {})}
    spec = {"from": [{"group": GROUP, "kind": source, "namespace": of}], "to": [target]}
    return {**_object("ReferenceGrant", namespace, name, spec), "apiVersion": f"{GROUP}/v1beta1"}


def configuration(kind: str, namespace: str, name: str, **spec: Any) -> Plain:
    return {**_object(kind, namespace, name, spec), "apiVersion": "gateway.k8s.aws/v1"}


def _object(kind: str, namespace: str, name: str, spec: Plain) -> Plain:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": f"{GROUP}/v1", "kind": kind, "metadata": metadata, "spec": spec}


def _namespace(name: str) -> Plain:
    label = "infra" if name == INFRA else "backend"
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": name, "labels": {"gateway-conformance": label}},
    }


def _configuration() -> Plain:
    return configuration("LoadBalancerConfiguration", INFRA, "public", scheme="internet-facing")


def _class(name: str, layer: str) -> Plain:
    parameters = {
        "group": "gateway.k8s.aws",
        "kind": "LoadBalancerConfiguration",
        "name": "public",
        "namespace": INFRA,
    }
    return {
        "apiVersion": f"{GROUP}/v1",
        "kind": "GatewayClass",
        "metadata": {"name": name},
        "spec": {"controllerName": f"gateway.k8s.aws/{layer}", "parametersRef": parameters},
    }
