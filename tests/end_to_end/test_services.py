"""Network Load Balancers of Services, by what goes through them and what stays when they go."""

import asyncio
import socket
import ssl
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, aclosing
from typing import Any

import pytest
from world import World

from albc.local.demo.account import load_balancer
from albc.local.demo.kinds import hostname_of

pytestmark = pytest.mark.anyio

PREFIX = "service.beta.kubernetes.io"
PODS = """
apiVersion: v1
kind: Namespace
metadata: {name: nlb}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: lines, namespace: nlb}
spec:
  selector: {matchLabels: {app: lines}}
  template:
    metadata: {labels: {app: lines}}
    spec: {containers: [{name: lines, image: tcp-echo, ports: [{name: tcp, containerPort: 9000}]}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: datagrams, namespace: nlb}
spec:
  selector: {matchLabels: {app: datagrams}}
  template:
    metadata: {labels: {app: datagrams}}
    spec:
      containers:
        - name: datagrams
          image: udp-echo
          ports: [{name: udp, containerPort: 9000, protocol: UDP}, {name: tcp-health, containerPort: 9000}]
"""
PROXY_V2 = b"\r\n\r\n\x00\r\nQUIT\n"


@pytest.fixture(scope="module", autouse=True)
async def pods(world: World) -> None:
    await world.apply_yaml(PODS)


def service(name: str, app: str = "lines", protocol: str = "TCP", **annotations: str) -> dict[str, Any]:
    """A Service on port 9000; annotations by suffix, with underscores for dashes."""
    suffixes = {"scheme": "internet-facing"} | annotations
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": name,
            "namespace": "nlb",
            "annotations": {
                f"{PREFIX}/aws-load-balancer-{suffix.replace('_', '-')}": value for suffix, value in suffixes.items()
            },
        },
        "spec": {
            "type": "LoadBalancer",
            "loadBalancerClass": "service.k8s.aws/nlb",
            "selector": {"app": app},
            "ports": [{"name": "main", "port": 9000, "targetPort": 9000, "protocol": protocol}],
        },
    }


class Caller:
    """A client of one Service's load balancer."""

    def __init__(self, world: World, obj: Mapping[str, Any]) -> None:
        self.world = world
        self.name = obj["metadata"]["name"]

    async def arn(self) -> str:
        found = await self.world.get("Service", "nlb", self.name)
        return load_balancer(self.world.stack.account, hostname_of(found))

    async def place(self) -> tuple[str, int]:
        """Raises OSError while nobody serves it."""
        served = self.world.stack.data_plane.addresses().get(await self.arn())
        if served is None:
            raise ConnectionRefusedError
        (listener,) = served.listeners
        return listener.real_host, listener.real_port

    async def lines(self, tls: ssl.SSLContext | None = None) -> AsyncGenerator[bytes]:
        """What comes back for `hello`, line by line; the ALPN protocol first if there is TLS. Raises OSError."""
        name = "chat.example.com" if tls else None
        async with asyncio.timeout(5):
            reader, writer = await asyncio.open_connection(*await self.place(), ssl=tls, server_hostname=name)
        try:
            if tls:
                yield str(writer.get_extra_info("ssl_object").selected_alpn_protocol()).encode()
            writer.write(b"hello\n")
            while line := await asyncio.wait_for(reader.readline(), 10):
                yield line
        finally:
            writer.transport.abort()

    async def hears(self, count: int = 1, tls: ssl.SSLContext | None = None, until: bytes = b"") -> list[bytes]:
        """The first lines, or all up to the first that ends with `until`; none while nobody answers."""
        heard: list[bytes] = []
        try:
            async with aclosing(self.lines(tls)) as lines:
                async for line in lines:
                    heard.append(line)
                    if line.endswith(until) if until else len(heard) == count:
                        break
        except OSError:
            return []
        return heard

    async def datagram(self) -> bytes:
        """What comes back for a datagram; nothing while nobody answers."""
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.setblocking(False)
            try:
                client.connect(await self.place())
                client.send(b"hello")
                return await asyncio.wait_for(loop.sock_recv(client, 1000), 0.5)
            except OSError:
                return b""


