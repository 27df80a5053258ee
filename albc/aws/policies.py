"""IAM policies: the operations of `albc.aws.operations`, each under the tightest condition that AWS knows for it
(spec/aws.md §10).

`python -m albc.aws.policies FOLDER` writes one document for each partition and set of features; `make manifests` calls
it. What albc makes bears the cluster's tag from its first moment, and only what bears it may be changed or deleted.
"""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from albc.aws.operations import Feature, iam_actions

_ELB: Final = "elasticloadbalancing"
CLUSTER_TAG: Final = "elbv2.k8s.aws/cluster"
PARTITIONS: Final = ("aws", "aws-cn", "aws-us-gov", "aws-eusc", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f")
POLICIES: Final[Mapping[str, tuple[Feature, ...]]] = {
    "base": (Feature.ALWAYS, Feature.WAFV2, Feature.WEB_ACL_NAMES, Feature.WAF, Feature.SHIELD, Feature.QUOTAS),
    "classic": (Feature.CLASSIC,),
    "certificates": (Feature.CERTIFICATES,),
    "tagging-api": (Feature.TAGGING_API,),
    "other-accounts": (Feature.ROLES,),
}
"""By file name. Every installation needs `base`; the others belong to the feature that they are named after."""
IN_OTHER_ACCOUNT: Final = tuple(
    f"{_ELB}:{name}"
    for name in ("DescribeTargetGroups", "DescribeTargetHealth", "RegisterTargets", "DeregisterTargets")
)
"""What a role in another account needs for the target groups that are bound there."""
ASKED_BY_AWS: Final = (
    "cognito-idp:DescribeUserPoolClient",
    "ec2:DescribeAccountAttributes",
    "ec2:DescribeAddresses",
    "ec2:DescribeCoipPools",
    "ec2:DescribeInternetGateways",
    "ec2:DescribeIpamPools",
    "ec2:GetCoipPoolUsage",
    "ec2:GetSecurityGroupsForVpc",
    f"{_ELB}:SetWebAcl",
    "iam:GetServerCertificate",
    "iam:ListServerCertificates",
    "waf-regional:GetWebACL",
    "wafv2:GetWebACL",
)
"""Never called by albc, but asked for in its name while AWS makes a load balancer, a listener or an association."""

Statement = Mapping[str, Any]
Condition = Mapping[str, Mapping[str, str | list[str]]]

_MADE_WITH_TAG: Final[Condition] = {"Null": {f"aws:RequestTag/{CLUSTER_TAG}": "false"}}
_HAS_TAG: Final[Condition] = {"Null": {f"aws:ResourceTag/{CLUSTER_TAG}": "false"}}
_HAS_TAG_AND_KEEPS_IT: Final[Condition] = {
    "Null": {f"aws:RequestTag/{CLUSTER_TAG}": "true", f"aws:ResourceTag/{CLUSTER_TAG}": "false"}
}

_MADE: Final = frozenset({f"{_ELB}:CreateLoadBalancer", f"{_ELB}:CreateTargetGroup", "acm:RequestCertificate"})
"""With the tag in the request."""
_OWNED: Final = frozenset(
    {
        "ec2:DeleteSecurityGroup",
        "acm:DeleteCertificate",
        *(
            f"{_ELB}:{name}"
            for name in (
                "ModifyLoadBalancerAttributes",
                "SetIpAddressType",
                "SetSecurityGroups",
                "SetSubnets",
                "DeleteLoadBalancer",
                "ModifyTargetGroup",
                "ModifyTargetGroupAttributes",
                "DeleteTargetGroup",
                "ModifyListenerAttributes",
                "ModifyCapacityReservation",
                "ModifyIpPools",
                # Classic Load Balancers.
                "ApplySecurityGroupsToLoadBalancer",
                "AttachLoadBalancerToSubnets",
                "ConfigureHealthCheck",
                "CreateLoadBalancerListeners",
                "CreateLoadBalancerPolicy",
                "DeleteLoadBalancerListeners",
                "DeregisterInstancesFromLoadBalancer",
                "DetachLoadBalancerFromSubnets",
                "RegisterInstancesWithLoadBalancer",
                "SetLoadBalancerPoliciesForBackendServer",
                "SetLoadBalancerPoliciesOfListener",
            )
        ),
    }
)
"""On what bears the tag."""
_TARGETS: Final = frozenset({f"{_ELB}:RegisterTargets", f"{_ELB}:DeregisterTargets"})
_BY_ARN: Final = frozenset(
    {f"{_ELB}:AddTags", f"{_ELB}:RemoveTags", "ec2:CreateTags", "ec2:DeleteTags", "acm:ImportCertificate"}
)
"""Tell apart what is made and what is there: statements of their own."""


def policy(name: str, partition: str) -> dict[str, Any]:
    """The document of one file."""
    if name == "role-in-other-account":
        return _document([_allow(IN_OTHER_ACCOUNT)])
    actions = iam_actions(POLICIES[name])
    return _document(_statements(name, actions, f"arn:{partition}"))


def names() -> tuple[str, ...]:
    return (*POLICIES, "role-in-other-account")


def _document(statements: Iterable[Statement]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _statements(name: str, actions: Iterable[str], arn: str) -> Iterator[Statement]:
    wanted = frozenset(actions)
    if name == "base":
        yield _allow(
            ["iam:CreateServiceLinkedRole"],
            condition={"StringEquals": {"iam:AWSServiceName": "elasticloadbalancing.amazonaws.com"}},
        )
        yield _allow(ASKED_BY_AWS)
    guarded = _MADE | _OWNED | _TARGETS | _BY_ARN
    for some, resources, condition in (
        (wanted - guarded, ["*"], None),
        (wanted & _MADE, ["*"], _MADE_WITH_TAG),
        (wanted & _OWNED, ["*"], _HAS_TAG),
        (wanted & _TARGETS, [f"{arn}:{_ELB}:*:*:targetgroup/*/*"], None),
    ):
        if some:
            yield _allow(some, resources, condition)
    if "ec2:CreateTags" in wanted:
        yield from _security_group_tags(f"{arn}:ec2:*:*:security-group/*")
    if f"{_ELB}:AddTags" in wanted:
        yield from _classic_tags(arn) if name == "classic" else _load_balancer_tags(arn)
    if "acm:ImportCertificate" in wanted:
        yield _allow(["acm:ImportCertificate"], condition=_MADE_WITH_TAG)
        yield _allow(["acm:ImportCertificate"], condition=_HAS_TAG)


def _security_group_tags(arn: str) -> Iterator[Statement]:
    making: Condition = {**_MADE_WITH_TAG, "StringEquals": {"ec2:CreateAction": "CreateSecurityGroup"}}
    yield _allow(["ec2:CreateTags"], [arn], making)
    yield _allow(["ec2:CreateTags", "ec2:DeleteTags"], [arn], _HAS_TAG_AND_KEEPS_IT)


def _load_balancer_tags(arn: str) -> Iterator[Statement]:
    owned = [f"{arn}:{_ELB}:*:*:{kind}" for kind in ("targetgroup/*/*", "loadbalancer/net/*/*", "loadbalancer/app/*/*")]
    parts = [
        f"{arn}:{_ELB}:*:*:{kind}/*/*/*"
        for kind in ("listener/net", "listener/app", "listener-rule/net", "listener-rule/app")
    ]
    making: Condition = {
        **_MADE_WITH_TAG,
        "StringEquals": {f"{_ELB}:CreateAction": ["CreateTargetGroup", "CreateLoadBalancer"]},
    }
    yield _allow([f"{_ELB}:AddTags"], owned, making)
    yield _allow([f"{_ELB}:AddTags", f"{_ELB}:RemoveTags"], owned, _HAS_TAG_AND_KEEPS_IT)
    yield _allow([f"{_ELB}:AddTags", f"{_ELB}:RemoveTags"], parts)


def _classic_tags(arn: str) -> Iterator[Statement]:
    """The ARN of a Classic Load Balancer ends with its name."""
    owned = [f"{arn}:{_ELB}:*:*:loadbalancer/*"]
    making: Condition = {**_MADE_WITH_TAG, "StringEquals": {f"{_ELB}:CreateAction": "CreateLoadBalancer"}}
    yield _allow([f"{_ELB}:AddTags"], owned, making)
    yield _allow([f"{_ELB}:AddTags", f"{_ELB}:RemoveTags"], owned, _HAS_TAG_AND_KEEPS_IT)


def _allow(
    actions: Iterable[str], resources: Iterable[str] = ("*",), condition: Condition | None = None
) -> dict[str, Any]:
    statement: dict[str, Any] = {"Effect": "Allow", "Action": sorted(actions), "Resource": list(resources)}
    return {**statement, "Condition": condition} if condition else statement


def write(folder: Path) -> None:
    """One folder for each partition."""
    for partition in PARTITIONS:
        (folder / partition).mkdir(parents=True, exist_ok=True)
        for name in names():
            text = json.dumps(policy(name, partition), indent=2) + "\n"
            (folder / partition / f"{name}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
