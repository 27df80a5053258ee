"""How long `albc run` takes to bring many Ingresses into being, from the API server to the account, and what it costs.

    python -m benchmarks.controller [--ingresses N,N,…] [--per-group N] [--latency SECONDS] [--no-rates] [--json FILE]

The local stack is one process, the controller another, as anyone would start it. Each AWS call takes 50 ms, and the
account refuses what comes faster than AWS's published rates allow. `bound` is the time in which those rates allow the
same calls: what any controller needs at least. Ingresses share a load balancer by tens, unless told otherwise, as AWS
has a load balancer made every five seconds. Steps: all new; the controller restarted; one Ingress touched without
effect; one host edited. Each ends with the last call after which none comes for three seconds. CPU is the controller's,
memory its resident size at the end of the step, `stall` the longest time in which its loop was not to be had, and
`stall cpu` what it computed in that time.
"""

import argparse
import os
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import anyio
from anyio.abc import Process

from albc.aws.services import SERVICE_IDS
from albc.aws.throttle import DEFAULT_LIMITS, with_published
from albc.local.aws import AccountOptions, Quotas
from albc.local.aws.throttle import buckets_of
from albc.local.stack import LocalStack
from benchmarks.ingresses import Bench, ingress, opened
from benchmarks.processes import cpu_seconds, resident
from benchmarks.report import save, show

Result = dict[str, Any]

QUIET_SECONDS = 3.0
REFERENCE = (
    "the reference against a mock: 25 calls for each new Ingress, 14-20 for each at a restart, 16-22 for a touch, "
    "13-19 for an edited host, growing with the number of load balancers"
)


class Costs:
    """Of the controller beside a stack, step by step."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._process: Process | None = None
        self._cpu = 0.0

    @asynccontextmanager
    async def controller(self) -> AsyncIterator[None]:
        # As towards AWS itself; albc does not keep to AWS's rates for endpoints of somebody else.
        limits = with_published(DEFAULT_LIMITS, SERVICE_IDS.values())
        throttle = f"--aws-api-throttle={','.join(map(str, limits))}"
        os.environ["WATCHED_RUN"] = str(self._bench.folder / "stalls")
        async with self._bench.controller(throttle, module="benchmarks.watched_run") as process:
            self._process, self._cpu = process, 0.0
            await self._stalls()  # those of the start, when modules are loaded
            yield

    async def step(self, name: str, change: Callable[[], Awaitable[None]]) -> Result:
        """What a change costs, until it is quiet."""
        log = self._bench.stack.account.calls
        started = time.perf_counter()
        await change()
        last, last_at = log.last_number, time.perf_counter()
        while time.perf_counter() - last_at < QUIET_SECONDS:
            await anyio.sleep(0.05)
            if log.last_number != last:
                last, last_at = log.last_number, time.perf_counter()
        calls = Counter(call.operation for call in log)
        refused = sum(call.outcome != "ok" for call in log)
        bound = bound_seconds(self._bench.stack)
        log.clear()
        cpu, memory = self._process_costs()
        wall, computed = await self._stalls()
        return {
            "step": name,
            "seconds": round(last_at - started, 1),
            "bound": round(bound, 1),
            "calls": calls.total(),
            "refused": refused,
            "cpu s": round(cpu, 2),
            "MB": memory,
            "stall ms": wall,
            "stall cpu ms": computed,
            "by operation": dict(sorted(calls.items())),
        }

    def _process_costs(self) -> tuple[float, float]:
        """Seconds of CPU since the last time, and resident MB."""
        assert self._process is not None
        total = cpu_seconds(self._process.pid)
        used, self._cpu = total - self._cpu, total
        return used, resident(self._process.pid)

    async def _stalls(self) -> tuple[float, float]:
        assert self._process is not None
        file = anyio.Path(self._bench.folder / "stalls")
        await file.unlink(missing_ok=True)
        self._process.send_signal(signal.SIGUSR2)
        while not await file.exists() or not (text := await file.read_text()).endswith("\n"):  # noqa: ASYNC110
            await anyio.sleep(0.01)
        wall, computed = map(float, text.split())
        return wall, computed


def bound_seconds(stack: LocalStack) -> float:
    """For how long the calls fill the tightest of AWS's buckets, which starts full."""
    taken = Counter(
        bucket
        for call in stack.account.calls
        if call.outcome == "ok"
        for bucket in buckets_of(call.service, call.operation, call.params)
    )
    return max((max(0.0, (number - rate.burst) / rate.per_second) for (rate, _), number in taken.items()), default=0.0)


def grouped(per_group: int, number: int, host: str = "") -> dict[str, Any]:
    """An Ingress that shares its load balancer with so many."""
    obj = ingress(number, host)
    if per_group > 1:
        obj["metadata"]["annotations"]["alb.ingress.kubernetes.io/group.name"] = f"group-{number // per_group}"
    return obj


async def measure(ingresses: int, options: argparse.Namespace) -> list[Result]:
    account = AccountOptions(
        latency_seconds=options.latency,
        throttling=not options.no_rates,
        quotas=Quotas(application_load_balancers=1000, target_groups_per_application_load_balancer=1000),
    )
    async with opened(account) as bench:
        bench.stack.account.calls.clear()
        costs = Costs(bench)
        wanted = partial(grouped, options.per_group)

        async def all_new() -> None:
            await bench.apply(*map(wanted, range(ingresses)))
            await bench.served(ingresses)

        async with costs.controller():
            rows = [await costs.step("new", all_new)]
            rows.append(await costs.step("touched, no change", partial(bench.touch, 0)))
            rows.append(await costs.step("one host edited", partial(bench.apply, wanted(1, "other.example.com"))))
        bench.stack.account.calls.clear()
        async with costs.controller():
            rows.append(await costs.step("restart", anyio.lowlevel.checkpoint))
    return [{"ingresses": ingresses, **row} for row in rows]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ingresses", default="10,100,500")
    parser.add_argument("--per-group", type=int, default=10, help="Ingresses that share a load balancer")
    parser.add_argument("--latency", type=float, default=0.05, help="seconds of an AWS call")
    parser.add_argument("--no-rates", action="store_true", help="let the account take calls as fast as they come")
    parser.add_argument("--json", type=Path, help="file for the results")
    options = parser.parse_args()
    rows: list[Result] = []
    for number in map(int, options.ingresses.split(",")):
        print(f"{number} Ingresses …", flush=True)
        rows += anyio.run(measure, number, options)
    show("from Ingresses to AWS", [{name: row[name] for name in row if name != "by operation"} for row in rows])
    for row in rows:
        calls = ", ".join(f"{operation} {number}" for operation, number in row["by operation"].items())
        print(f"{row['ingresses']} {row['step']}: {calls or 'none'}")
    print(REFERENCE)
    save(options.json, {"ingresses for each load balancer": options.per_group, "steps": rows})


if __name__ == "__main__":
    main()
