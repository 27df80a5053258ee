"""Classic Load Balancers of Services, by what goes through them, and by what follows nodes and edits."""

import asyncio
import os
import ssl
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anyio
import pytest
from world import KINDS, World

from albc.local.demo.account import load_balancer
from albc.local.demo.kinds import hostname_of
from albc.local.stack import write_kubeconfig

pytestmark = pytest.mark.anyio

PREFIX = "service.beta.kubernetes.io"
PODS = """
apiVersion: v1
kind: Namespace
metadata: {name: clb}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: pages, namespace: clb}
spec:
  replicas: 2
  selector: {matchLabels: {app: pages}}
  template:
    metadata: {labels: {app: pages}}
    spec: {containers: [{name: pages, image: nginx, ports: [{name: http, containerPort: 8080}]}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: lines, namespace: clb}
spec:
  replicas: 2
  selector: {matchLabels: {app: lines}}
  template:
    metadata: {labels: {app: lines}}
    spec: {containers: [{name: lines, image: tcp-echo, ports: [{name: tcp, containerPort: 9000}]}]}
"""
CERTIFIED = "clb.example.com"
EXCLUDED = "node.kubernetes.io/exclude-from-external-load-balancers"
QUICK = {"healthcheck-interval": "5", "healthcheck-timeout": "2"}


@pytest.fixture(scope="module", autouse=True)
async def pods(world: World) -> None:
    await world.apply_yaml(PODS)


def service(name: str, app: str, *ports: tuple[int, int], **annotations: str) -> dict[str, Any]:
    """Ports in front and in the Pods; annotations by suffix, with underscores for dashes."""
    suffixes = QUICK | {suffix.replace("_", "-"): value for suffix, value in annotations.items()}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": name,
            "namespace": "clb",
            "annotations": {f"{PREFIX}/aws-load-balancer-{suffix}": value for suffix, value in suffixes.items()},
        },
        "spec": {
            "type": "LoadBalancer",
            "loadBalancerClass": "service.k8s.aws/clb",
            "selector": {"app": app},
            "ports": [{"name": f"p{port}", "port": port, "targetPort": target} for port, target in ports],
        },
    }


class Balancer:
    """The Classic Load Balancer of a Service."""

    def __init__(self, world: World, obj: Mapping[str, Any]) -> None:
        self.world = world
        self.name = obj["metadata"]["name"]

    async def described(self) -> dict[str, Any]:
        """Empty while there is none."""
        uid = (await self.world.get("Service", "clb", self.name))["metadata"]["uid"]
        for one in self.world.stack.account.call("elb", "DescribeLoadBalancers", {})["LoadBalancerDescriptions"]:
            if one["LoadBalancerName"] == f"a{uid.replace('-', '')}"[:32]:
                return dict(one)
        return {}

    async def instances(self) -> set[str]:
        return {one["InstanceId"] for one in (await self.described()).get("Instances", ())}

    async def says(self, port: int, sent: bytes, tls: ssl.SSLContext | None = None) -> bytes:
        """What comes back first for what was sent; nothing while nobody answers."""
        hostname = hostname_of(await self.world.get("Service", "clb", self.name))
        served = self.world.stack.data_plane.addresses().get(load_balancer(self.world.stack.account, hostname))
        places = {one.port: (one.real_host, one.real_port) for one in served.listeners} if served else {}
        if port not in places:
            return b""
        try:
            name = CERTIFIED if tls else None
            reader, writer = await asyncio.open_connection(*places[port], ssl=tls, server_hostname=name)
            try:
                writer.write(sent)
                async with asyncio.timeout(2):
                    return await reader.readline()
            finally:
                writer.transport.abort()
        except OSError:
            return b""

    async def page(self, port: int = 80, tls: ssl.SSLContext | None = None) -> bytes:
        """The status line of an HTTP listener."""
        asked = b"GET / HTTP/1.1\r\nHost: clb.example.com\r\nConnection: close\r\n\r\n"
        line = await self.says(port, asked, tls)
        return line if b" 200 " in line else b""


async def exclude(world: World, node: str) -> None:
    await world.edit("Node", "", node, {"metadata": {"labels": {EXCLUDED: "true"}}})


