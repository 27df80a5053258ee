"""Service Quotas: what the account may have of security groups, under AWS's codes.

What it tells is what the other services keep to. Quotas of Elastic Load Balancing are told by its own
`DescribeAccountLimits`.
"""

from collections.abc import Iterator
from typing import Any

from albc.local.aws.errors import ApiError
from albc.local.aws.services.operation import Answer, Operations, Params, page
from albc.local.aws.state import State

VPC = "vpc"


def list_service_quotas(state: State, params: Params) -> Answer:
    quotas = [one for one in _of(state, params) if params.get("QuotaCode", one["QuotaCode"]) == one["QuotaCode"]]
    shown, token = page(
        quotas,
        lambda quota: str(quota["QuotaCode"]),
        params.get("MaxResults", 100),
        params.get("NextToken"),
        code="InvalidPaginationTokenException",
    )
    return {"Quotas": shown, "NextToken": token}


def get_service_quota(state: State, params: Params) -> Answer:
    for quota in _of(state, params):
        if quota["QuotaCode"] == params["QuotaCode"]:
            return {"Quota": quota}
    raise ApiError("NoSuchResourceException", f"There is no quota {params['QuotaCode']} of {params['ServiceCode']}.")


def _of(state: State, params: Params) -> list[dict[str, Any]]:
    if params["ServiceCode"] != VPC:
        raise ApiError("NoSuchResourceException", f"The service {params['ServiceCode']} has no quotas here.")
    return list(_vpc(state))


def _vpc(state: State) -> Iterator[dict[str, Any]]:
    quotas = state.options.quotas
    for code, name, value in (
        ("L-E79EC296", "VPC security groups per Region", quotas.security_groups_per_region),
        ("L-0EA8095F", "Inbound or outbound rules per security group", quotas.rules_per_security_group),
        ("L-2AFB9258", "Security groups per network interface", quotas.security_groups_per_load_balancer),
    ):
        yield {
            "ServiceCode": VPC,
            "ServiceName": "Amazon Virtual Private Cloud (Amazon VPC)",
            "QuotaArn": state.options.arn("servicequotas", f"{VPC}/{code}"),
            "QuotaCode": code,
            "QuotaName": name,
            "Value": float(value),
            "Unit": "None",
            "Adjustable": True,
            "GlobalQuota": False,
            "QuotaAppliedAtLevel": "ACCOUNT",
        }


OPERATIONS: Operations = {
    "ListServiceQuotas": list_service_quotas,
    "GetServiceQuota": get_service_quota,
}
