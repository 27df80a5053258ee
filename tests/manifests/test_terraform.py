"""The Terraform example: its syntax, that what it names is declared, and that the files it reads are there.

Terraform itself and its providers cannot be had from a package index; a parser of HCL reads the files instead.
"""

import re
from pathlib import Path
from typing import Any

import hcl2
import pytest

from tests.manifests.conftest import ROOT

FOLDER = ROOT / "examples" / "terraform"
FILES = sorted(FOLDER.glob("*.tf"))
TEXT = "\n".join(file.read_text(encoding="utf-8") for file in FILES)


def blocks(kind: str) -> list[Any]:
    return [block for file in FILES for block in hcl2.loads(file.read_text(encoding="utf-8")).get(kind, [])]


def labels(kind: str) -> set[str]:
    """`aws_s3_bucket.logs`, or `region` for blocks of one label."""
    found = set()
    for block in blocks(kind):
        for first, content in block.items():
            inner = [key for key in content if not key.startswith("__")] if isinstance(content, dict) else []
            if kind in ("resource", "data"):
                found |= {f"{_bare(first)}.{_bare(name)}" for name in inner}
            else:
                found.add(_bare(first))
    return found


def _bare(label: str) -> str:
    return label.strip('"')


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_file_parses(file: Path) -> None:
    assert hcl2.loads(file.read_text(encoding="utf-8"))


def test_every_variable_that_is_used_is_declared_and_every_declared_one_used() -> None:
    assert set(re.findall(r"\bvar\.(\w+)", TEXT)) == labels("variable")


def test_every_resource_that_is_named_is_declared() -> None:
    # A name after a dot is an attribute: policy.controller of aws_iam_policy.controller.
    named = set(re.findall(r"(?<![.\w\"])(aws_\w+\.\w+)", TEXT))
    data = {name.removeprefix("data.") for name in re.findall(r"\bdata\.(aws_\w+\.\w+)", TEXT)}

    assert named <= labels("resource")
    assert data <= labels("data")


def test_the_policies_that_the_role_gets_are_there() -> None:
    names = set(re.findall(r'"([\w-]+\.json)"', (FOLDER / "variables.tf").read_text(encoding="utf-8")))

    assert names
    assert all((ROOT / "deploy" / "iam" / "aws" / name).exists() for name in names)


def test_the_role_is_for_the_charts_service_account(render: Any) -> None:
    assert ("ServiceAccount", "aws-load-balancer-controller") in render()
    assert 'service_account = "aws-load-balancer-controller"' in TEXT
