"""Services in manifests get the node ports that an API server would choose; a plan that depends on one says so."""

from typing import Any

from albc.cli.node_ports import assume, warnings
from albc.kube.key import NamespacedName
from albc.kube.objects import SERVICES, Service
from albc.model.stack import Stack, StackID
from albc.model.target_group import HealthCheck, HealthCheckMatcher, TargetGroup


def services(**specs: dict[str, Any]) -> dict[NamespacedName, Service]:
    return {
        NamespacedName("shop", name): SERVICES.convert({"metadata": {"name": name, "namespace": "shop"}, "spec": spec})
        for name, spec in specs.items()
    }


def node_ports(**specs: dict[str, Any]) -> dict[str, list[int]]:
    found, _ = assume(services(**specs))
    return {name.name: [port.node_port for port in service.spec.ports] for name, service in found.items()}


def with_target_group(port: int) -> Stack:
    health = HealthCheck(
        port="traffic-port",
        protocol="HTTP",
        path="/",
        matcher=HealthCheckMatcher(http_code="200"),
        interval_seconds=15,
        timeout_seconds=5,
        healthy_threshold_count=2,
        unhealthy_threshold_count=2,
    )
    group = TargetGroup(
        id="a",
        name="a",
        target_type="instance",
        port=port,
        protocol="HTTP",
        ip_address_type="ipv4",
        health_check=health,
        tags={},
    )
    return Stack.of(StackID("shop", "web"), [group])


def test_ports_without_a_number_get_free_ones_in_order_of_names() -> None:
    assert node_ports(
        web={"type": "LoadBalancer", "ports": [{"port": 80}, {"port": 443, "nodePort": 30001}]},
        cart={"type": "NodePort", "ports": [{"port": 80}]},
    ) == {"cart": [30000], "web": [30002, 30001]}


def test_services_that_have_none_in_a_cluster_get_none() -> None:
    assert node_ports(
        inside={"ports": [{"port": 80}]},
        without={"type": "LoadBalancer", "allocateLoadBalancerNodePorts": False, "ports": [{"port": 80}]},
    ) == {"inside": [0], "without": [0]}


def test_only_an_assumption_that_matters_is_told() -> None:
    _, assumed = assume(services(cart={"type": "NodePort", "ports": [{"port": 80}, {"port": 81}]}))
    [problem] = warnings(assumed, [None, with_target_group(30001)])
    assert (str(problem.object), problem.severity) == ("Service shop/cart", "warning")
    assert "port 81 has no nodePort; 30001 is assumed" in problem.message
