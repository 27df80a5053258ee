"""IAM: service-linked roles, and server certificates, of which the account has none."""

from albc.local.aws.errors import ApiError
from albc.local.aws.ids import hex_id
from albc.local.aws.services.operation import Answer, Operations, Params
from albc.local.aws.state import State

ROLES = {
    "elasticloadbalancing.amazonaws.com": "AWSServiceRoleForElasticLoadBalancing",
    "globalaccelerator.amazonaws.com": "AWSServiceRoleForGlobalAccelerator",
    "shield.amazonaws.com": "AWSServiceRoleForAWSShield",
}


def create_service_linked_role(state: State, params: Params) -> Answer:
    service = params["AWSServiceName"]
    name = ROLES.get(service)
    if name is None:
        raise ApiError("NoSuchEntity", f"The service {service} has no service-linked role here", 404)
    if name in state.roles:
        raise ApiError(
            "InvalidInput",
            f"Service role name {name} has been taken in this account, please try a different suffix.",
        )
    state.roles.add(name)
    path = f"/aws-service-role/{service}/"
    return {
        "Role": {
            "Path": path,
            "RoleName": name,
            "RoleId": f"AROA{hex_id('role', name).upper()}",
            "Arn": state.options.arn("iam", f"role{path}{name}", global_=True),
            "CreateDate": state.clock(),
        }
    }


def list_server_certificates(_state: State, _params: Params) -> Answer:
    return {"ServerCertificateMetadataList": [], "IsTruncated": False}


def get_server_certificate(_state: State, params: Params) -> Answer:
    name = params["ServerCertificateName"]
    raise ApiError("NoSuchEntity", f"The Server Certificate with name {name} cannot be found.", 404)


OPERATIONS: Operations = {
    "CreateServiceLinkedRole": create_service_linked_role,
    "ListServerCertificates": list_server_certificates,
    "GetServerCertificate": get_server_certificate,
}
