"""Ingresses that a user could have written, and a small account to put them in.

The VPC has a private and a public subnet in each of two zones, all with IPv6, two security groups, `web` and `db` by
their Name tags, beside the shared backend group, and certificates for `example.com` and `*.example.com`.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from small_vpc import SMALL_VPC

from albc.crds.ingress_class_params import IngressClassParams
from albc.crds.resources import INGRESS_CLASS_PARAMS
from albc.kube.objects import (
    INGRESS_CLASSES,
    INGRESSES,
    NAMESPACES,
    SECRETS,
    SERVICES,
    Ingress,
    IngressClass,
    Namespace,
    Secret,
    Service,
)
from albc.mapping.ingress.build import BuiltGroup, build
from albc.mapping.ingress.contribution import Contribution
from albc.mapping.ingress.groups import GroupID
from albc.mapping.settings import MappingSettings
from albc.mapping.snapshot import NamespacedName, Snapshot
from albc.model.facts import (
    CertificateFact,
    Facts,
    SecurityGroupFact,
    TargetGroupFact,
)
from albc.model.listener import Listener, ListenerRule
from albc.model.load_balancer import LoadBalancer
from albc.model.problem import Problem
from albc.model.stack import Stack
from albc.model.target_group import TargetGroup

PREFIX = "alb.ingress.kubernetes.io/"
CLASS = "alb"
APEX, WILDCARD = "arn:cert/apex", "arn:cert/wildcard"

SETTINGS = MappingSettings(cluster_name="demo", vpc_id="vpc-1", region="eu-west-1")

HTTP_AND_HTTPS = {"listen-ports": '[{"HTTP": 80}, {"HTTPS": 443}]', "certificate-arn": "arn:cert/own"}

Thing = Ingress | Service | Secret | Namespace | IngressClass | IngressClassParams


def prefixed(annotations: Mapping[str, Any] | None) -> dict[str, str]:
    """Annotations go without their prefix, documents as plain data."""
    return {
        PREFIX + suffix: value if isinstance(value, str) else json.dumps(value)
        for suffix, value in (annotations or {}).items()
    }


def path(service: str = "cart", port: int | str = 80, path: str = "/", type: str | None = "Prefix") -> dict[str, Any]:
    reference = {"name": port} if isinstance(port, str) else {"number": port}
    backend = {"service": {"name": service, "port": reference}}
    return {"path": path, "pathType": type, "backend": backend}


def action(name: str, path: str = "/", type: str | None = "Prefix") -> dict[str, Any]:
    """A path whose backend is the annotation `actions.NAME`."""
    return globals()["path"](name, "use-annotation", path, type)  # type: ignore[no-any-return]


def rule(*paths: Mapping[str, Any], host: str = "") -> dict[str, Any]:
    return {"host": host, "http": {"paths": list(paths)}}


def ingress(
    *rules: Mapping[str, Any],
    name: str = "web",
    namespace: str = "shop",
    annotations: Mapping[str, Any] | None = None,
    finalizers: Sequence[str] = (),
    deleted: bool = False,
    class_name: str | None = CLASS,
    class_annotation: str | None = None,
    **spec: Any,
) -> Ingress:
    """An Ingress of our class that sends everything to Service `cart`, unless something else is said."""
    metadata: dict[str, Any] = {
        "name": name,
        "namespace": namespace,
        "annotations": {"alb.ingress.kubernetes.io/target-type": "ip", **prefixed(annotations)},
        "finalizers": list(finalizers),
    }
    if class_annotation is not None:
        metadata["annotations"]["kubernetes.io/ingress.class"] = class_annotation
    if deleted:
        metadata["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    body = {"ingressClassName": class_name, "rules": list(rules or [rule(path())]), **spec}
    return INGRESSES.convert({"metadata": metadata, "spec": body})


def service(
    name: str = "cart",
    *ports: Mapping[str, Any],
    namespace: str = "shop",
    uid: str = "",
    annotations: Mapping[str, Any] | None = None,
    **spec: Any,
) -> Service:
    """A Service with port 80, `http`, on node port 30080 and target port 8080."""
    metadata = {
        "name": name,
        "namespace": namespace,
        "uid": uid or f"uid-{name}",
        "annotations": prefixed(annotations),
    }
    port_80 = {"name": "http", "port": 80, "targetPort": 8080, "nodePort": 30080}
    return SERVICES.convert({"metadata": metadata, "spec": {"ports": list(ports or [port_80]), **spec}})


def secret(name: str, namespace: str = "shop", **data: str) -> Secret:
    """With base64 values."""
    return SECRETS.convert({"metadata": {"name": name, "namespace": namespace}, "data": data})


def namespace(name: str, **labels: str) -> Namespace:
    return NAMESPACES.convert({"metadata": {"name": name, "labels": labels}})


def ingress_class(
    name: str = CLASS,
    controller: str = "ingress.k8s.aws/alb",
    default: bool = False,
    parameters: Mapping[str, str] | None = None,
) -> IngressClass:
    metadata = {
        "name": name,
        "annotations": {"ingressclass.kubernetes.io/is-default-class": "true"} if default else {},
    }
    return INGRESS_CLASSES.convert({"metadata": metadata, "spec": {"controller": controller, "parameters": parameters}})


def class_with(params_name: str = "params", name: str = CLASS, **spec: Any) -> tuple[IngressClass, IngressClassParams]:
    """A class of ours and its parameters."""
    reference = {"apiGroup": "elbv2.k8s.aws", "kind": "IngressClassParams", "name": params_name}
    params = INGRESS_CLASS_PARAMS.convert({"metadata": {"name": params_name}, "spec": spec})
    return ingress_class(name, parameters=reference), params


FACTS = replace(
    SMALL_VPC,
    security_groups=(
        SecurityGroupFact(id="sg-0a", vpc_id="vpc-1", name_tag="web"),
        SecurityGroupFact(id="sg-0d", vpc_id="vpc-1", name_tag="db"),
    ),
    certificates=(
        CertificateFact(arn=APEX, domains=("example.com",)),
        CertificateFact(arn=WILDCARD, domains=("*.example.com",)),
    ),
    web_acl_arns={"shield": "arn:acl/shield"},
    trust_store_arns={"clients": "arn:truststore/clients"},
    target_groups=(TargetGroupFact(arn="arn:tg/outside", name="outside", target_type="ip", protocol="HTTP"),),
    backend_security_group="sg-0be",
)


def snapshot(*things: Thing) -> Snapshot:
    """The cluster that holds these, and a class of ours where none is given."""
    fields: dict[type, str] = {
        Ingress: "ingresses",
        Service: "services",
        Secret: "secrets",
        Namespace: "namespaces",
        IngressClass: "ingress_classes",
        IngressClassParams: "ingress_class_params",
    }
    maps: dict[str, dict[NamespacedName, Any]] = {field: {} for field in fields.values()}
    classes = [thing for thing in things if isinstance(thing, IngressClass)]
    for thing in (*things, *([] if classes else [ingress_class()])):
        maps[fields[type(thing)]][NamespacedName(thing.namespace, thing.name)] = thing
    return Snapshot(**maps)


def group_id(name: str) -> GroupID:
    """`shop/web` is an implicit group, `edge` an explicit one."""
    namespace, _, last = name.rpartition("/")
    return GroupID(namespace, last)


def built(
    *things: Thing,
    group: str = "shop/web",
    facts: Facts = FACTS,
    settings: MappingSettings = SETTINGS,
    earlier: Mapping[NamespacedName, Contribution] | None = None,
) -> BuiltGroup:
    """The group as built; Service `cart` is there unless another of that name is given."""
    names = {thing.name for thing in things if isinstance(thing, Service)}
    extra = [] if "cart" in names else [service()]
    return build(group_id(group), snapshot(*things, *extra), facts, settings, earlier or {})


def stack(*things: Thing, group: str = "shop/web", facts: Facts = FACTS, settings: MappingSettings = SETTINGS) -> Stack:
    """The stack of a group without faults."""
    result = built(*things, group=group, facts=facts, settings=settings)
    assert result.stack is not None, result.problems
    assert not errors(result), result.problems
    return result.stack


def errors(result: BuiltGroup) -> list[Problem]:
    return [problem for problem in result.problems if problem.severity == "error"]


def warnings(
    *things: Thing, group: str = "shop/web", facts: Facts = FACTS, settings: MappingSettings = SETTINGS
) -> list[Problem]:
    """Of a group without faults."""
    result = built(*things, group=group, facts=facts, settings=settings)
    assert result.stack is not None, result.problems
    assert not errors(result), result.problems
    return list(result.problems)


def fault(*things: Thing, group: str = "shop/web", facts: Facts = FACTS, settings: MappingSettings = SETTINGS) -> str:
    """The message of the one fault of a group of one that cannot be built."""
    result = built(*things, group=group, facts=facts, settings=settings)
    assert result.stack is None, "it was built"
    [problem] = errors(result)
    assert problem.reason == "FailedBuildModel"
    return problem.message


def annotated(**annotations: Any) -> Ingress:
    """The Ingress with annotations whose names have `_` for `-`."""
    return ingress(annotations={name.replace("_", "-"): value for name, value in annotations.items()})


def load_balancer(of: Stack, id: str = "LoadBalancer") -> LoadBalancer:
    found = of.get(LoadBalancer, id)
    assert found is not None
    return found


def listener(of: Stack, port: int = 80) -> Listener:
    found = of.get(Listener, str(port))
    assert found is not None
    return found


def rules(of: Stack, port: int = 80) -> list[ListenerRule]:
    """In order of priority."""
    return sorted(
        (each for each in of.all(ListenerRule) if each.id.startswith(f"{port}:")), key=lambda each: each.priority
    )


def target_group(of: Stack, id: str = "shop/web-cart:80") -> TargetGroup:
    found = of.get(TargetGroup, id)
    assert found is not None, [each.id for each in of.all(TargetGroup)]
    return found


def fixed(body: str) -> dict[str, Any]:
    """An action that answers by itself."""
    return {"type": "fixed-response", "fixedResponseConfig": {"statusCode": "200", "messageBody": body}}


def bodies(of: Iterable[ListenerRule]) -> list[str]:
    """What the rules answer, where all of them answer by themselves."""
    return [each.actions[-1].message_body or "" for each in of]  # type: ignore[union-attr]


def settings(**changes: Any) -> MappingSettings:
    return replace(SETTINGS, **changes)
