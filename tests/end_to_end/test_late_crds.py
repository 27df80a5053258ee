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
    await _unknown(world, "Gateway")
    await world.start_controller()
    await world.apply_example("ingress")
    await world.reconciled("Ingress", "shop", "cart")

    for manifest in manifests():
        await world.client.patch(CRDS, manifest["metadata"]["name"], ApplyPatch(manifest, "test"))
    await world.apply_example("gateway-hands-on")
    await world.reconciled("Gateway", "hands-on", "edge")


async def test_listener_sets_are_handled_once_their_crd_is_there(world: World) -> None:
    await world.stop_controller()
    [listener_sets] = [each for each in manifests() if each["spec"]["names"]["kind"] == "ListenerSet"]
    await world.client.delete(CRDS, listener_sets["metadata"]["name"])
    await _unknown(world, "ListenerSet")
    await world.start_controller()
    await world.apply_example("gateway-hands-on")

    async def features() -> set[str]:
        [gateway_class] = (await world.client.list(KINDS["GatewayClass"])).items
        return {feature["name"] for feature in gateway_class.get("status", {}).get("supportedFeatures", ())}

    async def told_without() -> bool:
        return "HTTPRoute" in (found := await features()) and "ListenerSet" not in found

    await world.until(told_without, "the class does not say that ListenerSets are handled")
    await world.client.patch(CRDS, listener_sets["metadata"]["name"], ApplyPatch(listener_sets, "test"))

    async def told() -> bool:
        gateway = await world.client.get(KINDS["Gateway"], "edge", "hands-on")
        return "ListenerSet" in await features() and gateway["status"].get("attachedListenerSets") == 0

    await world.until(told, "class and Gateway say that ListenerSets are handled")


async def _unknown(world: World, kind: str) -> None:
    async def gone() -> bool:
        try:
            await world.client.list(KINDS[kind])
        except NotFound:
            return True
        return False

    await world.until(gone, f"the server does not know {kind} any more")
