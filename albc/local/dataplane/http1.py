"""HTTP/1.1 on both sides of the proxy: h11 holds the protocol, this module moves its bytes. No routing here.

`ClientSide` is a connection that a client opened to a load balancer, `TargetSide` one that the load balancer opened to
a target; each carries one request after another. Bodies pass in pieces and are never held whole. Used by `alb` and
`probes`.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass

import h11

from albc.local.dataplane.headers import Headers, find
from albc.local.dataplane.relay import Stream, reset

CHUNK = 65536
MAX_HEAD = 65536
"""Bytes of request line and header fields; AWS allows 16 K for a line and 64 K for all."""
MAX_LEFTOVER = 1 << 20
"""Of a request body that nobody wants: read and dropped up to here, so that the client sees the answer."""


class BadRequest(Exception):
    """What the client sent is no HTTP; `status` is the answer."""

    def __init__(self, status: int) -> None:
        super().__init__(f"malformed request, answered {status}")
        self.status = status


class BadAnswer(Exception):
    """The target closed the connection or sent no HTTP. `silent`: before it sent a byte of the answer."""

    def __init__(self, why: str, *, silent: bool = False) -> None:
        super().__init__(why)
        self.silent = silent


@dataclass(frozen=True)
class RequestHead:
    """First part of a request. Header names keep their spelling."""

    method: str
    target: str
    headers: Headers
    has_body: bool

    @property
    def upgrade(self) -> bytes | None:
        """The protocol that the client wants to switch to (`websocket`)."""
        return find(self.headers, b"upgrade")


@dataclass(frozen=True)
class AnswerHead:
    """First part of an answer."""

    status: int
    reason: bytes
    headers: Headers
    is_all: bool = False
    """HTTP/2 only: nothing follows, not even an end. gRPC calls that fail at once are answered so."""


class ClientSide:
    """Server's end of one client connection. Not for two requests at once: HTTP/1.1 answers in order."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._h11 = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEAD)
        self._out: list[bytes] = []
        self.answered = False
        """The head of the answer to the current request has been given out."""

    async def next_request(self, idle_timeout: float) -> RequestHead | None:
        """The next request; None when the client has gone or been silent for too long. Raises BadRequest."""
        self.answered = False
        try:
            async with asyncio.timeout(idle_timeout):
                event = await self._event()
        except (TimeoutError, ConnectionError):
            return None
        except h11.RemoteProtocolError as error:
            raise BadRequest(error.error_status_hint) from error
        if not isinstance(event, h11.Request):
            return None
        headers = event.headers.raw_items()
        return RequestHead(
            method=event.method.decode("ascii"),
            target=event.target.decode("latin-1"),
            headers=headers,
            has_body=any(name in (b"content-length", b"transfer-encoding") for name, _ in event.headers),
        )

    async def body(self) -> AsyncIterator[bytes]:
        """The rest of the current request's body. Raises BadRequest, ConnectionError."""
        if self._h11.they_are_waiting_for_100_continue:
            self._write(h11.InformationalResponse(status_code=100, headers=[], reason="Continue"))
            await self.flush()
        while True:
            try:
                event = await self._event()
            except h11.RemoteProtocolError as error:
                raise BadRequest(error.error_status_hint) from error
            if not isinstance(event, h11.Data):
                return
            yield bytes(event.data)

    def start(self, answer: AnswerHead) -> None:
        """Give out the head; it leaves with the first piece of the body."""
        self.answered = True
        self._write(h11.Response(status_code=answer.status, reason=answer.reason, headers=answer.headers))

    async def send(self, data: bytes) -> None:
        """One piece of the body; waits while the client is slow."""
        self._write(h11.Data(data=data))
        await self.flush()

    async def finish(self, trailers: Headers | None = None) -> None:
        """End of the answer. Trailers go along where the framing has room for them."""
        self._write(h11.EndOfMessage(headers=trailers or []))
        await self.flush()

    async def flush(self) -> None:
        """Let what is held back leave."""
        if self._out:
            self._writer.write(b"".join(self._out))
            self._out.clear()
            await self._writer.drain()

    async def ready_for_next(self, idle_timeout: float) -> bool:
        """After an answer: True when the connection can carry another request."""
        left = MAX_LEFTOVER
        try:
            async with asyncio.timeout(idle_timeout):
                while self._h11.their_state is h11.SEND_BODY and left > 0:
                    if isinstance(event := await self._event(), h11.Data):
                        left -= len(event.data)
        except (TimeoutError, ConnectionError, h11.RemoteProtocolError):
            return False
        if self._h11.our_state is not h11.DONE or self._h11.their_state is not h11.DONE:
            return False
        self._h11.start_next_cycle()
        return True

    async def switch(self, answer: AnswerHead) -> Stream:
        """Answer 101; from here on the connection carries another protocol, and this is its raw side."""
        while self._h11.their_state is h11.SEND_BODY:
            await self._event()
        self.answered = True
        self._write(h11.InformationalResponse(status_code=answer.status, reason=answer.reason, headers=answer.headers))
        await self.flush()
        return Stream(self._reader, self._writer, self._h11.trailing_data[0])

    def break_off(self) -> None:
        """Cut the connection: all that can tell a client that the answer is not whole."""
        reset(self._writer)

    async def _event(self) -> object:
        while (event := self._h11.next_event()) is h11.NEED_DATA:
            self._h11.receive_data(await self._reader.read(CHUNK))
        return event

    def _write(self, event: h11.Event) -> None:
        if data := self._h11.send(event):
            self._out.append(data)


