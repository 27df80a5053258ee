"""One local stack for all scenarios of a module, with the controller beside it as a user of the Gateway API starts it.

An async fixture of a wider scope would keep its event loop for tests of other rooms, which have loops of their own.
"""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from world import World

from albc.kube.client import Client
from albc.local.aws import AccountOptions
from albc.local.aws.options import Quotas
from albc.local.stack import StackOptions, connection, local_stack
from tests.gateway_conformance.objects import base
from tests.gateway_conformance.suite import Suite

FLAGS = ("--default-target-type=ip", "--feature-gates=EnableCertificateManagement=true")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "conformance(name, profile, level): the scenario that a test plays")


@pytest.fixture(scope="module")
async def suite(anyio_backend: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Suite]:
    options = StackOptions(account=AccountOptions(quotas=Quotas(application_load_balancers=200)))
    async with local_stack(options) as stack, Client(connection(stack.cluster)) as client:
        world = World(stack, client, tmp_path_factory.mktemp("world"))
        await world.apply(*base())
        await world.start_controller(*FLAGS)
        try:
            connector = aiohttp.TCPConnector(force_close=True)
            async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=3)) as session:
                yield Suite(world, session)
        finally:
            await world.stop_controller()
