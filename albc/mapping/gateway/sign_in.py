"""What a listener rule does before it routes: signing users in, or checking tokens (spec/gateway.md §11.4).

Called by `actions`. Client id and secret of an OIDC provider come from a Secret in the route's namespace.
"""

import base64
import binascii
import re
from collections.abc import Mapping

from albc.crds.gateway import (
    Action,
    AuthenticateCognitoConfiguration,
    AuthenticateOIDCConfiguration,
    JWTValidationConfiguration,
)
from albc.kube.objects import Secret
from albc.mapping.invalid import Invalid
from albc.mapping.snapshot import NamespacedName
from albc.model.actions import AdditionalClaim, AuthenticateCognito, AuthenticateOIDC, JWTValidation
from albc.model.reference import SecretText

PreRouting = AuthenticateCognito | AuthenticateOIDC | JWTValidation

_CONTROL_AT_END = re.compile(r"[\x00-\x1f\x7f]+$")


def pre_routing(action: Action, namespace: str, secrets: Mapping[NamespacedName, Secret]) -> PreRouting | None:
    if action.authenticate_cognito_config is not None:
        return _cognito(action.authenticate_cognito_config)
    if action.authenticate_oidc_config is not None:
        return _oidc(action.authenticate_oidc_config, namespace, secrets)
    if action.jwt_validation_config is not None:
        return _jwt(action.jwt_validation_config)
    return None


def _cognito(config: AuthenticateCognitoConfiguration) -> AuthenticateCognito:
    return AuthenticateCognito(
        authentication_request_extra_params=config.authentication_request_extra_params or {},
        on_unauthenticated_request=config.on_unauthenticated_request,
        scope=config.scope,
        session_cookie_name=config.session_cookie_name,
        session_timeout=config.session_timeout,
        user_pool_arn=config.user_pool_arn,
        user_pool_client_id=config.user_pool_client_id,
        user_pool_domain=config.user_pool_domain,
    )


def _oidc(
    config: AuthenticateOIDCConfiguration, namespace: str, secrets: Mapping[NamespacedName, Secret]
) -> AuthenticateOIDC:
    name = NamespacedName(namespace, config.secret.name)
    secret = secrets.get(name)
    if secret is None:
        raise _incompatible(f"secret [{name}] not found; create it with the keys clientID and clientSecret")
    client_id = _value(secret, "clientID", "clientId").rstrip()
    client_secret = _CONTROL_AT_END.sub("", _value(secret, "clientSecret"))
    for key, value in (("clientID", client_id), ("clientSecret", client_secret)):
        if not value:
            raise _incompatible(f"{key} of secret {name} is empty")
    return AuthenticateOIDC(
        authentication_request_extra_params=config.authentication_request_extra_params or {},
        on_unauthenticated_request=config.on_unauthenticated_request,
        scope=config.scope,
        session_cookie_name=config.session_cookie_name,
        session_timeout=config.session_timeout,
        issuer=config.issuer,
        authorization_endpoint=config.authorization_endpoint,
        token_endpoint=config.token_endpoint,
        user_info_endpoint=config.user_info_endpoint,
        client_id=SecretText(client_id),
        client_secret=SecretText(client_secret),
    )


def _jwt(config: JWTValidationConfiguration) -> JWTValidation:
    return JWTValidation(
        jwks_endpoint=config.jwks_endpoint,
        issuer=config.issuer,
        additional_claims=tuple(
            AdditionalClaim(format=claim.format, name=claim.name, values=claim.values)
            for claim in config.additional_claims or ()
        ),
    )


def _value(secret: Secret, *keys: str) -> str:
    encoded = next((secret.data[key] for key in keys if key in secret.data), None)
    if encoded is None:
        raise _incompatible(f"missing {keys[0]}, secret: {secret.namespace}/{secret.name}")
    try:
        return base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        # The cause would carry the secret's bytes.
        raise _incompatible(f"{keys[0]} of secret {secret.namespace}/{secret.name} is no text") from None


def _incompatible(message: str) -> Invalid:
    return Invalid(message, reason="IncompatibleFilters")
