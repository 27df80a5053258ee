"""Minimum capacity that a user reserves for a load balancer, as key and value (spec/service.md A8.6, ingress.md §11).

Called by the families that take it from an annotation.
"""

from collections.abc import Mapping

from albc.mapping import go
from albc.mapping.invalid import Invalid
from albc.model.load_balancer import MinimumLoadBalancerCapacity

_MAXIMUM = 2**31 - 1


def minimum_capacity(values: Mapping[str, str]) -> MinimumLoadBalancerCapacity | None:
    """`CapacityUnits` as a number; 0 gives the reservation back, an empty map leaves it alone."""
    for key in sorted(values):
        if key != "CapacityUnits":
            raise Invalid(f"invalid key to set the capacity: {key}, the only key is CapacityUnits")
    if not values:
        return None
    text = values["CapacityUnits"]
    units = go.parse_int(text, 32)
    if units is None or units < 0:
        raise Invalid(f"invalid value to set the capacity: CapacityUnits={text} must be a number from 0 to {_MAXIMUM}")
    return MinimumLoadBalancerCapacity(capacity_units=units)
