"""HTTP/2 on both sides of the proxy: h2 holds the protocol, this module moves its bytes. No routing here.

`Http2` is one end of one connection. `Http2ClientSide` is one request of a client, with the same methods as
`http1.ClientSide`; `Http2TargetSide` is a connection to a target that carries one request, with those of
`http1.TargetSide`. Used by `alb`, `probes` and the gRPC servers of `albc.local.workloads`.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions

from albc.local.dataplane.headers import HOP_BY_HOP, Headers, find
from albc.local.dataplane.http1 import CHUNK, AnswerHead, BadAnswer, BadRequest, RequestHead


@dataclass
class Http2Stream:
    """One request and its answer; what the other end has sent of it so far."""

    id: int
    headers: Headers | None = None
    trailers: Headers = field(default_factory=list)
    pieces: deque[tuple[bytes, int]] = field(default_factory=deque)
    """Data, and what of the flow control window it took."""
    ended: bool = False
    broken: bool = False


class Http2:
    """One end of an HTTP/2 connection. No task of its own: whoever waits for something reads for all."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_client: bool) -> None:
        self.closed = False
        self._reader = reader
        self._writer = writer
        config = h2.config.H2Configuration(client_side=is_client, header_encoding=None)
        self._h2 = h2.connection.H2Connection(config)
        self._streams: dict[int, Http2Stream] = {}
        self._new: deque[Http2Stream] = deque()
        self._reading = False
        self._turn = asyncio.Event()
        self._h2.initiate_connection()
        self._flush()

    async def requests(self, idle_timeout: float) -> AsyncIterator[Http2Stream]:
        """A server's view: streams as clients open them, until the connection closes or is idle for too long."""
        while True:
            while self._new:
                yield self._new.popleft()
            if self.closed:
                return
            try:
                async with asyncio.timeout(None if self._streams else idle_timeout):
                    await self._advance()
            except TimeoutError:
                return

    def request(self, headers: Headers) -> Http2Stream:
        """A client's view: open a stream."""
        stream = Http2Stream(self._h2.get_next_available_stream_id())
        self._streams[stream.id] = stream
        self._h2.send_headers(stream.id, headers)
        self._flush()
        return stream

    async def until(self, condition: Callable[[], bool], stream: Http2Stream) -> bool:
        """Wait for something that the other end will do; False when the stream or the connection breaks first."""
        while not condition():
            if stream.broken or self.closed:
                return False
            await self._advance()
        return True

    async def body(self, stream: Http2Stream) -> AsyncIterator[bytes]:
        """Data of a stream to its end. Raises BadRequest when it breaks."""
        while True:
            if not await self.until(lambda: bool(stream.pieces) or stream.ended, stream):
                raise BadRequest(400)
            if not stream.pieces:
                return
            data, window = stream.pieces.popleft()
            # The window opens again only now, so that a slow reader slows the sender down.
            if window and not stream.ended:
                self._h2.acknowledge_received_data(window, stream.id)
            else:
                self._give_back(window)
            self._flush()
            yield data

    def send_headers(self, stream: Http2Stream, headers: Headers, *, end: bool = False) -> None:
        self._check(stream)
        self._h2.send_headers(stream.id, headers, end_stream=end)
        self._flush()
        if end:
            self._done(stream)

    async def send(self, stream: Http2Stream, data: bytes) -> None:
        """As the other end's window allows. Raises ConnectionError when the stream breaks."""
        rest = memoryview(data)
        while rest:
            if not await self.until(lambda: self._h2.local_flow_control_window(stream.id) > 0, stream):
                raise ConnectionResetError("the HTTP/2 stream was reset")
            self._check(stream)
            window = min(self._h2.local_flow_control_window(stream.id), self._h2.max_outbound_frame_size)
            self._h2.send_data(stream.id, rest[:window].tobytes())
            rest = rest[window:]
            self._flush()
            await self._writer.drain()

    def end(self, stream: Http2Stream, trailers: Headers | None = None) -> None:
        """Our half of the stream is over. Raises ConnectionError when it broke before."""
        self._check(stream)
        if trailers:
            self._h2.send_headers(stream.id, trailers, end_stream=True)
        else:
            self._h2.end_stream(stream.id)
        self._flush()
        self._done(stream)

    def reset(self, stream: Http2Stream) -> None:
        """Break the stream off."""
        if not stream.broken and not self.closed:
            stream.broken = True
            try:
                self._h2.reset_stream(stream.id, h2.errors.ErrorCodes.INTERNAL_ERROR)
            except h2.exceptions.ProtocolError:
                return  # it is over already
            self._flush()
        self._done(stream)

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self._h2.close_connection()
            self._flush()
        self._writer.close()

    async def _advance(self) -> None:
        """Take in what comes next, or wait while another task does so."""
        if self._reading:
            await self._turn.wait()
            return
        self._reading = True
        try:
            self._take(await self._reader.read(CHUNK))
        except (OSError, h2.exceptions.ProtocolError):
            self._lost()
        finally:
            self._flush()
            self._reading = False
            turn, self._turn = self._turn, asyncio.Event()
            turn.set()

    def _take(self, data: bytes) -> None:
        if not data:
            self._lost()
            return
        for event in self._h2.receive_data(data):
            match event:
                case h2.events.RequestReceived():
                    stream = self._streams[event.stream_id] = Http2Stream(event.stream_id, list(event.headers))
                    stream.ended = event.stream_ended is not None
                    self._new.append(stream)
                case h2.events.ConnectionTerminated():
                    self._lost()
                case h2.events.DataReceived() if event.stream_id not in self._streams:
                    self._give_back(event.flow_controlled_length)  # of a request that is answered already
                case _:
                    stream_id = getattr(event, "stream_id", None)
                    if stream_id and (known := self._streams.get(stream_id)):
                        _note(known, event)

    def _lost(self) -> None:
        self.closed = True
        for stream in self._streams.values():
            stream.broken = stream.broken or not stream.ended

    def _check(self, stream: Http2Stream) -> None:
        if stream.broken or self.closed:
            raise ConnectionResetError("the HTTP/2 stream was reset")

    def _done(self, stream: Http2Stream) -> None:
        if not self._h2.config.client_side and stream.id in self._streams:
            del self._streams[stream.id]
            self._give_back(sum(window for _, window in stream.pieces))
            self._flush()

    def _give_back(self, window: int) -> None:
        if window and not self.closed:
            self._h2.increment_flow_control_window(window)

    def _flush(self) -> None:
        if not self._writer.is_closing() and (data := self._h2.data_to_send()):
            self._writer.write(data)


