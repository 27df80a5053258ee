"""Shield Advanced: the subscription and the protections of load balancers."""

from typing import Any

from albc.local.aws.errors import ApiError
from albc.local.aws.options import AccountOptions
from albc.local.aws.services.operation import Answer, Operations, Params
from albc.local.aws.state import State
from albc.local.aws.state.protection import Protection


def get_subscription_state(state: State, _params: Params) -> Answer:
    return {"SubscriptionState": "ACTIVE" if state.shield.subscribed else "INACTIVE"}


def create_subscription(state: State, _params: Params) -> Answer:
    if state.shield.subscribed:
        raise ApiError("ResourceAlreadyExistsException", "The subscription already exists.")
    state.shield.subscribed = True
    return {}


def describe_protection(state: State, params: Params) -> Answer:
    by_id, arn = params.get("ProtectionId"), params.get("ResourceArn")
    if bool(by_id) == bool(arn):
        raise ApiError("InvalidParameterException", "Either a protection id or a resource ARN must be given")
    for protection in state.shield.protections.values():
        if by_id == protection.protection_id or arn == protection.resource_arn:
            return {"Protection": _described(protection, state.options)}
    raise ApiError("ResourceNotFoundException", "The referenced protection does not exist.")


def create_protection(state: State, params: Params) -> Answer:
    arn = params["ResourceArn"]
    if not state.shield.subscribed:
        raise ApiError("ResourceNotFoundException", "The subscription does not exist.")
    if arn not in state.load_balancing.load_balancers:
        raise ApiError("ResourceNotFoundException", f"The referenced resource {arn} does not exist.")
    if arn in state.shield.protections:
        raise ApiError("ResourceAlreadyExistsException", "The referenced protection already exists.")
    return {"ProtectionId": state.shield.protect(params["Name"], arn).protection_id}


def delete_protection(state: State, params: Params) -> Answer:
    for arn, protection in state.shield.protections.items():
        if protection.protection_id == params["ProtectionId"]:
            del state.shield.protections[arn]
            return {}
    raise ApiError("ResourceNotFoundException", "The referenced protection does not exist.")


def _described(protection: Protection, options: AccountOptions) -> dict[str, Any]:
    return {
        "Id": protection.protection_id,
        "Name": protection.name,
        "ResourceArn": protection.resource_arn,
        "ProtectionArn": options.arn("shield", f"protection/{protection.protection_id}", global_=True),
    }


OPERATIONS: Operations = {
    "GetSubscriptionState": get_subscription_state,
    "CreateSubscription": create_subscription,
    "DescribeProtection": describe_protection,
    "CreateProtection": create_protection,
    "DeleteProtection": delete_protection,
}
