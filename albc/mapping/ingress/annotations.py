"""The register of all annotations under `alb.ingress.kubernetes.io/`, of Ingresses and of the Services behind them.

Each row leads to the function that reads the annotation. A test walks it: every annotation of spec/ingress.md §7 is
here, and every row is read.
"""

from collections.abc import Callable
from typing import Any

from albc.mapping.annotations import Annotation, Register
from albc.mapping.ingress import (
    actions,
    addons,
    auth,
    backends,
    certificates,
    conditions,
    frontend_nlb,
    groups,
    listen_ports,
    listeners,
    load_balancer,
    mutual_tls,
    security_groups,
    tags,
    target_groups,
    transforms,
)


def _row(name: str, type_: str, rule: Callable[..., Any] | None, section: str) -> Annotation:
    return Annotation(name=name, type=type_, family="ingress", rule=rule, section=f"ingress.md §{section}")


REGISTER = Register(
    (
        _row("group.name", "string", groups.group_of, "4"),
        _row("group.order", "int32", groups.membership, "4"),
        _row("load-balancer-name", "string", load_balancer.read, "11.1"),
        _row("scheme", "string", load_balancer.read, "11.2"),
        _row("ip-address-type", "string", load_balancer.read, "11.2"),
        _row("subnets", "list", load_balancer.read, "11.3"),
        _row("customer-owned-ipv4-pool", "string", load_balancer.read, "11.6"),
        _row("ipam-ipv4-pool-id", "string", load_balancer.read, "11.6"),
        _row("load-balancer-attributes", "map", load_balancer.read, "11.7"),
        _row("minimum-load-balancer-capacity", "map", load_balancer.read, "11.8"),
        _row("security-groups", "list", security_groups.read, "11.4"),
        _row("manage-backend-security-group-rules", "bool", security_groups.read, "11.4"),
        _row("inbound-cidrs", "list", listen_ports.read, "9.1"),
        _row("security-group-prefix-lists", "list", listen_ports.read, "9.1"),
        _row("listen-ports", "JSON", listen_ports.read, "9.1"),
        _row("ssl-redirect", "int32", listeners.read, "13.2"),
        _row("certificate-arn", "list", certificates.explicit, "10"),
        _row("create-acm-cert", "bool", certificates.requested, "10"),
        _row("acm-pca-arn", "string", certificates.requested, "10"),
        _row("ssl-policy", "string", listen_ports.read, "9.1"),
        _row("mutual-authentication", "JSON", mutual_tls.read, "9.3"),
        _row("listener-attributes.PROTO-PORT", "map", listeners.read, "13.1"),
        _row("tags", "map", tags.own, "19"),
        _row("wafv2-acl-name", "string", addons.read, "20"),
        _row("wafv2-acl-arn", "string", addons.read, "20"),
        _row("waf-acl-id", "string", addons.read, "20"),
        _row("web-acl-id", "string", addons.read, "20"),
        _row("shield-advanced-protection", "bool", addons.read, "20"),
        _row("target-type", "string", target_groups.build, "18.2"),
        _row("target-node-labels", "map", target_groups.build, "18.4"),
        _row("target-control-port.SERVICE.PORT", "int32", target_groups.build, "18.2"),
        _row("backend-protocol", "string", target_groups.build, "18.2"),
        _row("backend-protocol-version", "string", target_groups.build, "18.2"),
        _row("target-group-attributes", "map", target_groups.build, "18.2"),
        _row("multi-cluster-target-group", "bool", target_groups.build, "18.4"),
        _row("healthcheck-port", "string", target_groups.build, "18.3"),
        _row("healthcheck-protocol", "string", target_groups.build, "18.3"),
        _row("healthcheck-path", "string", target_groups.build, "18.3"),
        _row("healthcheck-interval-seconds", "int32", target_groups.build, "18.3"),
        _row("healthcheck-timeout-seconds", "int32", target_groups.build, "18.3"),
        _row("healthy-threshold-count", "int32", target_groups.build, "18.3"),
        _row("unhealthy-threshold-count", "int32", target_groups.build, "18.3"),
        _row("success-codes", "string", target_groups.build, "18.3"),
        _row("auth-type", "string", auth.read, "14.5"),
        _row("auth-idp-cognito", "JSON", auth.read, "14.5"),
        _row("auth-idp-oidc", "JSON", auth.read, "14.5"),
        _row("auth-on-unauthenticated-request", "string", auth.read, "14.5"),
        _row("auth-scope", "string", auth.read, "14.5"),
        _row("auth-session-cookie", "string", auth.read, "14.5"),
        _row("auth-session-timeout", "int64", auth.read, "14.5"),
        _row("jwt-validation", "JSON", auth.read_jwt, "14.6"),
        _row("actions.NAME", "JSON", actions.read, "14.2"),
        _row("conditions.NAME", "JSON", conditions.read, "14.3"),
        _row("transforms.NAME", "JSON", transforms.read, "14.4"),
        _row("use-regex-path-match", "bool", backends.read, "16.2"),
        _row("enable-frontend-nlb", "bool", frontend_nlb.read, "21"),
        _row("frontend-nlb-scheme", "string", frontend_nlb.read, "21"),
        _row("frontend-nlb-subnets", "list", frontend_nlb.read, "21"),
        _row("frontend-nlb-eip-allocations", "list", frontend_nlb.read, "21"),
        _row("frontend-nlb-security-groups", "list", frontend_nlb.read, "21"),
        _row("frontend-nlb-listener-port-mapping", "map", frontend_nlb.read, "21"),
        _row("frontend-nlb-healthcheck-port", "string", frontend_nlb.read, "21"),
        _row("frontend-nlb-healthcheck-protocol", "string", frontend_nlb.read, "21"),
        _row("frontend-nlb-healthcheck-path", "string", frontend_nlb.read, "21"),
        _row("frontend-nlb-healthcheck-interval-seconds", "int32", frontend_nlb.read, "21"),
        _row("frontend-nlb-healthcheck-timeout-seconds", "int32", frontend_nlb.read, "21"),
        _row("frontend-nlb-healthcheck-healthy-threshold-count", "int32", frontend_nlb.read, "21"),
        _row("frontend-nlb-healthcheck-unhealthy-threshold-count", "int32", frontend_nlb.read, "21"),
        _row("frontend-nlb-healthcheck-success-codes", "string", frontend_nlb.read, "21"),
        _row("frontend-nlb-attributes", "map", frontend_nlb.read, "21"),
        _row("frontend-nlb-tags", "map", frontend_nlb.read, "21"),
        _row("dry-run-plan", "JSON", None, "5.5"),
    )
)
