"""What the account holds for Route 53."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from albc.local.aws.ids import hex_id
from albc.local.aws.options import AccountOptions


@dataclass(slots=True)
class HostedZone:
    """A public zone; `records` by name and type, in Route 53's shape."""

    zone_id: str
    name: str
    """With its final dot."""
    records: dict[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)


def hosted_zones(options: AccountOptions) -> dict[str, HostedZone]:
    """The zones that an account has from the start, by id."""
    zones = [
        HostedZone(f"Z{hex_id('zone', options.account_id, name, digits=20).upper()}", name.rstrip(".") + ".")
        for name in options.hosted_zones
    ]
    return {zone.zone_id: zone for zone in zones}
