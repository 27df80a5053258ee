"""Runs the demo for a person: each step with its time, the resource map, the requests with their answers.

Raises `StepFailed` for the first step that does not work; everything is ended in order in any case.
"""

import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, AsyncExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import shorten
from time import monotonic
from typing import Any

import aiohttp
import anyio
from rich.console import Console
from rich.table import Table

from albc.errors import AlbcError, NotFound
from albc.kube.client import Client
from albc.kube.patches import ApplyPatch
from albc.local.demo.account import certificate, inventory, load_balancer, web_acl
from albc.local.demo.controller import ControllerEnded, command, controller
from albc.local.demo.kinds import KINDS, hostname_of
from albc.local.demo.manifests import examples_folder, read
from albc.local.demo.resource_map import draw
from albc.local.demo.resource_map import read as read_account
from albc.local.demo.traffic import ASKS, Answer, Ask, send
from albc.local.stack import LocalStack, connection, local_stack, write_kubeconfig

PROGRAMMED_WITHIN_SECONDS = 30.0
HEALTHY_WITHIN_SECONDS = 60.0
GONE_WITHIN_SECONDS = 60.0

FOLDERS = ("gateway-hands-on", "ingress", "service")

CERTIFICATES = ("web.example.com", "catalogue.example.com")


class StepFailed(Exception):
    """What did not work, and what is known of it."""


class Demo:
    def __init__(self, stack: LocalStack, client: Client, console: Console) -> None:
        self._stack = stack
        self._client = client
        self._console = console
        self._objects: list[dict[str, Any]] = []
        self._before = inventory(stack.account)

    async def apply_examples(self) -> None:
        values = {
            "CERTIFICATE_ARN": certificate(self._stack.account, CERTIFICATES[0]),
            "WEB_ACL_ARN": web_acl(self._stack.account),
            "LOG_BUCKET": "albc-demo-logs",
        }
        for name in CERTIFICATES[1:]:
            certificate(self._stack.account, name)
        root = examples_folder()
        self._objects = [obj for folder in FOLDERS for obj in read(root / folder, values)]
        for obj in self._objects:
            patch = ApplyPatch(obj, "albc-demo", force=True)
            try:
                await self._client.patch(
                    KINDS[obj["kind"]], obj["metadata"]["name"], patch, obj["metadata"].get("namespace")
                )
            except AlbcError as error:
                raise StepFailed(f"{obj['kind']} {obj['metadata']['name']}: {error}") from error

    async def wait_until_programmed(self) -> Mapping[str, str]:
        """Load balancer ARN by `Kind namespace/name`, once every object has its hostname."""
        wanted = [obj for obj in self._objects if _has_load_balancer(obj)]
        found: dict[str, str] = {}

        async def look() -> str:
            missing = []
            for obj in wanted:
                name = _title(obj)
                if name not in found:
                    hostname = hostname_of(await self._get(obj))
                    arn = load_balancer(self._stack.account, hostname) if hostname else ""
                    if arn:
                        found[name] = arn
                    else:
                        missing.append(name)
            return f"no load balancer yet for {', '.join(missing)}" if missing else ""

        await _until(look, PROGRAMMED_WITHIN_SECONDS)
        return found

    async def wait_until_healthy(self) -> None:
        async def look() -> str:
            account = read_account(self._stack.account.call)
            waiting = [
                f"{target['Target']['Id']}:{target['Target']['Port']} is {target['TargetHealth']['State']}"
                for targets in account.targets.values()
                for target in targets
                if target["TargetHealth"]["State"] != "healthy"
            ]
            empty = [account.target_groups[arn]["TargetGroupName"] for arn, t in account.targets.items() if not t]
            return "; ".join([*(f"{name} has no targets" for name in empty), *waiting])

        await _until(look, HEALTHY_WITHIN_SECONDS)

    def resource_map(self) -> Any:
        served = self._stack.data_plane.addresses()
        elsewhere = {
            (arn, listener.port): f"{listener.real_host}:{listener.real_port}"
            for arn, each in served.items()
            for listener in each.listeners
            if (listener.real_host, listener.real_port) != (each.address, listener.port)
        }
        addresses = {arn: each.address for arn, each in served.items()}
        return draw(read_account(self._stack.account.call), addresses, elsewhere)

    def place(self, arn: str, port: int) -> str:
        """Where this port of the load balancer really answers, as `host:port`."""
        listeners = self._stack.data_plane.addresses()[arn].listeners
        return next(f"{each.real_host}:{each.real_port}" for each in listeners if each.port == port)

    async def send_traffic(self, balancers: Mapping[str, str]) -> Table:
        table = Table(box=None, pad_edge=False)
        table.add_column("Request", no_wrap=True)
        table.add_column("Answer")
        table.add_column("Shows")
        wrong = []
        for ask in ASKS:
            answer = await self._ask(ask, balancers[ask.load_balancer])
            proves = isinstance(answer, Answer) and answer.proves(ask)
            mark = "[green]✔[/]" if proves else "[red]✘[/]"
            table.add_row(ask.url, f"{mark} {_summary(answer)}", ask.about)
            if not proves:
                wrong.append(f"{ask.url}: {_summary(answer)}")
        if wrong:
            self._console.print(table)
            raise StepFailed("; ".join(wrong))
        return table

    async def remove_examples(self) -> None:
        """Deletes everything, the newest first; then the account must be as before."""
        for obj in reversed(self._objects):
            try:
                await self._client.delete(KINDS[obj["kind"]], obj["metadata"]["name"], obj["metadata"].get("namespace"))
            except NotFound:
                continue

        async def look() -> str:
            left = inventory(self._stack.account) - self._before
            return f"still there: {', '.join(sorted(left))}" if left else ""

        await _until(look, GONE_WITHIN_SECONDS)

    # Helpers

    async def _ask(self, ask: Ask, arn: str) -> Answer | str:
        served = self._stack.data_plane.addresses().get(arn)
        places = {each.port: (each.real_host, each.real_port) for each in served.listeners} if served else {}
        try:
            return await send(ask, lambda port: places[port], self._stack.account.ca_pem)
        except (OSError, aiohttp.ClientError, TimeoutError, KeyError) as error:
            return f"no answer: {error or type(error).__name__}"

    async def _get(self, obj: Mapping[str, Any]) -> Mapping[str, Any]:
        metadata = obj["metadata"]
        return await self._client.get(KINDS[obj["kind"]], metadata["name"], metadata.get("namespace"))