async def include(world: World, node: str) -> None:
    await world.edit("Node", "", node, {"metadata": {"labels": {EXCLUDED: None}}})


async def test_http_and_tcp_listeners_lead_to_the_pods_while_nodes_come_and_go(world: World) -> None:
    obj = service("site", "pages", (80, 8080), backend_protocol="http")
    lines = service("lines", "lines", (9000, 9000))
    await world.apply(obj, lines)
    site, chat = Balancer(world, obj), Balancer(world, lines)

    async def echoes() -> bool:
        return (await chat.says(9000, b"hello\n")).endswith(b" hello\n")

    await world.until(site.page, "a page through HTTP")
    await world.until(echoes, "an echo through TCP")
    assert {one["Listener"]["Protocol"] for one in (await site.described())["ListenerDescriptions"]} == {"HTTP"}
    before = await site.instances()
    assert len(before) > 1

    await exclude(world, "node-a")

    async def one_left() -> bool:
        return len(await site.instances()) == len(before) - 1 and len(await chat.instances()) == len(before) - 1

    await world.until(one_left, "the excluded node is deregistered everywhere")
    assert await site.page()
    await include(world, "node-a")

    async def all_back() -> bool:
        return await site.instances() == before == await chat.instances()

    await world.until(all_back, "the node is registered again")
    assert await site.page()
    await world.delete(obj, lines)


async def test_tls_ends_at_https_and_ssl_listeners(world: World) -> None:
    certificate = world.certificate(CERTIFIED)
    policy = "ELBSecurityPolicy-TLS-1-2-2017-01"
    secure = {"ssl_cert": certificate, "ssl_negotiation_policy": policy}
    https = service("https", "pages", (443, 8080), backend_protocol="http", **secure)
    lines = service("ssl", "lines", (9443, 9000), **secure)
    await world.apply(https, lines)
    pages, chat = Balancer(world, https), Balancer(world, lines)
    tls = ssl.create_default_context(cadata=world.stack.account.ca_pem.decode())

    async def echoes() -> bool:
        return (await chat.says(9443, b"hello\n", tls)).endswith(b" hello\n")

    await world.until(lambda: pages.page(443, tls), "a page through HTTPS")
    await world.until(echoes, "an echo through SSL")
    [listener] = (await pages.described())["ListenerDescriptions"]
    assert listener["PolicyNames"] == [f"k8s-SSLNegotiationPolicy-{policy}"]
    await world.delete(https, lines)


async def test_the_example_serves_a_page(world: World) -> None:
    objects = await world.apply_example("classic")
    of = ("Service", "heritage", "museum")

    async def page() -> bool:
        answer = await world.ask("http://heritage.example.com/", of)
        return answer is not None and answer.status == 200

    await world.until(page, "the museum is open")
    await world.delete(*reversed(objects))


async def test_a_node_costs_each_load_balancer_one_call(world: World) -> None:
    obj = service("calls", "pages", (80, 8080))
    await world.apply(obj)
    balancer = Balancer(world, obj)
    await world.until(balancer.instances, "instances are registered")
    await world.reconciled("Service", "clb", "calls")
    has = len(await balancer.instances())
    successes = await world.successes("Service", "clb", "calls")
    world.forget_calls()

    await exclude(world, "node-b")
    await world.reconciled("Service", "clb", "calls", before=successes)

    assert len(await balancer.instances()) == has - 1
    assert world.writes() == ["DeregisterInstancesFromLoadBalancer"]
    await include(world, "node-b")
    await world.delete(obj)


async def test_a_restarted_controller_changes_nothing(world: World) -> None:
    obj = service("restart", "pages", (80, 8080), backend_protocol="http", proxy_protocol="*")
    await world.apply(obj)
    await world.reconciled("Service", "clb", "restart")
    successes = await world.successes("Service", "clb", "restart")
    await world.stop_controller()
    world.forget_calls()

    await world.start_controller()
    await world.reconciled("Service", "clb", "restart", before=successes)

    assert world.writes() == []
    await world.delete(obj)


