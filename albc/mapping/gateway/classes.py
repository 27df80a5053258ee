"""The two kinds of Gateway that albc serves, and whether a GatewayClass can be served (spec/gateway.md §3.1).

Everything that differs between an ALB and an NLB Gateway by name alone stands in its `Layer`. `class_status` is what
the GatewayClass controller writes, and what `configuration` asks before it looks at a Gateway.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from albc.kube.objects import GatewayClass
from albc.kube.objects.meta import Condition
from albc.mapping.gateway.parameters import class_configuration, default_target_groups
from albc.mapping.invalid import Invalid
from albc.mapping.snapshot import Snapshot
from albc.model.load_balancer import LoadBalancerType


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One of ALB and NLB, as the Gateway API sees them."""

    controller_name: str
    """Also the Gateway's finalizer."""
    load_balancer_type: LoadBalancerType
    tag_prefix: str
    protocols: tuple[str, ...]
    """Of listeners."""
    route_kinds: tuple[str, ...]

    @property
    def is_alb(self) -> bool:
        return self.load_balancer_type == "application"


ALB = Layer(
    controller_name="gateway.k8s.aws/alb",
    load_balancer_type="application",
    tag_prefix="gateway.k8s.aws.alb",
    protocols=("HTTP", "HTTPS"),
    route_kinds=("HTTPRoute", "GRPCRoute"),
)
NLB = Layer(
    controller_name="gateway.k8s.aws/nlb",
    load_balancer_type="network",
    tag_prefix="gateway.k8s.aws.nlb",
    protocols=("TCP", "UDP", "TLS"),
    route_kinds=("TCPRoute", "UDPRoute", "TLSRoute"),
)
LAYERS: Mapping[str, Layer] = {layer.controller_name: layer for layer in (ALB, NLB)}


def layer_of(gateway_class: GatewayClass) -> Layer | None:
    """None: the class belongs to another controller."""
    return LAYERS.get(gateway_class.spec.controller_name)


def class_status(gateway_class: GatewayClass, snapshot: Snapshot) -> Condition:
    """The class's condition `Accepted`. The time of transition is left to whoever writes it."""
    try:
        configuration = class_configuration(gateway_class, snapshot)
        default_target_groups(configuration, snapshot)
    except Invalid as fault:
        status, reason, message = "False", fault.reason, fault.message
    else:
        status, reason, message = "True", "Accepted", "Accepted"
    return Condition(
        type="Accepted",
        status=status,
        reason=reason,
        message=message,
        observed_generation=gateway_class.metadata.generation,
    )


def processed_version(gateway_class: GatewayClass, snapshot: Snapshot) -> str:
    """The class's annotation `elbv2.k8s.aws/last-processed-config`: versions of the objects that it was read from.

    Raises `Invalid` where the class is not accepted.
    """
    configuration = class_configuration(gateway_class, snapshot)
    if configuration is None:
        return ""
    default = default_target_groups(configuration, snapshot)
    objects = (configuration, default) if default else (configuration,)
    return "-".join(item.metadata.resource_version for item in objects)
