"""What a Gateway's load balancer is configured to be: class and Gateway configurations found and merged.

First step of `resolution`; a fault here stops the whole Gateway, since nothing about its load balancer is known then
(spec/gateway.md §3.2).
"""

from dataclasses import dataclass

from albc.crds.gateway import LoadBalancerConfigurationSpec, TargetGroupConfigurationSpec
from albc.kube.objects import Gateway, GatewayClass
from albc.mapping.gateway.classes import class_status
from albc.mapping.gateway.merging import merge_defaults, merge_load_balancers
from albc.mapping.gateway.parameters import class_configuration, default_target_groups, gateway_configuration
from albc.mapping.invalid import Invalid
from albc.mapping.snapshot import Snapshot
from albc.model.problem import ObjectRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    load_balancer: LoadBalancerConfigurationSpec
    default_target_groups: TargetGroupConfigurationSpec | None
    """For Services without a TargetGroupConfiguration of their own, and for the fields that theirs leave out."""
    sources: tuple[ObjectRef, ...]
    """The LoadBalancerConfigurations that it comes from, the Gateway's own one first."""


def configuration_of(gateway: Gateway, gateway_class: GatewayClass, snapshot: Snapshot) -> Configuration:
    accepted = class_status(gateway_class, snapshot)
    if accepted.status != "True":
        raise Invalid(f"GatewayClass {gateway_class.name} is not accepted: {accepted.message}", reason="Invalid")
    of_class = class_configuration(gateway_class, snapshot)
    of_gateway = gateway_configuration(gateway, snapshot)
    class_spec = of_class.spec if of_class else None
    defaults = merge_defaults(
        class_spec, default_target_groups(of_class, snapshot), default_target_groups(of_gateway, snapshot)
    )
    return Configuration(
        load_balancer=merge_load_balancers(class_spec, of_gateway.spec if of_gateway else None),
        default_target_groups=defaults.spec if defaults else None,
        sources=tuple(
            ObjectRef("LoadBalancerConfiguration", found.namespace, found.name)
            for found in (of_gateway, of_class)
            if found is not None
        ),
    )
