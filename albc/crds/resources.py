"""Where our custom resources live in the API, one row each, as `albc.kube.objects` has them for built-in kinds."""

from albc.crds.gateway import (
    GATEWAY_CONFIGURATION_GROUP,
    ListenerRuleConfiguration,
    LoadBalancerConfiguration,
    TargetGroupConfiguration,
)
from albc.crds.ingress_class_params import IngressClassParams
from albc.crds.target_control import ALBTargetControlConfig
from albc.crds.target_group_binding import TargetGroupBinding
from albc.kube.resource import Resource

ELBV2_GROUP = "elbv2.k8s.aws"

TARGET_GROUP_BINDINGS = Resource(
    ELBV2_GROUP, "v1beta1", "TargetGroupBinding", "targetgroupbindings", True, TargetGroupBinding
)
INGRESS_CLASS_PARAMS = Resource(
    ELBV2_GROUP, "v1beta1", "IngressClassParams", "ingressclassparams", False, IngressClassParams
)
ALB_TARGET_CONTROL_CONFIGS = Resource(
    ELBV2_GROUP, "v1beta1", "ALBTargetControlConfig", "albtargetcontrolconfigs", True, ALBTargetControlConfig
)
LOAD_BALANCER_CONFIGURATIONS = Resource(
    GATEWAY_CONFIGURATION_GROUP,
    "v1",
    "LoadBalancerConfiguration",
    "loadbalancerconfigurations",
    True,
    LoadBalancerConfiguration,
)
TARGET_GROUP_CONFIGURATIONS = Resource(
    GATEWAY_CONFIGURATION_GROUP,
    "v1",
    "TargetGroupConfiguration",
    "targetgroupconfigurations",
    True,
    TargetGroupConfiguration,
)
LISTENER_RULE_CONFIGURATIONS = Resource(
    GATEWAY_CONFIGURATION_GROUP,
    "v1",
    "ListenerRuleConfiguration",
    "listenerruleconfigurations",
    True,
    ListenerRuleConfiguration,
)
