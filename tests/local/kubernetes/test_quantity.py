"""Quantities."""

from decimal import Decimal

import pytest

from albc.local.kubernetes.quantity import parse_quantity


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1", "1"),
        ("100m", "0.1"),
        ("2Gi", str(2 * 2**30)),
        ("1.5k", "1500"),
        ("1e3", "1000"),
        ("-2", "-2"),
        (".5", "0.5"),
    ],
)
def test_a_quantity_stands_for_a_number(text: str, number: str) -> None:
    assert parse_quantity(text) == Decimal(number)


@pytest.mark.parametrize("text", ["", "Gi", "1X", "1 Gi", "1Gie3", "--1"])
def test_what_is_no_quantity_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a quantity"):
        parse_quantity(text)