def _note(stream: Http2Stream, event: h2.events.Event) -> None:
    match event:
        case h2.events.ResponseReceived():
            stream.headers = list(event.headers)
        case h2.events.TrailersReceived():
            stream.trailers = list(event.headers)
        case h2.events.DataReceived():
            stream.pieces.append((event.data, event.flow_controlled_length))
        case h2.events.StreamEnded():
            stream.ended = True
        case h2.events.StreamReset():
            stream.broken = True


class Http2ClientSide:
    """One request of a client. Methods as those of `http1.ClientSide`."""

    def __init__(self, connection: Http2, stream: Http2Stream) -> None:
        self.answered = False
        self._is_all = False
        self._connection = connection
        self._stream = stream

    @property
    def head(self) -> RequestHead:
        fields = self._stream.headers or []
        plain: Headers = [(name, value) for name, value in fields if not name.startswith(b":") and name != b"cookie"]
        # Cookies may come in several fields here; HTTP/1.1 wants one (RFC 9113 §8.2.3).
        if crumbs := [value for name, value in fields if name == b"cookie"]:
            plain.append((b"cookie", b"; ".join(crumbs)))
        if authority := find(fields, b":authority"):
            plain = [(b"host", authority), *((name, value) for name, value in plain if name != b"host")]
        return RequestHead(
            method=(find(fields, b":method") or b"").decode("latin-1"),
            target=(find(fields, b":path") or b"").decode("latin-1"),
            headers=plain,
            has_body=bool(self._stream.pieces) or not self._stream.ended,
        )

    def body(self) -> AsyncIterator[bytes]:
        return self._connection.body(self._stream)

    def start(self, answer: AnswerHead) -> None:
        self.answered = True
        self._is_all = answer.is_all
        fields = [(b":status", str(answer.status).encode()), *_fields(answer.headers)]
        self._connection.send_headers(self._stream, fields, end=answer.is_all)

    async def send(self, data: bytes) -> None:
        await self._connection.send(self._stream, data)

    async def finish(self, trailers: Headers | None = None) -> None:
        if not self._is_all:
            self._connection.end(self._stream, _fields(trailers or []))

    def break_off(self) -> None:
        """Tell the client that the answer is not whole."""
        self._connection.reset(self._stream)


