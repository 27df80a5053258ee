"""Who a user is, before a request goes on: Cognito, OIDC and JWT (spec/ingress.md §14.5, §14.6, §15).

Settings are read whatever the listeners are; the actions stand on HTTPS listeners only, as AWS wants it, and only
they need the OIDC Secret.
"""

import base64
import binascii
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from albc.kube.objects import Secret
from albc.mapping import go
from albc.mapping.annotations import Annotations
from albc.mapping.go import JSONObject
from albc.mapping.invalid import Invalid
from albc.mapping.snapshot import NamespacedName
from albc.model.actions import ActionConfig, AdditionalClaim, AuthenticateCognito, AuthenticateOIDC, JWTValidation
from albc.model.reference import SecretText

TYPES = ("none", "cognito", "oidc")

DEFAULT_SCOPE = "openid"
DEFAULT_COOKIE = "AWSELBAuthSessionCookie"
DEFAULT_TIMEOUT_SECONDS = 604_800


@dataclass(frozen=True, slots=True, kw_only=True)
class CognitoProvider:
    user_pool_arn: str
    user_pool_client_id: str
    user_pool_domain: str
    extra_params: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class OIDCProvider:
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    user_info_endpoint: str
    secret_name: str
    extra_params: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Authentication:
    """What one backend asks of its users."""

    type: str
    cognito: CognitoProvider | None
    oidc: OIDCProvider | None
    on_unauthenticated_request: str
    scope: str
    session_cookie: str
    session_timeout: int
    """Seconds."""


def read(annotations: Annotations) -> Authentication:
    """Both providers are read whatever the type is. `annotations` are the Ingress's, or for a backend that is one
    Service that Service's over them.
    """
    type_ = annotations.one_of("auth-type", TYPES)
    unauthenticated = annotations.string("auth-on-unauthenticated-request")
    scope, cookie = annotations.string("auth-scope"), annotations.string("auth-session-cookie")
    timeout = annotations.int64("auth-session-timeout")
    return Authentication(
        type=type_ or "none",
        cognito=annotations.json("auth-idp-cognito", _cognito),
        oidc=annotations.json("auth-idp-oidc", _oidc),
        on_unauthenticated_request="authenticate" if unauthenticated is None else unauthenticated,
        scope=DEFAULT_SCOPE if scope is None else scope,
        session_cookie=DEFAULT_COOKIE if cookie is None else cookie,
        session_timeout=DEFAULT_TIMEOUT_SECONDS if timeout is None else timeout,
    )


def secret_name(annotations: Annotations) -> str | None:
    """The Secret that an object's own annotations refer to, whatever its `auth-type` is."""
    oidc = annotations.json("auth-idp-oidc", _oidc)
    return oidc.secret_name or None if oidc else None


def _cognito(document: Any) -> CognitoProvider:
    fields = JSONObject({} if document is None else document)
    return CognitoProvider(
        user_pool_arn=fields.string("userPoolARN") or "",
        user_pool_client_id=fields.string("userPoolClientID") or "",
        user_pool_domain=fields.string("userPoolDomain") or "",
        extra_params=fields.string_map("authenticationRequestExtraParams"),
    )


def _oidc(document: Any) -> OIDCProvider:
    fields = JSONObject({} if document is None else document)
    return OIDCProvider(
        issuer=fields.string("issuer") or "",
        authorization_endpoint=fields.string("authorizationEndpoint") or "",
        token_endpoint=fields.string("tokenEndpoint") or "",
        user_info_endpoint=fields.string("userInfoEndpoint") or "",
        secret_name=fields.string("secretName") or "",
        extra_params=fields.string_map("authenticationRequestExtraParams"),
    )


def read_jwt(annotations: Annotations) -> JWTValidation | None:
    """`jwt-validation` of the Ingress; a Service cannot ask for it."""

    def decode(document: Any) -> JWTValidation:
        fields = JSONObject({} if document is None else document)
        return JWTValidation(
            jwks_endpoint=_required(fields, "jwksEndpoint"),
            issuer=_required(fields, "issuer"),
            additional_claims=tuple(_claim(claim) for claim in fields.objects("additionalClaims") or ()),
        )

    return annotations.json("jwt-validation", decode)


