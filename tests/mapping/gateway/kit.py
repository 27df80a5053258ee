"""Gateways and routes that a user could have written, and a small account to put them in.

Objects are plain dictionaries in namespace `shop`; `snapshot` decodes them. The VPC has a private and a public subnet
in each of two zones, all with IPv6. A Gateway `edge` of class `alb` or `nlb` stands for most.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from albc.crds import resources as ours
from albc.kube import objects as theirs
from albc.kube.resource import Resource
from albc.mapping.gateway.build import build, wants
from albc.mapping.gateway.outcome import BuiltGateway
from albc.mapping.settings import MappingSettings
from albc.mapping.snapshot import NamespacedName, Snapshot
from albc.model.facts import (
    VPC,
    AvailabilityZone,
    CertificateFact,
    Facts,
    SecurityGroupFact,
    Subnet,
    TargetGroupFact,
)
from albc.model.listener import Listener, ListenerRule
from albc.model.load_balancer import LoadBalancer
from albc.model.security_group import SecurityGroup
from albc.model.stack import Stack
from albc.model.target_group import TargetGroup
from albc.model.target_group_binding import TargetGroupBinding

Plain = dict[str, Any]

BACKEND_GROUP = "sg-0b"
GROUP = "gateway.networking.k8s.io"
SETTINGS = MappingSettings(cluster_name="demo", vpc_id="vpc-1", region="eu-west-1")


def _subnet(number: int, zone: str, role: str) -> Subnet:
    return Subnet(
        id=f"subnet-{number}",
        vpc_id="vpc-1",
        availability_zone=f"eu-west-1{zone}",
        availability_zone_id=f"euw1-{zone}",
        cidr=f"10.0.{number}.0/24",
        ipv6_cidrs=(f"2001:db8:0:{number}::/64",),
        available_ip_address_count=100,
        tags={f"kubernetes.io/role/{role}": "1", "Name": f"{role}-{zone}", "tier": role},
    )


FACTS = Facts(
    vpc=VPC(id="vpc-1", ipv4_cidrs=("10.0.0.0/16",), ipv6_cidrs=("2001:db8::/56",)),
    subnets=(
        _subnet(1, "a", "internal-elb"),
        _subnet(2, "b", "internal-elb"),
        _subnet(3, "a", "elb"),
        _subnet(4, "b", "elb"),
    ),
    availability_zones={
        f"euw1-{zone}": AvailabilityZone(id=f"euw1-{zone}", name=f"eu-west-1{zone}", zone_type="availability-zone")
        for zone in "ab"
    },
    security_groups=(SecurityGroupFact(id="sg-0a", vpc_id="vpc-1", name_tag="web"),),
    certificates=(
        CertificateFact(arn="arn:cert/wild", domains=("*.example.com",)),
        CertificateFact(arn="arn:cert/api", domains=("api.example.com", "example.com")),
    ),
    trust_store_arns={"clients": "arn:truststore/clients"},
    target_groups=(TargetGroupFact(arn="arn:tg/outside", name="outside", target_type="ip", protocol="HTTP"),),
    backend_security_group=BACKEND_GROUP,
)

RESOURCES: Mapping[tuple[str, str], Resource[Any]] = {
    (resource.group, resource.kind): resource
    for module in (theirs, ours)
    for resource in vars(module).values()
    if isinstance(resource, Resource)
}
_BY_PLURAL = {field.name.replace("_", ""): field.name for field in fields(Snapshot)}


def snapshot(objects: Sequence[Plain]) -> Snapshot:
    found: dict[str, dict[NamespacedName, Any]] = {}
    for item in objects:
        resource = RESOURCES[item["apiVersion"].rpartition("/")[0], item["kind"]]
        converted = resource.convert(item)
        found.setdefault(_BY_PLURAL[resource.plural], {})[NamespacedName(converted.namespace, converted.name)] = (
            converted
        )
    return Snapshot(**found)


def built(
    *objects: Plain, gateway: str = "edge", facts: Facts = FACTS, settings: MappingSettings = SETTINGS
) -> BuiltGateway:
    """What becomes of the Gateway of that name; its class stands beside the objects."""
    known = snapshot([*CLASSES, *objects])
    found = known.gateways[NamespacedName("shop", gateway)]
    result = build(found, known, facts, settings)
    assert result is not None
    return result


def asked(*objects: Plain, settings: MappingSettings = SETTINGS) -> Any:
    """What the Gateway `edge` wants to know of AWS."""
    known = snapshot([*CLASSES, *objects])
    return wants(known.gateways[NamespacedName("shop", "edge")], known, settings)


def stack(*objects: Plain, facts: Facts = FACTS, settings: MappingSettings = SETTINGS) -> Stack:
    result = built(*objects, facts=facts, settings=settings).built
    assert result.stack is not None, result.problems
    return result.stack


def load_balancer(*objects: Plain, facts: Facts = FACTS, settings: MappingSettings = SETTINGS) -> LoadBalancer:
    (found,) = stack(*objects, facts=facts, settings=settings).all(LoadBalancer)
    return found


def security_group(*objects: Plain, settings: MappingSettings = SETTINGS) -> SecurityGroup:
    (found,) = stack(*objects, settings=settings).all(SecurityGroup)
    return found


def listener(port: int, *objects: Plain, facts: Facts = FACTS, settings: MappingSettings = SETTINGS) -> Listener:
    found = stack(*objects, facts=facts, settings=settings).get(Listener, str(port))
    assert found is not None
    return found


def rules(*objects: Plain, settings: MappingSettings = SETTINGS) -> tuple[ListenerRule, ...]:
    """Of the one port that has rules, in order of priority."""
    return stack(*objects, settings=settings).all(ListenerRule)


def rule(*objects: Plain, settings: MappingSettings = SETTINGS) -> ListenerRule:
    (found,) = rules(*objects, settings=settings)
    return found


def target_group(*objects: Plain, settings: MappingSettings = SETTINGS) -> TargetGroup:
    (found,) = stack(*objects, settings=settings).all(TargetGroup)
    return found


def binding(*objects: Plain, settings: MappingSettings = SETTINGS) -> TargetGroupBinding:
    (found,) = stack(*objects, settings=settings).all(TargetGroupBinding)
    return found


def faults(*objects: Plain, settings: MappingSettings = SETTINGS) -> list[tuple[str, str, str]]:
    """Kind, name and reason of each problem; without the one that tells the Gateway of its routes'."""
    problems = built(*objects, settings=settings).built.problems
    return [
        (problem.object.kind, problem.object.name, problem.reason)
        for problem in problems
        if problem.reason != "RoutesNotValid"
    ]


