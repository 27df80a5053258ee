"""Cognito user pools: whether a client exists (`AccountOptions.user_pool_clients`)."""

from albc.local.aws.errors import ApiError
from albc.local.aws.services.operation import Answer, Operations, Params
from albc.local.aws.state import State


def describe_user_pool_client(state: State, params: Params) -> Answer:
    pool, client = params["UserPoolId"], params["ClientId"]
    clients = state.options.user_pool_clients
    if pool not in {each for each, _ in clients}:
        raise ApiError("ResourceNotFoundException", f"User pool {pool} does not exist.")
    if (pool, client) not in clients:
        raise ApiError("ResourceNotFoundException", f"User pool client {client} does not exist.")
    return {"UserPoolClient": {"UserPoolId": pool, "ClientId": client, "ClientName": client}}


OPERATIONS: Operations = {"DescribeUserPoolClient": describe_user_pool_client}
