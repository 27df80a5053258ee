"""The register of annotations is whole: nothing is read that is not in it, and nobody is told of a name in vain."""

import pytest

from albc.mapping.service import parsed
from albc.mapping.service.annotations import REGISTER
from albc.mapping.service.parsed import Field, KeyedField
from tests.mapping.service.kit import service, warnings

FIELDS = [value for value in vars(parsed).values() if isinstance(value, Field | KeyedField)]


def test_every_annotation_that_is_read_stands_in_the_register_once() -> None:
    read = sorted(f"{field.name}.{field.key}" if isinstance(field, KeyedField) else field.name for field in FIELDS)

    assert sorted(row.name for row in REGISTER.rows) == read


def test_every_row_leads_to_a_rule_of_this_family() -> None:
    assert {row.rule.__module__.rpartition(".")[0] for row in REGISTER.rows} == {"albc.mapping.service"}


@pytest.mark.parametrize(
    ("unknown", "meant"),
    [
        ("aws-load-balancer-Scheme", "aws-load-balancer-scheme"),
        ("aws-load-balancer-sheme", "aws-load-balancer-scheme"),
        ("aws-load-balancer-ssl-certs", "aws-load-balancer-ssl-cert"),
    ],
)
def test_an_unknown_annotation_is_told_with_the_nearest_known_one(unknown: str, meant: str) -> None:
    [warning] = warnings(service(annotations={unknown: "internal"}))

    assert warning.reason == "UnknownAnnotation"
    assert unknown in warning.message
    assert f"did you mean service.beta.kubernetes.io/{meant}?" in warning.message


def test_annotations_of_other_clouds_are_nobodys_business() -> None:
    assert not warnings(service(annotations={"azure-load-balancer-internal": "true"}))
