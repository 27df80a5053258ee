"""Bindings, and whom the targets let in: a group where the load balancer has groups, else addresses."""

from collections.abc import Mapping
from typing import Any

import pytest

from albc.mapping.settings import MappingSettings
from albc.model.reference import Ref
from albc.model.target_group_binding import NodeSelector, ServiceReference
from tests.mapping.service.kit import BACKEND_GROUP, IP, SETTINGS, TCP_80, binding, fault, service, stack

NO_GROUPS = {"aws-load-balancer-disable-nlb-sg": "true"}
PUBLIC = {"aws-load-balancer-scheme": "internet-facing"}
DUALSTACK = {"aws-load-balancer-ip-address-type": "dualstack"}
MERGE = {"aws-load-balancer-enable-tcp-udp-listener": "true"}
QUIC = {"aws-load-balancer-quic-enabled-ports": "80"}
CHECK_PORT = "aws-load-balancer-healthcheck-port"
RANGES = "load-balancer-source-ranges"
PRESERVE = "aws-load-balancer-target-group-attributes"
MANAGE = "aws-load-balancer-manage-backend-security-group-rules"

UDP_80 = {"port": 80, "targetPort": 8080, "nodePort": 30080, "protocol": "UDP"}
PAIR = ({"name": "t", **TCP_80}, {"name": "u", **UDP_80})
SUBNETS = "10.0.1.0/24 10.0.2.0/24"


def network(
    annotations: Mapping[str, str], *ports: Mapping[str, Any], settings: MappingSettings = SETTINGS, **spec: Any
) -> list[str] | None:
    """Networking rules as `SOURCES: PROTOCOL PORT, …`."""
    rules = binding(stack(service(*ports, annotations=annotations, **spec), settings=settings)).networking
    if rules is None:
        return None
    return [
        " ".join(str(peer.cidr or peer.security_group) for peer in rule.from_)
        + ": "
        + ", ".join(f"{port.protocol} {port.port}" for port in rule.ports)
        for rule in rules
    ]


def test_a_binding_ties_the_target_group_to_the_service_port() -> None:
    plain = binding(stack(service(annotations=IP)))

    assert plain.target_group_arn == Ref("AWS::ElasticLoadBalancingV2::TargetGroup", "shop/web:80", "targetGroupARN")
    assert (plain.namespace, plain.service_ref) == ("shop", ServiceReference(name="web", port=80))
    assert (plain.target_type, plain.ip_address_type, plain.target_group_protocol) == ("ip", "ipv4", "TCP")
    assert (plain.vpc_id, plain.multi_cluster_target_group) == ("vpc-1", False)


def test_node_labels_choose_among_instances_alone() -> None:
    labels = {"aws-load-balancer-target-node-labels": "pool=edge"}

    assert binding(stack(service(annotations=labels))).node_selector == NodeSelector(match_labels={"pool": "edge"})
    assert binding(stack(service(annotations={**labels, **IP}))).node_selector is None


def test_node_labels_are_parsed_for_instances_alone() -> None:
    labels = {"aws-load-balancer-target-node-labels": "nonsense"}

    assert "target-node-labels" in fault(service(annotations=labels))
    assert binding(stack(service(annotations={**labels, **IP}))).node_selector is None


def test_target_groups_can_be_shared_with_other_clusters() -> None:
    annotation = "aws-load-balancer-multi-cluster-target-group"

    assert binding(stack(service(annotations={annotation: "true"}))).multi_cluster_target_group
    assert annotation in fault(service(annotations={annotation: "shared"}))


@pytest.mark.parametrize(
    ("annotations", "ports", "expected"),
    [
        ({}, (TCP_80,), "TCP 30080"),
        (IP, (TCP_80,), "TCP 8080"),
        (IP, ({"port": 80, "targetPort": "http"},), "TCP http"),
        ({**IP, CHECK_PORT: "9000"}, (TCP_80,), "TCP 8080, TCP 9000"),
        ({**IP, CHECK_PORT: "8080"}, (TCP_80,), "TCP 8080"),
        (IP, (UDP_80,), "UDP 8080, TCP 8080"),
        ({**IP, CHECK_PORT: "8080"}, (UDP_80,), "UDP 8080, TCP 8080"),
        ({**IP, CHECK_PORT: "9000"}, (UDP_80,), "UDP 8080, TCP 9000"),
        ({**IP, **MERGE}, PAIR, "UDP 8080, TCP 8080"),
        ({**IP, **MERGE, CHECK_PORT: "9000"}, PAIR, "UDP 8080, TCP 8080, TCP 9000"),
        ({**IP, **QUIC}, (UDP_80,), "UDP 8080, TCP 8080"),
        ({**IP, **QUIC, **MERGE}, PAIR, "UDP 8080, TCP 8080"),
        (IP, ({"port": 80, "targetPort": 8080, "protocol": "SCTP"},), ""),
        ({**IP, CHECK_PORT: "9000"}, ({"port": 80, "targetPort": 8080, "protocol": "SCTP"},), "TCP 9000"),
    ],
)
def test_with_groups_traffic_and_health_checks_come_from_one_group(
    annotations: Mapping[str, str], ports: tuple[Mapping[str, Any], ...], expected: str
) -> None:
    assert network(annotations, *ports) == [f"{BACKEND_GROUP}: {expected}"]


