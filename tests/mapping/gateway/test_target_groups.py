"""Target groups of Services: type, port, protocol, family, attributes, and their bindings (spec/gateway.md §12)."""

from dataclasses import replace
from typing import Any

import pytest

from albc.model.listener import Listener
from albc.model.load_balancer import Attribute
from albc.model.problem import Problem
from albc.model.target_group import TargetGroup
from albc.model.target_group_binding import NodeSelector, NodeSelectorRequirement, ServiceReference, TargetGroupBinding
from tests.mapping.gateway.kit import (
    SETTINGS,
    Plain,
    binding,
    built,
    configured,
    faults,
    gateway,
    grpc_route,
    http,
    http_route,
    https,
    l4,
    l4_route,
    lbc,
    prefix,
    service,
    stack,
    target_group,
    tgc,
    to,
)

IP = tgc(targetType="ip")
DUALSTACK = (gateway(infrastructure=configured()), lbc(ipAddressType="dualstack"))


def group(*objects: Plain, **props: Any) -> TargetGroup:
    return target_group(gateway(), service(), http_route(), tgc(**props), *objects)


def test_instance_targets_are_reached_by_node_port_ip_targets_by_target_port() -> None:
    assert (group(targetType="instance").target_type, group(targetType="instance").port) == ("instance", 30080)
    assert (group(targetType="ip").target_type, group(targetType="ip").port) == ("ip", 8080)


def test_the_default_target_type_is_a_flag() -> None:
    objects = (gateway(), service(), http_route())

    assert target_group(*objects).target_type == "instance"
    assert target_group(*objects, settings=replace(SETTINGS, default_target_type="ip")).target_type == "ip"


def named(length: int) -> list[Problem]:
    """What is told of a Gateway with a name of that many characters."""
    name = "g" * length
    found = built(gateway(name=name), service(), http_route(parents=[{"name": name}]), gateway=name)
    return [problem for problem in found.built.problems if problem.severity == "error"]


def test_a_gateway_whose_name_fits_no_label_has_no_targets_and_its_route_says_so() -> None:
    [problem] = named(64)

    assert (problem.object.kind, problem.reason) == ("HTTPRoute", "UnsupportedValue")
    assert "the name of the Gateway has 64 characters" in problem.message
    assert named(63) == []


def test_a_gateway_whose_name_fits_no_tag_is_told() -> None:
    [problem] = named(253)

    assert (problem.object.kind, problem.reason) == ("Gateway", "FailedBuildModel")
    assert "would have 258 characters, AWS takes at most 256; shorten the name of the Gateway" in problem.message


def test_names_that_do_not_fit_a_tag_together_are_told_on_the_route() -> None:
    fits, long = "s" * 63, "r" * 200
    objects = (gateway(), service(fits), http_route(to(fits), name=long))

    assert faults(*objects) == [("HTTPRoute", long, "UnsupportedValue")]


def test_a_named_target_port_stands_as_port_1() -> None:
    named = service("web", {"port": 80, "targetPort": "http", "nodePort": 30080})
    found = target_group(gateway(), named, http_route(), IP)

    assert found.port == 1
    assert found.id.endswith(":http")


@pytest.mark.parametrize("spec", [{"type": "ClusterIP"}, {"clusterIP": "None"}, {"type": "ExternalName"}])
def test_a_service_without_node_port_has_no_instance_targets(spec: Plain) -> None:
    bare = service("web", {"port": 80, "targetPort": 8080}, **spec)
    objects = (gateway(), bare, http_route())

    assert stack(*objects).all(TargetGroup) == ()
    assert faults(*objects) == [("HTTPRoute", "web", "BackendNotFound")]


def test_an_alb_speaks_http_unless_https_is_asked_for() -> None:
    assert group().protocol == "HTTP"
    assert group(protocol="HTTPS").protocol == "HTTPS"


@pytest.mark.parametrize("layer", ["alb", "nlb"])
def test_a_protocol_of_the_other_layer_is_refused_on_the_route(layer: str) -> None:
    listeners, route = ((http(),), http_route()) if layer == "alb" else ((l4("TCP", 80),), l4_route("TCPRoute"))
    protocol = "TCP" if layer == "alb" else "HTTP"
    objects = (gateway(*listeners, layer=layer), service(), route, tgc(protocol=protocol))

    assert stack(*objects).all(TargetGroup) == ()
    assert ("UnsupportedProtocol") in [reason for _, _, reason in faults(*objects)]


TLS = (
    gateway({**https(), "hostname": None}, infrastructure=configured()),
    lbc(listenerConfigurations=[{"protocolPort": "HTTPS:443", "defaultCertificate": "arn:c"}]),
)
H2C = service("web", {"port": 80, "targetPort": 8080, "nodePort": 30080, "appProtocol": "kubernetes.io/h2c"})


