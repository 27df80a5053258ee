"""The part of the settings that decides the desired state."""

from typing import Any

from albc.mapping.settings import MappingSettings
from albc.settings.flags import Settings

_FROM_GATES = {
    "service_type_load_balancer_only": "ServiceTypeLoadBalancerOnly",
    "enable_service_controller": "EnableServiceController",
    "classic_load_balancer": "ClassicLoadBalancer",
    "enable_ip_target_type": "EnableIPTargetType",
    "subnets_cluster_tag_check": "SubnetsClusterTagCheck",
    "nlb_health_check_advanced_config": "NLBHealthCheckAdvancedConfig",
    "nlb_security_group": "NLBSecurityGroup",
    "alb_single_subnet": "ALBSingleSubnet",
    "subnet_discovery_by_reachability": "SubnetDiscoveryByReachability",
    "listener_rules_tagging": "ListenerRulesTagging",
    "weighted_target_groups": "WeightedTargetGroups",
    "lb_capacity_reservation": "LBCapacityReservation",
    "enable_tcp_udp_listener": "EnableTCPUDPListener",
    "enhanced_default_behavior": "EnhancedDefaultBehavior",
    "enable_default_tags_low_priority": "EnableDefaultTagsLowPriority",
    "enable_certificate_management": "EnableCertificateManagement",
    "gateway_listener_set": "GatewayListenerSet",
}
"""Field of `MappingSettings` → feature gate."""

_FROM_FLAGS = (
    "cluster_name",
    "ingress_class",
    "disable_ingress_class_annotation",
    "disable_ingress_group_name_annotation",
    "tolerate_non_existent_backend_service",
    "tolerate_non_existent_backend_action",
    "allowed_certificate_authority_arns",
    "default_pca_arn",
    "load_balancer_class",
    "classic_load_balancer_class",
    "classic_elb_security_group",
    "classic_shared_health_probe",
    "classic_shared_health_probe_port",
    "classic_shared_health_probe_path",
    "required_secrets_label",
    "default_ssl_policy",
    "default_target_type",
    "default_load_balancer_scheme",
    "enable_backend_security_group",
    "backend_security_group",
    "enable_manage_backend_security_group_rules",
    "disable_restricted_sg_rules",
    "enable_wafv2",
    "enable_waf",
    "enable_shield",
)
"""Fields that bear the name of their flag."""


def mapping_settings(settings: Settings, *, region: str, vpc_id: str) -> MappingSettings:
    """`region` and `vpc_id` as discovered or given."""
    gates = settings.gates
    same_name: dict[str, Any] = {name: getattr(settings, name) for name in _FROM_FLAGS}
    by_gate: dict[str, Any] = {field: gates.enabled(gate) for field, gate in _FROM_GATES.items()}
    return MappingSettings(
        region=region,
        vpc_id=vpc_id,
        default_tags=dict(settings.default_tags),
        external_managed_tags=frozenset(settings.external_managed_tags),
        **same_name,
        **by_gate,
    )
