"""The register: every annotation of a Service, the rule that reads it, and the section of spec/ behind the rule.

Walked by documents, by `hints` for names that nobody reads, and by tests. Names and formats stand in `parsed`.
"""

from collections.abc import Callable
from typing import Any

from albc.mapping.annotations import Annotation, Register
from albc.mapping.service import (
    actions,
    backends,
    bindings,
    health_checks,
    listeners,
    load_balancer,
    merging,
    names,
    parsed,
    placement,
    security_groups,
    subnet_mappings,
    tags,
    target_groups,
)
from albc.mapping.service.parsed import Field, KeyedField


def _row(field: Field[Any] | KeyedField[Any], rule: Callable[..., Any], section: str, help_: str) -> Annotation:
    name = f"{field.name}.{field.key}" if isinstance(field, KeyedField) else field.name
    place = f"service.md {section}"
    return Annotation(name=name, type=field.type, family="service", rule=rule, section=place, help=help_)


REGISTER = Register(
    (
        _row(
            parsed.TYPE,
            backends.choose_target_type,
            "A1",
            "`external`, or `nlb-ip` (targets are Pods): this Service is albc's. Not needed where "
            "`spec.loadBalancerClass` is set. Default: not albc's.",
        ),
        _row(
            parsed.NAME,
            names.load_balancer_name,
            "A8.9",
            "Name of the load balancer, at most 32 characters; read when it is made. Default: computed from "
            "namespace, name and cluster.",
        ),
        _row(
            parsed.SCHEME,
            placement.load_balancer_scheme,
            "A7.1",
            "`internal` or `internet-facing`. Default: `aws-load-balancer-internal`, else flag "
            "`--default-load-balancer-scheme`. A change makes a new load balancer.",
        ),
        _row(
            parsed.INTERNAL,
            placement.load_balancer_scheme,
            "A7.1",
            "Older form of `aws-load-balancer-scheme`: true is `internal`, false `internet-facing`.",
        ),
        _row(
            parsed.IP_ADDRESS_TYPE,
            placement.load_balancer_ip_address_type,
            "A7.2",
            "`ipv4` or `dualstack`. Default `ipv4`.",
        ),
        _row(
            parsed.SUBNETS,
            placement.place,
            "A7.3",
            "Subnets by id, or by the value of their `Name` tag, one for each availability zone. Default: found by "
            "the role tags of subnets.",
        ),
        _row(
            parsed.EIP_ALLOCATIONS,
            subnet_mappings.subnet_mappings,
            "A8.3",
            "Allocation ids of elastic addresses, one for each subnet, in order. Internet-facing only. Default: "
            "addresses of AWS.",
        ),
        _row(
            parsed.PRIVATE_IPV4_ADDRESSES,
            subnet_mappings.subnet_mappings,
            "A8.3",
            "One address for each subnet, out of its range. Internal only. Default: chosen by AWS.",
        ),
        _row(
            parsed.IPV6_ADDRESSES,
            subnet_mappings.subnet_mappings,
            "A8.3",
            "One address for each subnet, out of its range. Dual-stack only. Default: chosen by AWS.",
        ),
        _row(
            parsed.SOURCE_NAT_SWITCH,
            subnet_mappings.source_nat_switch,
            "A8.2",
            "`on` or `off`: prefixes for source NAT, which UDP on dual-stack needs. Default `off`.",
        ),
        _row(
            parsed.SOURCE_NAT_PREFIXES,
            subnet_mappings.subnet_mappings,
            "A8.3",
            "`auto_assigned` or a /80, one for each subnet, in order. Default `auto_assigned` where the switch is on.",
        ),
        _row(
            parsed.LOAD_BALANCER_ATTRIBUTES,
            load_balancer.load_balancer_attributes,
            "A8.5",
            "Attributes of the load balancer by AWS's keys. What is not named stays as it is. "
            "`deletion_protection.enabled=true` also keeps the Service from being deleted.",
        ),
        _row(
            parsed.ACCESS_LOG_ENABLED,
            load_balancer.load_balancer_attributes,
            "A8.5",
            "Older form of the attribute `access_logs.s3.enabled`; only true counts.",
        ),
        _row(
            parsed.ACCESS_LOG_S3_BUCKET_NAME,
            load_balancer.load_balancer_attributes,
            "A8.5",
            "Older form of the attribute `access_logs.s3.bucket`; read where the logs are enabled.",
        ),
        _row(
            parsed.ACCESS_LOG_S3_BUCKET_PREFIX,
            load_balancer.load_balancer_attributes,
            "A8.5",
            "Older form of the attribute `access_logs.s3.prefix`; read where the logs are enabled.",
        ),
        _row(
            parsed.CROSS_ZONE_ENABLED,
            load_balancer.load_balancer_attributes,
            "A8.5",
            "Older form of the attribute `load_balancing.cross_zone.enabled`; wins over it.",
        ),
        _row(
            parsed.MINIMUM_CAPACITY,
            load_balancer.capacity,
            "A8.6",
            "Reserved capacity, `CapacityUnits=N`; `0` ends the reservation. Default: left alone.",
        ),
        _row(
            parsed.PRIVATE_LINK_RULES,
            load_balancer.private_link_rules,
            "A8.7",
            "`on` or `off`: whether inbound rules of security groups hold for PrivateLink traffic. Default: left "
            "alone.",
        ),
        _row(
            parsed.TAGS,
            tags.resource_tags,
            "A8.8",
            "Tags of everything that is made for the Service. Default: those of `--default-tags`.",
        ),
        _row(
            parsed.SECURITY_GROUPS,
            security_groups.choose,
            "A9",
            "Security groups of the load balancer by id, or by the value of their `Name` tag. Default: albc makes "
            "one that opens the listeners' ports.",
        ),
        _row(
            parsed.DISABLE_SECURITY_GROUPS,
            security_groups.choose,
            "A9",
            "Whether the load balancer is made without security groups; it cannot get any later. Default false.",
        ),
        _row(
            parsed.MANAGE_BACKEND_RULES,
            security_groups.choose,
            "A9",
            "With security groups of your own, or none: whether albc opens the targets' ports. Default: flag "
            "`--enable-manage-backend-security-group-rules`; without security groups true.",
        ),
        _row(
            parsed.SOURCE_RANGES,
            security_groups.source_ranges,
            "A9.3",
            "Address ranges that may reach the listeners. `spec.loadBalancerSourceRanges` wins. Default: all, unless "
            "prefix lists are given.",
        ),
        _row(
            parsed.PREFIX_LISTS,
            security_groups.choose,
            "A9.3",
            "Managed prefix lists that may reach the listeners, while albc makes the security group. Default: none.",
        ),
        _row(
            parsed.PATH_MTU_DISCOVERY,
            security_groups.choose,
            "A9.3",
            "`on` lets ICMP through for path MTU discovery, while albc makes the security group. Default: off.",
        ),
        _row(
            parsed.MERGE_TCP_AND_UDP,
            merging.merges,
            "A10.1",
            "Whether a TCP and a UDP port of the same number share one listener TCP_UDP. Default: gate "
            "`EnableTCPUDPListener`.",
        ),
        _row(
            parsed.CERTIFICATES,
            listeners.listener,
            "A10.3",
            "Certificates of TLS listeners; the first is the default, the others are chosen by SNI. Default: none, "
            "so no TLS.",
        ),
        _row(
            parsed.TLS_PORTS,
            listeners.wants_tls,
            "A10.2",
            "Names or numbers of the Service's ports that get TLS. Default: all, where certificates are given.",
        ),
        _row(
            parsed.SSL_POLICY,
            listeners.listener,
            "A10.3",
            "TLS security policy of TLS listeners, by AWS's name. Default: flag `--default-ssl-policy`.",
        ),
        _row(
            parsed.ALPN_POLICY,
            listeners.listener,
            "A10.3",
            "`None`, `HTTP1Only`, `HTTP2Only`, `HTTP2Optional` or `HTTP2Preferred`, on TLS listeners. Default: none.",
        ),
        _row(
            parsed.BACKEND_PROTOCOL,
            listeners.protocols,
            "A10.2",
            "`ssl` has TLS listeners speak TLS to the targets, too. Default: TCP.",
        ),
        _row(
            parsed.QUIC_PORTS,
            listeners.protocols,
            "A10.2",
            "Names or numbers of UDP ports whose listeners become QUIC, or TCP_QUIC where merged. Default: none.",
        ),
        _row(
            parsed.LISTENER_ATTRIBUTES,
            listeners.listener,
            "A10.6",
            "Attributes of one listener by AWS's keys, such as `…listener-attributes.TCP-80: "
            "tcp.idle_timeout.seconds=400`. Default: none.",
        ),
        _row(
            parsed.ACTIONS,
            actions.forward,
            "A10.5",
            "Weighted forwarding of one listener, to several Services or target groups. Default: to the Service "
            "itself.",
        ),
        _row(
            parsed.TARGET_TYPE,
            backends.choose_target_type,
            "A11.2",
            "`instance`: targets are nodes and the Service's node port. `ip`: targets are Pods. Default: flag "
            "`--default-target-type`.",
        ),
        _row(
            parsed.TARGET_GROUP_ATTRIBUTES,
            target_groups.target_group_attributes,
            "A11.3",
            "Attributes of all target groups by AWS's keys, such as `preserve_client_ip.enabled=true`. What is not "
            "named stays as it is.",
        ),
        _row(
            parsed.PORT_TARGET_GROUP_ATTRIBUTES,
            target_groups.target_group_attributes,
            "A11.3",
            "The same for the target group of one port of the Service; wins key by key.",
        ),
        _row(
            parsed.PROXY_PROTOCOL,
            target_groups.target_group_attributes,
            "A11.3",
            "`*` turns proxy protocol v2 on for every target group. Default: off.",
        ),
        _row(
            parsed.PROXY_PROTOCOL_PORTS,
            target_groups.target_group_attributes,
            "A11.3",
            "Numbers of the Service's ports with proxy protocol v2; the others are without it. Default: none is "
            "settled.",
        ),
        _row(
            parsed.HEALTH_CHECK_PROTOCOL,
            health_checks.health_check,
            "A11.4",
            "`tcp`, `http` or `https`. Default TCP; HTTP with `externalTrafficPolicy: Local` and target type "
            "`instance`.",
        ),
        _row(
            parsed.HEALTH_CHECK_PORT,
            health_checks.health_check,
            "A11.4",
            "A number, `traffic-port`, or the name of a port of the Service. Default `traffic-port`; with `Local` "
            "and `instance` the health check's node port.",
        ),
        _row(
            parsed.HEALTH_CHECK_PATH,
            health_checks.health_check,
            "A11.4",
            "Path of an HTTP or HTTPS check. Default `/`; with `Local` and `instance` `/healthz`.",
        ),
        _row(
            parsed.HEALTH_CHECK_SUCCESS_CODES,
            health_checks.health_check,
            "A11.4",
            "Status codes of a passed HTTP or HTTPS check. Default `200-399`.",
        ),
        _row(
            parsed.HEALTH_CHECK_INTERVAL,
            health_checks.health_check,
            "A11.4",
            "Seconds between checks. Default 10.",
        ),
        _row(
            parsed.HEALTH_CHECK_TIMEOUT,
            health_checks.health_check,
            "A11.4",
            "Seconds until a check without an answer has failed. Default 10; with `Local` and `instance` 6.",
        ),
        _row(
            parsed.HEALTHY_THRESHOLD,
            health_checks.health_check,
            "A11.4",
            "Checks that must pass before a target is healthy. Default 3; with `Local` and `instance` 2.",
        ),
        _row(
            parsed.UNHEALTHY_THRESHOLD,
            health_checks.health_check,
            "A11.4",
            "Checks that must fail before a target is unhealthy. Default 3; with `Local` and `instance` 2.",
        ),
        _row(
            parsed.TARGET_NODE_LABELS,
            bindings.binding,
            "A12",
            "With target type `instance`: only nodes with these labels are targets. Default: all nodes that may serve.",
        ),
        _row(
            parsed.MULTI_CLUSTER,
            bindings.binding,
            "A12",
            "Whether target groups are shared with other clusters, so that only targets of this cluster are ever "
            "removed. Default false.",
        ),
    )
)
