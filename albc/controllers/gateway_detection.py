"""Which Gateway API controllers this cluster can have, by the CRDs that it has (spec/runtime.md §4).

Called once by `albc.cli.run`, before any controller is put together.
"""

from collections.abc import Set

import msgspec
import structlog

from albc.errors import NotFound
from albc.kube.client import Client
from albc.mapping.gateway.classes import ALB, NLB
from albc.settings.gates import FeatureGates

log = structlog.stdlib.get_logger("setup")

_GROUP_VERSIONS = ("gateway.networking.k8s.io/v1", "gateway.k8s.aws/v1")
_NEEDED_BY_BOTH = frozenset(
    {
        "Gateway",
        "GatewayClass",
        "LoadBalancerConfiguration",
        "TargetGroupConfiguration",
        "ListenerRuleConfiguration",
    }
)
_NEEDED = {
    "ALBGatewayAPI": _NEEDED_BY_BOTH | set(ALB.route_kinds),
    "NLBGatewayAPI": _NEEDED_BY_BOTH | set(NLB.route_kinds),
    "GatewayListenerSet": frozenset({"ListenerSet"}),
}
_EVEN_IF_CHOSEN = "ALBGatewayAPI"


class _Kind(msgspec.Struct, frozen=True):
    kind: str


class _Discovered(msgspec.Struct, frozen=True):
    resources: tuple[_Kind, ...] = ()


async def detect(client: Client, gates: FeatureGates) -> FeatureGates:
    """The gates without those whose CRDs are missing. Raises what discovery fails with; a missing group is no failure.

    Asks nothing if the user set all of them.
    """
    if not any(gates.defaulted(gate) for gate in _NEEDED):
        return gates
    kinds: set[str] = set()
    for group_version in _GROUP_VERSIONS:
        try:
            body = await client.raw(f"/apis/{group_version}")
        except NotFound:
            continue
        kinds.update(each.kind for each in msgspec.json.decode(body, type=_Discovered).resources)
    off = unavailable(gates, kinds)
    for gate in off:
        log.info(f"Disabling {gate}: missing required CRDs", missing=sorted(_NEEDED[gate] - kinds))
    return gates.without(*off)


def unavailable(gates: FeatureGates, kinds: Set[str]) -> tuple[str, ...]:
    """Gates that are on and cannot be. What a user set stays, but for the ALB's gate, as in the reference."""
    return tuple(
        gate
        for gate, needed in _NEEDED.items()
        if gates.enabled(gate) and not needed <= kinds and (gates.defaulted(gate) or gate == _EVEN_IF_CHOSEN)
    )
