"""The part of the settings that decides how a stack is deployed."""

from albc.deploy.settings import DeploySettings
from albc.mapping.settings import MappingSettings
from albc.settings.flags import Settings


def deploy_settings(settings: Settings, mapping: MappingSettings) -> DeploySettings:
    """`mapping` was made of the same `settings`, and knows the VPC."""
    return DeploySettings(
        cluster_name=mapping.cluster_name,
        vpc_id=mapping.vpc_id,
        external_managed_tags=mapping.external_managed_tags,
        enable_wafv2=mapping.enable_wafv2,
        enable_waf=mapping.enable_waf,
        enable_shield=mapping.enable_shield,
        stabilization_seconds=settings.lb_stabilization_monitor_interval,
        replacement_health_seconds=settings.lb_replacement_health_timeout,
        listener_rules_tagging=mapping.listener_rules_tagging,
        weighted_target_groups=mapping.weighted_target_groups,
        nlb_health_check_advanced_config=mapping.nlb_health_check_advanced_config,
        lb_capacity_reservation=mapping.lb_capacity_reservation,
        enable_certificate_management=mapping.enable_certificate_management,
        enhanced_default_behavior=settings.gates.enabled("EnhancedDefaultBehavior"),
    )
