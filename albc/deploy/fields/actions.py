"""Actions of listeners and rules in AWS's form, and when two lists of them do the same (spec/aws.md §5.5, §6.1)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from albc.deploy.settings import DeploySettings
from albc.deploy.values import given
from albc.errors import Invalid
from albc.model.actions import (
    ACTION_TYPES,
    ActionConfig,
    AuthenticateCognito,
    AuthenticateOIDC,
    FixedResponse,
    Forward,
    JWTValidation,
    Redirect,
)
from albc.model.inventory import secret_digest
from albc.model.reference import SecretText

Shape = Mapping[str, Any]

REDIRECT_DEFAULTS: Final[Shape] = {
    "Host": "#{host}",
    "Path": "/#{path}",
    "Port": "#{port}",
    "Protocol": "#{protocol}",
    "Query": "#{query}",
}
AUTHENTICATION_DEFAULTS: Final[Shape] = {
    "OnUnauthenticatedRequest": "authenticate",
    "Scope": "openid",
    "SessionCookieName": "AWSELBAuthSessionCookie",
    "SessionTimeout": 604800,
}
"""What AWS fills in where a request says nothing, and then tells in its answers."""


def aws_actions(actions: Sequence[ActionConfig], settings: DeploySettings) -> list[Shape]:
    """In AWS's form, numbered from 1."""
    return [_action(action, order, settings) for order, action in enumerate(actions, 1)]


def same_actions(wanted: Sequence[Shape], actual: Sequence[Shape] | None) -> bool:
    """Whether AWS does what is wanted, however it spells it."""
    mine, theirs = _in_order(wanted), _in_order(actual or ())
    return len(mine) == len(theirs) and all(_same_action(a, b) for a, b in zip(mine, theirs, strict=True))


def with_secret(actions: Sequence[Shape] | None, digest: str) -> list[Shape]:
    """AWS's answer, completed by what this process knows of the secret that it wrote."""
    return [
        {**action, "AuthenticateOidcConfig": {**config, "ClientSecret": digest}}
        if (config := action.get("AuthenticateOidcConfig"))
        else action
        for action in actions or ()
    ]


def _action(action: ActionConfig, order: int, settings: DeploySettings) -> Shape:
    type_ = ACTION_TYPES[type(action)][0]
    shape: dict[str, Any] = {"Type": type_, "Order": order}
    match action:
        case Forward() if not settings.weighted_target_groups:
            if len(action.target_groups) != 1:
                raise Invalid("an action forwards to several target groups, but the gate WeightedTargetGroups is off")
            shape["TargetGroupArn"] = action.target_groups[0].target_group_arn
        case Forward():
            shape["ForwardConfig"] = _forward(action)
        case FixedResponse():
            shape["FixedResponseConfig"] = given(
                ContentType=action.content_type, MessageBody=action.message_body, StatusCode=action.status_code
            )
        case Redirect():
            shape["RedirectConfig"] = given(
                Host=action.host,
                Path=action.path,
                Port=action.port,
                Protocol=action.protocol,
                Query=action.query,
                StatusCode=action.status_code,
            )
        case AuthenticateCognito():
            shape["AuthenticateCognitoConfig"] = given(
                UserPoolArn=action.user_pool_arn,
                UserPoolClientId=action.user_pool_client_id,
                UserPoolDomain=action.user_pool_domain,
                **_authentication(action),
            )
        case AuthenticateOIDC():
            shape["AuthenticateOidcConfig"] = given(
                Issuer=action.issuer,
                AuthorizationEndpoint=action.authorization_endpoint,
                TokenEndpoint=action.token_endpoint,
                UserInfoEndpoint=action.user_info_endpoint,
                ClientId=action.client_id,
                ClientSecret=action.client_secret,
                **_authentication(action),
            )
        case JWTValidation():
            shape["JwtValidationConfig"] = given(
                JwksEndpoint=action.jwks_endpoint,
                Issuer=action.issuer,
                AdditionalClaims=[
                    {"Format": claim.format, "Name": claim.name, "Values": list(claim.values)}
                    for claim in action.additional_claims
                ]
                or None,
            )
    return shape


def _forward(action: Forward) -> Shape:
    groups = [given(TargetGroupArn=group.target_group_arn, Weight=group.weight) for group in action.target_groups]
    stickiness = action.stickiness and given(
        Enabled=action.stickiness.enabled, DurationSeconds=action.stickiness.duration_seconds
    )
    return given(TargetGroups=groups, TargetGroupStickinessConfig=stickiness)


def _authentication(action: AuthenticateCognito | AuthenticateOIDC) -> dict[str, Any]:
    return {
        "AuthenticationRequestExtraParams": dict(action.authentication_request_extra_params) or None,
        "OnUnauthenticatedRequest": action.on_unauthenticated_request or None,
        "Scope": action.scope,
        "SessionCookieName": action.session_cookie_name,
        "SessionTimeout": action.session_timeout,
    }


def _in_order(actions: Sequence[Shape]) -> list[Shape]:
    return sorted(actions, key=lambda action: action.get("Order", 0))


def _same_action(wanted: Shape, actual: Shape) -> bool:
    if wanted["Type"] != actual.get("Type"):
        return False
    if arn := wanted.get("TargetGroupArn"):
        wanted = {**wanted, "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": arn}]}}
    return all(same(wanted.get(config) or {}, actual.get(config) or {}) for config, same in _CONFIGS.items())


def _same_forward(wanted: Shape, actual: Shape) -> bool:
    if _target_groups(wanted) != _target_groups(actual):
        return False
    stickiness = wanted.get("TargetGroupStickinessConfig")
    return stickiness is None or stickiness == actual.get("TargetGroupStickinessConfig")


def _target_groups(config: Shape) -> list[tuple[str, int]]:
    """(ARN, weight) in order; the weight of an only target group does not matter."""
    groups = config.get("TargetGroups") or []
    if len(groups) == 1:
        return [(str(groups[0].get("TargetGroupArn", "")), 1)]
    return sorted((str(group.get("TargetGroupArn", "")), group.get("Weight", 1)) for group in groups)


def _same_redirect(wanted: Shape, actual: Shape) -> bool:
    return {**REDIRECT_DEFAULTS, **wanted} == {**REDIRECT_DEFAULTS, **_members(actual)} if wanted or actual else True


def _same_authentication(wanted: Shape, actual: Shape) -> bool:
    if not wanted or not actual:
        return not wanted and not actual
    return {**AUTHENTICATION_DEFAULTS, **_comparable(wanted)} == {**AUTHENTICATION_DEFAULTS, **_comparable(actual)}


def _comparable(config: Shape) -> dict[str, Any]:
    shown = _members(config)
    for name in ("ClientId", "ClientSecret"):
        if isinstance(secret := shown.get(name), SecretText):
            shown[name] = secret.value if name == "ClientId" else secret_digest(secret.value)
    return shown


def _same_members(wanted: Shape, actual: Shape) -> bool:
    return _members(wanted) == _members(actual)


def _members(config: Shape) -> dict[str, Any]:
    """AWS leaves out an empty list or map, or sends it."""
    return {name: value for name, value in config.items() if value not in (None, [], {})}


_CONFIGS: Final[Mapping[str, Callable[[Shape, Shape], bool]]] = {
    "ForwardConfig": _same_forward,
    "RedirectConfig": _same_redirect,
    "FixedResponseConfig": _same_members,
    "AuthenticateCognitoConfig": _same_authentication,
    "AuthenticateOidcConfig": _same_authentication,
    "JwtValidationConfig": _same_members,
}
