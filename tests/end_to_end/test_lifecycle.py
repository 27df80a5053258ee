"""From apply to traffic, from edit to change, from delete to an account as it was."""

import pytest
from world import World

pytestmark = pytest.mark.anyio


async def test_everything_that_was_made_is_gone_after_deletion(world: World) -> None:
    before = world.inventory()
    world.certificate("catalogue.example.com")
    objects = [obj for name in ("gateway-hands-on", "ingress", "service") for obj in await world.apply_example(name)]
    for of in (("Ingress", "shop", "cart"), ("Gateway", "hands-on", "edge"), ("Service", "chat", "relay")):
        await world.reconciled(*of)

    await world.delete(*reversed(objects))

    async def as_before() -> bool:
        return world.inventory() == before

    await world.until(as_before, "the account is as before")


async def test_a_path_that_is_taken_away_is_no_longer_served(world: World) -> None:
    objects = await world.apply_example("gateway-hands-on")
    of = ("Gateway", "hands-on", "edge")

    async def answers(url: str, status: int) -> bool:
        answer = await world.ask(url, of)
        return answer is not None and answer.status == status

    await world.until(lambda: answers("http://web.example.com/metrics", 403), "/metrics is forbidden")
    route = await world.get("HTTPRoute", "hands-on", "web")
    await world.edit("HTTPRoute", "hands-on", "web", {"spec": {"rules": route["spec"]["rules"][1:]}})
    await world.until(lambda: answers("http://web.example.com/metrics", 200), "/metrics goes to the web server")
    await world.delete(*reversed(objects))
