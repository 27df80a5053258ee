"""The services of the account and their operations: only those that albc, the reference or a person trying them calls.

Each module has a table `OPERATIONS`; `protocol` cuts botocore's models down to what stands here.
"""

from collections.abc import Mapping

from albc.local.aws.services import (
    acm,
    cognito,
    ec2,
    elb,
    elbv2,
    iam,
    route53,
    service_quotas,
    shield,
    sts,
    tagging,
    waf_regional,
    wafv2,
)
from albc.local.aws.services.operation import Operations

SERVICES: Mapping[str, Operations] = {
    "acm": acm.OPERATIONS,
    "cognito-idp": cognito.OPERATIONS,
    "ec2": ec2.OPERATIONS,
    "elb": elb.OPERATIONS,
    "elbv2": elbv2.OPERATIONS,
    "iam": iam.OPERATIONS,
    "resourcegroupstaggingapi": tagging.OPERATIONS,
    "route53": route53.OPERATIONS,
    "service-quotas": service_quotas.OPERATIONS,
    "shield": shield.OPERATIONS,
    "sts": sts.OPERATIONS,
    "waf-regional": waf_regional.OPERATIONS,
    "wafv2": wafv2.OPERATIONS,
}
"""botocore's service name → operations."""
