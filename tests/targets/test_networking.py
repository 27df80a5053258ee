"""Security groups of nodes follow the bindings: opened at once, closed when it is sure that nobody needs them."""

from collections.abc import Callable
from typing import Any

import anyio
import pytest
from direct_aws import DirectAws
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from albc.crds.target_group_binding import TargetGroupBinding
from albc.errors import AlbcError, Forbidden, NotFound
from albc.kube.objects import Node
from albc.local.aws import Account, instance_id
from albc.local.aws.faults import Fault, FaultKind
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

    def restart(self, *, restricted: bool = True) -> None:
        (vpc,) = self.account.call("ec2", "DescribeVpcs", {})["Vpcs"]
        aws: Any = DirectAws(self.account)
        self.aws = aws
        self.networking = Networking(
            SecurityGroupRules(aws),
            NetworkInterfaces(aws, vpc["VpcId"]),
            NetworkingSettings(cluster_name="local", vpc_id=vpc["VpcId"], restricted=restricted),
        )

    async def reconcile(self, binding: TargetGroupBinding, everyone: list[TargetGroupBinding]) -> None:
        wanted = await self.networking.for_nodes(binding, [self.node])
        await self.networking.reconcile((binding.namespace, binding.name), wanted, everyone)

    async def remove(self, binding: TargetGroupBinding, left: list[TargetGroupBinding]) -> None:
        await self.networking.reconcile((binding.namespace, binding.name), {}, left)

    def open_ports(self) -> set[tuple[int, int]]:
        return {(low, high) for _, _, low, high in self.rules()}

    def rules(self) -> set[tuple[str, str, int, int]]:
        """Our rules in all groups: source, protocol and ports."""
        groups = self.account.call("ec2", "DescribeSecurityGroups", {})["SecurityGroups"]
        return {
            (permission.value, permission.protocol, permission.from_port, permission.to_port)
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


# Whatever the bindings ask for: our way against a slow and obvious one

RULES = st.lists(
    st.tuples(
        st.sampled_from(["sg-00000001", "sg-00000002", "10.0.0.0/8", "10.1.0.0/16", "fd00::/8"]),
        st.sampled_from(["TCP", "UDP"]),
        st.one_of(st.none(), st.integers(1, 9)),
    ),
    max_size=5,
)


def asking(name: str, rules: list[tuple[str, str, int | None]]) -> TargetGroupBinding:
    ingress = [
        {
            "from": [{"securityGroup": {"groupID": source}} if source[:3] == "sg-" else {"ipBlock": {"cidr": source}}],
            "ports": [{"protocol": protocol} | ({"port": port} if port else {})],
        }
        for source, protocol, port in rules
    ]
    return TargetGroupBinding.model_validate(
        {
            "metadata": {"name": name, "namespace": "shop"},
            "spec": {"serviceRef": {"name": name, "port": 80}, "networking": {"ingress": ingress}},
        }
    )


def obvious(bindings: list[list[tuple[str, str, int | None]]], *, restricted: bool) -> set[tuple[str, str, int, int]]:
    """Source, protocol and ports: port by port, then, if restricted, one range for each group and protocol."""
    asked = [
        (source, protocol.lower(), *((port, port) if port else (0, 65535)))
        for rules in bindings
        for source, protocol, port in rules
    ]
    if not restricted:
        return set(asked)
    joined = set()
    for source, protocol, low, high in asked:
        if source.startswith("sg-"):
            same = [(a, b) for other, p, a, b in asked if (other, p) == (source, protocol)]
            joined.add((source, protocol, min(a for a, _ in same), max(b for _, b in same)))
        else:
            joined.add((source, protocol, low, high))
    return joined


@given(st.lists(RULES, min_size=1, max_size=4), st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
async def test_the_rules_of_random_bindings_are_those_of_a_slow_and_obvious_way(
    make_node: Callable[..., Node], bindings: list[list[tuple[str, str, int | None]]], restricted: bool
) -> None:
    sandbox = Sandbox(Account(), make_node("node-a", provider=f"aws:///us-west-2a/{instance_id('a')}"))
    (vpc,) = sandbox.account.call("ec2", "DescribeVpcs", {})["Vpcs"]
    names = {}
    for wanted in ("sg-00000001", "sg-00000002"):
        request = {"GroupName": wanted[3:], "Description": "of a load balancer", "VpcId": vpc["VpcId"]}
        names[wanted] = str(sandbox.account.call("ec2", "CreateSecurityGroup", request)["GroupId"])
    real = [[(names.get(source, source), *rest) for source, *rest in rules] for rules in bindings]
    sandbox.restart(restricted=restricted)
    everyone = [asking(f"b{number}", rules) for number, rules in enumerate(real)]  # type: ignore[arg-type]  # names only
    for each in everyone:
        await sandbox.reconcile(each, everyone)
    assert sandbox.rules() == obvious(real, restricted=restricted)  # type: ignore[arg-type]  # names only
    for left in range(len(everyone)):
        await sandbox.remove(everyone[left], everyone[left + 1 :])
    assert sandbox.rules() == set()


async def test_a_group_whose_rules_cannot_be_written_keeps_no_other_from_its_rules(sandbox: Sandbox) -> None:
    web = binding("web", 30080)
    (group,) = await sandbox.networking.for_nodes(web, [sandbox.node])
    (permission,) = (await sandbox.networking.for_nodes(web, [sandbox.node]))[group]
    wanted = {"sg-00000000000000000": (permission,), group: (permission,)}
    with pytest.raises(NotFound):
        await sandbox.networking.reconcile(("shop", "web"), wanted, [web])
    assert sandbox.open_ports() == {(30080, 30080)}


async def test_a_rule_that_could_not_be_revoked_is_revoked_by_the_next_try(sandbox: Sandbox) -> None:
    web = binding("web", 30080)
    await sandbox.reconcile(web, [web])
    sandbox.account.faults.add(
        Fault(FaultKind.ERROR, operation="RevokeSecurityGroupIngress", code="UnauthorizedOperation")
    )
    with pytest.raises(Forbidden):
        await sandbox.remove(web, [])
    assert sandbox.open_ports() == {(30080, 30080)}
    await sandbox.remove(web, [])
    assert sandbox.open_ports() == set()


async def test_bindings_whose_rules_stand_wait_for_no_other(sandbox: Sandbox) -> None:
    web, slow = binding("web", 30080), binding("slow", 30081)
    for each in (web, slow):
        await sandbox.reconcile(each, [web, slow])
    call, answered = sandbox.aws.call, anyio.Event()

    async def slowly(service: str, operation: str, **params: Any) -> Any:
        if "other" in str(params.get("GroupId")) or params.get("GroupIds") == ["sg-other"]:
            await answered.wait()
        return await call(service, operation, **params)

    sandbox.aws.call = slowly
    ((permission,),) = (await sandbox.networking.for_nodes(slow, [sandbox.node])).values()
    async with anyio.create_task_group() as tasks:

        async def elsewhere() -> None:
            with pytest.raises(AlbcError):
                await sandbox.networking.reconcile(("shop", "slow"), {"sg-other": (permission,)}, [web, slow])

        tasks.start_soon(elsewhere)
        await anyio.lowlevel.checkpoint()
        await sandbox.reconcile(web, [web, slow])
        answered.set()


async def test_the_rules_of_a_binding_that_vanished_unnoticed_go_with_the_next_look(sandbox: Sandbox) -> None:
    web, gone = binding("web", 30080), binding("gone", 30081)
    for each in (web, gone):
        await sandbox.reconcile(each, [web, gone])
    await sandbox.reconcile(web, [web])
    assert sandbox.open_ports() == {(30080, 30080)}