@pytest.mark.parametrize(
    ("objects", "version"),
    [
        ((gateway(), service(), http_route()), "HTTP1"),
        ((gateway(), service(), http_route(), tgc(protocolVersion="HTTP2")), "HTTP1"),
        ((gateway(), H2C, http_route()), "HTTP1"),
        ((*TLS, service(), http_route()), "HTTP1"),
        ((*TLS, service(), http_route(), tgc(protocolVersion="HTTP2")), "HTTP2"),
        ((*TLS, service(), grpc_route()), "GRPC"),
        ((*TLS, service(), grpc_route(), tgc(protocolVersion="HTTP2")), "HTTP2"),
        ((*TLS, H2C, http_route()), "HTTP2"),
    ],
)
def test_the_protocol_version_needs_an_https_listener(objects: tuple[Plain, ...], version: str) -> None:
    assert target_group(*objects).protocol_version == version


@pytest.mark.parametrize(
    ("listener", "kind", "props", "protocol"),
    [
        (l4("TCP", 80), "TCPRoute", {}, "TCP"),
        (l4("UDP", 80), "UDPRoute", {}, "UDP"),
        (l4("TLS", 80, tls={"mode": "Passthrough"}), "TLSRoute", {}, "TLS"),
        (l4("TLS", 80, tls={"mode": "Passthrough"}), "TLSRoute", {"protocol": "TCP"}, "TCP"),
        (l4("TCP", 80), "TCPRoute", {"protocol": "TLS"}, "TLS"),
    ],
)
def test_an_nlbs_protocol_follows_the_configuration_then_the_route(
    listener: Plain, kind: str, props: Plain, protocol: str
) -> None:
    found = target_group(gateway(listener, layer="nlb"), service(), l4_route(kind), tgc(**props))

    assert (found.protocol, found.protocol_version) == (protocol, None)


def test_a_listener_of_tcp_and_udp_decides_for_its_targets() -> None:
    listeners = (l4("TCP", 53), l4("UDP", 53))
    found = target_group(gateway(*listeners, layer="nlb"), service(), l4_route("TCPRoute"), tgc(protocol="TCP"))

    assert found.protocol == "TCP_UDP"


@pytest.mark.parametrize(
    ("families", "props", "family"),
    [
        ([], {}, "ipv4"),
        (["IPv4"], {}, "ipv4"),
        (["IPv6"], {}, "ipv6"),
        (["IPv4", "IPv6"], {}, "ipv6"),
        (["IPv4", "IPv6"], {"ipAddressType": "ipv4"}, "ipv4"),
        (["IPv4"], {"ipAddressType": "ipv6"}, "ipv4"),
    ],
)
def test_the_configuration_decides_the_family_where_the_service_has_it(
    families: list[str], props: Plain, family: str
) -> None:
    found = target_group(*DUALSTACK, service(ipFamilies=families), http_route(), tgc(targetType="ip", **props))

    assert found.ip_address_type == family


def test_ipv6_targets_need_a_dualstack_load_balancer() -> None:
    objects = (gateway(), service(ipFamilies=["IPv6"]), http_route())

    assert stack(*objects).all(TargetGroup) == ()
    assert faults(*objects) == [("HTTPRoute", "web", "UnsupportedProtocol")]


def test_attributes_are_sorted_and_the_last_of_a_key_counts() -> None:
    given = [{"key": "b", "value": "1"}, {"key": "a", "value": "2"}, {"key": "b", "value": "3"}]

    assert group(targetGroupAttributes=given).attributes == (
        Attribute(key="a", value="2"),
        Attribute(key="b", value="3"),
    )


def test_a_target_groups_tags_are_its_configurations_not_the_load_balancers() -> None:
    objects = (gateway(infrastructure=configured()), lbc(tags={"team": "edge"}), service(), http_route())

    assert target_group(*objects, tgc(tags={"tier": "web"})).tags == {"tier": "web"}


def test_one_service_port_of_one_route_is_one_target_group() -> None:
    route = http_route(to("web", matches=[prefix("/a")]), to("web", matches=[prefix("/b")]))

    assert len(stack(gateway(http(80), http(81)), service(), route).all(TargetGroup)) == 1


def test_two_routes_have_two_target_groups() -> None:
    found = stack(gateway(), service(), http_route(), http_route(name="other")).all(TargetGroup)

    assert len({each.name for each in found}) == 2


@pytest.mark.parametrize(
    ("props", "accepted"),
    [
        ({"targetType": "ip", "targetControlPort": 3000}, True),
        ({"targetType": "instance", "targetControlPort": 3000}, False),
        ({"targetType": "instance", "targetControlPort": 0}, False),
    ],
)
def test_a_target_control_port_needs_ip_targets(props: Plain, accepted: bool) -> None:
    objects = (gateway(), service(), http_route(), tgc(**props))

    assert bool(stack(*objects).all(TargetGroup)) is accepted


def test_a_target_control_port_makes_another_name_and_nothing_else() -> None:
    plain = group(targetType="ip")
    controlled = group(targetType="ip", targetControlPort=3000)

    assert plain.name != controlled.name
    assert replace(controlled, name=plain.name) == plain


