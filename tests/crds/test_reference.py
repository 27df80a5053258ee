"""docs/crds.md says what the custom resources are."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from albc.crds.manifests import DEFINITIONS, Definition, manifest
from albc.crds.reference import crds_markdown

PAGE = Path(__file__).parents[2] / "docs" / "crds.md"


def leaves(schema: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Paths of the fields of a schema, as the page writes them, without those of Kubernetes' own types."""
    for name, node in schema.get("properties", {}).items():
        path = f"{prefix}{name}"
        yield path
        yield from leaves(node, f"{path}.")
        yield from leaves(node.get("items", {}), f"{path}[].")


def section(kind: str) -> str:
    return crds_markdown().split(f"\n## {kind}\n", 1)[1].split("\n## ", 1)[0]


def test_the_page_is_what_the_models_print() -> None:
    assert PAGE.read_text(encoding="utf-8") == crds_markdown(), "run: make references"


@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda definition: definition.name)
def test_every_field_of_the_schema_stands_in_it(definition: Definition) -> None:
    schema = manifest(definition)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    listed = set(re.findall(r"^\| `([^`]+)`", section(definition.resource.kind), re.MULTILINE))
    wanted = {path for path in leaves(schema) if not re.search(r"elector\.match", path)}
    assert listed == wanted


def test_no_cell_breaks_its_table() -> None:
    rows = [line for line in crds_markdown().splitlines() if line.startswith("| `")]
    assert {line.count("|") for line in rows} == {5}


def test_types_defaults_limits_and_meanings_are_told() -> None:
    page = crds_markdown()
    assert "| `serviceRef.port`\\* | number or text |  | Number or name of a port of the Service. |" in page
    assert "| `maxConcurrency` | int32 | `1` |" in page
    assert "at most 1000" in page.lower()
    assert "| `scheme` | `internal`, `internet-facing` |" in page


def test_what_a_rule_of_the_schema_refuses_is_told() -> None:
    assert "* cannot specify both 'prefixListsIDs' and 'PrefixListsIDs' fields" in section("IngressClassParams")
