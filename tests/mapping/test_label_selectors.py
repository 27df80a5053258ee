"""Label selectors, as Kubernetes evaluates them."""

import msgspec
import pytest

from albc.kube.objects.meta import LabelSelector
from albc.mapping.invalid import Invalid
from albc.mapping.label_selectors import selects


def selector(**fields: object) -> LabelSelector:
    return msgspec.convert(fields, LabelSelector)


def expression(key: str, operator: str, *values: str) -> LabelSelector:
    return selector(matchExpressions=[{"key": key, "operator": operator, "values": values}])


def test_an_empty_selector_selects_everything() -> None:
    assert selects(selector(), {})


def test_all_requirements_must_hold() -> None:
    both = selector(matchLabels={"a": "1"}, matchExpressions=[{"key": "b", "operator": "Exists"}])

    assert selects(both, {"a": "1", "b": ""})
    assert not selects(both, {"a": "1"})
    assert not selects(both, {"b": ""})


@pytest.mark.parametrize(
    ("operator", "values", "label", "chosen"),
    [
        ("In", ("x", "y"), "x", True),
        ("In", ("x",), None, False),
        ("NotIn", ("x",), "y", True),
        ("NotIn", ("x",), None, True),
        ("NotIn", ("x",), "x", False),
        ("Exists", (), None, False),
        ("DoesNotExist", (), None, True),
        ("DoesNotExist", (), "x", False),
    ],
)
def test_operators(operator: str, values: tuple[str, ...], label: str | None, chosen: bool) -> None:
    labels = {} if label is None else {"k": label}

    assert selects(expression("k", operator, *values), labels) is chosen


def test_an_unknown_operator_is_refused() -> None:
    with pytest.raises(Invalid, match='"Like" is not a valid label selector operator'):
        selects(expression("k", "Like", "x"), {"k": "x"})
