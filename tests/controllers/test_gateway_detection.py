"""The controllers of the Gateway API wait for the CRDs that they need, and for no others."""

import pytest

from albc.controllers.gateway_detection import NEEDED_BY_ALL, detect, needed_by
from albc.crds.manifests import manifests as our_crds
from albc.errors import NotFound
from albc.kube.client import Client
from albc.local.gateway_api import manifests as gateway_api_crds
from albc.local.stack import CRDS, connection, local_stack
from albc.mapping.gateway.classes import ALB, NLB
from albc.settings.gates import FeatureGates

CONFIGURATIONS = {"LoadBalancerConfiguration", "TargetGroupConfiguration", "ListenerRuleConfiguration"}
BOTH = {"Gateway", "GatewayClass"} | CONFIGURATIONS
GATE = "GatewayListenerSet"


def test_each_layer_needs_its_own_routes_and_what_both_need() -> None:
    assert {resource.kind for resource in NEEDED_BY_ALL} == BOTH
    assert {resource.kind for resource in needed_by(ALB)} == BOTH | {"HTTPRoute", "GRPCRoute"}
    assert {resource.kind for resource in needed_by(NLB)} == BOTH | {"TCPRoute", "UDPRoute", "TLSRoute"}


def test_all_that_is_needed_is_in_the_crds_that_come_with_albc_and_the_gateway_api() -> None:
    known = {manifest["spec"]["names"]["kind"] for manifest in (*gateway_api_crds(), *our_crds())}
    assert {resource.kind for layer in (ALB, NLB) for resource in needed_by(layer)} <= known


@pytest.mark.anyio
async def test_listener_sets_are_off_where_the_server_does_not_know_them_unless_the_user_says_so() -> None:
    chosen = FeatureGates(((GATE, True),))
    async with local_stack() as stack, Client(connection(stack.cluster)) as client:
        assert await detect(client, FeatureGates()) == FeatureGates()
        for manifest in gateway_api_crds():
            if manifest["spec"]["names"]["kind"] == "ListenerSet":
                await client.delete(CRDS, manifest["metadata"]["name"])
        while await _known(client):
            pass
        assert not (await detect(client, FeatureGates())).enabled(GATE)
        assert await detect(client, chosen) == chosen


async def _known(client: Client) -> bool:
    try:
        await client.raw("/apis/gateway.networking.k8s.io/v1/listenersets")
    except NotFound:
        return False
    return True