def meta(name: str, namespace: str = "shop", **more: Any) -> Plain:
    return {"name": name, "namespace": namespace, "uid": f"uid-{name}", "generation": 1, **more}


def gateway_class(name: str, layer: str, **spec: Any) -> Plain:
    return {
        "apiVersion": f"{GROUP}/v1",
        "kind": "GatewayClass",
        "metadata": {"name": name, "generation": 1},
        "spec": {"controllerName": f"gateway.k8s.aws/{layer}", **spec},
    }


CLASSES = (gateway_class("alb", "alb"), gateway_class("nlb", "nlb"))


def gateway(
    *listeners: Plain, layer: str = "alb", name: str = "edge", metadata: Plain | None = None, **spec: Any
) -> Plain:
    body = {"gatewayClassName": layer, "listeners": list(listeners or [http()]), **spec}
    return {
        "apiVersion": f"{GROUP}/v1",
        "kind": "Gateway",
        "metadata": meta(name, **(metadata or {})),
        "spec": body,
    }


def configured(name: str = "edge") -> Plain:
    """A Gateway's `infrastructure` that names the LoadBalancerConfiguration `name`."""
    return {"parametersRef": {"group": "gateway.k8s.aws", "kind": "LoadBalancerConfiguration", "name": name}}


def http(port: int = 80, **fields: Any) -> Plain:
    return {"name": f"http-{port}", "protocol": "HTTP", "port": port, **fields}


def https(port: int = 443, **fields: Any) -> Plain:
    return {"name": f"https-{port}", "protocol": "HTTPS", "port": port, "hostname": "www.example.com", **fields}


