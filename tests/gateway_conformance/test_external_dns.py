"""External-DNS gets from our statuses the records that a user expects, by the rules of its documentation.

`records` reads Gateways and routes as its Gateway sources do (https://kubernetes-sigs.github.io/external-dns/,
"Gateway sources"): routes by their `status.parents`, listeners by section and hostname, targets from the Gateway's
addresses.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pytest
import yaml

from albc.local.demo.kinds import KINDS
from albc.local.demo.manifests import examples_folder, read
from tests.gateway_conformance.suite import Suite

pytestmark = pytest.mark.anyio

EXAMPLE = examples_folder() / "external-dns"
Plain = Mapping[str, Any]


def records(route: Plain, gateways: Mapping[tuple[str, str], Plain]) -> Mapping[str, set[str]]:
    """Targets by name."""
    found: dict[str, set[str]] = {}
    namespace = route["metadata"]["namespace"]
    for parent in (route.get("status") or {}).get("parents") or ():
        reference = parent["parentRef"]
        gateway = gateways.get((reference.get("namespace", namespace), reference["name"]))
        if gateway is None or not _accepted(parent["conditions"], route["metadata"]["generation"]):
            continue
        targets = {address["value"] for address in (gateway.get("status") or {}).get("addresses") or ()}
        for listener in gateway["spec"]["listeners"]:
            if reference.get("sectionName", listener["name"]) == listener["name"]:
                for name in _common(route["spec"].get("hostnames") or (), listener.get("hostname")):
                    found.setdefault(name, set()).update(targets)
    return found


def _accepted(conditions: Iterable[Plain], generation: int) -> bool:
    """Of the route as it is now."""
    return any(
        (each["type"], each["status"], each["observedGeneration"]) == ("Accepted", "True", generation)
        for each in conditions
    )


def _common(hostnames: Iterable[str], listener: str | None) -> Iterator[str]:
    for name in hostnames:
        if listener is None or name == listener or (listener.startswith("*.") and name.endswith(listener[1:])):
            yield name


@pytest.fixture
async def example(suite: Suite) -> Plain:
    """The example applied and reconciled: its routes' records."""
    await suite.apply(*read(EXAMPLE / "manifests", {}))
    await suite.says("Gateway", "edge", "dns", Accepted="True", Programmed="True")
    await suite.route_says("shop", namespace="dns", Accepted="True")
    await suite.route_says("admin", namespace="dns", Accepted="False NoMatchingListenerHostname")
    edge = await suite.get("Gateway", "edge", "dns")
    gateways = {("dns", "edge"): edge}
    routes = [await suite.get("HTTPRoute", name, "dns") for name in ("shop", "admin")]
    found = {name: targets for route in routes for name, targets in records(route, gateways).items()}
    return {"records": found, "edge": edge}


async def test_each_hostname_of_an_accepted_route_points_to_the_load_balancer(suite: Suite, example: Plain) -> None:
    [balancer] = [
        each
        for each in suite.world.stack.account.call("elbv2", "DescribeLoadBalancers", {})["LoadBalancers"]
        if each["LoadBalancerName"].startswith("k8s-dns-edge")
    ]
    name = balancer["DNSName"].lower()

    assert example["records"] == {"shop.example.com": {name}, "api.example.com": {name}}


async def test_a_gateway_has_one_address_which_is_a_name(example: Plain) -> None:
    assert [each["type"] for each in example["edge"]["status"]["addresses"]] == ["Hostname"]


def test_the_values_name_sources_for_the_routes_with_hostnames() -> None:
    values = yaml.safe_load((EXAMPLE / "values.yaml").read_text(encoding="utf-8"))

    kinds = {source.removeprefix("gateway-") for source in values["sources"]}
    assert kinds == {kind.lower() for kind in ("HTTPRoute", "GRPCRoute", "TLSRoute")}
    assert kinds <= {kind.lower() for kind in KINDS}
    assert values["provider"]["name"] == "aws"
    assert "--gateway-listener-sets" in values["extraArgs"]
