"""What a rule does: sign in, forward, redirect, answer; and what an ALB cannot do (spec/gateway.md §11.4, §11.5)."""

import base64
from typing import Any

import pytest

from albc.model.actions import (
    ActionConfig,
    AdditionalClaim,
    AuthenticateCognito,
    AuthenticateOIDC,
    FixedResponse,
    Forward,
    JWTValidation,
    Redirect,
    Stickiness,
)
from albc.model.listener import ListenerRule
from albc.model.reference import SecretText
from albc.model.target_group import TargetGroup
from tests.mapping.gateway.kit import (
    Plain,
    backend,
    built,
    configured,
    extension,
    faults,
    fixed_response,
    gateway,
    grpc_route,
    http,
    http_route,
    https,
    lbc,
    lrc,
    prefix,
    rule,
    rules,
    service,
    stack,
    tgc,
    to,
)

ERROR = FixedResponse(content_type="text/plain", status_code="500")


def action(route_rule: Plain, *objects: Plain) -> ActionConfig:
    (only,) = rule(gateway(), service(), service("api"), http_route(route_rule), *objects).actions
    return only


def shares(*backends: Plain) -> list[int | None]:
    found = action({"backendRefs": list(backends)})
    assert isinstance(found, Forward)
    return [target.weight for target in found.target_groups]


def test_weights_are_kept_and_default_to_one() -> None:
    assert shares(backend("web", weight=3), backend("api")) == [3, 1]
    assert shares(backend("web", weight=0), backend("api", weight=2)) == [0, 2]


def test_weights_beyond_albs_range_are_scaled_and_none_vanishes() -> None:
    assert shares(backend("web", weight=2000), backend("api", weight=1000)) == [999, 500]
    assert shares(backend("web", weight=1_000_000), backend("api", weight=1)) == [999, 1]


def test_the_same_service_twice_is_one_target_group_with_both_shares() -> None:
    assert shares(backend("web", weight=3), backend("web", weight=4)) == [7]


@pytest.mark.parametrize("backends", [[], [backend("web", weight=0)], [backend("gone")]])
def test_without_anybody_to_send_to_the_answer_is_500(backends: list[Plain]) -> None:
    assert action({"backendRefs": backends}) == ERROR


def test_a_missing_backend_leaves_its_share_to_the_others() -> None:
    found = action({"backendRefs": [backend("gone", weight=5), backend("api", weight=2)]})

    assert isinstance(found, Forward)
    assert [target.weight for target in found.target_groups] == [2]


def test_a_fixed_response_wins_over_backends_whose_target_groups_exist_all_the_same() -> None:
    objects = (
        gateway(),
        service(),
        http_route(to("web", filters=[extension("deny")])),
        lrc("deny", fixed_response(404, contentType="text/html", messageBody="no")),
    )

    assert rule(*objects).actions == (FixedResponse(content_type="text/html", message_body="no", status_code="404"),)
    assert len(stack(*objects).all(TargetGroup)) == 1


def test_forward_stickiness_comes_from_the_rule_configuration() -> None:
    sticky = lrc(
        "sticky",
        {"type": "forward", "forwardConfig": {"targetGroupStickinessConfig": {"enabled": True, "durationSeconds": 60}}},
    )
    found = action(to("web", filters=[extension("sticky")]), sticky)

    assert isinstance(found, Forward)
    assert found.stickiness == Stickiness(enabled=True, duration_seconds=60)


def redirect(**fields: Any) -> Plain:
    return {"filters": [{"type": "RequestRedirect", "requestRedirect": fields}]}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, Redirect(status_code="HTTP_302")),
        ({"scheme": "https", "statusCode": 301}, Redirect(protocol="HTTPS", port="443", status_code="HTTP_301")),
        ({"scheme": "http"}, Redirect(protocol="HTTP", port="80", status_code="HTTP_302")),
        ({"scheme": "https", "port": 8443}, Redirect(protocol="HTTPS", port="8443", status_code="HTTP_302")),
        ({"hostname": "new.example.com"}, Redirect(host="new.example.com", status_code="HTTP_302")),
        (
            {"path": {"type": "ReplaceFullPath", "replaceFullPath": "/new"}},
            Redirect(path="/new", status_code="HTTP_302"),
        ),
        (
            {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/new"}},
            Redirect(status_code="HTTP_302"),
        ),
    ],
)
def test_a_redirect_says_what_changes(fields: Plain, expected: Redirect) -> None:
    assert action(redirect(**fields)) == expected


