"""One local stack with the controller beside it for each module."""

from collections.abc import AsyncIterator

import pytest
from world import World

from albc.kube.client import Client
from albc.local.stack import connection, local_stack


@pytest.fixture(scope="module")
async def world(anyio_backend: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with local_stack() as stack, Client(connection(stack.cluster)) as client:
        found = World(stack, client, tmp_path_factory.mktemp("world"))
        await found.start_controller()
        try:
            yield found
        finally:
            await found.stop_controller()
