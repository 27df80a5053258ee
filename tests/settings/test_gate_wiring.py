"""A feature gate reaches the rooms whose rules read it; what it does there is tested beside the rule."""

import pytest

from albc.deploy.settings import DeploySettings
from albc.mapping.settings import MappingSettings
from albc.settings import Settings, deploy_settings, mapping_settings
from albc.settings.gates import GATES


def rooms(*chosen: tuple[str, bool]) -> tuple[MappingSettings, DeploySettings]:
    settings = Settings(cluster_name="prod", feature_gates=chosen)
    mapping = mapping_settings(settings, region="eu-west-1", vpc_id="vpc-1")
    return mapping, deploy_settings(settings, mapping)


@pytest.mark.parametrize(
    ("gate", "field"),
    [
        ("ServiceTypeLoadBalancerOnly", "service_type_load_balancer_only"),
        ("EnableServiceController", "enable_service_controller"),
        ("ClassicLoadBalancer", "classic_load_balancer"),
        ("EnableIPTargetType", "enable_ip_target_type"),
        ("EnableTCPUDPListener", "enable_tcp_udp_listener"),
        ("SubnetsClusterTagCheck", "subnets_cluster_tag_check"),
        ("NLBHealthCheckAdvancedConfig", "nlb_health_check_advanced_config"),
        ("NLBSecurityGroup", "nlb_security_group"),
        ("ALBSingleSubnet", "alb_single_subnet"),
        ("LBCapacityReservation", "lb_capacity_reservation"),
        ("SubnetDiscoveryByReachability", "subnet_discovery_by_reachability"),
        ("GatewayListenerSet", "gateway_listener_set"),
        ("EnableDefaultTagsLowPriority", "enable_default_tags_low_priority"),
        ("EnableCertificateManagement", "enable_certificate_management"),
    ],
)
def test_a_gate_turns_the_setting_that_mapping_reads(gate: str, field: str) -> None:
    default = GATES[gate].default

    assert getattr(rooms()[0], field) is default
    assert getattr(rooms((gate, not default))[0], field) is not default


@pytest.mark.parametrize(
    ("gate", "field"),
    [
        ("ListenerRulesTagging", "listener_rules_tagging"),
        ("WeightedTargetGroups", "weighted_target_groups"),
        ("NLBHealthCheckAdvancedConfig", "nlb_health_check_advanced_config"),
        ("LBCapacityReservation", "lb_capacity_reservation"),
        ("EnhancedDefaultBehavior", "enhanced_default_behavior"),
        ("EnableCertificateManagement", "enable_certificate_management"),
    ],
)
def test_a_gate_turns_the_setting_that_deploying_reads(gate: str, field: str) -> None:
    default = GATES[gate].default

    assert getattr(rooms()[1], field) is default
    assert getattr(rooms((gate, not default))[1], field) is not default
