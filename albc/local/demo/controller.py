"""The controller as a process of its own, as anyone would start it: `albc run …` against the local stack."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import anyio
from anyio.abc import Process

from albc.local.stack import LocalStack

READY_WITHIN_SECONDS = 60.0
STOP_WITHIN_SECONDS = 10.0


class ControllerEnded(Exception):
    """It ended by itself; the message has its last words."""


def command(stack: LocalStack, kubeconfig: Path, *, probe_port: int) -> list[str]:
    """The line that starts it."""
    return [
        *("albc", "run"),
        f"--cluster-name={stack.options.cluster_name}",
        f"--kubeconfig={kubeconfig}",
        f"--aws-region={stack.account.options.region}",
        f"--aws-vpc-id={stack.vpc_id}",
        f"--aws-api-endpoints=*={stack.aws.url}",
        "--leader-election-namespace=kube-system",
        "--metrics-bind-addr=0",
        "--webhook-certificates=none",
        f"--health-probe-bind-addr=127.0.0.1:{probe_port}",
        "--targetgroupbinding-requeue-duration=1s",
        "--log-format=console",
    ]


@asynccontextmanager
async def controller(
    stack: LocalStack,
    line: Sequence[str],
    log: Path,
    *,
    probe_port: int,
    python: Sequence[str] = (sys.executable, "-m"),
) -> AsyncIterator[Process]:
    """Runs it until the block ends; its log goes to `log`. Raises `ControllerEnded` if it never becomes ready.

    `python`: what stands in front of the line.
    """
    environment = {**os.environ, **stack.aws_environment()}
    del environment["AWS_ENDPOINT_URL"]  # the flag says it
    with log.open("wb") as output:
        process = await anyio.open_process(
            [*python, *line], stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment
        )
        try:
            await _ready(process, log, probe_port)
            yield process
        finally:
            if process.returncode is None:
                process.terminate()
                with anyio.move_on_after(STOP_WITHIN_SECONDS, shield=True) as patience:
                    await process.wait()
                if patience.cancelled_caught:
                    process.kill()
                    with anyio.CancelScope(shield=True):
                        await process.wait()


async def _ready(process: Process, log: Path, port: int) -> None:
    async with aiohttp.ClientSession() as session:
        with anyio.move_on_after(READY_WITHIN_SECONDS):
            while process.returncode is None:
                try:
                    async with session.get(f"http://127.0.0.1:{port}/readyz") as response:
                        if response.status == 200:
                            return
                except aiohttp.ClientError:
                    pass
                await anyio.sleep(0.05)
    lines = (await anyio.Path(log).read_text(encoding="utf-8", errors="replace")).strip().splitlines()
    last = lines[-1] if lines else "it said nothing"
    raise ControllerEnded(f"the controller did not become ready: {last}")
