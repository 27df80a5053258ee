"""What gets the traffic of a listener: one port of a Service, and how its targets are reached
(spec/service.md A11.2, A11.5, A11.6).

Made by `listeners` and `actions`, read by `target_groups`, `health_checks` and `bindings`.
"""

from dataclasses import dataclass

from albc.kube.objects import Service
from albc.kube.objects.core import ServicePort
from albc.mapping.cidrs import IPFamily
from albc.mapping.invalid import Invalid
from albc.mapping.service.parsed import TARGET_TYPE, TYPE, ServiceAnnotations, full_name
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


def backend_target_type(service: Service, annotations: ServiceAnnotations, settings: MappingSettings) -> str:
    """`ip` or `instance`; any other word means instance. `annotations` are those of the Service being mapped."""
    target_type = annotations[TARGET_TYPE]
    if target_type is None:
        target_type = settings.default_target_type
    if target_type == "ip" and not settings.enable_ip_target_type:
        raise Invalid("unsupported targetType: ip when the feature gate EnableIPTargetType is false")
    if target_type == "ip" or annotations[TYPE] == "nlb-ip":
        return "ip"
    if service.spec.type == "ClusterIP":
        raise Invalid(
            f'unsupported service type "ClusterIP" of {service.namespace}/{service.name} for target type "instance"; '
            f"make it NodePort or LoadBalancer, or set {full_name(TARGET_TYPE)}: ip"
        )
    if service.spec.allocate_load_balancer_node_ports is False and any(
        port.node_port == 0 for port in service.spec.ports
    ):
        raise Invalid("")
    return "instance"
