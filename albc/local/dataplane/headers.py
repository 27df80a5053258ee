"""Header fields on their way through an Application Load Balancer. PURE.

Rules are those of the AWS pages "HTTP headers and Application Load Balancers" and "Request tracing". Names keep the
spelling in which they came. Called by the HTTP side for each request and answer.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from albc.local.dataplane.attributes import ListenerSettings, LoadBalancerSettings

Headers = list[tuple[bytes, bytes]]

SERVER = b"awselb/2.0"

# RFC 9110 §7.6.1, and what HTTP/1.0 programs made of it. Both sides of a proxy frame their own messages.
HOP_BY_HOP = frozenset(
    {b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"transfer-encoding", b"upgrade"}
)
_DEFAULT_PORTS = frozenset({80, 443})
_VALID_NAME = re.compile(rb"[-A-Za-z0-9]+")


@dataclass(frozen=True)
class Arrival:
    """How a request came in."""

    client_ip: str
    client_port: int
    protocol: str
    """`http` or `https`."""
    listener_port: int
    tls: tuple[str, str] | None = None
    """TLS version and cipher suite."""
    real_port: int = 0
    """On this machine, where the listener's own may stand elsewhere; 0 for no other."""


def find(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> bytes | None:
    """The first value of a field, by its lower-case name."""
    return next((value for key, value in headers if key.lower() == name), None)


def compared_host(host: str, arrival: Arrival) -> str:
    """What host conditions see: the Host header as it comes, for an ALB compares its port, too; only the protocol's own
    port is no part of it. Who was sent to another port of this machine means the listener's.
    """
    name, colon, given = host.rpartition(":")
    if not colon or not given.isdecimal():
        return host
    port = arrival.listener_port if int(given) == arrival.real_port else int(given)
    return name if port == arrival.listener_port and port in _DEFAULT_PORTS else f"{name}:{port}"


def host_header(host: str, settings: LoadBalancerSettings, port: int) -> str:
    """The Host header for the target: by default it bears the listener's port unless that is 80 or 443."""
    if settings.preserve_host:
        return host
    name, colon, given = host.rpartition(":")
    named_port = bool(colon) and given.isdecimal() and not name.endswith(":")
    if port in _DEFAULT_PORTS:
        return name if named_port else host
    return host if named_port else f"{host}:{port}"


def trace_id(received: str | None, fresh: str) -> str:
    """X-Amzn-Trace-Id for the target: `Root=` when there is none yet, else our own `Self=` before what came.

    `fresh` is an identifier of the form `1-<8 hex digits of the time>-<24 hex digits>`.
    """
    if not received or "Root=" not in received:
        return ";".join(filter(None, (f"Root={fresh}", received)))
    kept = ";".join(part for part in received.split(";") if not part.strip().startswith("Self="))
    return f"Self={fresh};{kept}"


def to_target(
    received: Sequence[tuple[bytes, bytes]], settings: LoadBalancerSettings, arrival: Arrival, host: str, fresh: str
) -> Headers:
    """Request header fields for the target. `host` is the final Host header, `fresh` as in `trace_id`."""
    named = _named_by_connection(received)
    headers: Headers = [(b"Host", host.encode("latin-1"))]
    forwarded_for: list[str] = []
    trace: str | None = None
    for name, value in received:
        match lower := name.lower():
            case b"host" | b"expect" | b"x-forwarded-proto" | b"x-forwarded-port":
                continue
            case b"x-forwarded-for":
                forwarded_for.append(value.decode("latin-1"))
            case b"x-amzn-trace-id":
                trace = value.decode("latin-1")
            case _ if lower in HOP_BY_HOP or lower in named:
                continue
            case _ if settings.drop_invalid_headers and not _VALID_NAME.fullmatch(name):
                continue
            case _:
                headers.append((name, value))
    headers.extend(_forwarded(settings, arrival, forwarded_for))
    headers.append((b"X-Amzn-Trace-Id", trace_id(trace, fresh).encode("latin-1")))
    return headers


def _forwarded(settings: LoadBalancerSettings, arrival: Arrival, received: Sequence[str]) -> Headers:
    headers: Headers = []
    if settings.xff_mode == "append":
        client = f"{arrival.client_ip}:{arrival.client_port}" if settings.xff_client_port else arrival.client_ip
        received = [*received, client]
    if received and settings.xff_mode != "remove":
        headers.append((b"X-Forwarded-For", ", ".join(received).encode("latin-1")))
    headers.append((b"X-Forwarded-Proto", arrival.protocol.encode()))
    headers.append((b"X-Forwarded-Port", str(arrival.listener_port).encode()))
    if settings.tls_headers and arrival.tls:
        version, suite = arrival.tls
        headers.append((b"X-Amzn-Tls-Version", version.encode()))
        headers.append((b"X-Amzn-Tls-Cipher-Suite", suite.encode()))
    return headers


def to_client(received: Sequence[tuple[bytes, bytes]], settings: ListenerSettings) -> Headers:
    """Answer header fields for the client, without framing. What the listener sets, it sets alone."""
    named = _named_by_connection(received)
    own = {name.lower() for name, _ in settings.response_headers}
    headers = [
        (name, value)
        for name, value in received
        if (lower := name.lower()) not in HOP_BY_HOP and lower not in named and lower not in own
    ]
    return [*headers, *settings.response_headers]


def own_answer(settings: ListenerSettings, content_type: str, length: int) -> Headers:
    """Header fields of an answer that the load balancer makes itself."""
    headers = [(b"Content-Type", content_type.encode("latin-1")), (b"Content-Length", str(length).encode())]
    if settings.server_header:
        headers.insert(0, (b"Server", SERVER))
    return [*headers, *settings.response_headers]


def _named_by_connection(received: Sequence[tuple[bytes, bytes]]) -> frozenset[bytes]:
    return frozenset(
        token.strip().lower()
        for name, value in received
        if name.lower() == b"connection"
        for token in value.split(b",")
    )
