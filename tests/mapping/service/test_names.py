"""Names are the reference's, byte for byte: a take-over renames nothing."""

from collections.abc import Mapping
from typing import Any

import pytest

from albc.kube.objects import SERVICES, Service
from albc.model.target_group import TargetGroup
from tests.mapping.service.kit import CLASS, IP, PREFIX, existing, fault, load_balancer, managed_group, stack, warnings
from tests.mapping.service.kit import service as web

NAME = "aws-load-balancer-name"
UID = "0f0e0d0c-0b0a-4908-8706-050403020100"


def edge_proxy(port: Mapping[str, Any], annotations: Mapping[str, str] = IP, **spec: Any) -> Service:
    """The Service of the vectors in spec/service.md A8.9."""
    return SERVICES.convert(
        {
            "metadata": {
                "namespace": "web-apps",
                "name": "edge-proxy-1",
                "uid": UID,
                "annotations": {PREFIX + suffix: value for suffix, value in annotations.items()},
            },
            "spec": {"type": "LoadBalancer", "loadBalancerClass": CLASS, "ports": [port], **spec},
        }
    )


HTTPS = {"port": 443, "targetPort": 8443, "nodePort": 31443}


@pytest.mark.parametrize(
    ("scheme", "name"),
    [("internal", "k8s-webapps-edgeprox-bd495dd8bb"), ("internet-facing", "k8s-webapps-edgeprox-27d2b8a5b0")],
)
def test_the_scheme_is_part_of_the_load_balancers_name(scheme: str, name: str) -> None:
    subject = edge_proxy(HTTPS, {"aws-load-balancer-scheme": scheme})

    assert load_balancer(stack(subject)).name == name


def test_the_managed_group_has_a_name_of_its_own() -> None:
    assert managed_group(stack(edge_proxy(HTTPS))).group_name == "k8s-webapps-edgeprox-277a56f7c6"


def target_groups(subject: Service, *others: Service) -> list[str]:
    return [group.name for group in stack(subject, *others).all(TargetGroup)]


def test_a_target_group_of_ip_targets_has_the_name_of_the_vector() -> None:
    assert target_groups(edge_proxy(HTTPS)) == ["k8s-webapps-edgeprox-7b5701955c"]


def test_a_target_group_of_a_local_service_has_the_name_of_the_vector() -> None:
    local = edge_proxy(HTTPS, {}, externalTrafficPolicy="Local", healthCheckNodePort=32000)

    assert target_groups(local) == ["k8s-webapps-edgeprox-be9483c9e6"]


def test_a_target_group_behind_an_action_has_the_name_of_the_vector() -> None:
    canary = SERVICES.convert(
        {
            "metadata": {"namespace": "web-apps", "name": "canary", "uid": "11111111-2222-4333-8444-555555555555"},
            "spec": {"ports": [{"port": 81, "targetPort": 8080}]},
        }
    )
    action = '{"type":"forward","forwardConfig":{"targetGroups":[{"serviceName":"canary","servicePort":81}]}}'

    assert "k8s-webapps-canary-b4776e07f1" in target_groups(
        edge_proxy(HTTPS, {**IP, "actions.TCP-443": action}), canary
    )


def test_a_given_name_is_taken_as_it_is() -> None:
    assert load_balancer(stack(web(annotations={NAME: "my-balancer"}))).name == "my-balancer"


@pytest.mark.parametrize("name", ["a" * 33, "é" * 17])
def test_a_name_of_more_than_32_bytes_is_refused(name: str) -> None:
    assert "cannot be longer than 32 characters" in fault(web(annotations={NAME: name}))


def test_a_new_name_for_a_load_balancer_that_exists_is_told_to_do_nothing() -> None:
    [warning] = warnings(web(annotations={NAME: "new"}), facts=existing(name="old"))

    assert "does nothing, because the load balancer exists as old" in warning.message


def test_the_name_that_it_has_is_not_worth_a_word() -> None:
    assert not warnings(web(annotations={NAME: "old"}), facts=existing(name="old"))