async def show(console: Console, *, once: bool) -> None:
    """The whole demo. With `once` it cleans up and ends, else it stays until it is cancelled."""
    step = _steps(console)
    async with AsyncExitStack() as parts:
        folder = Path(parts.enter_context(TemporaryDirectory(prefix="albc-demo-")))
        kubeconfig, log, port = folder / "kubeconfig", folder / "controller.log", _free_port()
        with step("a Kubernetes cluster and an AWS account, on loopback"):
            stack = await parts.enter_async_context(local_stack())
        write_kubeconfig(stack, kubeconfig)
        client = await parts.enter_async_context(Client(connection(stack.cluster)))
        line = command(stack, kubeconfig, probe_port=port)
        with step("the controller, a process of its own"):
            await parts.enter_async_context(controller(stack, line, log, probe_port=port))
        demo = Demo(stack, client, console)
        with step(f"examples applied: {', '.join(FOLDERS)}"):
            await demo.apply_examples()
        with step("load balancers programmed"):
            balancers = await demo.wait_until_programmed()
        with step("targets healthy"):
            await demo.wait_until_healthy()
        console.print()
        console.print(demo.resource_map())
        console.print()
        console.print(await demo.send_traffic(balancers))
        console.print()
        if once:
            with step("everything deleted again; the account is as before"):
                await demo.remove_examples()
            return
        authority = folder / "ca.pem"
        authority.write_bytes(stack.account.ca_pem)
        web = f"--connect-to ::{demo.place(balancers['Gateway hands-on/edge'], 443)} https://web.example.com/"
        console.print(
            _how_to_go_on(stack, kubeconfig, f"curl --cacert {authority} {web}", log), soft_wrap=True, highlight=False
        )
        await anyio.sleep_forever()


def _steps(console: Console) -> Callable[[str], AbstractContextManager[None]]:
    @contextmanager
    def step(what: str) -> Iterator[None]:
        started = monotonic()
        try:
            with console.status(f"{what} …"):
                yield
        except (StepFailed, ControllerEnded, AlbcError) as error:
            raise StepFailed(f"{what}: {error}") from error
        console.print(f"[green]✔[/] {what} [dim]({monotonic() - started:.1f} s)[/]")

    return step


async def _until(look: Callable[[], Awaitable[str]], seconds: float) -> None:
    """Looks until there is nothing left to say; fails with what was said last."""
    said = "nothing was looked at"
    with anyio.move_on_after(seconds):
        while said := await look():  # noqa: ASYNC110 - another process does it, and tells nobody here
            await anyio.sleep(0.1)
        return
    raise StepFailed(f"after {seconds:g} s {said}")


def _has_load_balancer(obj: Mapping[str, Any]) -> bool:
    return obj["kind"] in ("Gateway", "Ingress") or (
        obj["kind"] == "Service" and obj["spec"].get("type") == "LoadBalancer"
    )


def _title(obj: Mapping[str, Any]) -> str:
    return f"{obj['kind']} {obj['metadata']['namespace']}/{obj['metadata']['name']}"


def _summary(answer: Answer | str) -> str:
    if isinstance(answer, str):
        return answer
    first = shorten(answer.body, 28, placeholder=" …")
    said = f"→ {answer.location}" if answer.location else first
    return f"{answer.status} {said}" if answer.status else said


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _how_to_go_on(stack: LocalStack, kubeconfig: Path, curl: str, log: Path) -> str:
    lines = [f"  export {name}={value}" for name, value in stack.aws_environment().items()]
    return "\n".join(
        [
            "[bold]It stays up until Ctrl-C.[/] In another terminal:",
            f"  {curl}",
            f"  export KUBECONFIG={kubeconfig}",
            "  kubectl get gateways,ingresses,services -A",
            "  kubectl describe ingress -n shop catalogue",
            *lines,
            "  aws elbv2 describe-load-balancers",
            "Other hosts: the same curl, with the address that stands beside their load balancer above.",
            f"What the controller does: tail -f {log}",
        ]
    )
