"""Actions of listeners and rules: what AWS refuses, and the form in which it keeps them."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from albc.local.aws.errors import ApiError
from albc.local.aws.services.elbv2 import lookup
from albc.local.aws.state import State
from albc.local.aws.state.load_balancing import LoadBalancer, TargetGroup, target_groups_of

Action = Mapping[str, Any]

CONFIGS = {
    "forward": "ForwardConfig",
    "redirect": "RedirectConfig",
    "fixed-response": "FixedResponseConfig",
    "authenticate-oidc": "AuthenticateOidcConfig",
    "authenticate-cognito": "AuthenticateCognitoConfig",
    "jwt-validation": "JwtValidationConfig",
}
ROUTING = ("forward", "redirect", "fixed-response")

GROUP_PROTOCOLS = {
    "HTTP": ("HTTP", "HTTPS"),
    "HTTPS": ("HTTP", "HTTPS"),
    "TCP": ("TCP", "TCP_UDP"),
    "TLS": ("TCP", "TLS"),
    "UDP": ("UDP", "TCP_UDP"),
    "TCP_UDP": ("TCP_UDP",),
    "QUIC": ("QUIC", "TCP_QUIC"),
    "TCP_QUIC": ("TCP_QUIC",),
}
"""Listener protocol → protocols of target groups that it may forward to (user guides, "Target groups")."""

REDIRECT_DEFAULTS = {
    "Protocol": "#{protocol}",
    "Port": "#{port}",
    "Host": "#{host}",
    "Path": "/#{path}",
    "Query": "#{query}",
}
CONTENT_TYPES = ("text/plain", "text/css", "text/html", "application/javascript", "application/json")
AUTHENTICATION_DEFAULTS = {
    "SessionCookieName": "AWSELBAuthSessionCookie",
    "Scope": "openid",
    "SessionTimeout": 604800,
    "OnUnauthenticatedRequest": "authenticate",
}
MAX_WEIGHT = 999
MAX_STICKINESS_SECONDS = 604800


def checked(
    state: State, balancer: LoadBalancer, protocol: str, actions: Sequence[Action], current: Sequence[Action] = ()
) -> tuple[Action, ...]:
    """Actions for a listener of this protocol, as AWS keeps them. `current` are the ones that they replace."""
    if not actions:
        raise ApiError("ValidationError", "At least one action must be specified")
    kept = tuple(_kept(action, protocol, current) for action in actions)
    _check_order(kept, balancer)
    for action in kept:
        if action["Type"] == "forward":
            _check_forward(state, balancer, protocol, action["ForwardConfig"])
    used = state.load_balancing.used_by(balancer.arn, besides=current)
    limit = state.options.quotas.target_groups_per_application_load_balancer
    if balancer.type == "application" and len(used.union(target_groups_of(kept))) > limit:
        raise ApiError(
            "TooManyUniqueTargetGroupsPerLoadBalancer", f"A load balancer cannot use more than {limit} target groups"
        )
    return kept


def _kept(action: Action, protocol: str, current: Sequence[Action]) -> Action:
    kind = action["Type"]
    others = [key for of, key in CONFIGS.items() if key in action and of != kind]
    if others:
        raise ApiError("ValidationError", f"{others[0]} cannot be specified for actions of type '{kind}'")
    order = {"Order": action["Order"]} if "Order" in action else {}
    if kind == "forward":
        return {"Type": kind, **_forward(action), **order}
    config = action.get(CONFIGS[kind])
    if not config:
        raise ApiError("ValidationError", f"{CONFIGS[kind]} must be specified for actions of type '{kind}'")
    match kind:
        case "redirect":
            config = _redirect(config, protocol)
        case "fixed-response":
            _check_fixed_response(config)
        case "authenticate-oidc":
            config = _oidc(config, current)
        case "authenticate-cognito":
            config = {**AUTHENTICATION_DEFAULTS, **config}
    if kind not in ROUTING and protocol != "HTTPS":
        raise ApiError("InvalidLoadBalancerAction", f"Actions of type '{kind}' are supported only on HTTPS listeners")
    return {"Type": kind, **order, CONFIGS[kind]: config}


def _check_order(actions: Sequence[Action], balancer: LoadBalancer) -> None:
    orders = [action["Order"] for action in actions if "Order" in action]
    if len(set(orders)) != len(orders) or (len(actions) > 1 and len(orders) != len(actions)):
        raise ApiError("ValidationError", "Each action needs an order of its own")
    last = max(actions, key=lambda action: action.get("Order", 0))
    if [action for action in actions if action["Type"] in ROUTING] != [last]:
        raise ApiError(
            "InvalidLoadBalancerAction",
            "The last action, and no other, must be one of 'forward', 'redirect', 'fixed-response'",
        )
    if balancer.type == "network" and last["Type"] != "forward":
        raise ApiError(
            "InvalidLoadBalancerAction",
            f"Actions of type '{last['Type']}' are not supported for Network Load Balancers",
        )
    if sum(action["Type"].startswith("authenticate") for action in actions) > 1:
        raise ApiError("TooManyActions", "A rule cannot have more than one authentication action")


def _forward(action: Action) -> dict[str, Any]:
    config: Mapping[str, Any] = action.get("ForwardConfig") or {}
    groups = config.get("TargetGroups") or []
    single = action.get("TargetGroupArn")
    if not groups and single:
        groups = [{"TargetGroupArn": single}]
    elif single and [group["TargetGroupArn"] for group in groups] != [single]:
        raise ApiError(
            "ValidationError", "You cannot specify both a target group and a forward configuration that differ"
        )
    stickiness = config.get("TargetGroupStickinessConfig") or {}
    kept = {
        "TargetGroups": [
            {"TargetGroupArn": group.get("TargetGroupArn"), "Weight": group.get("Weight", 1)} for group in groups
        ],
        "TargetGroupStickinessConfig": {"Enabled": False, **stickiness},
    }
    top = {"TargetGroupArn": groups[0]["TargetGroupArn"]} if len(groups) == 1 else {}
    return {**top, "ForwardConfig": kept}


def _check_forward(state: State, balancer: LoadBalancer, protocol: str, config: Mapping[str, Any]) -> None:
    entries = config["TargetGroups"]
    if not entries:
        raise ApiError("ValidationError", "A target group ARN must be specified")
    limit = state.options.quotas.target_groups_per_action
    if len(entries) > limit:
        raise ApiError("TooManyTargetGroups", f"An action cannot forward to more than {limit} target groups")
    arns = [entry["TargetGroupArn"] for entry in entries]
    if len(set(arns)) != len(arns):
        raise ApiError("ValidationError", "The same target group stands twice in a forward action")
    for entry in entries:
        if not 0 <= entry["Weight"] <= MAX_WEIGHT:
            raise ApiError("ValidationError", f"Target group weight '{entry['Weight']}' must be from 0 to {MAX_WEIGHT}")
        _check_group(state, balancer, protocol, lookup.target_group(state, entry["TargetGroupArn"]))
    stickiness = config["TargetGroupStickinessConfig"]
    seconds = stickiness.get("DurationSeconds")
    if stickiness["Enabled"] and seconds is None and balancer.type == "application":
        raise ApiError("ValidationError", "Target group stickiness needs a duration")
    if seconds is not None and not 1 <= seconds <= MAX_STICKINESS_SECONDS:
        raise ApiError("ValidationError", f"Stickiness duration '{seconds}' must be from 1 to {MAX_STICKINESS_SECONDS}")


def _check_group(state: State, balancer: LoadBalancer, protocol: str, group: TargetGroup) -> None:
    own = group.settings["Protocol"]
    if own not in GROUP_PROTOCOLS[protocol]:
        raise ApiError(
            "IncompatibleProtocols",
            f"Listener protocol '{protocol}' and target group protocol '{own}' of '{group.arn}' cannot be combined",
        )
    if group.vpc_id != balancer.vpc_id:
        raise ApiError(
            "InvalidConfigurationRequest", f"The target group '{group.arn}' is not in the load balancer's VPC"
        )
    if state.load_balancing.users_of(group.arn) - {balancer.arn}:
        raise ApiError(
            "TargetGroupAssociationLimit",
            f"The following target groups cannot be associated with more than one load balancer: {group.arn}",
        )
    if group.settings["IpAddressType"] == "ipv6" and balancer.ip_address_type == "ipv4":
        raise ApiError(
            "InvalidConfigurationRequest", f"The IPv6 target group '{group.arn}' needs a dualstack load balancer"
        )


def _redirect(config: Mapping[str, Any], protocol: str) -> dict[str, Any]:
    kept = {**REDIRECT_DEFAULTS, **config}
    if kept["Protocol"] not in ("HTTP", "HTTPS", REDIRECT_DEFAULTS["Protocol"]):
        raise ApiError(
            "ValidationError", f"Redirect protocol '{kept['Protocol']}' must be HTTP, HTTPS or #{{protocol}}"
        )
    if protocol == "HTTPS" and kept["Protocol"] == "HTTP":
        raise ApiError("InvalidLoadBalancerAction", "HTTPS cannot be redirected to HTTP")
    if not re.fullmatch(r"#\{port\}|\d{1,5}", kept["Port"]) or (
        kept["Port"].isdigit() and not 1 <= int(kept["Port"]) <= 65535
    ):
        raise ApiError("ValidationError", f"Redirect port '{kept['Port']}' must be from 1 to 65535 or #{{port}}")
    if not kept["Path"].startswith("/"):
        raise ApiError("ValidationError", f"Redirect path '{kept['Path']}' must begin with '/'")
    if all(kept[key] == REDIRECT_DEFAULTS[key] for key in ("Protocol", "Port", "Host", "Path")):
        raise ApiError(
            "InvalidLoadBalancerAction", "The redirect configuration is not valid because it creates a loop."
        )
    return kept


def _check_fixed_response(config: Mapping[str, Any]) -> None:
    if not re.fullmatch(r"[245]\d\d", config["StatusCode"]):
        raise ApiError("ValidationError", f"Status code '{config['StatusCode']}' must be a 2XX, 4XX or 5XX code")
    content_type = config.get("ContentType")
    if content_type and content_type not in CONTENT_TYPES:
        raise ApiError("ValidationError", f"Content type '{content_type}' must be one of {', '.join(CONTENT_TYPES)}")


def _oidc(config: Mapping[str, Any], current: Sequence[Action]) -> dict[str, Any]:
    kept = {**AUTHENTICATION_DEFAULTS, **{k: v for k, v in config.items() if k != "UseExistingClientSecret"}}
    if config.get("UseExistingClientSecret"):
        held = [action["AuthenticateOidcConfig"] for action in current if "AuthenticateOidcConfig" in action]
        if not held:
            raise ApiError("ValidationError", "There is no client secret yet that could be used again")
        kept["ClientSecret"] = held[0]["ClientSecret"]
    if "ClientSecret" not in kept:
        raise ApiError("ValidationError", "A client secret must be specified")
    return kept
