"""Formats of the in-tree provider's annotations, which differ from those of Network Load Balancers."""

import pytest

from albc.mapping.invalid import Invalid
from albc.mapping.service.classic import parsed
from albc.mapping.service.classic.annotations import REGISTER
from albc.mapping.service.parsed import Field, ServiceAnnotations
from tests.mapping.service.kit import PREFIX

FIELDS = [value for value in vars(parsed).values() if isinstance(value, Field)]


def tags(raw: str) -> dict[str, str] | None:
    return ServiceAnnotations({PREFIX + parsed.TAGS.name: raw})[parsed.TAGS]


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        ("a=b,c=d", {"a": "b", "c": "d"}),
        (" a=b , c=d ", {"a": "b", "c": "d"}),
        ("Key1=====", {"Key1": ""}),
        ("K=V K1=V2", {"K": "V K1"}),
        ("a", {"a": ""}),
        ("=v,,a=b", {"a": "b"}),
        ("", {}),
    ],
)
def test_a_map_is_cut_at_every_comma_and_equals_sign(raw: str, read: dict[str, str]) -> None:
    assert tags(raw) == read


@pytest.mark.parametrize(
    ("field", "raw"),
    [
        (parsed.ACCESS_LOG_ENABLED, "FaLsE"),
        (parsed.DRAINING_ENABLED, "yes"),
        (parsed.CROSS_ZONE_ENABLED, " true"),
        (parsed.IDLE_TIMEOUT, "60s"),
        (parsed.DRAINING_TIMEOUT, "1.5"),
        (parsed.ACCESS_LOG_EMIT_INTERVAL, "x"),
    ],
)
def test_an_attribute_that_does_not_parse_is_told_with_its_value(field: Field[object], raw: str) -> None:
    with pytest.raises(Invalid, match=f"^error parsing service annotation: {PREFIX}{field.name}={raw}$"):
        ServiceAnnotations({PREFIX + field.name: raw})[field]


@pytest.mark.parametrize("field", [parsed.ACCESS_LOG_ENABLED, parsed.IDLE_TIMEOUT, parsed.ACCESS_LOG_S3_BUCKET_NAME])
def test_an_empty_attribute_counts_as_absent(field: Field[object]) -> None:
    assert ServiceAnnotations({PREFIX + field.name: ""})[field] is None


def test_every_annotation_that_is_read_stands_in_the_register_once() -> None:
    assert sorted(row.name for row in REGISTER.rows) == sorted(field.name for field in FIELDS)


def test_every_row_leads_to_a_rule_of_this_family() -> None:
    rooms = {row.rule.__module__.rpartition(".")[0] for row in REGISTER.rows if row.rule}

    assert rooms == {"albc.mapping.service.classic"}
