"""How fast and how large is the local cluster? `python -m benchmarks.local [--pods N] [--seconds S] [--json FILE]`.

The cluster has a process of its own, this one asks. Four figures: from an empty process to a stack that answers;
so many Pods created over 24 connections and listed; from a write to each of 100 watchers at 200 writes a second;
memory of an object beyond its JSON.
"""

import argparse
import asyncio
import gc
import itertools
import json
import multiprocessing
import os
import ssl
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import aiohttp

from albc.local.kubernetes import Cluster, ClusterOptions
from albc.local.stack import connection
from benchmarks.report import Row, save, show

CONNECTIONS = 24
WATCHERS = 100
WRITES_PER_SECOND = 200
PODS = "/api/v1/namespaces/default/pods"
CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
STAMP = b'"written":"'
PAGE = os.sysconf("SC_PAGE_SIZE")
START = (
    "import asyncio\nfrom albc.local.stack import local_stack\n"
    "async def main():\n    async with local_stack() as stack:\n        print(stack.cluster.url, flush=True)\n"
    "asyncio.run(main())"
)


def start() -> float:
    """Seconds from an empty process to a cluster, account and data plane that answer, every CRD applied."""
    begun = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", START], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    taken = time.perf_counter() - begun
    process.communicate()
    return taken


async def serve(pipe: Connection, controllers: bool) -> None:
    """The cluster's process; `memory` asks for the bytes that it holds, `cpu` for its seconds, `stop` ends it."""
    async with Cluster(state=ClusterOptions(controllers=controllers)) as cluster:
        config = connection(cluster)
        done = asyncio.Event()

        def answer() -> None:
            match pipe.recv():
                case "memory":
                    gc.collect()
                    pipe.send(int(Path("/proc/self/statm").read_text().split()[1]) * PAGE)
                case "cpu":
                    pipe.send(time.process_time())
                case "stop":
                    done.set()

        asyncio.get_running_loop().add_reader(pipe.fileno(), answer)
        pipe.send((cluster.url, cluster.certificate_authority.decode(), await config.credentials.token()))
        await done.wait()


def run(pipe: Connection, controllers: bool) -> None:
    asyncio.run(serve(pipe, controllers))


@dataclass(frozen=True)
class Served:
    """A cluster in a process of its own, and the way to ask it."""

    pipe: Connection
    url: str
    tls: ssl.SSLContext
    token: str

    def ask(self, what: str) -> float:
        self.pipe.send(what)
        return float(self.pipe.recv())

    @property
    def authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def session(self, connections: int) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(ssl=self.tls, limit=connections)
        return aiohttp.ClientSession(self.url, connector=connector, headers=self.authorization)


@contextmanager
def cluster(*, controllers: bool) -> Iterator[Served]:
    here, there = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=run, args=(there, controllers), daemon=True)
    process.start()
    there.close()  # so that a process that dies is noticed
    url, authority, token = here.recv()
    try:
        yield Served(here, url, ssl.create_default_context(cadata=authority), token)
    finally:
        here.send("stop")
        process.join()


def pod(number: int) -> dict[str, Any]:
    """A Pod as a Deployment of an ordinary web application would have it."""
    probe = {"httpGet": {"path": "/healthz", "port": "http"}, "periodSeconds": 5, "timeoutSeconds": 2}
    volume = {"name": "config", "mountPath": "/etc/shop"}
    container = {
        "name": "shop",
        "image": "echo:1.27",
        "ports": [{"name": "http", "containerPort": 8080}, {"name": "metrics", "containerPort": 9090}],
        "env": [{"name": f"SETTING_{letter}", "value": f"value-{letter}"} for letter in "ABCDEFGH"],
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}},
        "readinessProbe": probe,
        "livenessProbe": probe,
        "volumeMounts": [volume],
    }
    return {
        "metadata": {
            "name": f"shop-{number:05}",
            "labels": {"app": "shop", "tier": "web", "pod-template-hash": "7c5ddbdf54"},
            "annotations": {"prometheus.io/scrape": "true", "prometheus.io/port": "9090"},
        },
        "spec": {
            "containers": [container],
            "volumes": [{"name": "config", "configMap": {"name": "shop"}}],
            "readinessGates": [{"conditionType": "target-health.elbv2.k8s.aws/shop"}],
        },
    }


