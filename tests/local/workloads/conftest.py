"""Pods and the book of where they listen."""

import itertools
import os
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest

from albc.local.network import AddressBook
from albc.local.workloads.runtime import Workloads

_numbers = itertools.count(1)


@pytest.fixture
def book() -> AddressBook:
    return AddressBook()


@pytest.fixture
async def workloads(book: AddressBook) -> AsyncIterator[Workloads]:
    runtime = Workloads(book)
    yield runtime
    await runtime.close()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
        yield session


@pytest.fixture
def address() -> Callable[[], str]:
    """Loopback addresses that no other test uses, nor one that runs beside."""
    return lambda: f"127.19.{os.getpid() % 250 + 1}.{next(_numbers) % 250 + 1}"


@pytest.fixture
def pod(address: Callable[[], str]) -> Callable[..., dict[str, Any]]:
    """Makes Pods: `pod("name", "image", port, …)`."""

    def make(name: str, image: str, *ports: int | dict[str, Any], **container: Any) -> dict[str, Any]:
        declared = [port if isinstance(port, dict) else {"containerPort": port} for port in ports]
        return {
            "metadata": {"uid": f"uid-{name}", "name": name, "namespace": "shop"},
            "spec": {"nodeName": "node-a", "containers": [{"image": image, "ports": declared, **container}]},
            "status": {"podIP": address(), "hostIP": "127.19.0.1"},
        }

    return make
