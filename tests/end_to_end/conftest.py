"""One local stack with the controller beside it for each module."""

from collections.abc import AsyncIterator

import pytest
from world import World, running_world


@pytest.fixture(scope="module")
async def world(anyio_backend: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with running_world(tmp_path_factory.mktemp("world")) as found:
        yield found
