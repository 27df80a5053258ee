"""The register holds every annotation, and each row leads to the function that reads it (spec/ingress.md §7)."""

import inspect
import json
from collections.abc import Iterator, Mapping

import pytest
from msgspec.structs import replace

from albc.mapping.annotations import Annotation
from albc.mapping.ingress.annotations import REGISTER
from tests.mapping.ingress.kit import PREFIX, action, built, errors, ingress, path, rule, settings

ROWS = [row for row in REGISTER.rows if row.rule is not None]


class Recording(dict[str, str]):
    """Annotations that remember which of them somebody looked up."""

    def __init__(self, values: Mapping[str, str]) -> None:
        super().__init__(values)
        self.asked: set[str] = set()

    def get(self, key: str, default: str | None = None) -> str | None:  # type: ignore[override]
        self.asked.add(key)
        return super().get(key, default)

    def __contains__(self, key: object) -> bool:
        self.asked.add(str(key))
        return super().__contains__(key)


def asked() -> set[str]:
    """What is looked up while a group is built that makes use of everything."""
    subject = ingress(
        rule(path(), action("go", "/x", "ImplementationSpecific"), host="example.com"),
        annotations={
            "enable-frontend-nlb": "true",
            "target-type": "instance",
            "create-acm-cert": "true",
            "actions.go": {"type": "forward", "targetGroupARN": "arn:tg/x"},
        },
    )
    values = Recording(subject.metadata.annotations)
    recorded = replace(subject, metadata=replace(subject.metadata, annotations=values))
    result = built(recorded, settings=settings(enable_certificate_management=True))
    assert not errors(result), "a fault would keep later annotations from being read"
    return {key.removeprefix(PREFIX) for key in values.asked if key.startswith(PREFIX)}


def example(row: Annotation) -> str:
    """A name that the row stands for."""
    return {
        "listener-attributes.PROTO-PORT": "listener-attributes.HTTPS-443",
        "target-control-port.SERVICE.PORT": "target-control-port.cart.80",
        "actions.NAME": "actions.go",
        "conditions.NAME": "conditions.cart",
        "transforms.NAME": "transforms.cart",
    }.get(row.name, row.name)


def test_every_row_is_read_when_a_group_is_built() -> None:
    found = asked()

    assert [row.name for row in ROWS if example(row) not in found] == []


def test_nothing_is_read_that_is_in_no_row() -> None:
    assert [suffix for suffix in sorted(asked()) if suffix not in REGISTER] == []


def test_no_name_stands_twice() -> None:
    names = [row.name for row in REGISTER.rows]

    assert len(names) == len(set(names))


def _source_of_module(row: Annotation) -> str:
    assert row.rule is not None
    module = inspect.getmodule(row.rule)
    assert module is not None
    return inspect.getsource(module)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_row_leads_to_the_module_that_reads_it(row: Annotation) -> None:
    source = _source_of_module(row)
    short = row.fixed_part.removeprefix("frontend-nlb-").removeprefix("healthcheck-")

    assert any(spelling in source for spelling in _spellings(row.fixed_part, short)), row.name


def _spellings(*names: str) -> Iterator[str]:
    for name in names:
        yield from (json.dumps(name), f'"{name}', f"{name}{{", f'}}{name}"', f"}}{name}")
