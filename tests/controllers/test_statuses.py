"""Statuses of Services and Ingresses are written only when they say something new."""

import pytest

from albc.controllers.ingress_status import status_patch as ingress_patch
from albc.controllers.service_status import status_patch as service_patch
from albc.kube.objects import INGRESSES, SERVICES, Ingress, Service

ALB = "k8s-shop-web-1.us-west-2.elb.amazonaws.com"
NLB = "k8s-shop-web-2.elb.us-west-2.amazonaws.com"


def service(*entries: dict[str, object]) -> Service:
    return SERVICES.convert(
        {
            "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"ports": [{"port": 80}, {"port": 53, "protocol": "UDP"}]},
            "status": {"loadBalancer": {"ingress": list(entries)}},
        }
    )


def ingress(*entries: dict[str, object]) -> Ingress:
    return INGRESSES.convert(
        {"metadata": {"name": "web", "namespace": "shop"}, "status": {"loadBalancer": {"ingress": list(entries)}}}
    )


def test_a_service_gets_the_hostname_and_its_ports() -> None:
    assert service_patch(service(), NLB) == {
        "status": {
            "loadBalancer": {
                "ingress": [
                    {"hostname": NLB, "ports": [{"port": 80, "protocol": "TCP"}, {"port": 53, "protocol": "UDP"}]}
                ]
            }
        }
    }


def test_a_service_that_says_it_already_is_left_alone() -> None:
    assert service_patch(service({"hostname": NLB, "ports": [{"port": 53}, {"port": 80}]}), NLB) is None


@pytest.mark.parametrize(
    "entries",
    [
        [{"hostname": "old", "ports": [{"port": 80}, {"port": 53}]}],
        [{"hostname": NLB, "ports": [{"port": 80}]}],
        [{"hostname": NLB, "ip": "1.2.3.4", "ports": [{"port": 80}, {"port": 53}]}],
        [{"hostname": NLB, "ports": [{"port": 80}, {"port": 53}]}, {"hostname": "other"}],
    ],
)
def test_anything_else_in_a_services_status_is_replaced(entries: list[dict[str, object]]) -> None:
    assert service_patch(service(*entries), NLB) is not None


def test_an_ingress_gets_the_ports_of_the_whole_group_in_order() -> None:
    assert ingress_patch(ingress(), [ALB], [443, 80]) == {
        "status": {
            "loadBalancer": {
                "ingress": [{"hostname": ALB, "ports": [{"port": 80, "protocol": ""}, {"port": 443, "protocol": ""}]}]
            }
        }
    }


def test_a_frontend_nlb_stands_beside_the_alb_without_ports() -> None:
    patch = ingress_patch(ingress(), [ALB, NLB], [80])
    assert patch is not None
    assert patch["status"]["loadBalancer"]["ingress"][1] == {"hostname": NLB}


def test_an_ingress_that_says_it_already_is_left_alone() -> None:
    entries: list[dict[str, object]] = [
        {"hostname": NLB},
        {"hostname": ALB, "ports": [{"port": 443}, {"port": 80}]},
    ]
    assert ingress_patch(ingress(*entries), [ALB, NLB], [80, 443]) is None


@pytest.mark.parametrize(
    "entries",
    [
        [{"hostname": ALB, "ports": [{"port": 80}]}, {"hostname": ALB, "ports": [{"port": 80}]}],
        [{"hostname": ALB, "ip": "1.2.3.4", "ports": [{"port": 80}]}],
        [{"hostname": ALB, "ports": [{"port": 80}]}, {"hostname": NLB}],
        [{"hostname": ALB.upper(), "ports": [{"port": 80}]}],
        [{"hostname": ALB}],
    ],
)
def test_anything_else_in_an_ingresss_status_is_replaced(entries: list[dict[str, object]]) -> None:
    assert ingress_patch(ingress(*entries), [ALB], [80]) == {
        "status": {"loadBalancer": {"ingress": [{"hostname": ALB, "ports": [{"port": 80, "protocol": ""}]}]}}
    }


def test_the_ports_of_an_ingress_stay_when_its_group_has_no_listener_any_more() -> None:
    assert ingress_patch(ingress({"hostname": ALB, "ports": [{"port": 80}]}), [ALB], []) is None
