"""Backends refer to Service ports by name or number (spec/targets.md §16.4)."""

import pytest

from albc.kube.objects import SERVICES
from albc.mapping.invalid import Invalid
from albc.mapping.service_ports import find_port, target_port

SERVICE = SERVICES.convert(
    {
        "metadata": {"name": "cart", "namespace": "shop"},
        "spec": {
            "ports": [
                {"name": "http", "port": 80, "targetPort": "web"},
                {"name": "80", "port": 8080, "targetPort": 9000},
                {"port": 443},
            ]
        },
    }
)


def test_a_text_is_a_name_and_a_number_is_a_port() -> None:
    assert find_port(SERVICE, "80").port == 8080
    assert find_port(SERVICE, 80).name == "http"


def test_a_port_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(
        Invalid, match=r"unable to find port 81 on service shop/cart, which has http \(80\), 80 \(8080\), 443"
    ):
        find_port(SERVICE, 81)


def test_a_port_without_target_port_is_its_own() -> None:
    assert [target_port(port) for port in SERVICE.spec.ports] == ["web", 9000, 443]
