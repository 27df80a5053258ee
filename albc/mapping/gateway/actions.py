"""What a listener rule does with a request (spec/gateway.md §11.4, §11.5).

Called by `rules`, which builds the rule's target groups first. Raises `Invalid` for what an ALB cannot do: the rule
then answers 500, as the Gateway API asks of a filter that cannot be applied.
"""

from collections.abc import Mapping, Sequence

from albc.crds.gateway import Action, FixedResponseConfiguration
from albc.kube.objects import Secret
from albc.kube.objects.gateway import PathModifier, RequestRedirect, RouteFilter
from albc.mapping.gateway.resolution import ResolvedRule
from albc.mapping.gateway.routes import RouteRef
from albc.mapping.gateway.rule_configurations import pre_routing_action, routing_action
from albc.mapping.gateway.sign_in import pre_routing
from albc.mapping.invalid import Invalid
from albc.mapping.snapshot import NamespacedName
from albc.model.actions import ActionConfig, FixedResponse, Forward, Redirect, Stickiness, TargetGroupTuple

NOT_FOUND = FixedResponse(content_type="text/plain", status_code="404")
"""What an ALB listener does when no rule takes a request."""

BACKEND_ERROR = FixedResponse(content_type="text/plain", status_code="500")
"""What a rule does that has nobody to send a request to."""

_STATUS_CODES = (301, 302)
_PORTS = {"HTTP": "80", "HTTPS": "443"}


def actions_of(
    rule: ResolvedRule,
    route: RouteRef,
    targets: Sequence[TargetGroupTuple],
    secrets: Mapping[NamespacedName, Secret],
) -> tuple[ActionConfig, ...]:
    """The pre-routing action, if there is one, then the routing action."""
    configured = pre_routing_action(rule.configuration)
    before = pre_routing(configured, route.namespace, secrets) if configured else None
    return (*((before,) if before else ()), _routing(rule, route, targets))


def _routing(rule: ResolvedRule, route: RouteRef, targets: Sequence[TargetGroupTuple]) -> ActionConfig:
    configured = routing_action(rule.configuration)
    if configured is not None and configured.fixed_response_config is not None:
        return _fixed_response(configured.fixed_response_config)
    if redirect := _redirect(rule.rule.filters, configured, route):
        return redirect
    if not targets:
        return BACKEND_ERROR
    return Forward(target_groups=tuple(targets), stickiness=_stickiness(configured))


def _fixed_response(config: FixedResponseConfiguration) -> FixedResponse:
    return FixedResponse(
        content_type=config.content_type, message_body=config.message_body, status_code=str(config.status_code)
    )


def _stickiness(configured: Action | None) -> Stickiness | None:
    if configured is None or configured.forward_config is None:
        return None
    stickiness = configured.forward_config.target_group_stickiness_config
    return Stickiness(enabled=stickiness.enabled, duration_seconds=stickiness.duration_seconds)


def _redirect(filters: Sequence[RouteFilter], configured: Action | None, route: RouteRef) -> Redirect | None:
    """The first RequestRedirect filter; other filters before it must be ones that an ALB can apply."""
    allowed = ("ExtensionRef", "URLRewrite") if route.kind == "HTTPRoute" else ("ExtensionRef",)
    query = configured.redirect_config.query if configured and configured.redirect_config else None
    for filter_ in filters:
        if route.kind == "HTTPRoute" and filter_.type == "RequestRedirect" and filter_.request_redirect is not None:
            return _to(filter_.request_redirect, query)
        if filter_.type not in allowed:
            raise Invalid(
                f"Unsupported filter type: {filter_.type}. An ALB has no such filter on a rule; header modification is "
                "a listener attribute of the LoadBalancerConfiguration",
                reason="UnsupportedValue",
            )
    if query is not None and (route.kind == "GRPCRoute" or all(each.type == "ExtensionRef" for each in filters)):
        raise Invalid(
            "a ListenerRuleConfiguration with a redirect action needs the filter RequestRedirect on the same rule of "
            "an HTTPRoute, which says where to",
            reason="IncompatibleFilters",
        )
    return None


def _to(redirect: RequestRedirect, query: str | None) -> Redirect:
    if redirect.status_code not in (None, *_STATUS_CODES):
        raise Invalid(
            f"RequestRedirect: statusCode {redirect.status_code} is none that an ALB sends; use 301 or 302",
            reason="UnsupportedValue",
        )
    protocol = redirect.scheme.upper() if redirect.scheme else None
    if protocol not in (None, *_PORTS):
        raise Invalid(f"unsupported redirect scheme: {redirect.scheme}; use http or https", reason="UnsupportedValue")
    port = str(redirect.port) if redirect.port else _PORTS[protocol] if protocol else None
    return Redirect(
        host=redirect.hostname,
        path=_full_path(redirect.path) if redirect.path else None,
        port=port,
        protocol=protocol,
        query=query,
        status_code=f"HTTP_{redirect.status_code or 302}",
    )


def _full_path(modifier: PathModifier) -> str | None:
    """None for a replaced prefix: that is a transform of the rule."""
    full = modifier.type == "ReplaceFullPath"
    value = (modifier.replace_full_path if full else modifier.replace_prefix_match) or ""
    if "*" in value or "?" in value:
        raise Invalid(f"{modifier.type} shouldn't contain wildcards: {value}", reason="UnsupportedValue")
    return value if full else None
