"""Authentication before a request goes on (spec/ingress.md §14.5, §14.6, §15)."""

import base64
from typing import Any

import pytest

from albc.kube.objects import SECRETS, Ingress
from albc.model.actions import (
    ActionConfig,
    AdditionalClaim,
    AuthenticateCognito,
    AuthenticateOIDC,
    Forward,
    JWTValidation,
)
from albc.model.reference import SecretText
from tests.mapping.ingress.kit import (
    HTTP_AND_HTTPS,
    Thing,
    action,
    fault,
    fixed,
    ingress,
    rule,
    rules,
    secret,
    service,
    settings,
    stack,
    warnings,
)

COGNITO = {
    "auth-type": "cognito",
    "auth-idp-cognito": {"userPoolARN": "arn:pool", "userPoolClientID": "client", "userPoolDomain": "domain"},
}
OIDC = {
    "auth-type": "oidc",
    "auth-idp-oidc": {
        "issuer": "https://id",
        "authorizationEndpoint": "https://id/a",
        "tokenEndpoint": "https://id/t",
        "userInfoEndpoint": "https://id/u",
        "secretName": "oidc",
        "authenticationRequestExtraParams": {"Prompt": "login"},
    },
}
JWT = {"jwt-validation": {"jwksEndpoint": "https://id/keys", "issuer": "https://id"}}


def base64_of(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


SECRET = secret("oidc", clientID=base64_of("me \n"), clientSecret=base64_of("s3cret \n"))


def subject(*annotations: dict[str, Any], ports: dict[str, Any] = HTTP_AND_HTTPS, **more: Any) -> Ingress:
    joined: dict[str, Any] = dict(ports)
    for each in annotations:
        joined |= each
    return ingress(*more.pop("rules", []), annotations=joined, **more)


def actions(*things: Thing, port: int = 443) -> tuple[ActionConfig, ...]:
    [only] = rules(stack(*things), port)
    return only.actions


def test_cognito_stands_before_the_action_with_all_defaults() -> None:
    before, after = actions(subject(COGNITO))

    assert before == AuthenticateCognito(
        user_pool_arn="arn:pool",
        user_pool_client_id="client",
        user_pool_domain="domain",
        on_unauthenticated_request="authenticate",
        scope="openid",
        session_cookie_name="AWSELBAuthSessionCookie",
        session_timeout=604800,
    )
    assert isinstance(after, Forward)


def test_settings_of_a_session_are_taken_as_written() -> None:
    own = {
        "auth-on-unauthenticated-request": "deny",
        "auth-scope": "",
        "auth-session-cookie": "mine",
        "auth-session-timeout": "60",
    }
    before = actions(subject(COGNITO, own))[0]

    assert isinstance(before, AuthenticateCognito)
    assert (before.on_unauthenticated_request, before.scope) == ("deny", "")
    assert (before.session_cookie_name, before.session_timeout) == ("mine", 60)


def test_oidc_takes_its_client_from_the_secret_without_trailing_blanks_or_newlines() -> None:
    before = actions(subject(OIDC), SECRET)[0]

    assert isinstance(before, AuthenticateOIDC)
    assert before.client_id == SecretText("me")
    assert before.client_secret == SecretText("s3cret ")
    assert before.authentication_request_extra_params == {"Prompt": "login"}


def test_an_older_key_of_the_client_id_is_read() -> None:
    older = secret("oidc", clientId=base64_of("me"), clientSecret=base64_of("x"))
    before = actions(subject(OIDC), older)[0]

    assert isinstance(before, AuthenticateOIDC)
    assert before.client_id == SecretText("me")


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (None, "Secret shop/oidc does not exist"),
        ({"clientSecret": base64_of("x")}, "missing clientID, secret: shop/oidc"),
        ({"clientID": base64_of("x")}, "missing clientSecret, secret: shop/oidc"),
        ({"clientID": "%%%", "clientSecret": base64_of("x")}, "clientID of Secret shop/oidc is no base64"),
    ],
)
def test_an_unusable_secret_is_told_without_its_values(data: dict[str, str] | None, told: str) -> None:
    things = [subject(OIDC)] if data is None else [subject(OIDC), secret("oidc", **data)]
    message = fault(*things)

    assert told in message
    assert "%%%" not in message


def test_secrets_show_in_no_representation() -> None:
    assert "s3cret" not in repr(stack(subject(OIDC), SECRET))
    assert "s3cret" not in stack(subject(OIDC), SECRET).to_json()


def test_http_listeners_authenticate_nobody() -> None:
    assert [type(each) for each in actions(subject(COGNITO), port=80)] == [Forward]


