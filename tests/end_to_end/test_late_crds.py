"""The CRDs of the Gateway API may be installed after the controller has started."""

import pytest
from world import KINDS, World

from albc.errors import NotFound
from albc.kube.patches import ApplyPatch
from albc.local.gateway_api import manifests
from albc.local.stack import CRDS

pytestmark = pytest.mark.anyio


async def test_a_gateway_is_served_once_its_crds_are_there(world: World) -> None:
    await world.stop_controller()
    for manifest in manifests():
        await world.client.delete(CRDS, manifest["metadata"]["name"])

    async def unknown() -> bool:
        try:
            await world.client.list(KINDS["Gateway"])
        except NotFound:
            return True
        return False

    await world.until(unknown, "the kinds have gone")
    await world.start_controller()
    await world.apply_example("ingress")
    await world.reconciled("Ingress", "shop", "cart")

    for manifest in manifests():
        await world.client.patch(CRDS, manifest["metadata"]["name"], ApplyPatch(manifest, "test"))
    await world.apply_example("gateway-hands-on")
    await world.reconciled("Gateway", "hands-on", "edge")
