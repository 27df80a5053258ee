"""The register: every annotation that a Classic Load Balancer knows, and the rule that reads it.

Walked by documents, by `hints` for names that nobody reads, and by tests. Names and formats stand in `parsed`.
"""

from collections.abc import Callable
from typing import Any

from albc.mapping.annotations import Annotation, Register
from albc.mapping.service.classic import (
    attributes,
    health_checks,
    instances,
    listeners,
    parsed,
    placement,
    policies,
    ranges,
    security_groups,
    support,
    tags,
)
from albc.mapping.service.parsed import Field


def _row(field: Field[Any], rule: Callable[..., Any], section: str, help_: str) -> Annotation:
    place = f"service.md {section}"
    return Annotation(name=field.name, type=field.type, family="service", rule=rule, section=place, help=help_)


REGISTER = Register(
    (
        _row(
            parsed.TYPE,
            support.check_supported,
            "B1",
            "Must not name another kind (`nlb`, `nlb-ip`, `external`); `spec.loadBalancerClass` is what chooses a "
            "Classic Load Balancer. Default: absent.",
        ),
        _row(
            parsed.TARGET_TYPE,
            support.check_supported,
            "B2",
            "`instance`; nothing else is possible. Default `instance`.",
        ),
        _row(
            parsed.IP_ADDRESS_TYPE,
            support.check_supported,
            "B2",
            "`ipv4`; nothing else is possible. Default `ipv4`.",
        ),
        _row(
            parsed.SCHEME,
            placement.wanted_scheme,
            "B2",
            "`internal` or `internet-facing`; read when the load balancer is made. Default: "
            "`aws-load-balancer-internal`, else internet-facing.",
        ),
        _row(
            parsed.INTERNAL,
            placement.wanted_scheme,
            "B2",
            "Any text but `false` makes it internal. Default: internet-facing. `aws-load-balancer-scheme` wins.",
        ),
        _row(
            parsed.SUBNETS,
            placement.place,
            "B5",
            "Subnets by id, or by the value of their `Name` tag. Default: found by routes and tags.",
        ),
        _row(
            parsed.TAGS,
            tags.resource_tags,
            "B6",
            "Tags of the load balancer and its security group; a tag is added and never removed. Default: those of "
            "`--default-tags`.",
        ),
        _row(
            parsed.SECURITY_GROUPS,
            security_groups.choose,
            "B6",
            "Security groups in place of the one that albc makes, by id or by the value of their `Name` tag.",
        ),
        _row(
            parsed.EXTRA_SECURITY_GROUPS,
            security_groups.choose,
            "B6",
            "Security groups beside the others. Default: none.",
        ),
        _row(
            parsed.MANAGE_NODE_RULES,
            instances.manages_node_rules,
            "B9.2",
            "Whether albc opens the nodes' security groups for the load balancer. Default true.",
        ),
        _row(
            parsed.SOURCE_RANGES,
            ranges.source_ranges,
            "B3",
            "IPv4 ranges that may reach the listeners. `spec.loadBalancerSourceRanges` wins. Default `0.0.0.0/0`.",
        ),
        _row(
            parsed.CERTIFICATE,
            listeners.listeners,
            "B4",
            "One certificate, of ACM or IAM. Default: none, so no TLS.",
        ),
        _row(
            parsed.TLS_PORTS,
            listeners.wants_tls,
            "B4",
            "Names or numbers of the ports that use the certificate; `*` is all. Default `*`.",
        ),
        _row(
            parsed.BACKEND_PROTOCOL,
            listeners.listeners,
            "B4",
            "`tcp`, `ssl`, `http` or `https`: how instances are spoken to, and whether the listener is HTTP or TCP. "
            "Default `tcp`.",
        ),
        _row(
            parsed.SSL_POLICY,
            policies.ssl_negotiation_policy,
            "B8",
            "A predefined TLS policy by AWS's name. Default: AWS's.",
        ),
        _row(
            parsed.PROXY_PROTOCOL,
            policies.proxy_protocol,
            "B8",
            "`*` turns proxy protocol v1 on for every port. Default: off.",
        ),
        _row(
            parsed.ACCESS_LOG_EMIT_INTERVAL,
            attributes.attributes,
            "B8",
            "Minutes between two log files, 5 or 60. Default: AWS's.",
        ),
        _row(
            parsed.ACCESS_LOG_ENABLED,
            attributes.attributes,
            "B8",
            "Whether access logs are written. Default false.",
        ),
        _row(
            parsed.ACCESS_LOG_S3_BUCKET_NAME,
            attributes.attributes,
            "B8",
            "Bucket of the access logs. Default: none.",
        ),
        _row(
            parsed.ACCESS_LOG_S3_BUCKET_PREFIX,
            attributes.attributes,
            "B8",
            "Prefix of the log files in the bucket. Default: none.",
        ),
        _row(
            parsed.DRAINING_ENABLED,
            attributes.attributes,
            "B8",
            "Whether an instance that leaves may end its connections. Default false.",
        ),
        _row(
            parsed.DRAINING_TIMEOUT,
            attributes.attributes,
            "B8",
            "Seconds that draining lasts at most. Default: AWS's, 300.",
        ),
        _row(
            parsed.IDLE_TIMEOUT,
            attributes.attributes,
            "B8",
            "Seconds after which an idle connection is closed, 1 to 3600. Default 60.",
        ),
        _row(
            parsed.CROSS_ZONE_ENABLED,
            attributes.attributes,
            "B8",
            "Whether each zone's address sends to instances of all zones. Default false.",
        ),
        _row(
            parsed.TARGET_NODE_LABELS,
            instances.target_node_labels,
            "B9.1",
            "Only nodes with these labels are instances. Default: all nodes that may serve.",
        ),
        _row(
            parsed.HEALTH_CHECK_PROTOCOL,
            health_checks.health_check,
            "B7",
            "`TCP`, `SSL`, `HTTP` or `HTTPS`. Default TCP; SSL where `aws-load-balancer-backend-protocol` is `ssl` "
            "or `https`; HTTP with `externalTrafficPolicy: Local`.",
        ),
        _row(
            parsed.HEALTH_CHECK_PORT,
            health_checks.health_check,
            "B7",
            "A number or `traffic-port`. Default: the first listener's instance port; with `Local` the health "
            "check's node port.",
        ),
        _row(
            parsed.HEALTH_CHECK_PATH,
            health_checks.health_check,
            "B7",
            "Path of an HTTP or HTTPS check. Default `/`; with `Local` `/healthz`.",
        ),
        _row(
            parsed.HEALTHY_THRESHOLD,
            health_checks.health_check,
            "B7",
            "Checks that must pass before an instance is in service, 2 or more. Default 2.",
        ),
        _row(
            parsed.UNHEALTHY_THRESHOLD,
            health_checks.health_check,
            "B7",
            "Checks that must fail before an instance is out of service, 2 or more. Default 6.",
        ),
        _row(
            parsed.HEALTH_CHECK_TIMEOUT,
            health_checks.health_check,
            "B7",
            "Seconds until a check without an answer has failed, 2 or more. Default 5.",
        ),
        _row(
            parsed.HEALTH_CHECK_INTERVAL,
            health_checks.health_check,
            "B7",
            "Seconds between checks, 5 or more. Default 10.",
        ),
    )
)