def _claim(fields: JSONObject) -> AdditionalClaim:
    format_, name, values = _required(fields, "format"), _required(fields, "name"), fields.strings("values")
    if not values:
        raise ValueError(f"must have values in the additional claim {name[:80]}")
    return AdditionalClaim(format=format_, name=name, values=values)


def _required(fields: JSONObject, name: str) -> str:
    value = fields.string(name)
    if not value:
        raise ValueError(f"must have {name}")
    return value


@dataclass(frozen=True, slots=True)
class KnownSecrets:
    """Where the Secrets of one Ingress are found."""

    namespace: str
    secrets: Mapping[NamespacedName, Secret]
    required_label: str = ""
    """`key=value` that they must bear; empty requires nothing."""

    def get(self, name: str) -> Secret:
        full_name = NamespacedName(self.namespace, name)
        secret = self.secrets.get(full_name)
        if secret is None:
            raise Invalid(f"auth-idp-oidc: Secret {full_name} does not exist; create it with clientID and clientSecret")
        key, _, value = self.required_label.partition("=")
        if key and secret.metadata.labels.get(key) != value:
            raise Invalid(
                f"auth-idp-oidc: secret {full_name} is missing required label {self.required_label}; "
                "add it, or change --required-secrets-label"
            )
        return secret


def actions(
    authentication: Authentication, jwt: JWTValidation | None, secrets: KnownSecrets
) -> tuple[ActionConfig, ...]:
    """What stands before the backend's own action on an HTTPS listener."""
    before: tuple[ActionConfig, ...] = ()
    match authentication.type:
        case "cognito":
            before = (_authenticate_cognito(authentication),)
        case "oidc":
            before = (_authenticate_oidc(authentication, secrets),)
    if before and jwt:
        raise Invalid("authentication and jwt validation can't both be configured; remove auth-type or jwt-validation")
    return (jwt,) if jwt else before


def _authenticate_cognito(authentication: Authentication) -> AuthenticateCognito:
    provider = authentication.cognito
    if provider is None:
        raise Invalid("missing IDPConfigCognito: auth-type cognito needs auth-idp-cognito")
    return AuthenticateCognito(
        authentication_request_extra_params=provider.extra_params,
        on_unauthenticated_request=authentication.on_unauthenticated_request,
        scope=authentication.scope,
        session_cookie_name=authentication.session_cookie,
        session_timeout=authentication.session_timeout,
        user_pool_arn=provider.user_pool_arn,
        user_pool_client_id=provider.user_pool_client_id,
        user_pool_domain=provider.user_pool_domain,
    )


def _authenticate_oidc(authentication: Authentication, secrets: KnownSecrets) -> AuthenticateOIDC:
    provider = authentication.oidc
    if provider is None:
        raise Invalid("missing IDPConfigOIDC: auth-type oidc needs auth-idp-oidc")
    secret = secrets.get(provider.secret_name)
    client_id = _data(secret, "clientID", "clientId")
    client_secret = _data(secret, "clientSecret")
    return AuthenticateOIDC(
        authentication_request_extra_params=provider.extra_params,
        on_unauthenticated_request=authentication.on_unauthenticated_request,
        scope=authentication.scope,
        session_cookie_name=authentication.session_cookie,
        session_timeout=authentication.session_timeout,
        issuer=provider.issuer,
        authorization_endpoint=provider.authorization_endpoint,
        token_endpoint=provider.token_endpoint,
        user_info_endpoint=provider.user_info_endpoint,
        client_id=SecretText(client_id.rstrip(go.SPACE)),
        client_secret=SecretText(_without_trailing_control_characters(client_secret)),
    )


def _data(secret: Secret, *keys: str) -> str:
    """The value of the first key that the Secret has. No message ever holds a value."""
    for key in keys:
        if key in secret.data:
            try:
                return base64.b64decode(secret.data[key], validate=True).decode()
            except (binascii.Error, ValueError):
                raise Invalid(f"{key} of Secret {secret.namespace}/{secret.name} is no base64 of text") from None
    raise Invalid(f"missing {keys[0]}, secret: {secret.namespace}/{secret.name}")


def _without_trailing_control_characters(text: str) -> str:
    """A Secret made from a file often ends in a newline. Blanks may belong to a secret."""
    end = len(text)
    while end and unicodedata.category(text[end - 1]) == "Cc":
        end -= 1
    return text[:end]
