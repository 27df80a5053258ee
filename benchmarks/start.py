"""How soon `albc run` is ready, and how much memory it holds while there is nothing to do.

    python -m benchmarks.start [--python FILE] [--runs N] [--json FILE]

The local stack is one process, the controller another, with the environment that the Containerfile sets. FILE is the
interpreter of a virtual environment made by the Containerfile's steps; without it, this one's, which finds more to
import. Three ways to run: as in a pod, by the files of a service account; so with the chart's webhooks, whose
certificates albc makes; by a kubeconfig. `ready` is the time from the start of the process to the first good answer of
/readyz. Memory is taken once the process has settled and used no CPU worth mentioning for two seconds: `MB` is
resident, `MB by part` counts pages that other processes have too by part. Medians of the runs. The last table is what
the modules alone take.
"""

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

import anyio

from albc.cli.memory import SETTLED_SECONDS
from albc.local.demo.controller import command, controller
from albc.local.network import free_port
from albc.local.stack import LocalStack, local_stack, write_kubeconfig
from benchmarks.processes import cpu_seconds, proportional, resident
from benchmarks.report import save, show

Result = dict[str, Any]

HERE = Path(__file__).parent
PROBE_PORT = 18083
"""Or the next that is free."""
QUIET_SECONDS = 2.0
QUIET_CPU = 0.05
"""Seconds of CPU in that time that count as none: leases are renewed, watches are told how far they are."""
IMPORT = """
import sys, time
started = time.perf_counter()
import albc.cli.run
seconds = time.perf_counter() - started
from pathlib import Path
pages = int(Path("/proc/self/statm").read_text().split()[1])
print(seconds, len(sys.modules), pages)
"""


@dataclass(frozen=True)
class Way:
    """A way to run the controller."""

    name: str
    webhooks: bool = False
    in_pod: bool = True

    def line(self, stack: LocalStack, folder: Path, probe_port: int) -> list[str]:
        kubeconfig = folder / "kubeconfig"
        line = command(stack, kubeconfig, probe_port=probe_port)
        if self.in_pod:
            line = [str(HERE / "in_cluster_run.py"), *line[1:]]
            line.remove(f"--kubeconfig={kubeconfig}")
        else:
            line = ["-m", *line]
        if self.webhooks:
            line += ["--webhook-certificates=managed", f"--webhook-cert-dir={folder / 'certificates'}"]
            line += ["--webhook-bind-host=127.0.0.1", "--webhook-bind-port=0"]
        return line


WAYS = (Way("in a pod"), Way("in a pod, webhooks", webhooks=True), Way("by a kubeconfig", in_pod=False))


def of_the_image() -> dict[str, str]:
    """The variables that the Containerfile sets, but for the path."""
    lines = (HERE.parent / "Containerfile").read_text(encoding="utf-8").splitlines()
    words = [word for line in lines if line.startswith("ENV ") for word in shlex.split(line)[1:]]
    return {name: value for name, _, value in (word.partition("=") for word in words) if name != "PATH"}


def service_account(stack: LocalStack, folder: Path) -> dict[str, str]:
    """Writes what the kubelet mounts into a pod; the variables of the pod."""
    folder.mkdir()
    [user] = stack.cluster.kubeconfig()["users"]
    (folder / "ca.crt").write_bytes(stack.cluster.certificate_authority)
    (folder / "token").write_text(user["user"]["token"], encoding="ascii")
    (folder / "namespace").write_text("kube-system", encoding="ascii")
    server = urlsplit(stack.cluster.url)
    return {
        "SERVICE_ACCOUNT": str(folder),
        "KUBERNETES_SERVICE_HOST": str(server.hostname),
        "KUBERNETES_SERVICE_PORT": str(server.port),
    }


async def idle(way: Way, python: str) -> Result:
    """One run."""
    async with local_stack() as stack:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write_kubeconfig(stack, folder / "kubeconfig")
            variables = {**of_the_image(), **service_account(stack, folder / "account")}
            starter = ["env", *(f"{name}={value}" for name, value in variables.items()), python, "-P"]
            port = free_port(PROBE_PORT)
            line = way.line(stack, folder, port)
            started = time.perf_counter()
            async with controller(stack, line, folder / "log", probe_port=port, python=starter) as process:
                ready = time.perf_counter() - started
                cpu = cpu_seconds(process.pid)
                await quiet(process.pid)
                return {
                    "way": way.name,
                    "ready s": ready,
                    "cpu s": cpu,
                    "MB": resident(process.pid),
                    "MB by part": proportional(process.pid),
                }


async def quiet(pid: int) -> None:
    await anyio.sleep(SETTLED_SECONDS)
    before = cpu_seconds(pid)
    while True:
        await anyio.sleep(QUIET_SECONDS)
        now = cpu_seconds(pid)
        if now - before <= QUIET_CPU:
            return
        before = now


def imported(python: str) -> Result:
    """One process that only imports."""
    environment = {**os.environ, **of_the_image()}
    line = [python, "-P", "-c", IMPORT]
    done = subprocess.run(line, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    seconds, modules, pages = done.stdout.split()
    return {
        "import s": float(seconds),
        "modules": int(modules),
        "MB": int(pages) * os.sysconf("SC_PAGE_SIZE") / 1e6,
    }


def medians(rows: Sequence[Result]) -> Result:
    return {
        name: value if isinstance(value, str) else round(median(row[name] for row in rows), 2)
        for name, value in rows[0].items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", default=sys.executable, help="the interpreter that runs the controller")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", type=Path, help="file for the results")
    options = parser.parse_args()
    ways = [medians([anyio.run(idle, way, options.python) for _ in range(options.runs)]) for way in WAYS]
    modules = medians([imported(options.python) for _ in range(options.runs)])
    show("albc run with nothing to do", ways)
    show("its modules alone", [modules])
    save(options.json, {"idle": ways, "modules": modules})


if __name__ == "__main__":
    main()
