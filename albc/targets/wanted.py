"""Which targets a binding wants, each with the Pod or Node behind it (spec/targets.md §6). No I/O."""

from dataclasses import dataclass

from albc.crds.target_group_binding import TargetGroupBinding
from albc.errors import Invalid
from albc.kube.objects import Node, Pod, Service
from albc.targets.cluster import Cluster
from albc.targets.endpoints import BackendNotFound, EndpointRules, Leave, PodView, pod_endpoints, service_port
from albc.targets.nodes import instance_id, traffic_nodes
from albc.targets.quic import PROTOCOLS, server_id
from albc.targets.registration import Target


@dataclass(frozen=True, slots=True)
class WantedTarget:
    """One target that should be registered; its zone is found when it is."""

    target: Target
    created: str | None
    """When its Pod or Node was, RFC 3339."""
    pod: Pod | None = None
    node: Node | None = None

    @property
    def identifier(self) -> str:
        return self.target.identifier


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedRules:
    fail_open: bool = True
    """Gate `EndpointsFailOpen`."""
    leave: Leave = "deletion"
    quic_variable: str = "AWS_LBC_QUIC_SERVER_ID"
    """`--quic-environment-variable-name`."""


def wanted_targets(binding: TargetGroupBinding, cluster: Cluster, rules: WantedRules) -> tuple[WantedTarget, ...]:
    """By identifier. Raises `BackendNotFound` without Service or port, `Invalid` for what a user must change."""
    spec = binding.spec
    match spec.target_type:
        case "ip":
            return _pods(binding, cluster, rules)
        case "instance":
            return _nodes(binding, cluster, rules)
        case _:
            raise Invalid(f"targetType is not specified: {binding.namespace}/{binding.name}; use instance or ip")


def _pods(binding: TargetGroupBinding, cluster: Cluster, rules: WantedRules) -> tuple[WantedTarget, ...]:
    spec = binding.spec
    service = _service(binding, cluster)
    endpoints = pod_endpoints(
        service,
        service_port(service, spec.service_ref.port),
        cluster.slices(binding.namespace, service.name),
        PodView(cluster.pods, cluster.nodes()),
        EndpointRules(ipv6=spec.ip_address_type == "ipv6", fail_open=rules.fail_open, leave=rules.leave),
    )
    quic = spec.target_group_protocol in PROTOCOLS
    return tuple(
        WantedTarget(
            Target(
                endpoint.ip,
                endpoint.port,
                quic_server_id=(
                    server_id(endpoint.pod, endpoint.port, rules.quic_variable) if quic and endpoint.pod else ""
                ),
            ),
            endpoint.pod.metadata.creation_timestamp if endpoint.pod else None,
            endpoint.pod,
        )
        for endpoint in endpoints
    )


def _nodes(binding: TargetGroupBinding, cluster: Cluster, rules: WantedRules) -> tuple[WantedTarget, ...]:
    service = _service(binding, cluster)
    port = service_port(service, binding.spec.service_ref.port)
    if service.spec.type not in ("NodePort", "LoadBalancer"):
        raise Invalid(
            f"service type must be either 'NodePort' or 'LoadBalancer' for instance targets, or use target type ip: "
            f"{service.namespace}/{service.name} is {service.spec.type}"
        )
    nodes = traffic_nodes(cluster.nodes().values(), binding.spec.node_selector, fail_open=rules.fail_open)
    return tuple(
        WantedTarget(Target(instance_id(node), port.node_port), node.metadata.creation_timestamp, node=node)
        for node in nodes
    )


def _service(binding: TargetGroupBinding, cluster: Cluster) -> Service:
    name = binding.spec.service_ref.name
    service = cluster.service(binding.namespace, name)
    if service is None:
        raise BackendNotFound(f'services "{name}" not found')
    return service
