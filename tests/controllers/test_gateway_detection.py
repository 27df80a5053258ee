"""Missing CRDs of the Gateway API switch off what needs them, and nothing else."""

import pytest

from albc.controllers.gateway_detection import detect, unavailable
from albc.kube.client import Client
from albc.local.stack import connection, local_stack
from albc.settings.gates import FeatureGates

CONFIGURATIONS = {"LoadBalancerConfiguration", "TargetGroupConfiguration", "ListenerRuleConfiguration"}
BOTH = {"Gateway", "GatewayClass"} | CONFIGURATIONS
EVERYTHING = BOTH | {"HTTPRoute", "GRPCRoute", "TCPRoute", "UDPRoute", "TLSRoute", "ListenerSet"}
ALL_CHOSEN = (("ALBGatewayAPI", True), ("NLBGatewayAPI", True), ("GatewayListenerSet", True))


@pytest.mark.parametrize(
    ("missing", "off"),
    [
        ((), ()),
        (("HTTPRoute",), ("ALBGatewayAPI",)),
        (("GRPCRoute",), ("ALBGatewayAPI",)),
        (("TCPRoute",), ("NLBGatewayAPI",)),
        (("UDPRoute",), ("NLBGatewayAPI",)),
        (("TLSRoute",), ("NLBGatewayAPI",)),
        (("ListenerSet",), ("GatewayListenerSet",)),
        *(((kind,), ("ALBGatewayAPI", "NLBGatewayAPI")) for kind in sorted(BOTH)),
        (tuple(EVERYTHING - {"ListenerSet"}), ("ALBGatewayAPI", "NLBGatewayAPI")),
    ],
)
def test_a_missing_kind_switches_off_what_needs_it(missing: tuple[str, ...], off: tuple[str, ...]) -> None:
    assert unavailable(FeatureGates(), EVERYTHING - set(missing)) == off


def test_a_chosen_gate_stays_on_but_for_the_albs() -> None:
    assert unavailable(FeatureGates(ALL_CHOSEN[:2]), frozenset()) == ("ALBGatewayAPI", "GatewayListenerSet")


def test_a_gate_that_is_off_already_is_not_told_of() -> None:
    assert unavailable(FeatureGates((("NLBGatewayAPI", False),)), EVERYTHING - {"TCPRoute"}) == ()


@pytest.mark.anyio
async def test_a_cluster_with_all_kinds_keeps_all_gates() -> None:
    async with local_stack() as stack, Client(connection(stack.cluster)) as client:
        assert await detect(client, FeatureGates()) == FeatureGates()
