"""Kinds of networking.k8s.io/v1: Ingress and IngressClass."""

from albc.kube.objects.core import LoadBalancerStatus
from albc.kube.objects.meta import KubeObject, Struct


class ServiceBackendPort(Struct, frozen=True, kw_only=True):
    name: str = ""
    number: int = 0


class IngressServiceBackend(Struct, frozen=True, kw_only=True):
    name: str
    port: ServiceBackendPort = ServiceBackendPort()


class TypedLocalObjectReference(Struct, frozen=True, kw_only=True):
    kind: str
    name: str
    api_group: str | None = None


class IngressBackend(Struct, frozen=True, kw_only=True):
    service: IngressServiceBackend | None = None
    resource: TypedLocalObjectReference | None = None


class HTTPIngressPath(Struct, frozen=True, kw_only=True):
    backend: IngressBackend
    path: str = ""
    path_type: str | None = None


class HTTPIngressRuleValue(Struct, frozen=True, kw_only=True):
    paths: tuple[HTTPIngressPath, ...] = ()


class IngressRule(Struct, frozen=True, kw_only=True):
    host: str = ""
    http: HTTPIngressRuleValue | None = None


class IngressTLS(Struct, frozen=True, kw_only=True):
    hosts: tuple[str, ...] = ()
    secret_name: str = ""


class IngressSpec(Struct, frozen=True, kw_only=True):
    ingress_class_name: str | None = None
    default_backend: IngressBackend | None = None
    rules: tuple[IngressRule, ...] = ()
    tls: tuple[IngressTLS, ...] = ()


class IngressStatus(Struct, frozen=True, kw_only=True):
    load_balancer: LoadBalancerStatus = LoadBalancerStatus()


class Ingress(KubeObject, frozen=True, kw_only=True):
    spec: IngressSpec = IngressSpec()
    status: IngressStatus = IngressStatus()


class IngressClassParametersReference(Struct, frozen=True, kw_only=True):
    kind: str
    name: str
    api_group: str | None = None
    namespace: str | None = None
    scope: str | None = None


class IngressClassSpec(Struct, frozen=True, kw_only=True):
    controller: str = ""
    parameters: IngressClassParametersReference | None = None


class IngressClass(KubeObject, frozen=True, kw_only=True):
    spec: IngressClassSpec = IngressClassSpec()
