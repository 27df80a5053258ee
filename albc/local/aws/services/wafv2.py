"""WAFv2: regional web ACLs and which load balancer has which. Rules are kept and not carried out."""

from typing import Any

from albc.local.aws.errors import ApiError
from albc.local.aws.ids import uuid_id
from albc.local.aws.services.operation import Answer, Operations, Params, page
from albc.local.aws.state import State
from albc.local.aws.state.protection import WebAcl

VISIBILITY = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False}


def create_web_acl(state: State, params: Params) -> Answer:
    name = params["Name"]
    if any(acl.name == name for acl in state.firewalls.web_acls.values()):
        raise ApiError("WAFDuplicateItemException", f"A web ACL with the name {name} exists")
    kept = {key: params[key] for key in ("DefaultAction", "Rules", "VisibilityConfig", "Description") if key in params}
    return {"Summary": _summary(state.firewalls.add(name, kept))}


def list_web_acls(state: State, params: Params) -> Answer:
    if params["Scope"] != "REGIONAL":
        return {"WebACLs": []}
    shown, marker = page(
        state.firewalls.web_acls.values(),
        lambda acl: acl.arn,
        params.get("Limit", 100),
        params.get("NextMarker"),
        code="WAFInvalidParameterException",
    )
    return {"WebACLs": [_summary(acl) for acl in shown], "NextMarker": marker}


def get_web_acl(state: State, params: Params) -> Answer:
    for acl in state.firewalls.web_acls.values():
        if params.get("ARN") == acl.arn or (params.get("Name"), params.get("Id")) == (acl.name, acl.acl_id):
            return {"WebACL": _described(acl), "LockToken": _lock_token(acl)}
    raise _absent()


def delete_web_acl(state: State, params: Params) -> Answer:
    acl = next((each for each in state.firewalls.web_acls.values() if each.acl_id == params["Id"]), None)
    if acl is None:
        raise _absent()
    if acl.arn in state.firewalls.associations.values():
        raise ApiError("WAFAssociatedItemException", "The web ACL is associated with a resource")
    del state.firewalls.web_acls[acl.arn]
    return {}


def associate_web_acl(state: State, params: Params) -> Answer:
    if params["WebACLArn"] not in state.firewalls.web_acls:
        raise _absent()
    check_resource(state, params["ResourceArn"], "WAFNonexistentItemException", "WAFInvalidParameterException")
    state.firewalls.associations[params["ResourceArn"]] = params["WebACLArn"]
    return {}


def disassociate_web_acl(state: State, params: Params) -> Answer:
    check_resource(state, params["ResourceArn"], "WAFNonexistentItemException", "WAFInvalidParameterException")
    state.firewalls.associations.pop(params["ResourceArn"], None)
    return {}


def get_web_acl_for_resource(state: State, params: Params) -> Answer:
    check_resource(state, params["ResourceArn"], "WAFNonexistentItemException", "WAFInvalidParameterException")
    arn = state.firewalls.associations.get(params["ResourceArn"])
    return {"WebACL": _described(state.firewalls.web_acls[arn])} if arn else {}


def list_resources_for_web_acl(state: State, params: Params) -> Answer:
    if params["WebACLArn"] not in state.firewalls.web_acls:
        raise _absent()
    holders = [arn for arn, acl in state.firewalls.associations.items() if acl == params["WebACLArn"]]
    return {"ResourceArns": sorted(holders)}


def check_resource(state: State, arn: str, absent: str, unsupported: str) -> None:
    """Refuse what is no Application Load Balancer of the account."""
    balancer = state.load_balancing.load_balancers.get(arn)
    if balancer is None:
        raise ApiError(absent, f"AWS WAF couldn't find the resource {arn}")
    if balancer.type != "application":
        raise ApiError(unsupported, f"AWS WAF does not protect Network Load Balancers: {arn}")


def _absent() -> ApiError:
    return ApiError(
        "WAFNonexistentItemException", "AWS WAF couldn't perform the operation because your resource doesn't exist."
    )


def _summary(acl: WebAcl) -> dict[str, Any]:
    return {"Name": acl.name, "Id": acl.acl_id, "ARN": acl.arn, "LockToken": _lock_token(acl)}


def _described(acl: WebAcl) -> dict[str, Any]:
    visibility = {**VISIBILITY, "MetricName": acl.name}
    kept = {"Rules": [], "VisibilityConfig": visibility, "Capacity": 0, **acl.settings}
    return {"Name": acl.name, "Id": acl.acl_id, "ARN": acl.arn, **kept}


def _lock_token(acl: WebAcl) -> str:
    return uuid_id("lock-token", acl.arn)


OPERATIONS: Operations = {
    "CreateWebACL": create_web_acl,
    "ListWebACLs": list_web_acls,
    "GetWebACL": get_web_acl,
    "DeleteWebACL": delete_web_acl,
    "AssociateWebACL": associate_web_acl,
    "DisassociateWebACL": disassociate_web_acl,
    "GetWebACLForResource": get_web_acl_for_resource,
    "ListResourcesForWebACL": list_resources_for_web_acl,
}
