"""Ingresses, IngressClasses and EndpointSlices: what is refused and what is filled in."""

import uuid
from typing import Any

import pytest

Api = Any
Object = dict[str, Any]
INGRESSES = "ingresses.networking.k8s.io/v1"
CLASSES = "ingressclasses.networking.k8s.io/v1"
SLICES = "endpointslices.discovery.k8s.io/v1"
SERVICE: Object = {"service": {"name": "web", "port": {"number": 80}}}


def path(value: str = "/", kind: str = "Prefix", backend: Object | None = None) -> Object:
    return {"path": value, "pathType": kind, "backend": SERVICE if backend is None else backend}


def rule(*paths: Object, host: str = "") -> Object:
    found: Object = {"http": {"paths": list(paths)}}
    return {"host": host, **found} if host else found


def make(api: Api, **spec: Any) -> Any:
    return api.create(INGRESSES, {"metadata": {"name": "i"}, "spec": {"ingressClassName": "none", **spec}})


def fields(refusal: Any) -> set[str]:
    assert refusal.status_code == 422, refusal.text
    return {cause["field"] for cause in refusal.json()["details"]["causes"]}


def test_an_ingress_is_kept_as_it_was_given(api: Api) -> None:
    spec = make(api, rules=[rule(path(), host="a.example.com")], tls=[{"hosts": ["a.example.com"]}]).json()["spec"]
    assert spec == {
        "ingressClassName": "none",
        "rules": [{"host": "a.example.com", "http": {"paths": [path()]}}],
        "tls": [{"hosts": ["a.example.com"]}],
    }


PATH = "spec.rules[0].http.paths[0]"


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({}, "spec"),
        ({"rules": [rule(path("foo"))]}, f"{PATH}.path"),
        ({"rules": [rule(path("/a//b"))]}, f"{PATH}.path"),
        ({"rules": [rule(path("/a/../b", "Exact"))]}, f"{PATH}.path"),
        ({"rules": [rule(path(kind="Regex"))]}, f"{PATH}.pathType"),
        ({"rules": [rule({"path": "/", "backend": SERVICE})]}, f"{PATH}.pathType"),
        ({"rules": [rule(path(backend={}))]}, f"{PATH}.backend"),
        ({"rules": [rule(path(backend={"service": {"name": "web"}}))]}, f"{PATH}.backend"),
        ({"rules": [rule(path(backend={"service": {"port": {"number": 80}}}))]}, f"{PATH}.backend.service.name"),
        ({"rules": [rule(path(backend={"service": {"name": "web", "port": {"number": 70000}}}))]},
         f"{PATH}.backend.service.port.number"),
        ({"rules": [rule(path(backend={"service": {"name": "web", "port": {"number": 1, "name": "x"}}}))]},
         f"{PATH}.backend"),
        ({"rules": [rule(path(backend={"resource": {"kind": "K"}}))]}, f"{PATH}.backend.resource.name"),
        ({"rules": [rule(path(), host="10.0.0.1")]}, "spec.rules[0].host"),
        ({"rules": [rule(path(), host="*")]}, "spec.rules[0].host"),
        ({"rules": [rule(path(), host="a.*.com")]}, "spec.rules[0].host"),
        ({"rules": [rule(path(), host="Upper.example.com")]}, "spec.rules[0].host"),
        ({"rules": [rule(path())], "tls": [{"hosts": ["not a host"]}]}, "spec.tls[0].hosts[0]"),
        ({"rules": [rule()]}, "spec.rules[0].http.paths"),
        ({"defaultBackend": {"service": {"name": "web"}}}, "spec.defaultBackend"),
    ],
)  # fmt: skip
def test_a_faulty_field_is_refused_by_its_path(api: Api, spec: Object, field: str) -> None:
    assert field in fields(make(api, **spec))


@pytest.mark.parametrize("host", ["*.example.com", "example.com", "a-b.c"])
def test_hosts_may_begin_with_a_star(api: Api, host: str) -> None:
    assert make(api, rules=[rule(path(), host=host)]).status_code == 201


def test_a_class_by_field_and_by_annotation_together_is_refused(api: Api) -> None:
    metadata = {"name": "i", "annotations": {"kubernetes.io/ingress.class": "alb"}}
    body = {"metadata": metadata, "spec": {"ingressClassName": "alb", "rules": [rule(path())]}}
    assert "annotations.kubernetes.io/ingress.class" in fields(api.create(INGRESSES, body))