class TargetSide:
    """Client's end of one connection to a target."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, silence: float = 60.0) -> None:
        self.reader = reader
        self.writer = writer
        self.silence = silence
        """Seconds without a byte either way after which reading raises TimeoutError."""
        self.used = False
        """It has carried a request before, so the target may have closed it since."""
        self._h11 = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD)
        self._sent = False
        self.trailers: Headers = []
        """Of the last answer, once its body is through."""

    @property
    def stale(self) -> bool:
        """The target has closed it, or sent what nobody asked for."""
        return self.reader.at_eof() or self.writer.is_closing() or self._h11.trailing_data[0] != b""

    def send_head(self, head: RequestHead) -> None:
        """Raises h11.LocalProtocolError when a rewrite made it invalid."""
        data = self._h11.send(h11.Request(method=head.method, target=head.target, headers=head.headers))
        self.writer.write(data or b"")
        if not head.has_body:
            self._h11.send(h11.EndOfMessage())

    async def send_body(self, body: AsyncIterator[bytes]) -> None:
        """Piece by piece, as fast as the target takes it."""
        async for piece in body:
            self.writer.write(self._h11.send(h11.Data(data=piece)) or b"")
            await self.writer.drain()
            self._sent = True
        self.writer.write(self._h11.send(h11.EndOfMessage()) or b"")

    async def answer(self) -> AnswerHead:
        """Head of the answer; interim answers other than 101 are passed over. Raises BadAnswer, TimeoutError."""
        silent = True
        while True:
            try:
                while (event := self._h11.next_event()) is h11.NEED_DATA:
                    data = await self._read()
                    silent = silent and not data
                    self._h11.receive_data(data)
            except (h11.RemoteProtocolError, ConnectionError, ssl.SSLError) as error:
                raise BadAnswer("the target closed the connection or sent no HTTP answer", silent=silent) from error
            if isinstance(event, h11.Response) or (
                isinstance(event, h11.InformationalResponse) and event.status_code == 101
            ):
                return AnswerHead(event.status_code, bytes(event.reason), event.headers.raw_items())
            if isinstance(event, h11.ConnectionClosed):
                raise BadAnswer("the target closed the connection", silent=silent)

    async def body(self) -> AsyncIterator[bytes]:
        """Body of the answer. Raises BadAnswer, TimeoutError."""
        while True:
            try:
                while (event := self._h11.next_event()) is h11.NEED_DATA:
                    self._h11.receive_data(await self._read())
            except (h11.RemoteProtocolError, ConnectionError, ssl.SSLError) as error:
                raise BadAnswer("the target broke off its answer") from error
            if not isinstance(event, h11.Data):
                if isinstance(event, h11.EndOfMessage):
                    self.trailers = event.headers.raw_items()
                return
            yield bytes(event.data)

    def switched(self) -> Stream:
        """After 101: the raw connection."""
        return Stream(self.reader, self.writer, self._h11.trailing_data[0])

    def reusable(self) -> bool:
        """After a whole exchange: make it ready for the next one, if it can be."""
        if self._h11.our_state is not h11.DONE or self._h11.their_state is not h11.DONE or self.stale:
            return False
        self._h11.start_next_cycle()
        self.used = True
        return True

    def close(self) -> None:
        self.writer.close()

    async def _read(self) -> bytes:
        while True:
            self._sent = False
            try:
                async with asyncio.timeout(self.silence):
                    return await self.reader.read(CHUNK)
            except TimeoutError:
                if not self._sent:
                    raise
