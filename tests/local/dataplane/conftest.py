"""The data plane under test, with a load balancer and an account of its own."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from tests.local.dataplane.kit import Stack, free_address


@pytest.fixture
async def stack() -> AsyncIterator[Stack]:
    async with AsyncExitStack() as exits:
        made = Stack(exits, free_address("18"))
        await exits.enter_async_context(made.http)
        await exits.enter_async_context(made.plane)
        yield made