def test_authentication_without_https_is_ignored_with_a_warning_and_needs_no_secret() -> None:
    plain = subject(OIDC, ports={})

    assert [type(each) for each in actions(plain, port=80)] == [Forward]
    [warning] = warnings(plain)
    assert (warning.reason, warning.severity) == ("IgnoredSetting", "warning")


@pytest.mark.parametrize(
    ("annotations", "told"),
    [
        ({"auth-type": "OIDC"}, "auth-type"),
        ({"auth-idp-oidc": "{"}, "auth-idp-oidc"),
        ({"auth-idp-cognito": "[]"}, "auth-idp-cognito"),
        ({"auth-session-timeout": "1h"}, "auth-session-timeout"),
        ({"jwt-validation": {"jwksEndpoint": "x"}}, "must have issuer"),
    ],
)
def test_settings_are_checked_whatever_the_listeners(annotations: dict[str, Any], told: str) -> None:
    assert told in fault(subject(annotations, ports={}))


@pytest.mark.parametrize(("type", "needs"), [("cognito", "auth-idp-cognito"), ("oidc", "auth-idp-oidc")])
def test_a_type_needs_its_provider(type: str, needs: str) -> None:
    assert needs in fault(subject({"auth-type": type}))


def test_a_fixed_response_is_authenticated_too() -> None:
    answered = subject(COGNITO, {"actions.go": fixed("x")}, rules=[rule(action("go"))])

    assert isinstance(actions(answered)[0], AuthenticateCognito)


def test_a_service_has_its_own_say_where_it_is_the_only_target() -> None:
    own = service(annotations={"auth-type": "none"})

    assert [type(each) for each in actions(subject(COGNITO), own)] == [Forward]


def test_services_have_no_say_in_weighted_forwards() -> None:
    both = {
        "type": "forward",
        "forwardConfig": {
            "targetGroups": [
                {"serviceName": "cart", "servicePort": 80, "weight": 1},
                {"targetGroupARN": "arn:tg/x", "weight": 1},
            ]
        },
    }
    weighted = subject(COGNITO, {"actions.go": both}, rules=[rule(action("go"))])

    assert isinstance(actions(weighted, service(annotations={"auth-type": "none"}))[0], AuthenticateCognito)


def test_jwt_is_validated_before_the_action() -> None:
    claim = {"format": "single-string", "name": "team", "values": ["shop"]}
    document = {"jwt-validation": {**JWT["jwt-validation"], "additionalClaims": [claim]}}

    assert actions(subject(document))[0] == JWTValidation(
        jwks_endpoint="https://id/keys",
        issuer="https://id",
        additional_claims=(AdditionalClaim(format="single-string", name="team", values=("shop",)),),
    )


def test_a_service_cannot_ask_for_jwt() -> None:
    assert [type(each) for each in actions(subject(), service(annotations=JWT))] == [Forward]


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ({"issuer": "x"}, "must have jwksEndpoint"),
        ({"jwksEndpoint": "x"}, "must have issuer"),
        ({"jwksEndpoint": "x", "issuer": "x", "additionalClaims": [{}]}, "must have format"),
        ({"jwksEndpoint": "x", "issuer": "x", "additionalClaims": [{"format": "f"}]}, "must have name"),
        (
            {"jwksEndpoint": "x", "issuer": "x", "additionalClaims": [{"format": "f", "name": "n"}]},
            "must have values in the additional claim n",
        ),
    ],
)
def test_required_fields_of_jwt_are_told(document: dict[str, Any], told: str) -> None:
    assert told in fault(subject({"jwt-validation": document}))


def test_login_and_jwt_exclude_one_another() -> None:
    assert "can't both be configured" in fault(subject(COGNITO, JWT))


def test_a_secret_without_the_required_label_is_told_by_name_and_label() -> None:
    message = fault(subject(OIDC), SECRET, settings=settings(required_secrets_label="use=albc"))
    assert "secret shop/oidc is missing required label use=albc" in message


def test_a_secret_with_the_required_label_is_used() -> None:
    labelled = SECRETS.convert(
        {
            "metadata": {"name": "oidc", "namespace": "shop", "labels": {"use": "albc"}},
            "data": {"clientID": base64_of("me"), "clientSecret": base64_of("s3cret")},
        }
    )
    of_stack = stack(subject(OIDC), labelled, settings=settings(required_secrets_label="use=albc"))
    assert isinstance(rules(of_stack, 443)[0].actions[0], AuthenticateOIDC)
