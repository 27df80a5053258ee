"""What of the controller's configuration decides the desired state (spec/runtime.md §2, §4). Field = flag or gate."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingSettings:
    """Defaults are the reference's defaults."""

    cluster_name: str
    region: str = ""
    vpc_id: str = ""

    # Flags, by their names.
    ingress_class: str = "alb"
    disable_ingress_class_annotation: bool = False
    disable_ingress_group_name_annotation: bool = False
    tolerate_non_existent_backend_service: bool = True
    tolerate_non_existent_backend_action: bool = True
    allowed_certificate_authority_arns: tuple[str, ...] = ()
    default_pca_arn: str = ""
    load_balancer_class: str = "service.k8s.aws/nlb"
    classic_load_balancer_class: str = "service.k8s.aws/clb"
    classic_elb_security_group: str = ""
    classic_shared_health_probe: bool = False
    classic_shared_health_probe_port: int = 10256
    classic_shared_health_probe_path: str = "/healthz"
    default_tags: Mapping[str, str] = field(default_factory=dict)
    external_managed_tags: frozenset[str] = frozenset()
    required_secrets_label: str = ""
    default_ssl_policy: str = "ELBSecurityPolicy-2016-08"
    default_target_type: str = "instance"
    default_load_balancer_scheme: str = "internal"
    enable_backend_security_group: bool = True
    backend_security_group: str = ""
    enable_manage_backend_security_group_rules: bool = False
    disable_restricted_sg_rules: bool = False

    # Feature gates, by their names in snake case.
    service_type_load_balancer_only: bool = False
    enable_service_controller: bool = True
    classic_load_balancer: bool = True
    enable_ip_target_type: bool = True
    subnets_cluster_tag_check: bool = True
    nlb_health_check_advanced_config: bool = True
    nlb_security_group: bool = True
    alb_single_subnet: bool = False
    subnet_discovery_by_reachability: bool = True
    listener_rules_tagging: bool = True
    weighted_target_groups: bool = True
    lb_capacity_reservation: bool = True
    enable_tcp_udp_listener: bool = False
    enhanced_default_behavior: bool = False
    enable_default_tags_low_priority: bool = False
    enable_certificate_management: bool = False
    gateway_listener_set: bool = True
    enable_wafv2: bool = True
    enable_waf: bool = True
    enable_shield: bool = True