class Http2TargetSide:
    """A connection to a target for one request. Methods as those of `http1.TargetSide`."""

    used = False

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, silence: float = 60.0) -> None:
        self.writer = writer
        self.silence = silence
        self.trailers: Headers = []
        self._connection = Http2(reader, writer, is_client=True)
        self._stream: Http2Stream | None = None
        self._scheme = b"https" if writer.get_extra_info("ssl_object") else b"http"
        self._sent = False

    def send_head(self, head: RequestHead) -> None:
        fields: Headers = [
            (b":method", head.method.encode("latin-1")),
            (b":scheme", self._scheme),
            (b":authority", find(head.headers, b"host") or b""),
            (b":path", head.target.encode("latin-1")),
            *((name, value) for name, value in _fields(head.headers) if name != b"host"),
            (b"te", b"trailers"),
        ]
        self._stream = self._connection.request(fields)
        if not head.has_body:
            self._connection.end(self._stream)

    async def send_body(self, body: AsyncIterator[bytes]) -> None:
        async for piece in body:
            await self._connection.send(self._opened, piece)
            self._sent = True
        self._connection.end(self._opened)

    async def answer(self) -> AnswerHead:
        """Raises BadAnswer, TimeoutError."""
        stream = self._opened
        if not await self._until(lambda: stream.headers is not None):
            raise BadAnswer("the target closed the connection or sent no HTTP/2 answer")
        headers = stream.headers or []
        status = int(find(headers, b":status") or b"502")
        plain = [(name, value) for name, value in headers if not name.startswith(b":")]
        return AnswerHead(status, b"", plain, is_all=stream.ended and not stream.pieces)

    async def body(self) -> AsyncIterator[bytes]:
        """Raises BadAnswer, TimeoutError."""
        stream = self._opened
        pieces = self._connection.body(stream)
        while True:
            if not await self._until(lambda: bool(stream.pieces) or stream.ended):
                raise BadAnswer("the target broke off its answer")
            try:
                yield await anext(pieces)
            except StopAsyncIteration:
                self.trailers = stream.trailers
                return

    def reusable(self) -> bool:
        """Never: a connection carries one request, so that no news of an idle one need be read."""
        return False

    def close(self) -> None:
        self._connection.close()

    @property
    def _opened(self) -> Http2Stream:
        if self._stream is None:
            raise BadAnswer("nothing was asked yet")
        return self._stream

    async def _until(self, condition: Callable[[], bool]) -> bool:
        while True:
            self._sent = False
            try:
                async with asyncio.timeout(self.silence):
                    return await self._connection.until(condition, self._opened)
            except TimeoutError:
                if not self._sent:
                    raise


def _fields(headers: Headers) -> Headers:
    """Names in lower case, without what only HTTP/1.1 knows."""
    return [(lower, value) for name, value in headers if (lower := name.lower()) not in HOP_BY_HOP]
