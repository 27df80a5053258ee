"""The AWS services that albc calls: botocore's name, and the service id by which flags and metrics know each."""

from collections.abc import Mapping
from typing import Final

SERVICE_IDS: Final[Mapping[str, str]] = {
    "ec2": "EC2",
    "elbv2": "Elastic Load Balancing v2",
    "elb": "Elastic Load Balancing",
    "acm": "ACM",
    "wafv2": "WAFV2",
    "waf-regional": "WAF Regional",
    "shield": "Shield",
    "resourcegroupstaggingapi": "Resource Groups Tagging API",
    "sts": "STS",
    "route53": "Route 53",
    "service-quotas": "Service Quotas",
}

_READING: Final = ("describe_", "list_", "get_", "assume_role")


def is_writing(operation: str) -> bool:
    """Whether an operation changes something in the account."""
    return not operation.startswith(_READING)


_IAM_PREFIXES: Final = {
    "elb": "elasticloadbalancing",
    "elbv2": "elasticloadbalancing",
    "resourcegroupstaggingapi": "tag",
    "service-quotas": "servicequotas",
}
"""Where policies name a service otherwise than botocore."""


def iam_action(service: str, operation: str) -> str:
    """What a policy calls an operation of AWS's name: `elasticloadbalancing:CreateRule`."""
    return f"{_IAM_PREFIXES.get(service, service)}:{operation}"
