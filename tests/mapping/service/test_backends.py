"""How the targets of a port are reached: type, port and address family."""

from typing import Any

import pytest

from albc.mapping.settings import MappingSettings
from albc.model.target_group import TargetGroup
from tests.mapping.service.kit import IP, TCP_80, fault, service, stack, target_group, warnings

TARGET_TYPE = "aws-load-balancer-nlb-target-type"
DUALSTACK = {"aws-load-balancer-ip-address-type": "dualstack"}


def group(annotations: dict[str, str], **spec: Any) -> TargetGroup:
    return target_group(stack(service(annotations=annotations, **spec)))


def test_targets_are_instances_on_their_node_port_unless_said_otherwise() -> None:
    assert (group({}).target_type, group({}).port) == ("instance", 30080)


def test_ip_targets_listen_on_the_target_port() -> None:
    assert (group(IP).target_type, group(IP).port) == ("ip", 8080)


def test_the_default_comes_from_the_flag() -> None:
    settings = MappingSettings(cluster_name="demo", default_target_type="ip")

    assert target_group(stack(service(), settings=settings)).target_type == "ip"


def test_the_type_nlb_ip_forces_ip_targets() -> None:
    assert group({"aws-load-balancer-type": "nlb-ip", TARGET_TYPE: "instance"}).target_type == "ip"


@pytest.mark.parametrize("word", ["IP", "lambda", ""])
def test_any_other_word_means_instance_and_says_so(word: str) -> None:
    subject = service(annotations={TARGET_TYPE: word})

    assert target_group(stack(subject)).target_type == "instance"
    [warning] = warnings(subject)
    assert f'"{word}" means instance' in warning.message
    assert ("write ip in lower case" in warning.message) == (word == "IP")


def test_with_the_gate_off_ip_targets_are_refused_but_for_nlb_ip() -> None:
    off = MappingSettings(cluster_name="demo", enable_ip_target_type=False)

    assert "EnableIPTargetType is false" in fault(service(annotations=IP), settings=off)
    nlb_ip = service(annotations={"aws-load-balancer-type": "nlb-ip"})
    assert target_group(stack(nlb_ip, settings=off)).target_type == "ip"


def test_a_cluster_ip_service_has_no_instance_targets() -> None:
    assert 'unsupported service type "ClusterIP"' in fault(service(type="ClusterIP"))


def test_instance_targets_need_node_ports() -> None:
    port = {"port": 80, "targetPort": 8080}

    assert "set allocateLoadBalancerNodePorts to true" in fault(service(port, allocateLoadBalancerNodePorts=False))
    assert "is the service type correct?" in fault(service(port, type="ExternalName"))


def test_a_node_port_given_by_hand_is_enough() -> None:
    assert group({}, allocateLoadBalancerNodePorts=False).port == TCP_80["nodePort"]


def test_a_target_port_by_name_counts_as_port_one_in_aws() -> None:
    assert target_group(stack(service({"port": 80, "targetPort": "http"}, annotations=IP))).port == 1


@pytest.mark.parametrize(
    ("families", "expected"), [([], "ipv4"), (["IPv4"], "ipv4"), (["IPv6"], "ipv6"), (["IPv4", "IPv6"], "ipv6")]
)
def test_targets_are_ipv6_as_soon_as_the_service_has_such_addresses(families: list[str], expected: str) -> None:
    assert group(DUALSTACK, ipFamilies=families).ip_address_type == expected


def test_ipv6_targets_need_a_dualstack_load_balancer() -> None:
    assert "unsupported IPv6 configuration" in fault(service(ipFamilies=["IPv6"]))
