"""What a Classic Load Balancer cannot do is refused, not ignored."""

import pytest

from tests.mapping.service.classic.kit import balancer, fault, service
from tests.mapping.service.kit import PREFIX


@pytest.mark.parametrize("type_", ["nlb", "nlb-ip", "external"])
def test_a_type_of_network_load_balancers_conflicts_with_the_class(type_: str) -> None:
    assert fault(service(annotations={"aws-load-balancer-type": type_})).startswith(
        f'annotation "{PREFIX}aws-load-balancer-type"="{type_}" conflicts with loadBalancerClass "service.k8s.aws/clb"'
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("aws-load-balancer-nlb-target-type", "ip"),
        ("aws-load-balancer-ip-address-type", "dualstack"),
        ("aws-load-balancer-ip-address-type", ""),
    ],
)
def test_a_value_of_network_load_balancers_is_refused(name: str, value: str) -> None:
    assert fault(service(annotations={name: value})).startswith(
        f'annotation "{PREFIX}{name}"="{value}" is not supported for Classic Load Balancer'
    )


@pytest.mark.parametrize(
    "suffix",
    [
        "aws-load-balancer-name",
        "aws-load-balancer-attributes",
        "aws-load-balancer-eip-allocations",
        "aws-load-balancer-private-ipv4-addresses",
        "aws-load-balancer-ipv6-addresses",
        "aws-load-balancer-enable-prefix-for-ipv6-source-nat",
        "aws-load-balancer-source-nat-ipv6-prefixes",
        "aws-load-balancer-alpn-policy",
        "aws-load-balancer-minimum-load-balancer-capacity",
        "aws-load-balancer-inbound-sg-rules-on-private-link-traffic",
        "aws-load-balancer-security-group-prefix-lists",
        "aws-load-balancer-enable-icmp-for-path-mtu-discovery",
        "aws-load-balancer-enable-tcp-udp-listener",
        "aws-load-balancer-disable-nlb-sg",
        "aws-load-balancer-quic-enabled-ports",
        "aws-load-balancer-proxy-protocol-per-target-group",
        "aws-load-balancer-healthcheck-success-codes",
        "aws-load-balancer-multi-cluster-target-group",
        "aws-load-balancer-listener-attributes.TCP-80",
        "actions.TCP-80",
    ],
)
def test_an_annotation_of_network_load_balancers_is_refused(suffix: str) -> None:
    assert fault(service(annotations={suffix: ""})).startswith(
        f'annotation "{PREFIX}{suffix}" is not supported for Classic Load Balancer'
    )


@pytest.mark.parametrize("suffix", ["", ".80"])
def test_target_group_attributes_are_for_network_load_balancers(suffix: str) -> None:
    given = {f"aws-load-balancer-target-group-attributes{suffix}": "a=b"}

    assert fault(service(annotations=given)) == "target group attributes annotation is only supported for NLB"


def test_what_a_classic_one_has_anyway_may_be_said() -> None:
    given = {"aws-load-balancer-nlb-target-type": "instance", "aws-load-balancer-ip-address-type": "ipv4"}

    assert balancer(service(annotations=given)) == balancer(service())
