"""What a GatewayClass says that its Gateways can do: `status.supportedFeatures`, in the words of the Gateway API.

Only what a test of `tests/gateway_conformance` shows. Called by the GatewayClass controller.
"""

from collections.abc import Mapping

from albc.mapping.gateway.classes import ALB, NLB, Layer

_ALB = (
    "GRPCRoute",
    "Gateway",
    "GatewayPort8080",
    "HTTPRoute",
    "HTTPRouteBackendProtocolWebSocket",
    "HTTPRouteDestinationPortMatching",
    "HTTPRouteHostRewrite",
    "HTTPRouteMethodMatching",
    "HTTPRouteNamedRouteRule",
    "HTTPRouteParentRefPort",
    "HTTPRoutePathRedirect",
    "HTTPRoutePathRewrite",
    "HTTPRoutePortRedirect",
    "HTTPRouteQueryParamMatching",
    "HTTPRouteSchemeRedirect",
    "ListenerSet",
    "ReferenceGrant",
)
_NLB = ("Gateway", "ListenerSet", "ReferenceGrant", "TCPRoute", "TLSRoute", "TLSRouteModeTerminate", "UDPRoute")
_BY_LAYER: Mapping[str, tuple[str, ...]] = {ALB.controller_name: _ALB, NLB.controller_name: _NLB}


def supported_features(layer: Layer, *, listener_sets: bool = True) -> tuple[str, ...]:
    """Sorted, as the API wants. `listener_sets`: whether ListenerSets are turned on."""
    return tuple(sorted(name for name in _BY_LAYER[layer.controller_name] if listener_sets or name != "ListenerSet"))
