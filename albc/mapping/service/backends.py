"""What gets the traffic of a listener: one port of a Service, and how its targets are reached
(spec/service.md A11.2, A11.5, A11.6).

Made by `listeners` and `actions`, read by `target_groups`, `health_checks` and `bindings`.
"""

from dataclasses import dataclass

from albc.kube.objects import Service
from albc.kube.objects.core import ServicePort
from albc.mapping.cidrs import IPFamily
from albc.mapping.invalid import Invalid
from albc.mapping.service.parsed import IP_ADDRESS_TYPE, TARGET_TYPE, TYPE, ServiceAnnotations, full_name
from albc.mapping.service.placement import Placed
from albc.mapping.service_ports import target_port
from albc.mapping.settings import MappingSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    service: Service
    port: ServicePort
    protocol: str
    """Of the target group."""
    action_of: str = ""
    """UID of the Service whose action leads here; empty for a Service's own targets."""

    @property
    def id(self) -> str:
        """Resource id of the target group and its binding."""
        return f"{self.service.namespace}/{self.service.name}:{self.port.port}"


def choose_target_type(backend: Backend, annotations: ServiceAnnotations, settings: MappingSettings) -> str:
    """`ip` or `instance`; any other word means instance. `annotations` are those of the Service being mapped."""
    asked = annotations[TARGET_TYPE]
    target_type = settings.default_target_type if asked is None else asked
    if target_type == "ip" and not settings.enable_ip_target_type:
        raise Invalid("unsupported targetType: ip when the feature gate EnableIPTargetType is false")
    if target_type == "ip" or annotations[TYPE] == "nlb-ip":
        return "ip"

    spec, name = backend.service.spec, f"{backend.service.namespace}/{backend.service.name}"
    if spec.type == "ClusterIP":
        raise Invalid(
            f'unsupported service type "ClusterIP" of {name} for load balancer target type "instance"; '
            f"make it NodePort or LoadBalancer, or set {full_name(TARGET_TYPE)}: ip"
        )
    if not backend.port.node_port:
        unallocated = spec.allocate_load_balancer_node_ports is False
        raise Invalid(
            f"port {backend.port.port} of service {name} has no node port, which instance targets need; "
            + ("set allocateLoadBalancerNodePorts to true" if unallocated else "is the service type correct?")
            + f", or set {full_name(TARGET_TYPE)}: ip"
        )
    return "instance"


def target_group_port(backend: Backend, target_type: str) -> int:
    """AWS wants one port although each target has its own: the node port, or 1 where Pods name theirs."""
    port = binding_port(backend, target_type)
    return port if isinstance(port, int) else 1


def binding_port(backend: Backend, target_type: str) -> int | str:
    """Where the targets listen: the node port, or the Pods' port by number or name."""
    return backend.port.node_port if target_type == "instance" else target_port(backend.port)


def ip_family(backend: Backend, placed: Placed) -> IPFamily:
    """`ipv6` as soon as the Service has an IPv6 family, which only a dualstack load balancer can reach."""
    if "IPv6" not in backend.service.spec.ip_families:
        return "ipv4"
    if not placed.dualstack:
        raise Invalid(
            f"unsupported IPv6 configuration of service {backend.service.namespace}/{backend.service.name}, "
            f"lb not dual-stack; set {full_name(IP_ADDRESS_TYPE)}: dualstack"
        )
    return "ipv6"
