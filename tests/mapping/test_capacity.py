"""Reserved capacity: a number of units, 0 to give it back, nothing to leave it alone."""

import pytest

from albc.mapping.capacity import minimum_capacity
from albc.mapping.invalid import Invalid
from albc.model.load_balancer import MinimumLoadBalancerCapacity


@pytest.mark.parametrize("units", [0, 1, 3000])
def test_units_are_taken_and_zero_is_kept(units: int) -> None:
    assert minimum_capacity({"CapacityUnits": str(units)}) == MinimumLoadBalancerCapacity(capacity_units=units)


def test_an_empty_map_leaves_the_reservation_alone() -> None:
    assert minimum_capacity({}) is None


def test_any_other_key_is_refused_by_name() -> None:
    with pytest.raises(Invalid, match="invalid key to set the capacity: Units"):
        minimum_capacity({"CapacityUnits": "1", "Units": "2"})


@pytest.mark.parametrize("text", ["", "many", "1.5", " 1", "-5", "2147483648"])
def test_a_value_that_is_no_number_of_units_is_refused_with_the_range(text: str) -> None:
    with pytest.raises(Invalid, match=r"must be a number from 0 to 2147483647"):
        minimum_capacity({"CapacityUnits": text})
