"""Every AWS operation that albc can call, by what it is called for. What is not listed here cannot be called.

* Clients are made of models that are cut down to these operations (`albc.aws.models`), so a call that is missing here
  fails in any test of it; a test holds the list against the names in the code, so that nothing is here in vain.
* Read by whoever writes policies: `iam_actions`. What AWS checks besides the operation itself (tags given while
  something is made need AddTags or CreateTags as well) is the policy's business.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from albc.aws.services import iam_action


class Feature(StrEnum):
    """What switches a group of calls on."""

    ALWAYS = "every installation"
    WEB_ACL_NAMES = "web ACLs of WAFv2 that are given by name"
    WAFV2 = "--enable-wafv2"
    WAF = "--enable-waf"
    SHIELD = "--enable-shield"
    TAGGING_API = "feature gate EnableRGTAPI"
    CERTIFICATES = "feature gate EnableCertificateManagement"
    CLASSIC = "feature gate ClassicLoadBalancer"
    QUOTAS = "head-room of VPC quotas; may be refused"
    ROLES = "target groups of other accounts, through an assumed role"


OPERATIONS: Final[Mapping[Feature, Mapping[str, tuple[str, ...]]]] = {
    Feature.ALWAYS: {
        "ec2": (
            "AuthorizeSecurityGroupIngress",
            "CreateSecurityGroup",
            "CreateTags",
            "DeleteSecurityGroup",
            "DeleteTags",
            "DescribeAvailabilityZones",
            "DescribeInstances",
            "DescribeNetworkInterfaces",
            "DescribeRouteTables",
            "DescribeSecurityGroups",
            "DescribeSubnets",
            "DescribeVpcs",
            "RevokeSecurityGroupIngress",
        ),
        "elbv2": (
            "AddListenerCertificates",
            "AddTags",
            "CreateListener",
            "CreateLoadBalancer",
            "CreateRule",
            "CreateTargetGroup",
            "DeleteListener",
            "DeleteLoadBalancer",
            "DeleteRule",
            "DeleteTargetGroup",
            "DeregisterTargets",
            "DescribeAccountLimits",
            "DescribeCapacityReservation",
            "DescribeListenerAttributes",
            "DescribeListenerCertificates",
            "DescribeListeners",
            "DescribeLoadBalancerAttributes",
            "DescribeLoadBalancers",
            "DescribeRules",
            "DescribeTags",
            "DescribeTargetGroupAttributes",
            "DescribeTargetGroups",
            "DescribeTargetHealth",
            "DescribeTrustStores",
            "ModifyCapacityReservation",
            "ModifyIpPools",
            "ModifyListener",
            "ModifyListenerAttributes",
            "ModifyLoadBalancerAttributes",
            "ModifyRule",
            "ModifyTargetGroup",
            "ModifyTargetGroupAttributes",
            "RegisterTargets",
            "RemoveListenerCertificates",
            "RemoveTags",
            "SetIpAddressType",
            "SetRulePriorities",
            "SetSecurityGroups",
            "SetSubnets",
        ),
        "acm": ("DescribeCertificate", "ListCertificates"),
        "sts": ("GetCallerIdentity",),
    },
    Feature.WEB_ACL_NAMES: {"wafv2": ("ListWebACLs",)},
    Feature.WAFV2: {"wafv2": ("AssociateWebACL", "DisassociateWebACL", "GetWebACLForResource")},
    Feature.WAF: {"waf-regional": ("AssociateWebACL", "DisassociateWebACL", "GetWebACLForResource")},
    Feature.SHIELD: {"shield": ("CreateProtection", "DeleteProtection", "DescribeProtection", "GetSubscriptionState")},
    Feature.TAGGING_API: {"resourcegroupstaggingapi": ("GetResources",)},
    Feature.CERTIFICATES: {
        "acm": (
            "AddTagsToCertificate",
            "DeleteCertificate",
            "ImportCertificate",
            "ListTagsForCertificate",
            "RequestCertificate",
        ),
        "route53": ("ChangeResourceRecordSets", "ListHostedZones"),
    },
    Feature.CLASSIC: {
        "elb": (
            "AddTags",
            "ApplySecurityGroupsToLoadBalancer",
            "AttachLoadBalancerToSubnets",
            "ConfigureHealthCheck",
            "CreateLoadBalancer",
            "CreateLoadBalancerListeners",
            "CreateLoadBalancerPolicy",
            "DeleteLoadBalancer",
            "DeleteLoadBalancerListeners",
            "DeregisterInstancesFromLoadBalancer",
            "DescribeLoadBalancerAttributes",
            "DescribeLoadBalancers",
            "DescribeTags",
            "DetachLoadBalancerFromSubnets",
            "ModifyLoadBalancerAttributes",
            "RegisterInstancesWithLoadBalancer",
            "SetLoadBalancerPoliciesForBackendServer",
            "SetLoadBalancerPoliciesOfListener",
        ),
    },
    Feature.QUOTAS: {"service-quotas": ("ListServiceQuotas",)},
    Feature.ROLES: {"sts": ("AssumeRole",)},
}
"""Feature → botocore's name of the service → AWS's names of the operations."""


def operations_of(service: str) -> frozenset[str]:
    """All that is called of one service."""
    return frozenset(name for services in OPERATIONS.values() for name in services.get(service, ()))


def iam_actions(features: Iterable[Feature] = tuple(Feature)) -> tuple[str, ...]:
    """The actions that a policy must allow for these features, sorted: `elasticloadbalancing:CreateRule`."""
    return tuple(
        sorted(
            {
                iam_action(service, name)
                for feature in features
                for service, names in OPERATIONS[feature].items()
                for name in names
            }
        )
    )
