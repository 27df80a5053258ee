"""Which units have a controller, by the feature gates of `albc.controllers.assembly`."""

from collections.abc import Iterable

from albc.mapping.cluster import Unit
from albc.mapping.gateway.classes import ALB, NLB
from albc.settings import Settings

_GATES = {ALB.tag_prefix: "ALBGatewayAPI", NLB.tag_prefix: "NLBGatewayAPI"}


def served(units: Iterable[Unit], settings: Settings) -> tuple[Unit, ...]:
    """Services without a controller are no units at all."""
    off = {prefix for prefix, gate in _GATES.items() if not settings.gates.enabled(gate)}
    return tuple(unit for unit in units if unit.tag_prefix not in off)
