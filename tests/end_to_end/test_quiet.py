"""What albc costs when nothing, or little, changes: counted in the account's call log."""

import pytest
from world import World

pytestmark = pytest.mark.anyio

INGRESS = ("Ingress", "shop", "cart")
GATEWAY = ("Gateway", "hands-on", "edge")
SERVICE = ("Service", "chat", "relay")


@pytest.fixture(scope="module")
async def standing(world: World) -> World:
    """All examples applied, all of them programmed and at rest."""
    world.certificate("catalogue.example.com")
    for example in ("gateway-hands-on", "ingress", "service"):
        await world.apply_example(example)
    for of in (INGRESS, GATEWAY, SERVICE):
        await world.reconciled(*of)
    await world.until(lambda: _healthy(world), "all targets healthy")
    return world


async def _healthy(world: World) -> bool:
    call = world.stack.account.call
    groups = call("elbv2", "DescribeTargetGroups", {})["TargetGroups"]
    healths = [
        health["TargetHealth"]["State"]
        for group in groups
        for health in call("elbv2", "DescribeTargetHealth", {"TargetGroupArn": group["TargetGroupArn"]})[
            "TargetHealthDescriptions"
        ]
    ]
    return len(healths) == 10 and set(healths) == {"healthy"}


async def test_an_edit_that_changes_nothing_for_aws_writes_nothing(standing: World) -> None:
    before = await standing.successes(*INGRESS)
    standing.forget_calls()
    await standing.edit(*INGRESS, {"metadata": {"annotations": {"team": "web"}}})
    await standing.reconciled(*INGRESS, before=before)
    assert standing.writes() == []


async def test_a_changed_host_is_one_write(standing: World) -> None:
    before = await standing.successes(*INGRESS)
    ingress = await standing.get(*INGRESS)
    rules = ingress["spec"]["rules"]
    rules[0]["host"] = "basket.example.com"
    standing.forget_calls()
    await standing.edit(*INGRESS, {"spec": {"rules": rules}})
    await standing.reconciled(*INGRESS, before=before)
    assert standing.writes() == ["ModifyRule"]


async def test_a_restarted_controller_changes_nothing(standing: World) -> None:
    before = {of: await standing.successes(*of) for of in (INGRESS, GATEWAY, SERVICE)}
    await standing.stop_controller()
    standing.forget_calls()
    await standing.start_controller()
    for of, count in before.items():
        await standing.reconciled(*of, before=count)
    assert standing.writes() == []
