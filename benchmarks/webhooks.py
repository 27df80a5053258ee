"""How fast are the admission webhooks? `python -m benchmarks.webhooks [--requests N] [--json FILE]`.

Two processes: the HTTPS server with 1,000 bindings and Services in memory, and this one, which asks as an API server
does: over a few kept connections, some requests at once. The reviews are a Pod that gets a readiness gate, a Service
that gets a class, an Ingress with ten conditions, a whole TargetGroupBinding.
"""

import argparse
import asyncio
import json
import multiprocessing
import resource
import ssl
import statistics
import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import aiohttp

from albc.crds.target_group_binding import TargetGroupBinding
from albc.engine.store import Store
from albc.kube.objects import Service
from albc.kube.objects.core import ServiceSpec
from albc.mapping.settings import MappingSettings
from albc.mapping.snapshot import Snapshot
from albc.telemetry.metrics import Metrics
from albc.webhooks.authority import renewed
from albc.webhooks.handlers import Cluster, WebhookSettings, webhooks
from albc.webhooks.metrics import WebhookMetrics
from albc.webhooks.server import Certificate, serving
from benchmarks.report import Row, save, show

BINDINGS = 1000
AT_ONCE = 4
HOST = "localhost"
PREFIX = "alb.ingress.kubernetes.io/"


def review(obj: Mapping[str, Any], namespace: str = "n1") -> bytes:
    request = {"uid": "u", "operation": "CREATE", "namespace": namespace, "object": obj}
    return json.dumps({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}).encode()


def ingress() -> dict[str, Any]:
    condition = json.dumps([{"field": "source-ip", "sourceIpConfig": {"values": ["10.0.0.0/8"]}}])
    names = [f"s{number}" for number in range(10)]
    paths = [
        {"path": f"/{name}", "pathType": "Prefix", "backend": {"service": {"name": name, "port": {"number": 80}}}}
        for name in names
    ]
    annotations = {f"{PREFIX}conditions.{name}": condition for name in names} | {"kubernetes.io/ingress.class": "alb"}
    metadata = {"name": "web", "namespace": "n1", "annotations": annotations}
    return {"metadata": metadata, "spec": {"rules": [{"host": "example.com", "http": {"paths": paths}}]}}


CASES: Mapping[str, tuple[str, bytes]] = {
    "Pod, readiness gate": (
        "/mutate-v1-pod",
        review({"metadata": {"labels": {"app": "a1"}}, "spec": {"containers": [{"name": "web", "image": "web:1"}]}}),
    ),
    "Service, class": (
        "/mutate-v1-service",
        review({"metadata": {"name": "web"}, "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]}}),
    ),
    "Ingress, ten conditions": ("/validate-networking-v1-ingress", review(ingress())),
    "TargetGroupBinding, whole": (
        "/mutate-elbv2-k8s-aws-v1beta1-targetgroupbinding",
        review({"metadata": {"name": "b"}, "spec": {"serviceRef": {"name": "web", "port": 80},
            "targetGroupARN": "arn:x", "targetType": "ip", "ipAddressType": "ipv4", "vpcID": "vpc-1",
            "targetGroupProtocol": "HTTP"}}),
    ),
}  # fmt: skip


def serve(folder: str, pipe: Connection) -> None:
    asyncio.run(_serve(Path(folder), pipe))


async def _serve(folder: Path, pipe: Connection) -> None:
    services = {
        (f"n{number}", "web"): Service(spec=ServiceSpec(selector={"app": f"a{number}"})) for number in range(BINDINGS)
    }
    store: Store[TargetGroupBinding] = Store("TargetGroupBinding")
    for number in range(BINDINGS):
        binding = {
            "metadata": {"name": f"b{number}", "namespace": f"n{number}"},
            "spec": {"targetType": "ip", "serviceRef": {"name": "web", "port": 80}},
        }
        store.put(TargetGroupBinding.model_validate(binding))

    async def synced() -> None:
        return

    cluster = Cluster(
        synced=synced,
        bindings=store.list,
        service=lambda namespace, name: services.get((namespace, name)),
        namespace=lambda name: None,
        snapshot=Snapshot,
    )
    settings = WebhookSettings(MappingSettings(cluster_name="c"), True, "ID", False)
    # Neither the API server nor AWS is asked by these reviews.
    nobody: Any = None
    metrics = Metrics()
    found = webhooks(cluster, settings, nobody, nobody)
    certificate = Certificate(folder / "tls.crt", folder / "tls.key")
    async with serving(found, certificate, WebhookMetrics(metrics.meter), "127.0.0.1", 0) as port:
        pipe.send(port)
        await asyncio.to_thread(pipe.recv)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    pipe.send((usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024))


async def ask(port: int, context: ssl.SSLContext, requests: int) -> list[Row]:
    connector = aiohttp.TCPConnector(limit=AT_ONCE, ssl=context)
    async with aiohttp.ClientSession(connector=connector, headers={"Content-Type": "application/json"}) as session:
        return [await _case(session, port, name, requests) for name in CASES]


async def _case(session: aiohttp.ClientSession, port: int, name: str, requests: int) -> Row:
    path, body = CASES[name]
    url, seconds = f"https://{HOST}:{port}{path}", []
    left = iter(range(requests))

    async def one_after_the_other() -> None:
        for _ in left:
            began = time.perf_counter()
            async with session.post(url, data=body) as response:
                answer = await response.json()
            seconds.append(time.perf_counter() - began)
            assert answer["response"]["allowed"], answer

    began = time.perf_counter()
    await asyncio.gather(*(one_after_the_other() for _ in range(AT_ONCE)))
    took = time.perf_counter() - began
    quantiles = statistics.quantiles(seconds, n=100)
    return {
        "review": name,
        "requests/s": round(requests / took),
        "p50 ms": round(quantiles[49] * 1000, 2),
        "p99 ms": round(quantiles[98] * 1000, 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=5000, help="of each kind")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there, too")
    options = parser.parse_args()
    certificates = renewed(None, [HOST], datetime.now(UTC))
    assert certificates is not None
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "tls.crt").write_bytes(certificates.certificate)
        Path(folder, "tls.key").write_bytes(certificates.key)
        ours, theirs = multiprocessing.get_context("spawn").Pipe()
        server = multiprocessing.get_context("spawn").Process(target=serve, args=(folder, theirs))
        server.start()
        port = ours.recv()
        context = ssl.create_default_context(cadata=certificates.authorities.decode())
        rows = asyncio.run(ask(port, context, options.requests))
        ours.send(None)
        cpu, memory = ours.recv()
        server.join()
    show(f"{AT_ONCE} reviews at once over kept connections, {BINDINGS:,} bindings in memory", rows)
    total = {
        "CPU ms for each review": round(cpu * 1000 / (options.requests * len(rows)), 3),
        "server's memory MB": round(memory),
    }
    show("The server", [total])
    save(options.json, {"reviews": rows, "server": total})


if __name__ == "__main__":
    main()
