"""Which QUIC server id a target has."""

from typing import Any

import pytest

from albc.kube.objects import PODS, Pod
from albc.targets.quic import server_id

VARIABLE = "AWS_LBC_QUIC_SERVER_ID"
ASKS = {"service.beta.kubernetes.io/aws-load-balancer-quic-enabled-containers": "web"}


def container(name: str, port: int, value: str | None, **more: Any) -> dict[str, Any]:
    env = [{"name": VARIABLE, "value": value}] if value is not None else []
    return {"name": name, "ports": [{"containerPort": port}], "env": env, **more}


def pod(*containers: dict[str, Any], side_cars: tuple[dict[str, Any], ...] = (), asks: bool = True) -> Pod:
    return PODS.convert(
        {
            "metadata": {"name": "web", "annotations": ASKS if asks else {}},
            "spec": {"containers": list(containers), "initContainers": list(side_cars)},
        }
    )


def test_the_id_is_written_as_aws_wants_it() -> None:
    assert server_id(pod(container("web", 443, "AAAAAfQAMgU=")), 443, VARIABLE) == "0x00000001f4003205"


def test_each_port_has_the_id_of_its_container() -> None:
    two = pod(container("web", 443, "AAAAAAAAAAE="), container("api", 8443, "AAAAAAAAAAI="))
    assert server_id(two, 8443, VARIABLE) == "0x0000000000000002"


def test_a_port_that_no_container_lists_has_the_first_id() -> None:
    two = pod(container("log", 9000, None), container("web", 443, "AAAAAAAAAAE="))
    assert server_id(two, 1234, VARIABLE) == "0x0000000000000001"


def test_a_side_car_counts_and_an_init_container_does_not() -> None:
    car = container("proxy", 443, "AAAAAAAAAAE=", restartPolicy="Always")
    assert server_id(pod(side_cars=(car,)), 443, VARIABLE) == "0x0000000000000001"
    assert server_id(pod(side_cars=(container("setup", 443, "AAAAAAAAAAE="),)), 443, VARIABLE) == ""


@pytest.mark.parametrize("value", ["not base64", "AAA", ""])
def test_what_is_no_id_is_none(value: str) -> None:
    assert server_id(pod(container("web", 443, value)), 443, VARIABLE) == ""


def test_a_pod_that_does_not_ask_for_ids_has_none_and_its_environment_is_not_kept() -> None:
    silent = pod(container("web", 443, "AAAAAfQAMgU="), asks=False)
    assert server_id(silent, 443, VARIABLE) == ""
    assert "AAAAAfQAMgU=" not in repr(silent)