def l4(protocol: str, port: int, **fields: Any) -> Plain:
    return {"name": f"{protocol.lower()}-{port}", "protocol": protocol, "port": port, **fields}


def from_all() -> Plain:
    return {"namespaces": {"from": "All"}}


def _route(kind: str, name: str, parents: Sequence[Plain] | None, metadata: Plain, spec: Plain) -> Plain:
    return {
        "apiVersion": f"{GROUP}/v1",
        "kind": kind,
        "metadata": meta(name, **metadata),
        "spec": {"parentRefs": list(parents or [{"name": "edge"}]), **spec},
    }


def http_route(
    *rules: Plain,
    name: str = "web",
    parents: Sequence[Plain] | None = None,
    hostnames: Sequence[str] = (),
    **metadata: Any,
) -> Plain:
    spec = {"rules": list(rules or [to("web")]), "hostnames": list(hostnames)}
    return _route("HTTPRoute", name, parents, metadata, spec)


def grpc_route(*rules: Plain, name: str = "rpc", parents: Sequence[Plain] | None = None, **metadata: Any) -> Plain:
    return _route("GRPCRoute", name, parents, metadata, {"rules": list(rules or [to("web")])})


def l4_route(
    kind: str, *backends: Plain, name: str = "tcp", parents: Sequence[Plain] | None = None, **more: Any
) -> Plain:
    hostnames = more.pop("hostnames", [])
    spec = {"rules": [{"backendRefs": list(backends or [backend("web")])}], "hostnames": list(hostnames)}
    return _route(kind, name, parents, more, spec)


def backend(name: str, port: int = 80, **fields: Any) -> Plain:
    return {"name": name, "port": port, **fields}


def to(*services: str, **fields: Any) -> Plain:
    """A rule that forwards to Services on port 80."""
    return {"backendRefs": [backend(name) for name in services], **fields}


def prefix(path: str) -> Plain:
    return {"path": {"type": "PathPrefix", "value": path}}


def extension(name: str, kind: str = "ListenerRuleConfiguration", group: str = "gateway.k8s.aws") -> Plain:
    return {"type": "ExtensionRef", "extensionRef": {"group": group, "kind": kind, "name": name}}


def service(name: str = "web", *ports: Plain, namespace: str = "shop", **spec: Any) -> Plain:
    body = {"type": "NodePort", "ports": list(ports or [{"port": 80, "targetPort": 8080, "nodePort": 30080}]), **spec}
    return {"apiVersion": "v1", "kind": "Service", "metadata": meta(name, namespace), "spec": body}


def namespace(name: str, **labels: str) -> Plain:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def _configuration(kind: str, name: str, namespace: str, spec: Plain) -> Plain:
    return {
        "apiVersion": "gateway.k8s.aws/v1",
        "kind": kind,
        "metadata": meta(name, namespace, resourceVersion=f"rv-{name}"),
        "spec": spec,
    }


def lbc(name: str = "edge", namespace: str = "shop", **spec: Any) -> Plain:
    return _configuration("LoadBalancerConfiguration", name, namespace, spec)


def tgc(name: str = "web", service: str | None = "web", **props: Any) -> Plain:
    """For a Service; without one it can only be a default."""
    spec: Plain = {"defaultConfiguration": props}
    if service is not None:
        spec["targetReference"] = {"name": service}
    return _configuration("TargetGroupConfiguration", name, "shop", spec)


def lrc(name: str, *actions: Plain, **spec: Any) -> Plain:
    return _configuration(
        "ListenerRuleConfiguration", name, "shop", {**({"actions": list(actions)} if actions else {}), **spec}
    )


def fixed_response(code: int = 403, **fields: Any) -> Plain:
    return {"type": "fixed-response", "fixedResponseConfig": {"statusCode": code, **fields}}


def listener_set(*listeners: Plain, name: str = "more", namespace: str = "shop", **metadata: Any) -> Plain:
    return {
        "apiVersion": f"{GROUP}/v1",
        "kind": "ListenerSet",
        "metadata": meta(name, namespace, **metadata),
        "spec": {"parentRef": {"name": "edge", "namespace": "shop"}, "listeners": list(listeners)},
    }


def with_facts(**changes: Any) -> Facts:
    return replace(FACTS, **changes)
