"""HTTP/2 servers in pods: gRPC calls of the Gateway API's conformance tests, and the HTTP echo over HTTP/2.

One port answers both, told apart by the content type. HTTP/2 itself is `albc.local.dataplane.http2`'s.
"""

import asyncio
import json

import anyio

from albc.local.dataplane.headers import find
from albc.local.dataplane.http1 import AnswerHead, BadRequest
from albc.local.dataplane.http2 import Http2, Http2ClientSide
from albc.local.workloads.http import echoed
from albc.local.workloads.identity import Identity
from albc.local.workloads.images import Port

SERVICE = "gateway_api_conformance.echo_basic.grpcecho.GrpcEcho"
_METHODS = frozenset({f"/{SERVICE}/Echo", f"/{SERVICE}/EchoTwo"})
_UNIMPLEMENTED = b"12"
_IDLE_SECONDS = 3600.0
_ECHO_FIELDS = ("namespace", "ingress", "service", "pod")


class Http2Echo:
    """The server of one port of one container."""

    def __init__(self, identity: Identity, port: Port) -> None:
        self._identity = identity
        self._port = port
        self._connections: set[anyio.CancelScope] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client connection."""
        connection = Http2(reader, writer, is_client=False)
        with anyio.CancelScope() as scope:
            self._connections.add(scope)
            try:
                async with anyio.create_task_group() as streams:
                    async for stream in connection.requests(_IDLE_SECONDS):
                        streams.start_soon(self._answer, Http2ClientSide(connection, stream))
                    streams.cancel_scope.cancel()
            finally:
                self._connections.discard(scope)
                connection.close()

    def close(self) -> None:
        for scope in self._connections:
            scope.cancel()

    async def _answer(self, client: Http2ClientSide) -> None:
        try:
            async for _ in client.body():
                pass
            content_type = find(client.head.headers, b"content-type") or b""
            if content_type.startswith(b"application/grpc"):
                await self._answer_grpc(client)
            else:
                await self._answer_http(client)
        except (OSError, BadRequest):
            client.break_off()

    async def _answer_http(self, client: Http2ClientSide) -> None:
        head = client.head
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in head.headers]
        body = json.dumps(echoed(self._identity, self._port, (head.method, head.target, "HTTP/2.0"), headers)).encode()
        client.start(AnswerHead(200, b"", [(b"content-type", b"application/json")]))
        await client.send(body)
        await client.finish()

    async def _answer_grpc(self, client: Http2ClientSide) -> None:
        head = client.head
        answer = AnswerHead(200, b"", [(b"content-type", b"application/grpc")])
        if head.target not in _METHODS:
            failed = [*answer.headers, (b"grpc-status", _UNIMPLEMENTED), (b"grpc-message", b"unknown method")]
            client.start(AnswerHead(200, b"", failed, is_all=True))
            return
        message = self._echo_response(head.target, head.headers)
        client.start(answer)
        await client.send(b"\0" + len(message).to_bytes(4, "big") + message)
        await client.finish([(b"grpc-status", b"0")])

    def _echo_response(self, method: str, headers: list[tuple[bytes, bytes]]) -> bytes:
        """An `EchoResponse` of grpcecho.proto, in Protocol Buffers' wire format."""
        authority = find(headers, b"host") or b""
        seen = [(b":authority", authority), *((name, value) for name, value in headers if name != b"host")]
        who = self._identity.echo_context()
        context = b"".join(_field(number, who[name].encode()) for number, name in enumerate(_ECHO_FIELDS, 1))
        assertions = (
            _field(1, method.encode())
            + b"".join(_field(2, _field(1, name) + _field(2, value)) for name, value in seen)
            + _field(3, authority)
            + _field(4, context)
        )
        return _field(1, assertions)


def _field(number: int, data: bytes) -> bytes:
    """A length-delimited field."""
    return bytes((number << 3 | 2,)) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
