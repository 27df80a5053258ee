"""What Kubernetes' CEL has in syntax that the library has not."""

import pytest

from albc.local.kubernetes.crds.cel_syntax import escaped, without_optional_syntax


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("self.a == 1", "self.a == 1"),
        ("self.?a.orValue(1)", 'self.optionalField("a").orValue(1)'),
        ("self.?a.b.orValue(1)", 'self.optionalField("a").optionalField("b").orValue(1)'),
        ("self.?a.?b.hasValue()", 'self.optionalField("a").optionalField("b").hasValue()'),
        ("self[?'k'].orValue(1)", "self.optionalIndex('k').orValue(1)"),
        ("self[?x[0]].b.orValue(1)", 'self.optionalIndex(x[0]).optionalField("b").orValue(1)'),
        ("self.?a == other.b", 'self.optionalField("a") == other.b'),
        ("self.x == '.?a'", "self.x == '.?a'"),
        ("(self.?a).orValue({}).b", '(self.optionalField("a")).orValue({}).b'),
    ],
)
def test_optional_fields_become_calls(expression: str, expected: str) -> None:
    assert without_optional_syntax(expression) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("plain", "plain"),
        ("namespace", "__namespace__"),
        ("a-b", "a__dash__b"),
        ("a.b", "a__dot__b"),
        ("a/b", "a__slash__b"),
        ("a__b", "a__underscores__b"),
    ],
)
def test_names_that_are_no_identifiers_are_escaped(name: str, expected: str) -> None:
    assert escaped(name) == expected
