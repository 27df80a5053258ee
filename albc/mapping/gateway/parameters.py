"""Finds the configuration objects that a GatewayClass or a Gateway refers to (spec/gateway.md §3.1, §3.2).

A reference that leads nowhere, or to something that is no LoadBalancerConfiguration, is the fault of whoever holds it;
the reasons are the Gateway API's and, for classes, the reference's.
"""

from albc.crds.gateway import GATEWAY_CONFIGURATION_GROUP, LoadBalancerConfiguration, TargetGroupConfiguration
from albc.kube.objects import Gateway, GatewayClass
from albc.mapping.invalid import Invalid
from albc.mapping.snapshot import NamespacedName, Snapshot

_KIND = "LoadBalancerConfiguration"


def class_configuration(gateway_class: GatewayClass, snapshot: Snapshot) -> LoadBalancerConfiguration | None:
    """What `spec.parametersRef` names; None without one."""
    reference = gateway_class.spec.parameters_ref
    if reference is None:
        return None
    _check_kind(reference.group, reference.kind)
    if not reference.namespace:
        raise Invalid(
            f"Namespace must be specified in ParametersRef for {_KIND}: set spec.parametersRef.namespace",
            reason="InvalidParametersRef",
        )
    name = NamespacedName(reference.namespace, reference.name)
    found = snapshot.load_balancer_configurations.get(name)
    if found is None:
        raise Invalid(f"{_KIND} ({name.name},{name.namespace}) not found", reason="NotFound")
    return found


def gateway_configuration(gateway: Gateway, snapshot: Snapshot) -> LoadBalancerConfiguration | None:
    """What `spec.infrastructure.parametersRef` names, in the Gateway's namespace; None without one."""
    reference = gateway.spec.infrastructure.parameters_ref if gateway.spec.infrastructure else None
    if reference is None:
        return None
    _check_kind(reference.group, reference.kind)
    name = NamespacedName(gateway.namespace, reference.name)
    found = snapshot.load_balancer_configurations.get(name)
    if found is None:
        raise Invalid(
            f"infrastructure.parametersRef names {_KIND} {name}, which does not exist; create it or correct the name",
            reason="InvalidParameters",
        )
    return found


def default_target_groups(
    configuration: LoadBalancerConfiguration | None, snapshot: Snapshot
) -> TargetGroupConfiguration | None:
    """The TargetGroupConfiguration that is the default for all Services behind the load balancer."""
    reference = configuration.spec.default_target_group_configuration if configuration else None
    if configuration is None or reference is None:
        return None
    name = NamespacedName(configuration.namespace, reference.name)
    field = f"defaultTargetGroupConfiguration of {_KIND} {configuration.namespace}/{configuration.name}"
    found = snapshot.target_group_configurations.get(name)
    if found is None:
        raise Invalid(
            f"{field} names TargetGroupConfiguration {name}, which does not exist; create it or correct the name",
            reason="Invalid",
        )
    if found.spec.target_reference is not None:
        raise Invalid(
            f"{field} names TargetGroupConfiguration {name}, which has targetReference set; "
            "a default for all Services must not have one",
            reason="Invalid",
        )
    return found


def _check_kind(group: str, kind: str) -> None:
    if (group, kind) != (GATEWAY_CONFIGURATION_GROUP, _KIND):
        raise Invalid(
            f"parametersRef names a {kind} of group {group or 'core'}; "
            f"it must name a {_KIND} of group {GATEWAY_CONFIGURATION_GROUP}",
            reason="InvalidParameters",
        )
