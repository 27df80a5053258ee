"""Core, apps-free kinds that albc reads: Service, Pod, Node, Namespace, Secret, ConfigMap, EndpointSlice."""

import msgspec

from albc.kube.objects.meta import IntOrString, KubeObject, Struct


class ServicePort(Struct, frozen=True, kw_only=True):
    port: int
    name: str = ""
    protocol: str = "TCP"
    target_port: IntOrString = 0
    """0 stands for "the same as `port`", as in the API."""
    node_port: int = 0
    app_protocol: str | None = None


class ServiceSpec(Struct, frozen=True, kw_only=True):
    type: str = "ClusterIP"
    ports: tuple[ServicePort, ...] = ()
    selector: dict[str, str] = {}
    cluster_ip: str = msgspec.field(name="clusterIP", default="")
    external_name: str = ""
    external_traffic_policy: str = ""
    health_check_node_port: int = 0
    ip_families: tuple[str, ...] = ()
    ip_family_policy: str | None = None
    load_balancer_class: str | None = None
    load_balancer_ip: str = msgspec.field(name="loadBalancerIP", default="")
    load_balancer_source_ranges: tuple[str, ...] = ()
    allocate_load_balancer_node_ports: bool | None = None
    publish_not_ready_addresses: bool = False
    session_affinity: str = ""


class PortStatus(Struct, frozen=True, kw_only=True):
    port: int
    protocol: str = "TCP"
    error: str | None = None


class LoadBalancerIngress(Struct, frozen=True, kw_only=True):
    """One address in the status of a Service or an Ingress."""

    hostname: str = ""
    ip: str = ""
    ports: tuple[PortStatus, ...] = ()


class LoadBalancerStatus(Struct, frozen=True, kw_only=True):
    ingress: tuple[LoadBalancerIngress, ...] = ()


class ServiceStatus(Struct, frozen=True, kw_only=True):
    load_balancer: LoadBalancerStatus = LoadBalancerStatus()


class Service(KubeObject, frozen=True, kw_only=True):
    spec: ServiceSpec = ServiceSpec()
    status: ServiceStatus = ServiceStatus()


class ContainerPort(Struct, frozen=True, kw_only=True):
    container_port: int
    name: str = ""
    protocol: str = "TCP"


class EnvVar(Struct, frozen=True, kw_only=True):
    name: str
    value: str = ""


class Container(Struct, frozen=True, kw_only=True):
    name: str = ""
    ports: tuple[ContainerPort, ...] = ()
    env: tuple[EnvVar, ...] = ()
    """Only of Pods that ask for QUIC server ids: the variables of all others would fill the memory, secrets and all."""
    restart_policy: str | None = None


class PodReadinessGate(Struct, frozen=True, kw_only=True):
    condition_type: str


class PodSpec(Struct, frozen=True, kw_only=True):
    node_name: str = ""
    host_network: bool = False
    containers: tuple[Container, ...] = ()
    init_containers: tuple[Container, ...] = ()
    readiness_gates: tuple[PodReadinessGate, ...] = ()
    termination_grace_period_seconds: int | None = None

    @property
    def serving_containers(self) -> tuple[Container, ...]:
        """Containers that run beside one another: init containers that restart always are side-cars."""
        return (*self.containers, *(c for c in self.init_containers if c.restart_policy == "Always"))


class PodCondition(Struct, frozen=True, kw_only=True):
    type: str
    status: str
    reason: str = ""
    message: str = ""
    last_transition_time: str | None = None


class PodIP(Struct, frozen=True, kw_only=True):
    ip: str = ""


class PodStatus(Struct, frozen=True, kw_only=True):
    phase: str = ""
    pod_ip: str = msgspec.field(name="podIP", default="")
    pod_ips: tuple[PodIP, ...] = msgspec.field(name="podIPs", default=())
    host_ip: str = msgspec.field(name="hostIP", default="")
    conditions: tuple[PodCondition, ...] = ()


QUIC_CONTAINERS = "service.beta.kubernetes.io/aws-load-balancer-quic-enabled-containers"
"""Annotation of Pods some of whose containers have a QUIC server id (spec/targets.md §4.6)."""


class Pod(KubeObject, frozen=True, kw_only=True):
    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()

    def __post_init__(self) -> None:
        if QUIC_CONTAINERS not in self.metadata.annotations:
            for container in (*self.spec.containers, *self.spec.init_containers):
                if container.env:  # in place, as each change of a Pod comes this way
                    msgspec.structs.force_setattr(container, "env", ())


class Taint(Struct, frozen=True, kw_only=True):
    key: str
    effect: str
    value: str = ""


class NodeSpec(Struct, frozen=True, kw_only=True):
    provider_id: str = msgspec.field(name="providerID", default="")
    unschedulable: bool = False
    taints: tuple[Taint, ...] = ()


class NodeAddress(Struct, frozen=True, kw_only=True):
    type: str
    address: str


class NodeCondition(Struct, frozen=True, kw_only=True):
    type: str
    status: str


class NodeStatus(Struct, frozen=True, kw_only=True):
    addresses: tuple[NodeAddress, ...] = ()
    conditions: tuple[NodeCondition, ...] = ()


class Node(KubeObject, frozen=True, kw_only=True):
    spec: NodeSpec = NodeSpec()
    status: NodeStatus = NodeStatus()


class Namespace(KubeObject, frozen=True, kw_only=True):
    pass


class Secret(KubeObject, frozen=True, kw_only=True):
    type: str = "Opaque"
    data: dict[str, str] = {}
    """Base64 values. Never log or print an object of this type."""

    def __repr__(self) -> str:
        return f"Secret({self.namespace}/{self.name}, keys={sorted(self.data)})"


class ConfigMap(KubeObject, frozen=True, kw_only=True):
    data: dict[str, str] = {}


class EndpointConditions(Struct, frozen=True, kw_only=True):
    ready: bool | None = None
    """None counts as ready, as the API says."""
    serving: bool | None = None
    terminating: bool | None = None


class ObjectReference(Struct, frozen=True, kw_only=True):
    kind: str = ""
    namespace: str = ""
    name: str = ""
    uid: str = ""


class Endpoint(Struct, frozen=True, kw_only=True):
    addresses: tuple[str, ...] = ()
    conditions: EndpointConditions = EndpointConditions()
    target_ref: ObjectReference | None = None
    node_name: str = ""
    zone: str = ""


class EndpointPort(Struct, frozen=True, kw_only=True):
    name: str | None = None
    port: int | None = None
    protocol: str = "TCP"


class EndpointSlice(KubeObject, frozen=True, kw_only=True):
    address_type: str = "IPv4"
    endpoints: tuple[Endpoint, ...] = ()
    ports: tuple[EndpointPort, ...] = ()
