"""Which container images can be played, and which ports their containers open. PURE.

An image is known by the last part of its name, without registry and tag, and there by a prefix; a port is played by
its protocol, its name and its number.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from albc.local.kubernetes.runtime import ImageUnknown


class Player(Enum):
    """What answers on a port."""

    ECHO = "HTTP: JSON that repeats the request"
    HTTP2 = "HTTP/2 without TLS: gRPC echo, and JSON that repeats the request"
    PAGE = "HTTP: a page that says who answers"
    TCP_ECHO = "TCP: each line back, with the pod's name before it"
    UDP_ECHO = "UDP: each datagram back, with the pod's name before it"


@dataclass(frozen=True)
class Port:
    """One port to open."""

    number: int
    player: Player
    tls: bool = False


@dataclass(frozen=True)
class _Image:
    player: Player
    default_ports: tuple[Port, ...]


_IMAGES: Mapping[str, _Image] = {
    "tcp-echo": _Image(Player.TCP_ECHO, (Port(9000, Player.TCP_ECHO),)),
    "udp-echo": _Image(Player.UDP_ECHO, (Port(9000, Player.UDP_ECHO),)),
    "echo": _Image(Player.ECHO, (Port(3000, Player.ECHO), Port(3001, Player.HTTP2), Port(8443, Player.ECHO, tls=True))),
    "http-echo": _Image(Player.ECHO, (Port(5678, Player.ECHO),)),
    "nginx": _Image(Player.PAGE, (Port(80, Player.PAGE),)),
    "httpd": _Image(Player.PAGE, (Port(80, Player.PAGE),)),
    "web": _Image(Player.PAGE, (Port(80, Player.PAGE),)),
    "pause": _Image(Player.PAGE, ()),
}
_TLS_PORTS = frozenset({443, 8443})


class ImageNotPlayed(ImageUnknown):
    """An image that nothing here can play; says which can."""

    def __str__(self) -> str:
        known = ", ".join(f"{name}*" for name in _IMAGES)
        return f"image {self.image} cannot be played here; images that can, whatever registry and tag: {known}"


def short_name(image: str) -> str:
    """`registry.k8s.io:443/e2e/echo-basic:v1@sha256:…` → `echo-basic`."""
    return image.partition("@")[0].rpartition("/")[2].partition(":")[0]


def ports_of(container: Mapping[str, Any]) -> tuple[Port, ...]:
    """The ports that a container opens: those it declares, else its image's own. Raises ImageUnknown."""
    image = str(container.get("image", ""))
    name = short_name(image)
    known = next((entry for prefix, entry in _IMAGES.items() if name.startswith(prefix)), None)
    if known is None:
        raise ImageNotPlayed(image)
    variables = {variable["name"]: variable.get("value") for variable in container.get("env") or ()}
    player = Player.HTTP2 if variables.get("GRPC_ECHO_SERVER") else known.player
    declared: Sequence[Mapping[str, Any]] = container.get("ports") or ()
    if declared:
        return tuple(_declared(port, player) for port in declared)
    if player is Player.HTTP2:
        return (Port(int(variables.get("HTTP_PORT") or 3000), Player.HTTP2),)
    return known.default_ports


def _declared(port: Mapping[str, Any], image_player: Player) -> Port:
    number, name = int(port["containerPort"]), str(port.get("name") or "")
    if port.get("protocol") == "UDP":
        return Port(number, Player.UDP_ECHO)
    if image_player in (Player.TCP_ECHO, Player.UDP_ECHO) or name.startswith("tcp"):
        return Port(number, Player.TCP_ECHO)
    if image_player is Player.HTTP2 or name.startswith(("grpc", "h2c")):
        return Port(number, Player.HTTP2)
    return Port(number, image_player, tls=name.startswith("https") or number in _TLS_PORTS)
