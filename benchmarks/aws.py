"""What albc's work costs in calls to AWS, and how close it comes to the rates that AWS allows.

    python -m benchmarks.aws [--balancers N,N,…] [--ingresses N] [--json FILE]

Calls: `albc run` in a process of its own beside the local cluster and account, as `albc demo` has them; each Ingress
has a load balancer of its own, one rule, and one pod behind. Counted in the account's call log: all that the process
asks or writes, bindings and targets included, from the change until three seconds pass without a call; after a
restart one second, for then the background checks begin, one load balancer every three seconds.

Rates (`benchmarks.aws_rates`): so many new Ingresses at once, 50 ms a call, and the rates that AWS publishes.
"""

import argparse
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import anyio

from albc.local.aws import AccountOptions, Quotas
from benchmarks.aws_rates import Pace, pace
from benchmarks.ingresses import Bench, ingress, opened

QUIET_SECONDS = 3.0
QUIET_SECONDS_AFTER_RESTART = 1.0
Calls = Counter[str]
REFERENCE = {
    "new Ingress": {30: "25", 200: "26"},
    "touched, no change": {30: "16", 200: "22"},
    "one host edited": {30: "13", 200: "19"},
    "restart": {30: "14 N", 200: "20 N"},
}
"""By step and load balancers; from the issue that asked for this."""


@dataclass(frozen=True)
class Cost:
    balancers: int
    step: str
    calls: Calls

    @property
    def writes(self) -> int:
        return sum(number for name, number in self.calls.items() if not name.startswith(("Describe", "Get", "List")))

    @property
    def reads(self) -> int:
        return self.calls.total() - self.writes


async def calls(bench: Bench, quiet: float = QUIET_SECONDS) -> Calls:
    """Since the last time, when no more come."""
    log, last = bench.stack.account.calls, -1
    while log.last_number != last:
        last = log.last_number
        await anyio.sleep(quiet)
    counted: Calls = Counter(call.operation for call in log)
    log.clear()
    return counted


async def costs(balancers: int) -> list[Cost]:
    """Of each step, with so many load balancers there already."""
    account = AccountOptions(quotas=Quotas(application_load_balancers=1000))
    async with opened(account) as bench:
        await bench.apply(*map(ingress, range(balancers)))
        found: list[Cost] = []

        async def step(name: str, change: Callable[[], Awaitable[None]]) -> None:
            await change()
            found.append(Cost(balancers, name, await calls(bench)))

        async with bench.controller():
            await bench.served(balancers)
            await calls(bench)  # until the bindings of all are at rest
            await step("new Ingress", partial(bench.apply, ingress(balancers)))
            await step("touched, no change", partial(bench.touch, 0))
            await step("one host edited", partial(bench.apply, ingress(1, "other.example.com")))
        bench.stack.account.calls.clear()
        async with bench.controller():
            found.append(Cost(balancers, "restart", await calls(bench, QUIET_SECONDS_AFTER_RESTART)))
        return found


def print_costs(found: list[Cost]) -> None:
    print(f"{'load balancers':>14}  {'step':<20}{'writes':>7}{'reads':>7}{'reference':>11}  calls")
    for cost in found:
        reference = REFERENCE[cost.step].get(cost.balancers, "-")
        what = ", ".join(f"{name} {number}" for name, number in sorted(cost.calls.items()))
        print(f"{cost.balancers:>14}  {cost.step:<20}{cost.writes:>7}{cost.reads:>7}{reference:>11}  {what}")


def print_paces(found: list[Pace]) -> None:
    print(f"{'Ingresses':>9}{'load balancers':>16}{'calls':>7}{'refused':>9}{'seconds':>9}{'bound':>8}  by")
    for one in found:
        print(
            f"{one.ingresses:>9}{one.balancers:>16}{one.calls:>7}{one.throttled:>9}{one.seconds:>9.0f}"
            f"{one.bound_seconds:>8.0f}  {one.bound_by}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--balancers", default="30,200")
    parser.add_argument("--ingresses", type=int, default=200)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    found = [cost for number in map(int, arguments.balancers.split(",")) for cost in anyio.run(costs, number)]
    print_costs(found)
    print()
    paces = [pace(arguments.ingresses, per_group=size) for size in (1, 10)]
    print_paces(paces)
    if arguments.json:
        result = {
            "calls": [{"balancers": one.balancers, "step": one.step, "calls": one.calls} for one in found],
            "paces": [vars(one) for one in paces],
        }
        arguments.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