def test_the_status_of_an_ingress_is_written_apart(api: Api) -> None:
    make(api, rules=[rule(path())])
    status = {"loadBalancer": {"ingress": [{"hostname": "lb.example.com", "ports": [{"port": 80, "protocol": "TCP"}]}]}}
    assert api.patch(f"{INGRESSES}", "i/status", {"status": status}).json()["status"] == status


def test_a_changed_ingress_counts_a_generation(api: Api) -> None:
    made = make(api, rules=[rule(path())]).json()
    changed = api.patch(INGRESSES, "i", {"spec": {"rules": [rule(path("/new"))]}}).json()
    assert (made["metadata"]["generation"], changed["metadata"]["generation"]) == (1, 2)


@pytest.fixture
def default_class(api: Api) -> Any:
    """The name of an IngressClass that is the default."""
    name = f"class-{uuid.uuid4().hex[:8]}"
    metadata = {"name": name, "annotations": {"ingressclass.kubernetes.io/is-default-class": "true"}}
    api.create(CLASSES, {"metadata": metadata, "spec": {"controller": "example.com/c"}})
    yield name
    api.delete(CLASSES, name)


def test_an_ingress_without_a_class_gets_the_default_one(api: Api, default_class: str) -> None:
    made = api.create(INGRESSES, {"metadata": {"name": "i"}, "spec": {"rules": [rule(path())]}}).json()
    assert made["spec"]["ingressClassName"] == default_class


def test_an_ingress_with_the_old_annotation_gets_no_class(api: Api, default_class: str) -> None:
    metadata = {"name": "i", "annotations": {"kubernetes.io/ingress.class": "alb"}}
    made = api.create(INGRESSES, {"metadata": metadata, "spec": {"rules": [rule(path())]}}).json()
    assert "ingressClassName" not in made["spec"]


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({}, "spec.controller"),
        ({"controller": "nodomain"}, "spec.controller"),
        ({"controller": "a.b/c", "parameters": {"kind": "K"}}, "spec.parameters.name"),
        ({"controller": "a.b/c", "parameters": {"kind": "K", "name": "n", "scope": "Galaxy"}}, "spec.parameters.scope"),
        ({"controller": "a.b/c", "parameters": {"kind": "K", "name": "n", "scope": "Namespace"}},
         "spec.parameters.namespace"),
    ],
)  # fmt: skip
def test_a_faulty_class_is_refused(api: Api, spec: Object, field: str) -> None:
    assert field in fields(api.create(CLASSES, {"metadata": {"name": f"c-{uuid.uuid4().hex[:8]}"}, "spec": spec}))


def test_parameters_of_a_class_are_of_the_cluster_by_default(api: Api, default_class: str) -> None:
    parameters = {"apiGroup": "example.com", "kind": "K", "name": "n"}
    patched = api.patch(CLASSES, default_class, {"spec": {"parameters": parameters}}).json()
    assert patched["spec"]["parameters"]["scope"] == "Cluster"


def test_the_controller_of_a_class_cannot_change(api: Api, default_class: str) -> None:
    refusal = api.patch(CLASSES, default_class, {"spec": {"controller": "example.com/other"}})
    assert "spec.controller" in fields(refusal)


def endpoint_slice(**rest: Any) -> Object:
    return {"metadata": {"name": "e"}, "addressType": "IPv4", "endpoints": [], "ports": [], **rest}


def test_an_endpoint_slice_is_kept_as_it_was_given(api: Api) -> None:
    endpoints = [{"addresses": ["10.0.0.1"], "conditions": {"ready": True}, "nodeName": "n", "zone": "z"}]
    made = api.create(SLICES, endpoint_slice(endpoints=endpoints, ports=[{"name": "h", "port": 80}])).json()
    assert made["endpoints"] == endpoints
    assert made["ports"] == [{"name": "h", "port": 80, "protocol": "TCP"}]


@pytest.mark.parametrize(
    ("rest", "field"),
    [
        ({"addressType": "Postal"}, "addressType"),
        ({"endpoints": [{"addresses": []}]}, "endpoints[0].addresses"),
        ({"endpoints": [{"addresses": ["not-an-ip"]}]}, "endpoints[0].addresses[0]"),
        ({"ports": [{"name": "a", "port": 1}, {"name": "a", "port": 2}]}, "ports[1].name"),
    ],
)
def test_a_faulty_endpoint_slice_is_refused(api: Api, rest: Object, field: str) -> None:
    assert field in fields(api.create(SLICES, endpoint_slice(**rest)))


def test_the_kind_of_addresses_cannot_change(api: Api) -> None:
    api.create(SLICES, endpoint_slice())
    assert "addressType" in fields(api.patch(SLICES, "e", {"addressType": "IPv6"}))