async def test_a_pod_sees_the_proxy_protocol_line(world: World) -> None:
    obj = service("proxied", "lines", (9000, 9000), proxy_protocol="*")
    await world.apply(obj)
    balancer = Balancer(world, obj)

    async def proxied() -> bool:
        return b"PROXY TCP4 127.0.0.1 " in await balancer.says(9000, b"hello\n")

    await world.until(proxied, "the line comes first")
    await world.edit(
        "Service", "clb", "proxied", {"metadata": {"annotations": {f"{PREFIX}/aws-load-balancer-proxy-protocol": None}}}
    )

    async def plain() -> bool:
        return (await balancer.says(9000, b"hello\n")).endswith(b" hello\n")

    await world.until(plain, "the annotation is taken back")
    await world.delete(obj)


async def test_nodes_let_the_load_balancer_in_and_forget_it_when_it_goes(world: World) -> None:
    before = world.inventory()
    obj = service("rules", "pages", (80, 8080))
    await world.apply(obj)
    await world.reconciled("Service", "clb", "rules")
    account = world.stack.account
    (group,) = (await Balancer(world, obj).described())["SecurityGroups"]
    references = [{"Name": "ip-permission.group-id", "Values": [group]}]

    (nodes,) = account.call("ec2", "DescribeSecurityGroups", {"Filters": references})["SecurityGroups"]
    assert nodes["GroupName"] == "nodes"

    await world.delete(obj)
    assert world.inventory() == before


async def test_the_users_security_group_takes_the_place_of_the_managed_one(world: World) -> None:
    account = world.stack.account
    obj = service("groups", "pages", (80, 8080))
    await world.apply(obj)
    balancer = Balancer(world, obj)
    await world.reconciled("Service", "clb", "groups")
    managed = (await balancer.described())["SecurityGroups"]
    made = account.call(
        "ec2", "CreateSecurityGroup", {"GroupName": "mine", "Description": "mine", "VpcId": world.stack.vpc_id}
    )
    mine = made["GroupId"]

    annotation = {f"{PREFIX}/aws-load-balancer-security-groups": mine}
    await world.edit("Service", "clb", "groups", {"metadata": {"annotations": annotation}})

    async def exchanged() -> bool:
        groups = {g["GroupId"] for g in account.call("ec2", "DescribeSecurityGroups", {})["SecurityGroups"]}
        return (await balancer.described())["SecurityGroups"] == [mine] and managed[0] not in groups

    await world.until(exchanged, "the managed group is gone")
    await world.delete(obj)
    account.call("ec2", "DeleteSecurityGroup", {"GroupId": mine})


async def test_a_wrong_annotation_is_told_while_nodes_are_still_followed(world: World) -> None:
    obj = service("wrong", "pages", (80, 8080))
    await world.apply(obj)
    balancer = Balancer(world, obj)
    await world.until(balancer.instances, "instances are registered")
    has = len(await balancer.instances())

    annotation = {f"{PREFIX}/aws-load-balancer-connection-idle-timeout": "soon"}
    await world.edit("Service", "clb", "wrong", {"metadata": {"annotations": annotation}})
    await exclude(world, "node-c")

    async def one_less() -> bool:
        return len(await balancer.instances()) == has - 1

    await world.until(one_less, "the node is deregistered all the same")
    await include(world, "node-c")
    await world.delete(obj)


async def events(world: World, name: str) -> set[str]:
    """Reasons of the events on a Service."""
    found = (await world.client.list(KINDS["Event"])).items
    return {one["reason"] for one in found if one["involvedObject"]["name"] == name}


async def test_a_scheme_cannot_change_and_that_is_told(world: World) -> None:
    obj = service("scheme", "pages", (80, 8080))
    await world.apply(obj)
    balancer = Balancer(world, obj)
    await world.until(balancer.instances, "instances are registered")
    before = await balancer.described()

    annotation = {f"{PREFIX}/aws-load-balancer-internal": "true"}
    await world.edit("Service", "clb", "scheme", {"metadata": {"annotations": annotation}})

    async def told() -> bool:
        return "SchemeMismatch" in await events(world, "scheme")

    await world.until(told, "an event says so")
    assert await balancer.described() == before
    await world.delete(obj)


