"""The same life of the same objects on two AWS accounts, ours and moto's: a second opinion by other authors.

What differs fails: what the accounts hold after each step, and the writing calls that it took. `OURS_ALONE` lists the
operations that moto does not have; what needs them is tested on our account only.
"""

from collections import Counter
from collections.abc import Mapping
from functools import partial

import anyio
import pytest
from two_accounts import MOTO_SERVER, Endpoint, two_accounts
from walk import Calls, Walk
from world import World

from albc.aws.operations import OPERATIONS, Feature
from albc.aws.together import together
from albc.kube.client import Client
from albc.local.stack import connection, local_stack

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(not MOTO_SERVER.exists(), reason="needs moto: `make setup` installs it"),
]

NO_TRUST_STORES = "moto has no trust stores"
NO_OPERATION = "moto has no such operation"
NO_CAPACITY = "asked only where a capacity is wanted, and moto cannot be told of one"
NO_IPV6 = "moto writes the state of a subnet's IPv6 block as a printed dictionary, so no subnet of it has IPv6"
NO_SWAP = "moto refuses two rules that swap their priorities in one call, as AWS lets them"
NO_SUBSCRIPTION = "asked only with a Shield subscription, and moto cannot say that there is one"
NO_WAF_CLASSIC = "moto has no WAF Classic"

OURS_ALONE: Mapping[tuple[str, str], str] = {
    ("elbv2", "DescribeTrustStores"): NO_TRUST_STORES,
    ("elbv2", "DescribeCapacityReservation"): NO_CAPACITY,
    ("elbv2", "ModifyCapacityReservation"): NO_OPERATION,
    ("elbv2", "ModifyIpPools"): NO_OPERATION,
    ("elbv2", "SetIpAddressType"): NO_IPV6,
    ("elbv2", "SetRulePriorities"): NO_SWAP,
    ("service-quotas", "ListServiceQuotas"): NO_OPERATION,
    ("shield", "GetSubscriptionState"): NO_OPERATION,
    ("shield", "CreateProtection"): NO_SUBSCRIPTION,
    ("shield", "DeleteProtection"): NO_SUBSCRIPTION,
    ("shield", "DescribeProtection"): NO_SUBSCRIPTION,
    ("waf-regional", "AssociateWebACL"): NO_WAF_CLASSIC,
    ("waf-regional", "DisassociateWebACL"): NO_WAF_CLASSIC,
    ("waf-regional", "GetWebACLForResource"): NO_WAF_CLASSIC,
}
"""(service, operation) → why the walk on moto goes without it."""

OFF_THE_WAY = {("acm", name) for name in ("AddTagsToCertificate", "ImportCertificate")} | {
    ("elb", name) for name in OPERATIONS[Feature.CLASSIC]["elb"]
}
"""The walk has no Gateway with a certificate in a Secret, and no Classic Load Balancer."""

FORGOTTEN: Mapping[str, Calls] = {
    "restarted": Counter({("elbv2", "SetSubnets"): 1, ("elbv2", "ModifyTargetGroupAttributes"): 1}),
}
"""Writes that only moto makes needful. It does not keep the network load balancer's source NAT prefix setting, and does
not show the target group's `proxy_protocol_v2.enabled` before it is written; a restarted controller sees both."""

PATIENCE_SECONDS = 180.0
STEPS = ("made", "edited", "moved", "restarted", "certified", "deleted")


@pytest.fixture(scope="module")
async def walks(anyio_backend: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Walk, Walk]:
    """On our account and on moto's, side by side, gone to the end."""
    gone: dict[str, Walk] = {}
    turn = anyio.Lock()

    async def go(account: Endpoint) -> None:
        async with local_stack() as stack, Client(connection(stack.cluster)) as client:
            walk = Walk(account, World(stack, client, tmp_path_factory.mktemp(account.name)), turn)
            try:
                await walk.go()
            finally:
                await walk.world.stop_controller()
            gone[account.name] = walk

    async with two_accounts(tmp_path_factory.mktemp("accounts")) as accounts:
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("NODENAME", accounts[0].network.instance)
            environment.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:1")
            # Two clusters, two controllers and moto at once: on a busy machine that takes its time.
            environment.setattr("albc.local.demo.controller.READY_WITHIN_SECONDS", PATIENCE_SECONDS)
            environment.setattr("world.WITHIN_SECONDS", PATIENCE_SECONDS)
            await together([partial(go, account) for account in accounts])
    return gone["ours"], gone["moto"]


@pytest.mark.parametrize("step", STEPS)
async def test_both_accounts_hold_the_same_after_each_step(walks: tuple[Walk, Walk], step: str) -> None:
    ours, motos = walks
    assert ours.steps[step].holds == motos.steps[step].holds


@pytest.mark.parametrize("step", STEPS)
async def test_each_step_takes_the_same_writing_calls_on_both(walks: tuple[Walk, Walk], step: str) -> None:
    ours, motos = walks
    assert motos.steps[step].writes - FORGOTTEN.get(step, Counter()) == ours.steps[step].writes


async def test_a_restarted_controller_writes_nothing(walks: tuple[Walk, Walk]) -> None:
    ours, _ = walks
    assert ours.steps["restarted"].writes == Counter()


async def test_nothing_is_left_on_either_when_all_is_deleted(walks: tuple[Walk, Walk]) -> None:
    for walk in walks:
        nodes = {"nodes": {"tags": {"kubernetes.io/cluster/local": "owned"}, "ingress": []}}
        assert walk.steps["deleted"].holds == {"load balancers": {}, "target groups": {}, "security groups": nodes}


async def test_every_operation_that_moto_has_is_called_there(walks: tuple[Walk, Walk]) -> None:
    _, motos = walks
    used = {
        (service, name) for services in OPERATIONS.values() for service, names in services.items() for name in names
    }
    assert used - OFF_THE_WAY - motos.called == OURS_ALONE.keys()
