"""Scenarios of the official suite that have no test here, and why."""

from collections.abc import Mapping

HEADERS = "an ALB changes no headers of requests; the rule says `UnsupportedValue`"
RESPONSE_HEADERS = "an ALB sets only some headers of answers, by listener attributes; the rule says `UnsupportedValue`"
MIRROR = "an ALB does not mirror requests; the rule says `UnsupportedValue`"
TIMEOUT = "an ALB has one idle timeout for all, the attribute `idle_timeout.timeout_seconds`"
REDIRECT = "an ALB redirects with 301 and 302; the rule says `UnsupportedValue`"
CLIENTS = "client certificates are configured in the LoadBalancerConfiguration"

SKIPPED: Mapping[str, str] = {
    "BackendTLSPolicy": "an ALB does not check the certificates of its targets",
    "GatewayAddressEmpty, GatewayStaticAddresses": "AWS chooses an ALB's addresses; an NLB's are in its configuration",
    "GatewayFrontendClientCertificateValidation": CLIENTS,
    "GatewayBackendClientCertificate": "an ALB shows no certificate to its targets",
    "GatewayHTTPListenerIsolation": "listeners of one port are one listener in AWS, told apart by its rules",
    "GatewayHTTPSListenerDetectMisdirectedRequests": "an ALB does not answer 421",
    "GatewayInfrastructurePropagation": "nothing is created in the cluster but TargetGroupBindings, which get them",
    "HTTPRouteBackendProtocolH2C": "clear HTTP/2 to targets needs an HTTPS listener in front",
    "HTTPRouteBackendRequestHeaderModification": HEADERS,
    "HTTPRouteCORS": "an ALB answers no preflight requests; the rule says `UnsupportedValue`",
    "HTTPRouteHostnameIntersection, with ports in the Host header": "an ALB compares the Host header as it comes",
    "HTTPRouteRequestHeaderModifier": HEADERS,
    "HTTPRouteRequestMirror": MIRROR,
    "HTTPRouteRequestMultipleMirrors": MIRROR,
    "HTTPRouteRequestPercentageMirror": MIRROR,
    "HTTPRouteResponseHeaderModifier": RESPONSE_HEADERS,
    "HTTPRouteRetry": "an ALB does not try again",
    "HTTPRouteTimeoutBackendRequest": TIMEOUT,
    "HTTPRouteTimeoutRequest": TIMEOUT,
    "HTTPRoute303Redirect, 307, 308": REDIRECT,
}
