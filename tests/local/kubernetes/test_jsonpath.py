"""The part of JSONPath that Kubernetes uses."""

from typing import Any

import pytest

from albc.local.kubernetes.jsonpath import parse

OBJECT: dict[str, Any] = {
    "spec": {"hosts": ["a", "b"], "rules": [{"name": "x", "port": 1}, {"name": "y", "port": 2}]},
    "metadata": {"labels": {"a.b/c": "d"}},
    "status": {"conditions": [{"type": "Ready", "status": "True"}, {"type": "Busy", "status": "False"}]},
}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (".spec.hosts", [["a", "b"]]),
        (".spec.hosts[*]", ["a", "b"]),
        (".spec.hosts[1]", ["b"]),
        (".spec.hosts[-1]", ["b"]),
        (".spec.hosts[5]", []),
        ("{.spec.rules[*].name}", ["x", "y"]),
        ("$.spec.rules[0].port", [1]),
        ('.status.conditions[?(@.type=="Ready")].status', ["True"]),
        (".status.conditions[?(@.type!='Ready')].status", ["False"]),
        (".metadata.labels['a.b/c']", ["d"]),
        (r".metadata.labels.a\.b/c", ["d"]),
        (".metadata.labels.*", ["d"]),
        (".never.there", []),
        ("", [OBJECT]),
    ],
)
def test_a_path_leads_to_its_values(path: str, expected: list[Any]) -> None:
    assert parse(path).all(OBJECT) == expected


def test_what_is_no_path_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot read the path"):
        parse(".a[")