async def test_without_nodes_there_is_a_load_balancer_and_a_warning(world: World) -> None:
    obj = service("nobody", "pages", (80, 8080), target_node_labels="pool=none")
    await world.apply(obj)

    async def told() -> bool:
        return {"UnAvailableLoadBalancer", "SuccessfullyReconciled"} <= await events(world, "nobody")

    await world.until(told, "an event says so")
    assert (await Balancer(world, obj).described())["Instances"] == []
    await world.delete(obj)


@pytest.mark.parametrize(("one", "other"), [("clb", "nlb"), ("nlb", "clb")])
async def test_a_service_changes_its_kind_by_way_of_another_type(world: World, one: str, other: str) -> None:
    before = world.inventory()
    name = f"{one}-to-{other}"
    obj = service(name, "pages", (80, 8080))
    obj["metadata"]["annotations"] = {f"{PREFIX}/aws-load-balancer-scheme": "internet-facing"}
    obj["spec"]["loadBalancerClass"] = f"service.k8s.aws/{one}"
    await world.apply(obj)
    await world.reconciled("Service", "clb", name)
    first = hostname_of(await world.get("Service", "clb", name))

    await world.edit("Service", "clb", name, {"spec": {"type": "ClusterIP", "loadBalancerClass": None}})
    change = {"spec": {"type": "LoadBalancer", "loadBalancerClass": f"service.k8s.aws/{other}"}}
    await world.edit("Service", "clb", name, change)

    async def changed() -> bool:
        found = await world.get("Service", "clb", name)
        hostname = hostname_of(found)
        return hostname not in ("", first) and len(found["metadata"]["finalizers"]) == 1

    await world.until(changed, "the other kind's address is told, and its finalizer alone is left")
    assert not load_balancer(world.stack.account, first)
    await world.delete(obj)
    assert world.inventory() == before


async def test_a_plan_tells_what_would_be_done_and_then_that_there_is_nothing(world: World, tmp_path: Path) -> None:
    write_kubeconfig(world.stack, tmp_path / "kubeconfig")

    async def plan() -> str:
        line = [
            *(sys.executable, "-m", "albc", "plan", f"--cluster-name={world.stack.options.cluster_name}"),
            *(f"--kubeconfig={tmp_path / 'kubeconfig'}", f"--aws-vpc-id={world.stack.vpc_id}"),
        ]
        environment = {**os.environ, **world.stack.aws_environment()}
        done = await anyio.run_process(line, env=environment)
        return done.stdout.decode()

    obj = service("planned", "pages", (80, 8080), backend_protocol="http")
    await world.stop_controller()
    await world.apply(obj)
    shown = await plan()
    assert "(classic, internet-facing)" in shown
    assert "Listener HTTP:80" in shown
    assert "2 to create" in shown

    await world.start_controller()
    await world.reconciled("Service", "clb", "planned")

    assert "no changes" in await plan()
    await world.delete(obj)


async def test_a_service_moves_to_a_network_load_balancer_by_a_new_one_beside_it(world: World) -> None:
    old = service("move-old", "lines", (9000, 9000))
    await world.apply(old)
    classic = Balancer(world, old)

    async def echoes(hostname: str) -> bool:
        served = world.stack.data_plane.addresses().get(load_balancer(world.stack.account, hostname))
        if not served:
            return False
        with anyio.move_on_after(2):
            try:
                one = served.listeners[0]
                reader, writer = await asyncio.open_connection(one.real_host, one.real_port)
                writer.write(b"hello\n")
                line = await reader.readline()
                writer.transport.abort()
            except OSError:
                return False
            return line.endswith(b" hello\n")
        return False

    async def both() -> bool:
        names = [hostname_of(await world.get("Service", "clb", name)) for name in ("move-old", "move-new")]
        return all(names) and all([await echoes(name) for name in names])

    await world.until(lambda: classic.says(9000, b"hello\n"), "the Classic one answers")
    new = service("move-new", "lines", (9000, 9000), scheme="internet-facing")
    new["spec"]["loadBalancerClass"] = "service.k8s.aws/nlb"
    await world.apply(new)
    await world.until(both, "both answer")

    await world.delete(old)

    assert await echoes(hostname_of(await world.get("Service", "clb", "move-new")))
    await world.delete(new)
