"""A local stack with the controller beside it, both as anyone would start them, and words to talk about them."""

import secrets
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import anyio
import pytest
import yaml

from albc.errors import NotFound
from albc.kube.client import Client
from albc.kube.patches import ApplyPatch, MergePatch
from albc.local.demo.account import certificate, inventory, load_balancer, web_acl
from albc.local.demo.controller import command, controller
from albc.local.demo.kinds import KINDS, hostname_of
from albc.local.demo.manifests import examples_folder, read
from albc.local.demo.traffic import Answer, Ask, send
from albc.local.stack import LocalStack, connection, local_stack, write_kubeconfig

WITHIN_SECONDS = 90.0


class World:
    """The stack, the cluster's API, and the controller, which may be stopped and started again."""

    def __init__(self, stack: LocalStack, client: Client, folder: Path) -> None:
        self.stack = stack
        self.client = client
        self._folder = folder
        self._running = AsyncExitStack()
        self._starts = 0

    # The controller

    async def start_controller(self, *flags: str) -> None:
        """With further flags, if any."""
        self._starts += 1
        kubeconfig = self._folder / "kubeconfig"
        if self._starts == 1:
            write_kubeconfig(self.stack, kubeconfig)
        port = free_port()
        line = [*command(self.stack, kubeconfig, probe_port=port), *flags]
        log = self._folder / f"controller-{self._starts}.log"
        await self._running.enter_async_context(controller(self.stack, line, log, probe_port=port))

    async def stop_controller(self) -> None:
        await self._running.aclose()
        self._running = AsyncExitStack()

    def log(self) -> str:
        """What the controller has written, over all its lives."""
        logs = sorted(self._folder.glob("controller-*.log"))
        return "".join(each.read_text(encoding="utf-8", errors="replace") for each in logs)

    # The cluster

    async def apply(self, *objects: Mapping[str, Any]) -> None:
        for obj in objects:
            metadata = obj["metadata"]
            patch = ApplyPatch(obj, "test", force=True)
            await self.client.patch(KINDS[obj["kind"]], metadata["name"], patch, metadata.get("namespace"))

    async def apply_yaml(self, text: str) -> None:
        await self.apply(*(document for document in yaml.safe_load_all(text) if document))

    async def apply_example(self, name: str) -> list[dict[str, Any]]:
        values = {
            "CERTIFICATE_ARN": self.certificate("web.example.com"),
            "WEB_ACL_ARN": web_acl(self.stack.account),
            "LOG_BUCKET": "logs",
        }
        objects = read(examples_folder() / name, values)
        await self.apply(*objects)
        return objects

    async def delete(self, *objects: Mapping[str, Any]) -> None:
        """Asks for the deletion of all of them, and waits until they are gone."""
        for obj in objects:
            try:
                await self.client.delete(KINDS[obj["kind"]], obj["metadata"]["name"], obj["metadata"].get("namespace"))
            except NotFound:
                continue

        async def gone() -> bool:
            for obj in objects:
                with suppress(NotFound):
                    await self.get(obj["kind"], obj["metadata"].get("namespace", ""), obj["metadata"]["name"])
                    return False
            return True

        await self.until(gone, "everything deleted")

    async def get(self, kind: str, namespace: str, name: str) -> dict[str, Any]:
        return await self.client.get(KINDS[kind], name, namespace or None)

    async def edit(self, kind: str, namespace: str, name: str, changes: Mapping[str, Any]) -> None:
        await self.client.patch(KINDS[kind], name, MergePatch(changes), namespace)

    async def condition(self, kind: str, namespace: str, name: str, type_: str) -> Mapping[str, Any]:
        """The condition of that type, of the object or of its first parent; empty while there is none."""
        try:
            status = (await self.get(kind, namespace, name)).get("status") or {}
        except NotFound:
            return {}
        conditions = status.get("conditions") or (status.get("parents") or [{}])[0].get("conditions") or []
        return next((c for c in conditions if c["type"] == type_), {})

    async def successes(self, kind: str, namespace: str, name: str) -> int:
        """How often the controllers have said that all is well with an object, over all their lives."""
        events = (await self.client.list(KINDS["Event"])).items
        return sum(
            int(event.get("count") or 1)
            for event in events
            if event["reason"] == "SuccessfullyReconciled"
            and (
                event["involvedObject"]["kind"],
                event["involvedObject"].get("namespace"),
                event["involvedObject"]["name"],
            )
            == (kind, namespace, name)
        )

    async def until(self, look: Callable[[], Awaitable[object]], what: str) -> None:
        """Waits for something to be so."""
        with anyio.move_on_after(WITHIN_SECONDS):
            while not await look():  # noqa: ASYNC110 - another process does it, and tells nobody here
                await anyio.sleep(0.05)
            return
        logs = sorted(self._folder.glob("controller-*.log"))
        last = logs[-1].read_text(encoding="utf-8", errors="replace")[-3000:] if logs else ""
        pytest.fail(f"not within {WITHIN_SECONDS:g} s: {what}\n{last}")

    async def reconciled(self, kind: str, namespace: str, name: str, *, before: int = 0) -> None:
        """Waits until the controllers have been content with an object more often than `before`."""

        async def again() -> bool:
            return await self.successes(kind, namespace, name) > before

        await self.until(again, f"{kind} {namespace}/{name} reconciled")

    # The account

    def certificate(self, name: str) -> str:
        """ARN of the certificate for this name, requested if there is none yet."""
        return certificate(self.stack.account, name)

    def writes(self) -> list[str]:
        """Operations of the writing calls since `forget_calls`."""
        return [call.operation for call in self.stack.account.calls if call.writing]

    def forget_calls(self) -> None:
        self.stack.account.calls.clear()

    def inventory(self) -> frozenset[str]:
        return inventory(self.stack.account)

    # Traffic

    async def ask(self, url: str, of: tuple[str, str, str]) -> Answer | None:
        """What the load balancer of an object (kind, namespace, name) answers; None while nobody does."""
        arn = load_balancer(self.stack.account, hostname_of(await self.get(*of)))
        served = self.stack.data_plane.addresses().get(arn)
        places = {each.port: (each.real_host, each.real_port) for each in served.listeners} if served else {}
        ask = Ask(about="", load_balancer="", url=url, status=0)
        try:
            return await send(ask, lambda port: places[port], self.stack.account.ca_pem)
        except (OSError, KeyError):
            return None


@asynccontextmanager
async def running_world(folder: Path, *flags: str) -> AsyncIterator[World]:
    """A stack, and a controller beside it, with further flags, if any."""
    async with local_stack() as stack, Client(connection(stack.cluster)) as client:
        found = World(stack, client, folder)
        await found.start_controller(*flags)
        try:
            yield found
        finally:
            await found.stop_controller()


def free_port() -> int:
    """Stays free until it is used: from below the range out of which the system serves whoever asks for any port."""
    while True:
        port = 20_000 + secrets.randbelow(10_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("0.0.0.0", port))
            return port


__all__ = ["KINDS", "World", "free_port", "running_world"]
