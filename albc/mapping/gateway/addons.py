"""What protects a Gateway's load balancer, or reserves capacity for it (spec/gateway.md §17).

An add-on that was on and is off now is built once more with its "off" value, so that it is taken away; one that was
never on is not mentioned, so that what others set stays. The Gateway's annotations remember which were on.
"""

from dataclasses import dataclass

from albc.crds.gateway import LoadBalancerConfigurationSpec
from albc.kube.objects import Gateway
from albc.mapping.gateway.classes import Layer
from albc.mapping.go import parse_bool
from albc.model.addons import ShieldProtection, WAFv2Association
from albc.model.load_balancer import MinimumLoadBalancerCapacity
from albc.model.reference import Ref

ANNOTATION_PREFIX = "gateway.k8s.aws.addon."
WAFV2, SHIELD, CAPACITY = "wafv2", "shield", "provisionedcapacity"


@dataclass(frozen=True, slots=True)
class Addons:
    enabled: frozenset[str]
    """Wanted now: their annotations say `true` from before the deploy on."""
    remembered: frozenset[str]
    """Those that the annotations say are on."""
    spec: LoadBalancerConfigurationSpec

    @property
    def mentioned(self) -> frozenset[str]:
        return self.enabled | self.remembered


def addons_of(gateway: Gateway, layer: Layer, spec: LoadBalancerConfigurationSpec) -> Addons:
    """While a Gateway is being deleted, none is wanted."""
    available = (WAFV2, SHIELD, CAPACITY) if layer.is_alb else (CAPACITY,)
    annotations = gateway.metadata.annotations
    wanted = {
        WAFV2: spec.waf_v2 is not None and bool(spec.waf_v2.web_acl),
        SHIELD: spec.shield_configuration is not None and spec.shield_configuration.enabled,
        CAPACITY: spec.minimum_load_balancer_capacity is not None
        and spec.minimum_load_balancer_capacity.capacity_units >= 0,
    }
    deleting = gateway.metadata.deletion_timestamp is not None
    return Addons(
        enabled=frozenset(name for name in available if wanted[name] and not deleting),
        remembered=frozenset(name for name in available if parse_bool(annotations.get(ANNOTATION_PREFIX + name, ""))),
        spec=spec,
    )


def capacity(addons: Addons) -> MinimumLoadBalancerCapacity | None:
    """A value that AWS would refuse is not mentioned, so that what is reserved stays."""
    reserved = addons.spec.minimum_load_balancer_capacity
    if CAPACITY not in addons.mentioned or faults(addons.spec):
        return None
    units = reserved.capacity_units if reserved and CAPACITY in addons.enabled else 0
    return MinimumLoadBalancerCapacity(capacity_units=units)


def resources(addons: Addons, load_balancer: Ref) -> tuple[WAFv2Association | ShieldProtection, ...]:
    result: list[WAFv2Association | ShieldProtection] = []
    if WAFV2 in addons.mentioned:
        acl = addons.spec.waf_v2.web_acl if addons.spec.waf_v2 and WAFV2 in addons.enabled else ""
        result.append(WAFv2Association(web_acl_arn=acl, resource_arn=load_balancer))
    if SHIELD in addons.mentioned:
        result.append(ShieldProtection(enabled=SHIELD in addons.enabled, resource_arn=load_balancer))
    return tuple(result)


def faults(spec: LoadBalancerConfigurationSpec) -> tuple[str, ...]:
    """What of the configuration AWS would refuse, so it is left out."""
    reserved = spec.minimum_load_balancer_capacity
    if reserved is None or reserved.capacity_units >= 0:
        return ()
    return (f"minimumLoadBalancerCapacity.capacityUnits is {reserved.capacity_units}; it must be 0 or more",)
