"""How fast is the local data plane? `python -m benchmarks.dataplane [--requests N] [--json FILE]` prints a table.

Three processes: targets (a bare asyncio server), the data plane, and this one, which asks. "per core" is requests
divided by the CPU seconds that the data plane used: what one core could carry if the others cost nothing.
"""

import argparse
import asyncio
import multiprocessing
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from albc.local.dataplane.plane import DataPlane
from albc.local.dataplane.snapshot import Snapshot
from albc.local.kubernetes.auth.certificates import CertificateAuthority
from albc.local.network import AddressBook
from benchmarks.report import Row, save, show

CLIENTS = 16
REQUEST = b"GET /shop/cart?id=1 HTTP/1.1\r\nHost: shop.example.com\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\nhello\n"
TARGET_HOST, TARGET_PORT = "127.19.250.1", 18080


@dataclass(frozen=True)
class Case:
    name: str
    address: str
    protocol: str
    rules: int = 0
    targets: int = 1
    answers_itself: bool = False
    new_connections: bool = False

    @property
    def is_network(self) -> bool:
        return self.protocol in ("TCP", "TLS")


CASES = (
    Case("HTTP, fixed response", "127.18.250.1", "HTTP", answers_itself=True),
    Case("HTTP, forward, 1 target", "127.18.250.2", "HTTP"),
    Case("HTTP, forward, 100 rules before", "127.18.250.3", "HTTP", rules=100),
    Case("HTTP, forward, 300 targets", "127.18.250.4", "HTTP", targets=300),
    Case("HTTPS, forward, 1 target", "127.18.250.5", "HTTPS"),
    Case("HTTP, a connection for each request", "127.18.250.6", "HTTP", new_connections=True),
    Case("TCP, kept connections", "127.18.250.7", "TCP"),
    Case("TCP, a connection for each request", "127.18.250.8", "TCP", new_connections=True),
)
PORT = 18443


def snapshot() -> Snapshot:
    listeners: dict[str, tuple[dict[str, Any], ...]] = {}
    rules: dict[str, tuple[dict[str, Any], ...]] = {}
    groups, targets = {}, {}
    for case in CASES:
        arn = case.address
        listeners[arn] = (
            {
                "ListenerArn": arn,
                "Port": PORT,
                "Protocol": case.protocol,
                "DefaultActions": [
                    {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200", "MessageBody": "hello\n"}}
                    if case.answers_itself
                    else {"Type": "forward", "TargetGroupArn": arn}
                ],
                "Certificates": [{"CertificateArn": "certificate", "IsDefault": True}],
            },
        )
        rules[arn] = tuple(
            {
                "RuleArn": f"{arn}/{number}",
                "Priority": str(number + 1),
                "Conditions": [
                    {"Field": "host-header", "HostHeaderConfig": {"Values": ["*.example.com"]}},
                    {"Field": "path-pattern", "PathPatternConfig": {"Values": [f"/no{number}", f"/no{number}/*"]}},
                ],
                "Actions": [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}],
            }
            for number in range(case.rules)
        )
        groups[arn] = {
            "TargetGroupArn": arn,
            "Protocol": "TCP" if case.is_network else "HTTP",
            "HealthCheckProtocol": "TCP",
            "HealthCheckIntervalSeconds": 300,
        }
        targets[arn] = tuple(
            {
                "Id": TARGET_HOST,
                "Port": TARGET_PORT + number,
                "Address": TARGET_HOST,
                "State": "registered",
            }
            for number in range(case.targets)
        )
    balancers = tuple({"LoadBalancerArn": case.address, "Address": case.address} for case in CASES)
    pair = CertificateAuthority().server("shop.example.com")
    return Snapshot(balancers, listeners, rules, groups, targets, {"certificate": (pair.certificate, pair.key)})


class Answering(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.transport.write(ANSWER * data.count(b"\r\n\r\n"))


async def serve_targets(pipe: Connection) -> None:
    loop = asyncio.get_running_loop()
    for number in range(max(case.targets for case in CASES)):
        await loop.create_server(Answering, TARGET_HOST, TARGET_PORT + number)
    pipe.send("ready")
    await asyncio.Event().wait()


async def serve_plane(pipe: Connection) -> None:
    held = snapshot()
    async with DataPlane(AddressBook(), lambda: held, lambda *_: None):

        def tell_cpu_seconds() -> None:
            pipe.recv()
            pipe.send(time.process_time())

        asyncio.get_running_loop().add_reader(pipe.fileno(), tell_cpu_seconds)
        await asyncio.sleep(1.0)
        pipe.send("ready")
        await asyncio.Event().wait()


def run(serve: Callable[[Connection], Any], pipe: Connection) -> None:
    asyncio.run(serve(pipe))


async def ask(case: Case, count: int, latencies: list[float]) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if case.protocol in ("HTTPS", "TLS") else None
    if tls:
        tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    writer = None
    for _ in range(count):
        begun = time.perf_counter()
        if writer is None or case.new_connections:
            reader, writer = await asyncio.open_connection(case.address, PORT, ssl=tls)
        writer.write(REQUEST)
        answer = b""
        while b"hello" not in answer:
            piece = await reader.read(65536)
            assert piece, f"{case.name}: connection closed after {answer!r}"
            answer += piece
        latencies.append(time.perf_counter() - begun)
        if case.new_connections:
            writer.close()


async def measure(case: Case, requests: int, plane: Connection) -> Row:
    def cpu() -> float:
        plane.send("cpu")
        return float(plane.recv())

    await ask(case, case.targets, [])
    latencies: list[float] = []
    before, begun = cpu(), time.perf_counter()
    await asyncio.gather(*(ask(case, requests // CLIENTS, latencies) for _ in range(CLIENTS)))
    wall, used = time.perf_counter() - begun, cpu() - before
    latencies.sort()
    p99 = latencies[int(len(latencies) * 0.99)] * 1000
    return {
        "": case.name,
        "requests/s": round(len(latencies) / wall),
        "per core": round(len(latencies) / used),
        "p99 ms": round(p99, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="benchmark of the local data plane")
    parser.add_argument("--requests", type=int, default=8000, help="of each case")
    parser.add_argument("--json", type=Path, help="file for the results")
    options = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    pipes: list[Connection] = []
    for serve in (serve_targets, serve_plane):
        here, there = context.Pipe()
        context.Process(target=run, args=(serve, there), daemon=True).start()
        there.close()  # so that a process that dies is noticed
        here.recv()
        pipes.append(here)
    results = [asyncio.run(measure(case, options.requests, pipes[1])) for case in CASES]
    show(f"{options.requests:,} requests of {CLIENTS} clients", results)
    save(options.json, {"traffic": results})


if __name__ == "__main__":
    main()