def test_unrestricted_rules_open_all_ports_of_the_protocols_in_use() -> None:
    unrestricted = MappingSettings(cluster_name="demo", disable_restricted_sg_rules=True)

    assert network({}, TCP_80, settings=unrestricted) == [f"{BACKEND_GROUP}: TCP None"]
    assert network({}, UDP_80, settings=unrestricted) == [f"{BACKEND_GROUP}: TCP None, UDP None"]


@pytest.mark.parametrize(
    ("annotations", "expected"),
    [
        # Packets come from the load balancer: its subnets are enough for traffic and health.
        (IP, [f"{SUBNETS}: TCP 8080"]),
        ({**IP, CHECK_PORT: "9000"}, [f"{SUBNETS}: TCP 8080", f"{SUBNETS}: TCP 9000"]),
        # Packets come from clients: anywhere, or for an internal load balancer the VPC; both cover the subnets.
        ({}, ["10.0.0.0/16: TCP 30080"]),
        (PUBLIC, ["0.0.0.0/0: TCP 30080"]),
        # Source ranges need not cover the subnets, where health checks come from.
        ({RANGES: "192.0.2.0/24"}, ["192.0.2.0/24: TCP 30080", f"{SUBNETS}: TCP 30080"]),
        ({RANGES: "192.0.2.0/24,0.0.0.0/0"}, ["192.0.2.0/24 0.0.0.0/0: TCP 30080"]),
        ({RANGES: "192.0.2.0/24", CHECK_PORT: "9000"}, ["192.0.2.0/24: TCP 30080", f"{SUBNETS}: TCP 9000"]),
        # Source ranges say nothing where clients' addresses are not preserved.
        ({**IP, RANGES: "192.0.2.0/24"}, [f"{SUBNETS}: TCP 8080"]),
        ({PRESERVE: "preserve_client_ip.enabled=false", RANGES: "192.0.2.0/24"}, [f"{SUBNETS}: TCP 30080"]),
        ({**IP, PRESERVE: "preserve_client_ip.enabled=true"}, ["10.0.0.0/16: TCP 8080"]),
    ],
)
def test_without_groups_targets_let_in_where_packets_come_from(
    annotations: Mapping[str, str], expected: list[str]
) -> None:
    assert network({**NO_GROUPS, **annotations}) == expected


@pytest.mark.parametrize(
    ("annotations", "ports", "expected"),
    [
        (IP, (UDP_80,), ["10.0.0.0/16: UDP 8080", f"{SUBNETS}: TCP 8080"]),
        ({**IP, CHECK_PORT: "9000"}, (UDP_80,), ["10.0.0.0/16: UDP 8080", f"{SUBNETS}: TCP 9000"]),
        ({**IP, **MERGE}, PAIR, ["10.0.0.0/16: TCP 8080, UDP 8080"]),
        ({**IP, **QUIC}, (UDP_80,), ["10.0.0.0/16: UDP 8080", f"{SUBNETS}: TCP 8080"]),
        (
            {**IP, **MERGE, RANGES: "192.0.2.0/24"},
            PAIR,
            ["192.0.2.0/24: TCP 8080, UDP 8080", f"{SUBNETS}: TCP 8080"],
        ),
    ],
)
def test_without_groups_health_checks_reach_targets_of_every_protocol(
    annotations: Mapping[str, str], ports: tuple[Mapping[str, Any], ...], expected: list[str]
) -> None:
    assert network({**NO_GROUPS, **annotations}, *ports) == expected


def test_source_ranges_of_the_spec_win_over_the_annotation() -> None:
    rules = network({**NO_GROUPS, RANGES: "192.0.2.0/24"}, loadBalancerSourceRanges=["198.51.100.0/24"])

    assert rules == ["198.51.100.0/24: TCP 30080", f"{SUBNETS}: TCP 30080"]


def test_ipv6_targets_let_ipv6_addresses_in() -> None:
    ipv6 = {**NO_GROUPS, **DUALSTACK}

    assert network(ipv6, ipFamilies=["IPv6"]) == ["2001:db8::/56: TCP 30080"]
    assert network({**ipv6, **PUBLIC}, ipFamilies=["IPv6"]) == ["::/0: TCP 30080"]
    assert network({**ipv6, **IP}, ipFamilies=["IPv6"]) == ["2001:db8:0:1::/64 2001:db8:0:2::/64: TCP 8080"]


def test_without_groups_rules_on_targets_can_be_left_to_somebody_else() -> None:
    assert network({**NO_GROUPS, MANAGE: "false"}) is None
    assert network({**NO_GROUPS, MANAGE: "true"}) is not None
