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
    frontend_nlb_wishes,
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


def _row(name: str, type_: str, rule: Callable[..., Any] | None, section: str, help_: str) -> Annotation:
    return Annotation(name=name, type=type_, family="ingress", rule=rule, section=f"ingress.md §{section}", help=help_)


REGISTER = Register(
    (
        _row(
            "group.name",
            "string",
            groups.group_of,
            "4",
            "Ingresses of all namespaces that bear the same name share one load balancer. Default: each Ingress has "
            "its own. Lower-case letters, digits, `-` and `.`, at most 63 characters.",
        ),
        _row(
            "group.order",
            "int32",
            groups.membership,
            "4",
            "Place among the members of the group; rules of lower numbers come first, equal numbers go by namespace "
            "and name. -1000 to 1000. Default 0.",
        ),
        _row(
            "load-balancer-name",
            "string",
            load_balancer.read,
            "11.1",
            "Name of the load balancer, at most 32 characters. Default: computed from namespace, name and cluster.",
        ),
        _row(
            "scheme",
            "string",
            load_balancer.read,
            "11.2",
            "`internal` or `internet-facing`. Default: flag `--default-load-balancer-scheme`. A change makes a new "
            "load balancer.",
        ),
        _row(
            "ip-address-type",
            "string",
            load_balancer.read,
            "11.2",
            "`ipv4`, `dualstack` or `dualstack-without-public-ipv4`. Default `ipv4`.",
        ),
        _row(
            "subnets",
            "list",
            load_balancer.read,
            "11.3",
            "Subnets by id, or by the value of their `Name` tag; one for each availability zone, two zones at least. "
            "Default: found by the role tags of subnets.",
        ),
        _row(
            "customer-owned-ipv4-pool",
            "string",
            load_balancer.read,
            "11.6",
            "Pool of customer-owned addresses on Outposts. Default: none.",
        ),
        _row(
            "ipam-ipv4-pool-id",
            "string",
            load_balancer.read,
            "11.6",
            "IPAM pool from which an internet-facing load balancer takes its public addresses. Default: none.",
        ),
        _row(
            "load-balancer-attributes",
            "map",
            load_balancer.read,
            "11.7",
            "Attributes of the load balancer by AWS's keys, such as `idle_timeout.timeout_seconds=120`. What is not "
            "named stays as it is.",
        ),
        _row(
            "minimum-load-balancer-capacity",
            "map",
            load_balancer.read,
            "11.8",
            "Reserved capacity, `CapacityUnits=N`; `0` ends the reservation. Default: left alone.",
        ),
        _row(
            "security-groups",
            "list",
            security_groups.read,
            "11.4",
            "Security groups of the load balancer by id, or by the value of their `Name` tag. Default: albc makes "
            "one that opens the listeners' ports to `inbound-cidrs`.",
        ),
        _row(
            "manage-backend-security-group-rules",
            "bool",
            security_groups.read,
            "11.4",
            "With `security-groups`: whether albc opens the targets' ports for the load balancer. Default: flag "
            "`--enable-manage-backend-security-group-rules`.",
        ),
        _row(
            "inbound-cidrs",
            "list",
            listen_ports.read,
            "9.1",
            "Address ranges that may reach the listeners, while albc makes the security group. Default: all, unless "
            "prefix lists are given.",
        ),
        _row(
            "security-group-prefix-lists",
            "list",
            listen_ports.read,
            "9.1",
            "Managed prefix lists that may reach the listeners, while albc makes the security group. Default: none.",
        ),
        _row(
            "listen-ports",
            "JSON",
            listen_ports.read,
            "9.1",
            '`[{"HTTP": 80}, {"HTTPS": 443}]`: the listeners. Default: HTTPS on 443 where `certificate-arn` is given '
            "or a certificate is asked for, else HTTP on 80.",
        ),
        _row(
            "ssl-redirect",
            "int32",
            listeners.read,
            "13.2",
            "An HTTPS listener's port; every HTTP listener of the group then answers with a redirect (301) to it and "
            "has no other rules. Default: no redirect.",
        ),
        _row(
            "certificate-arn",
            "list",
            certificates.explicit,
            "10",
            "Certificates of HTTPS listeners; the first is the default, the others are chosen by SNI. Default: those "
            "in ACM that fit the hosts of rules and `tls`.",
        ),
        _row(
            "create-acm-cert",
            "bool",
            certificates.requested,
            "10",
            "Ask ACM for a certificate of the Ingress's hosts. Only with gate `EnableCertificateManagement`. Default "
            "false.",
        ),
        _row(
            "acm-pca-arn",
            "string",
            certificates.requested,
            "10",
            "Private authority that issues the certificate of `create-acm-cert`. Default: flag `--default-pca-arn`, "
            "else a public one of Amazon.",
        ),
        _row(
            "ssl-policy",
            "string",
            listen_ports.read,
            "9.1",
            "TLS security policy of HTTPS listeners, by AWS's name. Default: flag `--default-ssl-policy`.",
        ),
        _row(
            "mutual-authentication",
            "JSON",
            mutual_tls.read,
            "9.3",
            '`[{"port": 443, "mode": "verify", "trustStore": "NAME-OR-ARN"}]`: client certificates by port. Modes '
            "`off`, `passthrough`, `verify`; with `verify` also `ignoreClientCertificateExpiry` and "
            "`advertiseTrustStoreCaNames` (`on`, `off`). Default: off.",
        ),
        _row(
            "listener-attributes.PROTO-PORT",
            "map",
            listeners.read,
            "13.1",
            "Attributes of one listener by AWS's keys, such as `listener-attributes.HTTPS-443`. Default: none.",
        ),
        _row(
            "tags",
            "map",
            tags.own,
            "19",
            "Tags of everything that is made for the Ingress; on a Service, of its target groups. Keys that a flag "
            "or another controller owns are refused. Default: those of `--default-tags`.",
        ),
        _row(
            "wafv2-acl-name",
            "string",
            addons.read,
            "20",
            "Name of a regional WAFv2 web ACL; `none` removes the association. Wins over `wafv2-acl-arn`. Default: "
            "left alone.",
        ),
        _row(
            "wafv2-acl-arn",
            "string",
            addons.read,
            "20",
            "ARN of a regional WAFv2 web ACL; `none` removes the association. Default: left alone.",
        ),
        _row(
            "waf-acl-id",
            "string",
            addons.read,
            "20",
            "Id of a WAF Classic (regional) web ACL; `none` removes the association. Default: left alone.",
        ),
        _row(
            "web-acl-id",
            "string",
            addons.read,
            "20",
            "Older name of `waf-acl-id`, read where that one is absent.",
        ),
        _row(
            "shield-advanced-protection",
            "bool",
            addons.read,
            "20",
            "Whether Shield Advanced protects the load balancer; the account must be subscribed. Default: left alone.",
        ),
        _row(
            "target-type",
            "string",
            target_groups.build,
            "18.2",
            "`instance`: targets are nodes and the Service's node port. `ip`: targets are Pods. Default: flag "
            "`--default-target-type`.",
        ),
        _row(
            "target-node-labels",
            "map",
            target_groups.build,
            "18.4",
            "With target type `instance`: only nodes with these labels are targets. Default: all nodes that may serve.",
        ),
        _row(
            "target-control-port.SERVICE.PORT",
            "int32",
            target_groups.build,
            "18.2",
            "Port on which the target control agent of this backend's Pods listens; `PORT` as the backend names it. "
            "Only for target type `ip`. Default: none.",
        ),
        _row(
            "backend-protocol",
            "string",
            target_groups.build,
            "18.2",
            "`HTTP` or `HTTPS`: how the load balancer speaks to the targets. Default `HTTP`.",
        ),
        _row(
            "backend-protocol-version",
            "string",
            target_groups.build,
            "18.2",
            "`HTTP1`, `HTTP2` or `GRPC`. Default `HTTP1`.",
        ),
        _row(
            "target-group-attributes",
            "map",
            target_groups.build,
            "18.2",
            "Attributes of target groups by AWS's keys, such as `deregistration_delay.timeout_seconds=30`. What is "
            "not named stays as it is.",
        ),
        _row(
            "multi-cluster-target-group",
            "bool",
            target_groups.build,
            "18.4",
            "Whether target groups are shared with other clusters, so that only targets of this cluster are ever "
            "removed. True if Ingress or Service says so. Default false.",
        ),
        _row(
            "healthcheck-port",
            "string",
            target_groups.build,
            "18.3",
            "A number, `traffic-port`, or the name of a port of the Service. Default `traffic-port`.",
        ),
        _row(
            "healthcheck-protocol",
            "string",
            target_groups.build,
            "18.3",
            "`HTTP` or `HTTPS`. Default: as `backend-protocol`.",
        ),
        _row(
            "healthcheck-path",
            "string",
            target_groups.build,
            "18.3",
            "Path of the check. Default `/`; for GRPC `/AWS.ALB/healthcheck`.",
        ),
        _row(
            "healthcheck-interval-seconds",
            "int32",
            target_groups.build,
            "18.3",
            "Seconds between checks. Default 15.",
        ),
        _row(
            "healthcheck-timeout-seconds",
            "int32",
            target_groups.build,
            "18.3",
            "Seconds until a check without an answer has failed. Default 5.",
        ),
        _row(
            "healthy-threshold-count",
            "int32",
            target_groups.build,
            "18.3",
            "Checks that must pass before a target is healthy. Default 2.",
        ),
        _row(
            "unhealthy-threshold-count",
            "int32",
            target_groups.build,
            "18.3",
            "Checks that must fail before a target is unhealthy. Default 2.",
        ),
        _row(
            "success-codes",
            "string",
            target_groups.build,
            "18.3",
            "Status codes of a passed check, such as `200,301` or `200-299`; for GRPC gRPC's codes. Default `200`; "
            "for GRPC `12`.",
        ),
        _row(
            "auth-type",
            "string",
            auth.read,
            "14.5",
            "`none`, `oidc` or `cognito`: who signs users in before a request goes on. HTTPS listeners only. Default "
            "`none`.",
        ),
        _row(
            "auth-idp-cognito",
            "JSON",
            auth.read,
            "14.5",
            "The user pool: `userPoolARN`, `userPoolClientID`, `userPoolDomain`, and "
            "`authenticationRequestExtraParams` if wanted. Needed with `auth-type: cognito`.",
        ),
        _row(
            "auth-idp-oidc",
            "JSON",
            auth.read,
            "14.5",
            "The provider: `issuer`, `authorizationEndpoint`, `tokenEndpoint`, `userInfoEndpoint`, `secretName` (a "
            "Secret with `clientID` and `clientSecret` in the Ingress's namespace), and "
            "`authenticationRequestExtraParams` if wanted. Needed with `auth-type: oidc`.",
        ),
        _row(
            "auth-on-unauthenticated-request",
            "string",
            auth.read,
            "14.5",
            "`authenticate`, `allow` or `deny`: what happens to a request without a session. Default `authenticate`.",
        ),
        _row(
            "auth-scope",
            "string",
            auth.read,
            "14.5",
            "Scopes that are asked of the provider, with blanks between them. Default `openid`.",
        ),
        _row(
            "auth-session-cookie",
            "string",
            auth.read,
            "14.5",
            "Name of the session's cookie. Default `AWSELBAuthSessionCookie`.",
        ),
        _row(
            "auth-session-timeout",
            "int64",
            auth.read,
            "14.5",
            "Seconds that a session lasts at most. Default 604800, a week.",
        ),
        _row(
            "jwt-validation",
            "JSON",
            auth.read_jwt,
            "14.6",
            "`jwksEndpoint` and `issuer`, and `additionalClaims` (each `name`, `format`, `values`) if wanted: "
            "requests need a token that passes. HTTPS listeners only; not beside `auth-type`. Default: none.",
        ),
        _row(
            "actions.NAME",
            "JSON",
            actions.read,
            "14.2",
            "What the backend `NAME` with port `use-annotation` does: `fixed-response`, `redirect` or `forward` (to "
            "several Services by weight, or to target groups that are not ours).",
        ),
        _row(
            "conditions.NAME",
            "JSON",
            conditions.read,
            "14.3",
            "Further conditions of the rules that lead to the backend `NAME`: `host-header`, `path-pattern`, "
            "`http-header`, `http-request-method`, `query-string`, `source-ip`.",
        ),
        _row(
            "transforms.NAME",
            "JSON",
            transforms.read,
            "14.4",
            "How requests to the backend `NAME` are rewritten: `host-header-rewrite`, `url-rewrite`, each with "
            "rewrites of `regex` and `replace`.",
        ),
        _row(
            "use-regex-path-match",
            "bool",
            backends.read,
            "16.2",
            "Whether paths of type `ImplementationSpecific` are regular expressions behind their first `/`. Default "
            "false.",
        ),
        _row(
            "enable-frontend-nlb",
            "bool",
            frontend_nlb_wishes.read,
            "21",
            "Whether a Network Load Balancer stands before the ALB, for fixed addresses or PrivateLink. Default false.",
        ),
        _row(
            "frontend-nlb-scheme",
            "string",
            frontend_nlb_wishes.read,
            "21",
            "`internal` or `internet-facing`. Default: flag `--default-load-balancer-scheme`, not the ALB's scheme.",
        ),
        _row(
            "frontend-nlb-subnets",
            "list",
            frontend_nlb_wishes.read,
            "21",
            "Subnets of the NLB by id, or by the value of their `Name` tag. Default: found by the role tags of "
            "subnets.",
        ),
        _row(
            "frontend-nlb-eip-allocations",
            "list",
            frontend_nlb_wishes.read,
            "21",
            "Allocation ids of elastic addresses, one for each subnet, in order. Internet-facing only. Default: none.",
        ),
        _row(
            "frontend-nlb-security-groups",
            "list",
            frontend_nlb_wishes.read,
            "21",
            "Security groups of the NLB by id, or by the value of their `Name` tag. Default: the ALB's.",
        ),
        _row(
            "frontend-nlb-listener-port-mapping",
            "map",
            frontend_nlb_wishes.read,
            "21",
            "`NLBPORT=ALBPORT` pairs. Default: each of the ALB's ports under its own number.",
        ),
        _row(
            "frontend-nlb-healthcheck-port",
            "string",
            frontend_nlb_wishes.read,
            "21",
            "A number or `traffic-port`: where the NLB checks the ALB. Default `traffic-port`.",
        ),
        _row(
            "frontend-nlb-healthcheck-protocol",
            "string",
            frontend_nlb_wishes.read,
            "21",
            "`HTTP` or `HTTPS`. Default `HTTP`.",
        ),
        _row(
            "frontend-nlb-healthcheck-path",
            "string",
            frontend_nlb_wishes.read,
            "21",
            "Path of the NLB's check. Default `/`.",
        ),
        _row(
            "frontend-nlb-healthcheck-interval-seconds",
            "int32",
            frontend_nlb_wishes.read,
            "21",
            "Seconds between the NLB's checks. Default 15.",
        ),
        _row(
            "frontend-nlb-healthcheck-timeout-seconds",
            "int32",
            frontend_nlb_wishes.read,
            "21",
            "Seconds until a check of the NLB without an answer has failed. Default 5.",
        ),
        _row(
            "frontend-nlb-healthcheck-healthy-threshold-count",
            "int32",
            frontend_nlb_wishes.read,
            "21",
            "Checks that must pass before the ALB is healthy. Default 2.",
        ),
        _row(
            "frontend-nlb-healthcheck-unhealthy-threshold-count",
            "int32",
            frontend_nlb_wishes.read,
            "21",
            "Checks that must fail before the ALB is unhealthy. Default 2.",
        ),
        _row(
            "frontend-nlb-healthcheck-success-codes",
            "string",
            frontend_nlb_wishes.read,
            "21",
            "Status codes of a passed check of the NLB. Default `200`.",
        ),
        _row(
            "frontend-nlb-attributes",
            "map",
            frontend_nlb_wishes.read,
            "21",
            "Attributes of the NLB by AWS's keys. What is not named stays as it is.",
        ),
        _row(
            "frontend-nlb-tags",
            "map",
            frontend_nlb_wishes.read,
            "21",
            "Tags of the NLB, its listeners and target groups, in place of the ALB's. Default: the ALB's.",
        ),
        _row(
            "dry-run-plan",
            "JSON",
            None,
            "5.5",
            "Written by albc with gate `IngressPlanAnnotation`: what was planned for the group. Nobody reads it.",
        ),
    )
)
