"""From any state to any other, with calls failing on the way: the end is as wanted, others' resources as before."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import anyio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from albc.errors import AlbcError
from albc.local.aws import Fault, FaultKind
from albc.model.load_balancer import Attribute
from albc.model.security_group import IPPermission, IPRange
from albc.model.stack import Stack

Local = Callable[..., tuple[Any, Any]]

HOSTS = ("a.example.com", "b.example.com", "c.example.com", "d.example.com")
NAMES = ("k8s-shop-web-abcdef0123", "k8s-shop-web-other")


@dataclass(frozen=True)
class Wish:
    """What a user could want of the web site."""

    hosts: tuple[str, ...]
    scheme: str
    name: str
    ports: tuple[int, ...]
    idle_timeout: str | None
    tags: tuple[tuple[str, str], ...]
    open_to: str
    target_type: str


wishes = st.builds(
    Wish,
    hosts=st.lists(st.sampled_from(HOSTS), unique=True, max_size=4).map(tuple),
    scheme=st.sampled_from(("internet-facing", "internal")),
    name=st.sampled_from(NAMES),
    ports=st.lists(st.sampled_from((80, 8080)), unique=True, min_size=1).map(tuple),
    idle_timeout=st.sampled_from((None, "60", "120")),
    tags=st.lists(st.tuples(st.sampled_from(("team", "env")), st.sampled_from(("x", "y"))), max_size=2).map(tuple),
    open_to=st.sampled_from(("0.0.0.0/0", "10.0.0.0/8")),
    target_type=st.sampled_from(("instance", "ip")),
)
mishaps = st.none() | st.tuples(
    st.sampled_from((FaultKind.RESET_AFTER, FaultKind.RESET_BEFORE, FaultKind.SERVER_ERROR, FaultKind.THROTTLE)),
    st.integers(0, 6),
)
steps = st.lists(st.tuples(st.none() | wishes, mishaps, st.booleans()), min_size=1, max_size=5)


def stack_of(site: Any, wish: Wish | None) -> Stack:
    """No wish: everything was deleted."""
    if wish is None:
        return Stack(site.id)
    source = IPPermission(ip_protocol="tcp", from_port=80, to_port=80, ip_ranges=(IPRange(cidr_ip=wish.open_to),))
    attributes = (Attribute(key="idle_timeout.timeout_seconds", value=wish.idle_timeout),) if wish.idle_timeout else ()
    tags = dict(wish.tags)
    balancer = replace(
        site.load_balancer(), scheme=wish.scheme, name=wish.name, load_balancer_attributes=attributes, tags=tags
    )
    groups = [replace(site.target_group(host), target_type=wish.target_type, tags=tags) for host in wish.hosts]
    named = [replace(one, name=f"{one.name[:-4]}-{wish.target_type[:3]}") for one in groups]
    listeners = [replace(site.listener(), id=str(port), port=port) for port in wish.ports]
    rules = [
        replace(site.rule(number, host, group), id=f"{listener.id}:{number}", listener_arn=listener.arn)
        for listener in listeners
        for number, (host, group) in enumerate(zip(wish.hosts, named, strict=True), 1)
    ]
    bindings = [site.binding(group) for group in named]
    return Stack.of(
        site.id, [replace(site.security_group(), ingress=(source,)), *named, balancer, *listeners, *rules, *bindings]
    )


async def persist(controller: Any, stack: Stack, passes: int = 14) -> None:
    """Passes until nothing is left to do; a look at AWS may fail as well."""
    for _ in range(passes):
        with contextlib.suppress(AlbcError):
            applied = await controller.deploy(stack)
            if applied.is_complete:
                return
    raise AssertionError(f"not complete after {passes} passes")


def foreign(account: Any) -> Any:
    """What a stranger has."""
    groups = account.call("elbv2", "DescribeTargetGroups", {})["TargetGroups"]
    return [group for group in groups if group["TargetGroupName"].startswith("foreign")]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
def test_every_transition_ends_as_wanted(local: Local, steps: list[Any]) -> None:
    async def walk() -> None:
        controller, site = local()
        account = controller.account
        for name, tags in (("foreign", []), ("foreign-2", [{"Key": "elbv2.k8s.aws/cluster", "Value": "other"}])):
            request = {"Name": name, "VpcId": controller.settings.vpc_id, "Port": 1, "Protocol": "HTTP", "Tags": tags}
            account.call("elbv2", "CreateTargetGroup", request)
        before = foreign(account)
        for wish, mishap, crash in steps:
            stack = stack_of(site, wish)
            if mishap:
                kind, skip = mishap
                account.faults.add(Fault(kind, skip=skip))
                if crash:
                    with contextlib.suppress(AlbcError):
                        await controller.deploy(stack)
                    controller.restart()
            await persist(controller, stack)
            account.faults.clear()
            assert (await controller.plan(stack)).is_empty
            controller.restart()
            assert (await controller.plan(stack)).is_empty
            balancers = account.call("elbv2", "DescribeLoadBalancers", {})["LoadBalancers"]
            assert [one["Scheme"] for one in balancers] == ([wish.scheme] if wish else [])
            assert foreign(account) == before

    anyio.run(walk)
