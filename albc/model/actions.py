"""What a listener or a rule does with a request."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from albc.model.reference import SecretText, Token
from albc.model.wire import Omit, to_wire, wire, wire_map


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticateCognito:
    authentication_request_extra_params: Mapping[str, str] = wire_map()
    on_unauthenticated_request: str = wire(default="")
    scope: str | None = wire(omit=Omit.NONE)
    session_cookie_name: str | None = wire(omit=Omit.NONE)
    session_timeout: int | None = wire(omit=Omit.NONE)
    user_pool_arn: str = wire("userPoolARN", omit=Omit.NEVER)
    user_pool_client_id: str = wire("userPoolClientID", omit=Omit.NEVER)
    user_pool_domain: str = wire(omit=Omit.NEVER)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticateOIDC:
    authentication_request_extra_params: Mapping[str, str] = wire_map()
    on_unauthenticated_request: str = wire(default="")
    scope: str | None = wire(omit=Omit.NONE)
    session_cookie_name: str | None = wire(omit=Omit.NONE)
    session_timeout: int | None = wire(omit=Omit.NONE)
    issuer: str = wire(omit=Omit.NEVER)
    authorization_endpoint: str = wire(omit=Omit.NEVER)
    token_endpoint: str = wire(omit=Omit.NEVER)
    user_info_endpoint: str = wire(omit=Omit.NEVER)
    client_id: SecretText = wire("clientID", omit=Omit.NEVER)
    client_secret: SecretText = wire(omit=Omit.NEVER)


@dataclass(frozen=True, slots=True, kw_only=True)
class AdditionalClaim:
    format: str
    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JWTValidation:
    jwks_endpoint: str
    issuer: str
    additional_claims: tuple[AdditionalClaim, ...] = wire(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedResponse:
    content_type: str | None = wire(omit=Omit.NONE)
    message_body: str | None = wire(omit=Omit.NONE)
    status_code: str = wire(omit=Omit.NEVER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    host: str | None = wire(omit=Omit.NONE)
    path: str | None = wire(omit=Omit.NONE)
    port: str | None = wire(omit=Omit.NONE)
    protocol: str | None = wire(omit=Omit.NONE)
    query: str | None = wire(omit=Omit.NONE)
    status_code: str = wire(omit=Omit.NEVER)


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetGroupTuple:
    target_group_arn: Token = wire("targetGroupARN", omit=Omit.NEVER)
    weight: int | None = wire(omit=Omit.NONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stickiness:
    enabled: bool | None = wire(omit=Omit.NONE)
    duration_seconds: int | None = wire(omit=Omit.NONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forward:
    target_groups: tuple[TargetGroupTuple, ...] = wire(omit=Omit.NEVER, as_=lambda groups: to_wire(groups) or None)
    stickiness: Stickiness | None = wire("targetGroupStickinessConfig", omit=Omit.NONE)


ActionConfig: TypeAlias = AuthenticateCognito | AuthenticateOIDC | JWTValidation | FixedResponse | Redirect | Forward

ACTION_TYPES: Mapping[type, tuple[str, str]] = {
    AuthenticateCognito: ("authenticate-cognito", "authenticateCognitoConfig"),
    AuthenticateOIDC: ("authenticate-oidc", "authenticateOIDCConfig"),
    JWTValidation: ("jwt-validation", "jwtValidationConfig"),
    FixedResponse: ("fixed-response", "fixedResponseConfig"),
    Redirect: ("redirect", "redirectConfig"),
    Forward: ("forward", "forwardConfig"),
}
"""AWS's action type and the name of its configuration in the JSON form, by model class."""