@pytest.mark.parametrize(
    "fields",
    [
        {"statusCode": 303},
        {"statusCode": 307},
        {"statusCode": 308},
        {"scheme": "ftp"},
        {"path": {"type": "ReplaceFullPath", "replaceFullPath": "/a*"}},
        {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/a?"}},
    ],
)
def test_a_redirect_that_an_alb_cannot_send_answers_500_and_says_why(fields: Plain) -> None:
    objects = (gateway(), http_route(redirect(**fields)))

    assert rule(*objects).actions == (ERROR,)
    assert faults(*objects) == [("HTTPRoute", "web", "UnsupportedValue")]


REDIRECT_QUERY = lrc("query", {"type": "redirect", "redirectConfig": {"query": "a=1"}})


def test_the_query_of_a_redirect_comes_from_the_rule_configuration() -> None:
    both = {"filters": [*redirect(scheme="https")["filters"], extension("query")]}
    found = action(both, REDIRECT_QUERY)

    assert isinstance(found, Redirect)
    assert found.query == "a=1"


@pytest.mark.parametrize(
    "route", [http_route(to("web", filters=[extension("query")])), grpc_route(to("web", filters=[extension("query")]))]
)
def test_a_redirect_without_a_target_is_refused_on_its_rule(route: Plain) -> None:
    listener = {**https(), "hostname": None}
    objects = (
        gateway(listener, infrastructure=configured()),
        lbc(listenerConfigurations=[{"protocolPort": "HTTPS:443", "defaultCertificate": "arn:c"}]),
        service(),
        REDIRECT_QUERY,
        route,
    )

    assert rule(*objects).actions == (ERROR,)
    assert [reason for _, _, reason in faults(*objects)] == ["IncompatibleFilters"]


@pytest.mark.parametrize(
    "filter_",
    [
        {"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": [{"name": "a", "value": "b"}]}},
        {"type": "ResponseHeaderModifier", "responseHeaderModifier": {"remove": ["a"]}},
        {"type": "RequestMirror", "requestMirror": {"backendRef": {"name": "api", "port": 80}}},
        {"type": "CORS"},
        {"type": "ExternalAuth"},
    ],
)
def test_a_filter_that_an_alb_has_not_answers_500_and_leaves_the_other_rules(filter_: Plain) -> None:
    objects = (
        gateway(),
        service(),
        http_route(to("web", matches=[prefix("/long")], filters=[filter_]), to("web", matches=[prefix("/b")])),
    )

    first, second = rules(*objects)

    assert first.actions == (ERROR,)
    assert isinstance(second.actions[0], Forward)
    assert faults(*objects) == [("HTTPRoute", "web", "UnsupportedValue")]


def test_a_rule_configuration_named_twice_is_named_once() -> None:
    assert action(to("web", filters=[extension("deny"), extension("deny")]), lrc("deny", fixed_response())) == (
        FixedResponse(content_type="text/plain", status_code="403")
    )


@pytest.mark.parametrize(
    "filters",
    [
        [extension("deny"), extension("other")],
        [extension("gone")],
        [extension("deny", kind="Policy")],
        [extension("deny", group="example.com")],
    ],
)
def test_an_extension_that_cannot_be_applied_is_never_skipped(filters: list[Plain]) -> None:
    objects = (
        gateway(),
        service(),
        http_route(to("web", filters=filters)),
        lrc("deny", fixed_response()),
        lrc("other", fixed_response()),
    )

    assert rule(*objects).actions == (ERROR,)
    assert faults(*objects) == [("HTTPRoute", "web", "IncompatibleFilters")]


TLS = (
    gateway(http(), {**https(), "hostname": None}, infrastructure=configured()),
    lbc(listenerConfigurations=[{"protocolPort": "HTTPS:443", "defaultCertificate": "arn:c"}]),
    service(),
)
JWT = {
    "type": "jwt-validation",
    "jwtValidationConfig": {
        "issuer": "https://id.example.com",
        "jwksEndpoint": "https://id.example.com/keys",
        "additionalClaims": [{"format": "string-array", "name": "role", "values": ["admin"]}],
    },
}
COGNITO = {
    "type": "authenticate-cognito",
    "authenticateCognitoConfig": {"userPoolArn": "arn:p", "userPoolClientId": "c", "userPoolDomain": "d"},
}
OIDC = {
    "type": "authenticate-oidc",
    "authenticateOIDCConfig": {
        "issuer": "https://id.example.com",
        "authorizationEndpoint": "https://id.example.com/auth",
        "tokenEndpoint": "https://id.example.com/token",
        "userInfoEndpoint": "https://id.example.com/me",
        "secret": {"name": "oidc"},
    },
}
SIGNED_IN = http_route(to("web", filters=[extension("sign-in")]))


def secret(**data: str) -> Plain:
    encoded = {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "oidc", "namespace": "shop"}, "data": encoded}


