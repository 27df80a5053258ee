"""What of the controller's configuration decides how a stack is deployed (spec/aws.md §2). Field = flag or gate."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploySettings:
    """Defaults are the reference's defaults."""

    cluster_name: str
    vpc_id: str
    external_managed_tags: frozenset[str] = frozenset()
    enable_wafv2: bool = True
    enable_waf: bool = True
    enable_shield: bool = True
    stabilization_seconds: float = 120.0
    """`--lb-stabilization-monitor-interval`."""

    replacement_health_seconds: float = 300.0
    """`--lb-replacement-health-timeout`: how long a replaced load balancer stays for its successor's targets."""

    # Feature gates.
    listener_rules_tagging: bool = True
    weighted_target_groups: bool = True
    nlb_health_check_advanced_config: bool = True
    lb_capacity_reservation: bool = True
    enable_certificate_management: bool = False
    enhanced_default_behavior: bool = False
    """What a user stops to set goes back to its default. Gateways are always treated so."""
