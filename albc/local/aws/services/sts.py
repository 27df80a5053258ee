"""STS: who the caller is, and credentials of roles. Credentials are made up; signatures are not checked."""

from albc.local.aws.errors import ApiError
from albc.local.aws.ids import hex_id
from albc.local.aws.services.operation import Answer, Operations, Params
from albc.local.aws.state import State

DEFAULT_DURATION = 3600


def get_caller_identity(state: State, _params: Params) -> Answer:
    arn = state.options.arn("iam", "user/local", global_=True)
    return {"Account": state.options.account_id, "UserId": "AIDALOCALLOCALLOCAL01", "Arn": arn}


def assume_role(state: State, params: Params) -> Answer:
    parts = params["RoleArn"].split(":")
    if len(parts) != 6 or not parts[5].startswith("role/"):
        raise ApiError("ValidationError", f"{params['RoleArn']} is invalid")
    needed = dict(state.options.external_ids).get(params["RoleArn"])
    if needed is not None and params.get("ExternalId") != needed:
        raise ApiError(
            "AccessDenied",
            f"User: local is not authorized to perform: sts:AssumeRole on resource: {params['RoleArn']}",
            403,
        )
    account, role, session = parts[4], parts[5].rpartition("/")[2], params["RoleSessionName"]
    serial = state.next_serial()
    return {
        "Credentials": {
            "AccessKeyId": access_key(account, hex_id(params["RoleArn"], serial, digits=4)),
            "SecretAccessKey": hex_id("secret", params["RoleArn"], serial, digits=40),
            "SessionToken": hex_id("token", params["RoleArn"], serial, digits=64),
            "Expiration": state.clock() + params.get("DurationSeconds", DEFAULT_DURATION),
        },
        "AssumedRoleUser": {
            "AssumedRoleId": f"AROA{hex_id(params['RoleArn'], digits=17).upper()}:{session}",
            "Arn": f"arn:{state.options.partition}:sts::{account}:assumed-role/{role}/{session}",
        },
    }


def assume_role_with_web_identity(state: State, params: Params) -> Answer:
    answer = assume_role(state, params)
    return {
        **answer,
        "Provider": "local",
        "Audience": "sts.amazonaws.com",
        "SubjectFromWebIdentityToken": "system:serviceaccount:local",
    }


def access_key(account_id: str, nonce: str) -> str:
    """A temporary access key that names its account, so that the server knows whose call it is."""
    return f"ASIA{account_id}{nonce.upper()}"


def account_of(key: str) -> str | None:
    """The account of an access key that `access_key` made, or that is an account id itself; None for any other."""
    account = key[4:16] if key.startswith("ASIA") and len(key) == 20 else key
    return account if len(account) == 12 and account.isdigit() else None


OPERATIONS: Operations = {
    "GetCallerIdentity": get_caller_identity,
    "AssumeRole": assume_role,
    "AssumeRoleWithWebIdentity": assume_role_with_web_identity,
}