async def test_a_pod_sees_the_proxy_protocol_header_before_the_clients_bytes(world: World) -> None:
    obj = service("proxied", nlb_target_type="ip", proxy_protocol="*")
    await world.apply(obj)
    caller = Caller(world, obj)
    await world.until(caller.hears, "the pod answers")

    heard = await caller.hears(until=b"hello\n")  # the header's bytes, a port among them, may look like line ends

    pod = heard[0].partition(b" ")[0] + b" "
    said = b"".join(line.removeprefix(pod) for line in heard)
    assert said.startswith(PROXY_V2 + b"\x21\x11\x00\x0c")
    assert said[16:20] == socket.inet_aton("127.0.0.1"), "the client's address"
    assert said.endswith(b"hello\n")
    await world.delete(obj)


async def test_tls_ends_at_the_load_balancer_with_the_protocol_that_its_policy_prefers(world: World) -> None:
    arn = world.certificate("chat.example.com")
    obj = service("tls", nlb_target_type="instance", ssl_cert=arn, alpn_policy="HTTP2Preferred")
    await world.apply(obj)
    caller = Caller(world, obj)
    context = ssl.create_default_context(cadata=world.stack.account.ca_pem.decode())
    context.set_alpn_protocols(["http/1.1", "h2"])
    await world.until(lambda: caller.hears(2, context), "the pod answers through TLS")

    protocol, line = await caller.hears(2, context)

    assert protocol == b"h2"
    assert line.endswith(b" hello\n"), "the pod behind speaks no TLS"
    await world.delete(obj)


@pytest.mark.parametrize("target_type", ["instance", "ip"])
async def test_datagrams_come_back_from_the_pod(world: World, target_type: str) -> None:
    obj = service(f"udp-{target_type}", "datagrams", "UDP", nlb_target_type=target_type)
    if target_type == "instance":
        # A UDP node port answers no health check over TCP; with this policy the node has a port that does.
        obj["spec"]["externalTrafficPolicy"] = "Local"
    await world.apply(obj)
    caller = Caller(world, obj)

    await world.until(caller.datagram, "the pod answers")

    assert (await caller.datagram()).endswith(b" hello")
    await world.delete(obj)


@pytest.mark.parametrize("target_type", ["instance", "ip"])
async def test_only_clients_of_the_source_ranges_come_through(world: World, target_type: str) -> None:
    obj = service(f"ranges-{target_type}", nlb_target_type=target_type)
    obj["spec"]["loadBalancerSourceRanges"] = ["127.0.0.0/8"]
    await world.apply(obj)
    caller = Caller(world, obj)
    await world.until(caller.hears, "a client of the range comes through")

    async def is_refused() -> bool:
        return await caller.hears() == []

    await world.edit("Service", "nlb", caller.name, {"spec": {"loadBalancerSourceRanges": ["203.0.113.0/24"]}})
    await world.until(is_refused, "a client outside of the range is refused")
    await world.edit("Service", "nlb", caller.name, {"spec": {"loadBalancerSourceRanges": ["127.0.0.1/32"]}})
    await world.until(caller.hears, "a client of the new range comes through")
    await world.delete(obj)


async def test_a_load_balancer_stays_in_its_subnets_when_their_role_tags_change(world: World) -> None:
    obj = service("placed", nlb_target_type="ip")
    await world.apply(obj)
    await world.reconciled("Service", "nlb", "placed")
    account, arn = world.stack.account, await Caller(world, obj).arn()

    def description() -> dict[str, Any]:
        (found,) = account.call("elbv2", "DescribeLoadBalancers", {"LoadBalancerArns": [arn]})["LoadBalancers"]
        return dict(found)

    async def tags() -> Any:
        (found,) = account.call("elbv2", "DescribeTags", {"ResourceArns": [arn]})["TagDescriptions"]
        return {"Key": "team", "Value": "chat"} in found["Tags"]

    def subnets() -> set[str]:
        return {zone["SubnetId"] for zone in description()["AvailabilityZones"]}

    before = subnets()
    role = [{"Key": "kubernetes.io/role/elb", "Value": "1"}]
    taken = sorted(before)[0]
    async with AsyncExitStack() as undo:
        account.call("ec2", "DeleteTags", {"Resources": [taken], "Tags": [{"Key": role[0]["Key"]}]})
        undo.callback(account.call, "ec2", "CreateTags", {"Resources": [taken], "Tags": role})
        annotation = {f"{PREFIX}/aws-load-balancer-additional-resource-tags": "team=chat"}
        await world.edit("Service", "nlb", "placed", {"metadata": {"annotations": annotation}})
        await world.until(tags, "the edit has reached AWS")
    assert len(before) > 1
    assert subnets() == before
    await world.delete(obj)