def test_a_binding_stands_beside_its_service_and_names_its_port() -> None:
    found = binding(gateway(), service(), http_route(), IP)

    assert (found.name, found.namespace) == (target_group(gateway(), service(), http_route(), IP).name, "shop")
    assert found.service_ref == ServiceReference(name="web", port=80)
    assert (found.target_type, found.ip_address_type, found.vpc_id) == ("ip", "ipv4", "vpc-1")
    assert found.target_group_protocol == "HTTP"
    assert not found.multi_cluster_target_group


def test_a_gateways_labels_and_annotations_go_to_its_bindings() -> None:
    marked = gateway(infrastructure={"labels": {"team": "shop"}, "annotations": {"note": "x"}})
    found = binding(marked, service(), http_route())

    assert (found.labels, found.annotations) == ({"team": "shop"}, {"note": "x"})


SELECTOR = {"matchLabels": {"pool": "a"}, "matchExpressions": [{"key": "gpu", "operator": "Exists"}]}


def test_a_node_selector_is_for_instances_only() -> None:
    def of(target_type: str) -> TargetGroupBinding:
        return binding(gateway(), service(), http_route(), tgc(targetType=target_type, nodeSelector=SELECTOR))

    assert of("instance").node_selector == NodeSelector(
        match_labels={"pool": "a"}, match_expressions=(NodeSelectorRequirement(key="gpu", operator="Exists"),)
    )
    assert of("ip").node_selector is None


def test_an_unknown_operator_of_a_node_selector_is_told_on_its_configuration() -> None:
    broken = {"matchExpressions": [{"key": "gpu", "operator": "Like"}]}

    assert faults(gateway(), service(), http_route(), tgc(nodeSelector=broken)) == [
        ("TargetGroupConfiguration", "web", "Invalid")
    ]


def test_multi_cluster_is_passed_on() -> None:
    assert binding(gateway(), service(), http_route(), tgc(enableMultiCluster=True)).multi_cluster_target_group


def test_a_tag_that_is_managed_elsewhere_is_refused_on_the_route() -> None:
    strict = replace(SETTINGS, external_managed_tags=frozenset({"cost"}))
    objects = (gateway(), service(), http_route(), tgc(tags={"cost": "1"}))

    assert stack(*objects, settings=strict).all(Listener) != ()
    assert stack(*objects, settings=strict).all(TargetGroup) == ()
    assert faults(*objects, settings=strict) == [("HTTPRoute", "web", "UnsupportedValue")]


def test_a_tcp_route_takes_the_tcp_port_of_a_number_and_a_udp_route_the_other() -> None:
    dns = service(
        "web",
        {"name": "u", "port": 53, "protocol": "UDP", "targetPort": 5353, "nodePort": 30001},
        {"name": "t", "port": 53, "protocol": "TCP", "targetPort": 5354, "nodePort": 30002},
    )

    def port(kind: str, protocol: str) -> int | None:
        route = l4_route(kind, {"name": "web", "port": 53})
        return target_group(gateway(l4(protocol, 53), layer="nlb"), dns, route, IP).port

    assert (port("TCPRoute", "TCP"), port("UDPRoute", "UDP")) == (5354, 5353)


def test_an_outside_target_group_is_forwarded_to_by_its_arn() -> None:
    objects = (gateway(), http_route({"backendRefs": [{"kind": "TargetGroupName", "name": "outside"}]}))

    assert "arn:tg/outside" in repr(stack(*objects).resources)
    assert stack(*objects).all(TargetGroup) == ()


def test_an_unknown_outside_target_group_is_told_on_its_route_alone() -> None:
    unknown = http_route({"backendRefs": [{"kind": "TargetGroupName", "name": "gone"}]})
    objects = (gateway(), service(), unknown, http_route(name="other"))

    assert len(stack(*objects).all(TargetGroup)) == 1
    assert faults(*objects) == [("HTTPRoute", "web", "BackendNotFound")]


def told(*objects: Plain) -> list[tuple[str, str, str]]:
    problems = built(*objects).built.problems
    return [(problem.object.kind, problem.reason, problem.severity) for problem in problems]


def test_a_target_group_that_two_ports_want_differently_is_told() -> None:
    both = gateway(http(), https(hostname="www.example.com"))

    found = told(both, http_route(hostnames=["www.example.com"]), service(), tgc(protocolVersion="HTTP2"))

    assert found == [("Gateway", "TargetGroupShared", "warning")]


def test_an_l4_route_on_tcp_and_tcp_udp_is_told() -> None:
    ports = gateway(l4("TCP", 80), l4("TCP", 53), l4("UDP", 53), layer="nlb")

    assert ("Gateway", "TargetGroupShared", "warning") in told(ports, l4_route("TCPRoute"), service())


def test_a_protocol_version_that_http_does_not_heed_is_told_on_its_configuration() -> None:
    found = told(gateway(), http_route(), service(), tgc(protocolVersion="HTTP2"))

    assert found == [("TargetGroupConfiguration", "ProtocolVersionIgnored", "warning")]
