"""WAF Classic Regional: the older web ACLs, named by id, and which load balancer has which."""

from albc.local.aws.errors import ApiError
from albc.local.aws.services.operation import Answer, Operations, Params, page
from albc.local.aws.services.wafv2 import check_resource
from albc.local.aws.state import State


def list_web_acls(state: State, params: Params) -> Answer:
    acls = state.firewalls.classic_acls
    shown, marker = page(
        acls, str, params.get("Limit") or 100, params.get("NextMarker"), code="WAFInvalidParameterException"
    )
    return {"WebACLs": [{"WebACLId": acl_id, "Name": acls[acl_id]} for acl_id in shown], "NextMarker": marker}


def get_web_acl(state: State, params: Params) -> Answer:
    acl_id = params["WebACLId"]
    name = _name(state, acl_id)
    return {"WebACL": {"WebACLId": acl_id, "Name": name, "DefaultAction": {"Type": "ALLOW"}, "Rules": []}}


def associate_web_acl(state: State, params: Params) -> Answer:
    _name(state, params["WebACLId"])
    _check(state, params["ResourceArn"])
    state.firewalls.classic_associations[params["ResourceArn"]] = params["WebACLId"]
    return {}


def disassociate_web_acl(state: State, params: Params) -> Answer:
    _check(state, params["ResourceArn"])
    state.firewalls.classic_associations.pop(params["ResourceArn"], None)
    return {}


def get_web_acl_for_resource(state: State, params: Params) -> Answer:
    _check(state, params["ResourceArn"])
    acl_id = state.firewalls.classic_associations.get(params["ResourceArn"])
    if acl_id is None:
        return {}
    return {"WebACLSummary": {"WebACLId": acl_id, "Name": _name(state, acl_id)}}


def _name(state: State, acl_id: str) -> str:
    if acl_id not in state.firewalls.classic_acls:
        raise ApiError("WAFNonexistentItemException", "The referenced item does not exist.")
    return state.firewalls.classic_acls[acl_id]


def _check(state: State, arn: str) -> None:
    check_resource(state, arn, "WAFNonexistentItemException", "WAFInvalidParameterException")


OPERATIONS: Operations = {
    "ListWebACLs": list_web_acls,
    "GetWebACL": get_web_acl,
    "AssociateWebACL": associate_web_acl,
    "DisassociateWebACL": disassociate_web_acl,
    "GetWebACLForResource": get_web_acl_for_resource,
}
