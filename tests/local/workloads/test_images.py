"""Which images can be played, and on which ports."""

import pytest

from albc.local.workloads.images import ImageNotPlayed, Player, Port, ports_of, short_name


@pytest.mark.parametrize(
    "image",
    [
        "echo-basic",
        "echo-basic:v1",
        "registry.example:5000/team/echo-basic:v1",
        "gcr.io/k8s-staging/echo-basic@sha256:0123",
    ],
)
def test_registry_tag_and_digest_do_not_matter(image: str) -> None:
    assert short_name(image) == "echo-basic"


def test_an_echo_image_without_ports_opens_those_of_the_conformance_tests() -> None:
    assert ports_of({"image": "echo-basic"}) == (
        Port(3000, Player.ECHO),
        Port(3001, Player.HTTP2),
        Port(8443, Player.ECHO, tls=True),
    )


@pytest.mark.parametrize("image", ["nginx:1.27", "docker.io/library/httpd", "web-shop:2"])
def test_web_servers_open_port_80(image: str) -> None:
    assert ports_of({"image": image}) == (Port(80, Player.PAGE),)


@pytest.mark.parametrize(
    ("declared", "played"),
    [
        ({"containerPort": 8080}, Port(8080, Player.ECHO)),
        ({"containerPort": 53, "protocol": "UDP"}, Port(53, Player.UDP_ECHO)),
        ({"containerPort": 7, "name": "tcp-lines"}, Port(7, Player.TCP_ECHO)),
        ({"containerPort": 9443, "name": "https"}, Port(9443, Player.ECHO, tls=True)),
        ({"containerPort": 8080, "name": "grpc"}, Port(8080, Player.HTTP2)),
        ({"containerPort": 443}, Port(443, Player.ECHO, tls=True)),
    ],
)
def test_a_declared_port_is_played_by_protocol_name_and_number(declared: dict[str, object], played: Port) -> None:
    assert ports_of({"image": "echo", "ports": [declared]}) == (played,)


def test_the_grpc_variable_makes_the_echo_server_speak_grpc() -> None:
    env = [{"name": "GRPC_ECHO_SERVER", "value": "1"}]

    assert ports_of({"image": "echo-basic", "env": env}) == (Port(3000, Player.HTTP2),)


def test_an_unknown_image_is_refused_with_those_that_can_be_played() -> None:
    with pytest.raises(ImageNotPlayed, match=r"postgres:16 cannot be played.*echo\*.*nginx\*"):
        ports_of({"image": "postgres:16"})
