"""The controllers of the Gateway API wait for the CRDs that they need, and for no others."""

import anyio
import pytest

from albc.controllers.gateway_detection import NEEDED_BY_ALL, listener_sets_handled, needed_by
from albc.crds.manifests import manifests as our_crds
from albc.engine.manager import Manager
from albc.engine.metrics import EngineMetrics
from albc.kube.client import Client
from albc.kube.objects import LISTENER_SETS
from albc.local.gateway_api import manifests as gateway_api_crds
from albc.local.stack import connection, local_stack
from albc.mapping.gateway.classes import ALB, NLB
from albc.settings.gates import FeatureGates
from albc.telemetry.metrics import Metrics

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
async def test_listener_sets_are_handled_once_the_server_knows_them_unless_the_user_has_said_something() -> None:
    async with local_stack() as stack, Client(connection(stack.cluster)) as client:
        manager = Manager(client, EngineMetrics(Metrics().meter))
        informer = manager.informer(LISTENER_SETS, optional=True)
        asked, on, off = (
            listener_sets_handled(FeatureGates(chosen), manager) for chosen in ((), ((GATE, True),), ((GATE, False),))
        )
        assert (asked(), on(), off()) == (False, True, False)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(informer.run)
            await informer.listed.wait()
            tasks.cancel_scope.cancel()
        assert (asked(), on(), off()) == (True, True, False)
