"""Security groups of nodes follow the bindings: opened at once, closed when it is sure that nobody needs them."""

from collections.abc import Callable
from typing import Any

import pytest
from direct_aws import DirectAws
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from albc.crds.target_group_binding import TargetGroupBinding
from albc.kube.objects import Node
from albc.local.aws import Account, instance_id
from albc.model.permissions import from_answer
from albc.targets.enis import NetworkInterfaces
from albc.targets.networking import Networking, NetworkingSettings
from albc.targets.security_groups import SecurityGroupRules

pytestmark = pytest.mark.anyio


class Sandbox:
    """An account, a node in it, and a process that keeps its security group."""

    def __init__(self, account: Account, node: Node) -> None:
        self.account = account
        self.node = node
        self.restart()

    def restart(self) -> None:
        (vpc,) = self.account.call("ec2", "DescribeVpcs", {})["Vpcs"]
        aws: Any = DirectAws(self.account)
        self.networking = Networking(
            SecurityGroupRules(aws),
            NetworkInterfaces(aws, vpc["VpcId"]),
            NetworkingSettings(cluster_name="local", vpc_id=vpc["VpcId"]),
        )

    async def reconcile(self, binding: TargetGroupBinding, everyone: list[TargetGroupBinding]) -> None:
        wanted = await self.networking.for_nodes(binding, [self.node])
        await self.networking.reconcile((binding.namespace, binding.name), wanted, everyone)

    async def remove(self, binding: TargetGroupBinding, left: list[TargetGroupBinding]) -> None:
        await self.networking.reconcile((binding.namespace, binding.name), {}, left)

    def open_ports(self) -> set[tuple[int, int]]:
        groups = self.account.call("ec2", "DescribeSecurityGroups", {})["SecurityGroups"]
        return {
            (permission.from_port, permission.to_port)
            for group in groups
            for permission in from_answer(group["IpPermissions"])
            if permission.labels
        }


@pytest.fixture
def sandbox(make_node: Callable[..., Node]) -> Sandbox:
    return Sandbox(Account(), make_node("node-a", provider=f"aws:///us-west-2a/{instance_id('a')}"))


def binding(name: str, *ports: int, cidr: str = "10.0.0.0/8") -> TargetGroupBinding:
    rule = {"from": [{"ipBlock": {"cidr": cidr}}], "ports": [{"protocol": "TCP", "port": port} for port in ports]}
    return TargetGroupBinding.model_validate(
        {
            "metadata": {"name": name, "namespace": "shop"},
            "spec": {"serviceRef": {"name": name, "port": 80}, "networking": {"ingress": [rule]}},
        }
    )


async def test_a_bindings_ports_are_opened_and_closed_with_it(sandbox: Sandbox) -> None:
    web = binding("web", 30080)
    await sandbox.reconcile(web, [web])
    assert sandbox.open_ports() == {(30080, 30080)}
    await sandbox.remove(web, [])
    assert sandbox.open_ports() == set()


async def test_a_port_that_two_bindings_need_stays_until_both_are_gone(sandbox: Sandbox) -> None:
    web, api = binding("web", 30080), binding("api", 30080)
    await sandbox.reconcile(web, [web, api])
    await sandbox.reconcile(api, [web, api])
    await sandbox.remove(web, [api])
    assert sandbox.open_ports() == {(30080, 30080)}


async def test_after_a_restart_nothing_is_closed_until_every_binding_was_looked_at(sandbox: Sandbox) -> None:
    web, api = binding("web", 30080), binding("api", 30081)
    for each in (web, api):
        await sandbox.reconcile(each, [web, api])
    sandbox.restart()
    changed = binding("web", 30090)
    await sandbox.reconcile(changed, [changed, api])
    assert sandbox.open_ports() == {(30080, 30080), (30081, 30081), (30090, 30090)}
    await sandbox.reconcile(api, [changed, api])
    assert sandbox.open_ports() == {(30081, 30081), (30090, 30090)}


async def test_rules_left_behind_by_an_earlier_life_are_found(sandbox: Sandbox) -> None:
    web = binding("web", 30080)
    await sandbox.reconcile(web, [web])
    sandbox.restart()
    await sandbox.remove(web, [])
    assert sandbox.open_ports() == set()


async def test_a_binding_without_networking_opens_nothing(sandbox: Sandbox) -> None:
    plain = binding("web", 30080)
    plain = plain.model_copy(update={"spec": plain.spec.model_copy(update={"networking": None})})
    await sandbox.reconcile(plain, [plain])
    assert sandbox.open_ports() == set()


PORTS = st.frozensets(st.integers(30000, 30005), max_size=3)


@given(st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), PORTS), max_size=8))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
async def test_the_open_ports_are_those_of_the_bindings_that_are_left(
    make_node: Callable[..., Node], edits: list[tuple[str, frozenset[int]]]
) -> None:
    sandbox = Sandbox(Account(), make_node("node-a", provider=f"aws:///us-west-2a/{instance_id('a')}"))
    bindings: dict[str, TargetGroupBinding] = {}
    for name, ports in edits:
        if ports:
            bindings[name] = binding(name, *sorted(ports))
            await sandbox.reconcile(bindings[name], list(bindings.values()))
        elif gone := bindings.pop(name, None):
            await sandbox.remove(gone, list(bindings.values()))
    wanted = {
        (port.port, port.port)
        for each in bindings.values()
        for rule in (each.spec.networking.ingress if each.spec.networking else None) or ()
        for port in rule.ports
    }
    assert sandbox.open_ports() == wanted
