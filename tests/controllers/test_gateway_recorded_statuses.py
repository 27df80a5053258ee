"""The conditions that the reference left on the objects of each recorded case are ours, too (type, status, reason).

All cases are applied to one local cluster, with the recorded account behind it, and the controller runs beside it.
`tests/golden/gateway-conditions.json` has for each case what was `recorded`, what `ours` are where they differ on
purpose (null: we say nothing), and `because`.
"""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import anyio
import pytest
from golden import FOLDER, read_cases, recorded_account
from recorded_statuses import Conditions, as_input, conditions_of
from world import KINDS, World

from albc.kube.client import Client
from albc.local.aws import Account, AccountOptions, AwsServer
from albc.local.aws.layout import recorded_layout
from albc.local.aws.options import Quotas
from albc.local.dataplane import DataPlane
from albc.local.kubernetes import Cluster, ClusterOptions
from albc.local.network import AddressBook
from albc.local.stack import LocalStack, StackOptions, apply_crds, connection

pytestmark = pytest.mark.anyio

CONDITIONS: Mapping[str, Any] = json.loads((FOLDER / "gateway-conditions.json").read_text(encoding="utf-8"))
CASES = {name: case for name, case in read_cases("gateway") if not case["flags"]}
FIRST = ("g252-whole-static-front", "g168-target-group-name")
"""Cases share the account's one Elastic IP address and one target group: these get them."""
WITHIN_SECONDS = 120.0
_STATUS_KINDS = ("GatewayClass", "Gateway", "ListenerSet", "HTTPRoute", "GRPCRoute", "TCPRoute", "UDPRoute", "TLSRoute")


def expected(name: str) -> Conditions:
    entry = CONDITIONS[name]
    changed = {**entry["recorded"], **entry.get("ours", {})}
    return {place: value for place, value in changed.items() if value is not None}


@pytest.fixture(scope="module")
async def world(anyio_backend: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """Without data plane and nodes: the addresses of the recorded account are not this machine's."""
    quotas = Quotas(application_load_balancers=500, network_load_balancers=500)
    options = AccountOptions(cluster_name="prod", quotas=quotas)
    account = Account(options, layout=recorded_layout(recorded_account()["api"]))
    async with Cluster(state=ClusterOptions(nodes=())) as cluster, AwsServer(account) as aws:
        await apply_crds(cluster)
        book = AddressBook()
        plane = DataPlane(book, account.snapshot, account.report_health)
        stack = LocalStack(StackOptions(cluster_name="prod"), cluster, account, aws, plane, book)
        async with Client(connection(cluster)) as client:
            found = World(stack, client, tmp_path_factory.mktemp("world"))
            await found.start_controller()
            try:
                yield found
            finally:
                await found.stop_controller()


async def settled(world: World) -> Mapping[str, Conditions]:
    """Conditions by case, as soon as they are as expected, or when time is up."""
    for name in FIRST:
        await apply(world, CASES[name])
        await reached(world, (name,))
    for name in CASES.keys() - set(FIRST):
        await apply(world, CASES[name])
    return await reached(world, tuple(CASES))


async def apply(world: World, case: Mapping[str, Any]) -> None:
    objects = [obj for obj in case["objects"] if obj["kind"] in KINDS and obj["kind"] != "TargetGroupBinding"]
    namespaces = {obj["metadata"]["namespace"] for obj in objects if "namespace" in obj["metadata"]}
    given = [obj for obj in objects if obj["kind"] == "Namespace"]
    await world.apply(*({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": each}} for each in namespaces))
    await world.apply(*map(as_input, [*given, *(obj for obj in objects if obj["kind"] != "Namespace")]))


async def reached(world: World, names: tuple[str, ...]) -> Mapping[str, Conditions]:
    found: dict[str, Conditions] = {}
    with anyio.move_on_after(WITHIN_SECONDS):
        while True:
            found = await conditions(world)
            if all(found.get(name) == expected(name) for name in names):
                break
            await anyio.sleep(1.0)
    return found


async def conditions(world: World) -> dict[str, Conditions]:
    """Of all objects, by the case whose namespace, or name in front, they bear."""
    cases = {name.partition("-")[0]: name for name in CASES}
    found: dict[str, Conditions] = {name: {} for name in CASES}
    for kind in _STATUS_KINDS:
        for obj in (await world.client.list(KINDS[kind])).items:
            place = obj["metadata"].get("namespace") or obj["metadata"]["name"]
            found[cases[place.partition("-")[0]]] |= conditions_of({**obj, "kind": kind})
    return found


async def test_conditions_are_those_that_were_recorded(world: World) -> None:
    """One test for all cases: they share one cluster, and pytest-xdist would start one in each of its processes."""
    ours = await settled(world)

    differing = [
        f"{name}: {place}: expected {expected(name).get(place)}, ours {ours[name].get(place)}"
        for name in sorted(CASES)
        for place in sorted(expected(name).keys() | ours[name].keys())
        if expected(name).get(place) != ours[name].get(place)
    ]
    assert not differing, "\n".join([*differing, *said_of(world, {line.partition("-")[0] for line in differing})])


def said_of(world: World, namespaces: set[str]) -> list[str]:
    """What the controller's log has last told of them."""
    log = world.log().splitlines()
    return [line for each in sorted(namespaces) for line in [line for line in log if each in line][-10:]]


def test_what_differs_on_purpose_has_a_reason() -> None:
    for name, entry in CONDITIONS.items():
        for place, value in entry.get("ours", {}).items():
            assert entry["because"], name
            assert entry["recorded"].get(place) != value, f"{name}: {place} no longer differs"
