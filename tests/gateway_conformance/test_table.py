"""The page that users read says what the tests show."""

from albc.mapping.gateway.classes import ALB, NLB
from albc.mapping.gateway.features import supported_features
from tests.gateway_conformance.table import PAGE, scenarios, with_table


def test_the_page_has_the_table_of_the_tests() -> None:
    """`python -m tests.gateway_conformance.table` writes it."""
    page = PAGE.read_text(encoding="utf-8")

    assert page == with_table(page)


def test_each_scenario_has_one_test() -> None:
    names = [each.name for each in scenarios()]

    assert sorted(names) == sorted(set(names))


def test_a_class_claims_no_extended_feature_without_a_scenario() -> None:
    shown = {
        "GatewayPort8080": "GatewayWithAttachedRoutesWithPort8080",
        "HTTPRouteBackendProtocolWebSocket": "HTTPRouteBackendProtocolWebSocket",
        "HTTPRouteDestinationPortMatching": "HTTPRouteListenerPortMatching",
        "HTTPRouteHostRewrite": "HTTPRouteRewriteHost",
        "HTTPRouteMethodMatching": "HTTPRouteMethodMatching",
        "HTTPRouteNamedRouteRule": "HTTPRouteNamedRule",
        "HTTPRouteParentRefPort": "HTTPRouteInvalidParentRefNotMatchingListenerPort",
        "HTTPRoutePathRedirect": "HTTPRouteRedirectPath",
        "HTTPRoutePathRewrite": "HTTPRouteRewritePath",
        "HTTPRoutePortRedirect": "HTTPRouteRedirectPort",
        "HTTPRouteQueryParamMatching": "HTTPRouteQueryParamMatching",
        "HTTPRouteSchemeRedirect": "HTTPRouteRedirectScheme",
        "ListenerSet": "ListenerSetReferenceGrant",
        "TLSRouteModeTerminate": "TLSRouteTerminateSimpleSameNamespace",
    }
    core = {"GRPCRoute", "Gateway", "HTTPRoute", "ReferenceGrant", "TCPRoute", "TLSRoute", "UDPRoute"}
    claimed = {*supported_features(ALB), *supported_features(NLB)}

    assert claimed - core == set(shown)
    assert set(shown.values()) <= {each.name for each in scenarios()}


def test_a_class_does_not_claim_listener_sets_where_they_are_turned_off() -> None:
    assert "ListenerSet" not in supported_features(ALB, listener_sets=False)