async def fill(served: Served, number: int) -> Row:
    """Pods created and listed, and what they cost in memory."""
    before = served.ask("memory")
    bodies = iter([json.dumps(pod(each)).encode() for each in range(number)])
    headers = {"Content-Type": "application/json"}
    async with served.session(CONNECTIONS) as http:

        async def create() -> None:
            for body in bodies:
                async with http.post(PODS, data=body, headers=headers) as answer:
                    assert answer.status == 201, await answer.text()
                    await answer.read()

        worked, begun = served.ask("cpu"), time.perf_counter()
        await asyncio.gather(*(create() for _ in range(CONNECTIONS)))
        created, worked = time.perf_counter() - begun, served.ask("cpu") - worked
        held = served.ask("memory") - before
        begun = time.perf_counter()
        async with http.get(PODS) as answer:
            listed = await answer.read()
        whole = time.perf_counter() - begun
        begun = time.perf_counter()
        token = ""
        for _ in itertools.count():
            async with http.get(PODS, params={"limit": "500", "continue": token}) as answer:
                token = (await answer.json())["metadata"].get("continue", "")
            if not token:
                break
        paged = time.perf_counter() - begun
    size = len(listed) / number
    return {
        "pods": number,
        "created s": round(created, 1),
        "a second": round(number / created),
        "CPU s": round(worked, 1),
        "listed s": round(whole, 2),
        "in pages of 500 s": round(paged, 2),
        "JSON KB": round(size / 1024, 2),
        "over it KB": round((held / number - size) / 1024, 2),
    }


async def tell(served: Served, seconds: float) -> Row:
    """From the moment that a write leaves to the moment that each watcher has its event."""
    host, _, port = served.url.removeprefix("https://").partition(":")
    waited: list[float] = []
    ask = f"GET {CONFIG_MAPS}?watch=1&resourceVersion=%s HTTP/1.1\r\nHost: {host}\r\n"
    ask += f"Authorization: Bearer {served.token}\r\n\r\n"

    async def watch(version: str) -> None:
        reader, writer = await asyncio.open_connection(host, int(port), ssl=served.tls)
        writer.write((ask % version).encode())
        await reader.readuntil(b"\r\n\r\n")
        while piece := await reader.read(1 << 16):
            now = time.perf_counter_ns()
            waited.extend((now - int(told[: told.index(b'"')])) / 1e6 for told in piece.split(STAMP)[1:])

    async with served.session(8) as http:
        for each in range(50):
            await (await http.post(CONFIG_MAPS, json={"metadata": {"name": f"settings-{each}"}})).read()
        async with http.get(CONFIG_MAPS) as answer:
            version = (await answer.json())["metadata"]["resourceVersion"]
        watching = [asyncio.create_task(watch(version)) for _ in range(WATCHERS)]
        await asyncio.sleep(1.0)

        async def write(number: int) -> None:
            body = json.dumps({"data": {"written": str(time.perf_counter_ns())}}, separators=(",", ":"))
            headers = {"Content-Type": "application/merge-patch+json"}
            async with http.patch(f"{CONFIG_MAPS}/settings-{number % 50}", data=body, headers=headers) as answer:
                assert answer.status == 200, await answer.text()
                await answer.read()

        before, begun = served.ask("cpu"), time.perf_counter()
        async with asyncio.TaskGroup() as writes:
            for number in range(round(WRITES_PER_SECOND * seconds)):
                await asyncio.sleep(max(0.0, begun + number / WRITES_PER_SECOND - time.perf_counter()))
                writes.create_task(write(number))
        busy = (served.ask("cpu") - before) / (time.perf_counter() - begun)
        await asyncio.sleep(0.5)
        for task in watching:
            task.cancel()
    cuts = statistics.quantiles(waited, n=100)
    return {
        "watchers": WATCHERS,
        "writes/s": WRITES_PER_SECOND,
        "events": len(waited),
        "p50 ms": round(cuts[49], 1),
        "p99 ms": round(cuts[98], 1),
        "max ms": round(max(waited), 1),
        "server busy": f"{busy:.0%}",
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="benchmark of the local cluster")
    parser.add_argument("--pods", type=int, default=10_000, help="how many are created")
    parser.add_argument("--seconds", type=float, default=10.0, help="how long watchers are told")
    parser.add_argument("--json", type=Path, help="file for the results")
    options = parser.parse_args()
    results: dict[str, list[Row]] = {
        "start": [{"runs": 5, "median s": round(statistics.median(start() for _ in range(5)), 2)}]
    }
    show("from an empty process to a local stack that answers", results["start"])
    results["pods"] = []
    for controllers in (False, True):
        with cluster(controllers=controllers) as served:
            results["pods"].append({"controllers": str(controllers).lower(), **asyncio.run(fill(served, options.pods))})
    show(f"Pods over {CONNECTIONS} connections", results["pods"])
    with cluster(controllers=False) as served:
        results["watch"] = [asyncio.run(tell(served, options.seconds))]
    show("from a write to each watcher", results["watch"])
    save(options.json, results)


if __name__ == "__main__":
    main()