async def test_a_service_that_is_no_longer_ours_leaves_nothing_behind(world: World) -> None:
    before = world.inventory()
    obj = service("left", nlb_target_type="ip")
    await world.apply(obj)
    await world.reconciled("Service", "nlb", "left")
    made = await world.get("Service", "nlb", "left")
    assert made["status"]["loadBalancer"]["ingress"][0]["ports"] == [{"port": 9000, "protocol": "TCP"}]

    await world.edit("Service", "nlb", "left", {"spec": {"type": "ClusterIP", "loadBalancerClass": None}})

    async def released() -> bool:
        found = await world.get("Service", "nlb", "left")
        return not found["metadata"].get("finalizers") and not (found.get("status") or {}).get("loadBalancer")

    await world.until(released, "the finalizer and the status are gone")
    assert world.inventory() == before
    await world.delete(obj)


async def test_another_scheme_is_a_new_load_balancer_before_the_old_one_goes(world: World) -> None:
    obj = service("moved", nlb_target_type="ip")
    await world.apply(obj)
    caller = Caller(world, obj)
    await world.until(caller.hears, "the first load balancer answers")
    account = world.stack.account
    first = hostname_of(await world.get("Service", "nlb", "moved"))
    told_of_nothing = []

    async def moved() -> bool:
        told = hostname_of(await world.get("Service", "nlb", "moved"))
        if not load_balancer(account, told):
            told_of_nothing.append(told)
        return told != first and not load_balancer(account, first)

    world.forget_calls()
    annotation = {f"{PREFIX}/aws-load-balancer-scheme": "internal"}
    await world.edit("Service", "nlb", "moved", {"metadata": {"annotations": annotation}})
    await world.until(moved, "the status tells the new one, and the old one is gone")

    assert not told_of_nothing, "the status always tells one that exists"
    writes = world.writes()
    assert writes.index("CreateLoadBalancer") < writes.index("DeleteLoadBalancer")
    await world.until(caller.hears, "the second load balancer answers")
    await world.delete(obj)


async def test_the_shared_security_group_goes_when_nobody_needs_it_any_more(world: World) -> None:
    account = world.stack.account
    obj = service("groups", nlb_target_type="ip")
    await world.apply(obj)
    await world.reconciled("Service", "nlb", "groups")

    def names() -> list[str]:
        return [group["GroupName"] for group in account.call("ec2", "DescribeSecurityGroups", {})["SecurityGroups"]]

    async def gone() -> bool:
        return not any(name.startswith("k8s-traffic-") for name in names())

    assert not await gone()
    groups = account.call("ec2", "DescribeSecurityGroups", {})["SecurityGroups"]
    [own] = [group["GroupId"] for group in groups if group["GroupName"] == "default"]
    annotation = {f"{PREFIX}/aws-load-balancer-security-groups": own}
    await world.edit("Service", "nlb", "groups", {"metadata": {"annotations": annotation}})

    await world.until(gone, "the shared group is gone, the load balancer is not")
    assert await Caller(world, obj).arn()
    await world.delete(obj)


async def test_subnets_are_taken_away_in_place(world: World) -> None:
    account = world.stack.account
    subnets = account.call("ec2", "DescribeSubnets", {})["Subnets"]
    public = [one["SubnetId"] for one in subnets if {"Key": "kubernetes.io/role/elb", "Value": "1"} in one["Tags"]]
    obj = service("fewer", nlb_target_type="ip", subnets=",".join(public[:2]))
    await world.apply(obj)
    await world.reconciled("Service", "nlb", "fewer")
    arn = await Caller(world, obj).arn()

    async def one_left() -> bool:
        (found,) = account.call("elbv2", "DescribeLoadBalancers", {"LoadBalancerArns": [arn]})["LoadBalancers"]
        return [zone["SubnetId"] for zone in found["AvailabilityZones"]] == public[:1]

    annotation = {f"{PREFIX}/aws-load-balancer-subnets": public[0]}
    await world.edit("Service", "nlb", "fewer", {"metadata": {"annotations": annotation}})

    await world.until(one_left, "one subnet is left, of the same load balancer")
    await world.delete(obj)