def https_rules(*objects: Plain) -> list[ListenerRule]:
    return [each for each in rules(*TLS, SIGNED_IN, *objects) if each.id.startswith("443:")]


def test_signing_in_stands_before_forwarding() -> None:
    (only,) = https_rules(lrc("sign-in", COGNITO))

    first, second = only.actions
    assert first == AuthenticateCognito(
        on_unauthenticated_request="authenticate",
        scope="openid",
        session_cookie_name="AWSELBAuthSessionCookie",
        session_timeout=604800,
        user_pool_arn="arn:p",
        user_pool_client_id="c",
        user_pool_domain="d",
    )
    assert isinstance(second, Forward)


def test_a_token_can_be_asked_for_before_a_fixed_response() -> None:
    (only,) = https_rules(lrc("sign-in", JWT, fixed_response(200)))

    assert only.actions == (
        JWTValidation(
            jwks_endpoint="https://id.example.com/keys",
            issuer="https://id.example.com",
            additional_claims=(AdditionalClaim(format="string-array", name="role", values=("admin",)),),
        ),
        FixedResponse(content_type="text/plain", status_code="200"),
    )


def test_what_needs_a_sign_in_is_not_open_over_http() -> None:
    result = built(*TLS, SIGNED_IN, lrc("sign-in", JWT))

    assert result.built.stack is not None
    assert [each.id for each in result.built.stack.all(ListenerRule)] == ["443:1"]
    assert (result.built.problems[0].object.name, result.built.problems[0].reason) == ("web", "UnsupportedValue")


@pytest.mark.parametrize("key", ["clientID", "clientId"])
def test_client_id_and_secret_come_from_the_secret_without_trailing_line_ends(key: str) -> None:
    (only,) = https_rules(lrc("sign-in", OIDC), secret(**{key: "me \n"}, clientSecret="hush\n"))

    action = only.actions[0]
    assert isinstance(action, AuthenticateOIDC)
    assert action.client_id == SecretText("me")
    assert action.client_secret == SecretText("hush")


def test_a_client_secret_is_never_printed() -> None:
    result = built(*TLS, SIGNED_IN, lrc("sign-in", OIDC), secret(clientID="me", clientSecret="hush"))

    assert result.built.stack is not None
    assert "hush" not in result.built.stack.to_json()
    assert "hush" not in repr(result)


@pytest.mark.parametrize(
    "data",
    [
        None,
        {"clientID": "me"},
        {"clientSecret": "hush"},
        {"clientID": " ", "clientSecret": "hush"},
        {"clientID": "me", "clientSecret": "\n"},
    ],
)
def test_a_secret_that_lacks_something_closes_the_rule_and_says_so(data: dict[str, str] | None) -> None:
    found = [secret(**data)] if data is not None else []
    objects = (*TLS, SIGNED_IN, lrc("sign-in", OIDC), *found)

    assert all(each.actions == (ERROR,) for each in rules(*objects))
    assert ("HTTPRoute", "web", "IncompatibleFilters") in faults(*objects)


def test_a_secret_that_is_no_text_does_not_reach_a_message() -> None:
    broken = secret(clientID="me")
    broken["data"]["clientSecret"] = "****"

    result = built(*TLS, SIGNED_IN, lrc("sign-in", OIDC), broken)

    assert "****" not in repr(result.built.problems)


def test_the_gateway_depends_on_the_secret() -> None:
    result = built(*TLS, SIGNED_IN, lrc("sign-in", OIDC), secret(clientID="me", clientSecret="hush"))

    assert {str(name) for name in result.secrets} == {"shop/oidc"}


def test_a_secret_for_signing_in_is_asked_for_before_it_is_there() -> None:
    result = built(*TLS, SIGNED_IN, lrc("sign-in", OIDC))

    assert {str(name) for name in result.secrets} == {"shop/oidc"}


def test_rule_tags_come_from_the_rule_configuration() -> None:
    tagged = lrc("deny", fixed_response(), tags={"team": "shop"})

    assert rule(gateway(), http_route({"filters": [extension("deny")]}), tagged).tags == {"team": "shop"}


def test_one_target_group_name_for_two_services_goes_to_the_older_one() -> None:
    old, new = service("old"), service("new")
    old["metadata"]["creationTimestamp"] = "2026-01-01T00:00:00Z"
    new["metadata"]["creationTimestamp"] = "2026-02-01T00:00:00Z"
    objects = (
        gateway(),
        new,
        old,
        http_route(to("new", "old")),
        tgc("a", service="old", targetGroupName="shared"),
        tgc("b", service="new", targetGroupName="shared"),
    )

    (group,) = stack(*objects).all(TargetGroup)
    assert "shop-old" in group.id
    assert faults(*objects) == [("HTTPRoute", "web", "UnsupportedValue")]
