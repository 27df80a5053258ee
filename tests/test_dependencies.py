"""What is shipped with albc: each package pinned with its hashes, and under a licence that lets anyone ship it.

Known vulnerabilities are looked up in CI, which has the network for it (SECURITY.md).
"""

import re
from importlib.metadata import PackageMetadata, PackageNotFoundError, metadata
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "requirements"
FILES = ("dev.txt", "judges.txt", "local.txt", "run.txt")
PIN = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>\S+)")

PERMISSIVE = re.compile(
    r"Apache|BSD|MIT|ISC|PSF|Python Software Foundation|MPL-2\.0|Mozilla|Unlicense|HPND", re.IGNORECASE
)
"""MPL-2.0 is weak: it binds the changed file alone, and we change none."""
COPYLEFT = re.compile(r"\b(A|L)?GPL|General Public", re.IGNORECASE)


def blocks(file: str) -> list[str]:
    """One text for each requirement, with all of its hashes."""
    text = re.sub(r"^\s*#.*\n", "", (FOLDER / file).read_text(encoding="utf-8"), flags=re.MULTILINE)
    return [block.strip() for block in re.split(r"\n(?=\S)", text) if block.strip()]


def shipped() -> list[str]:
    return [match["name"] for block in blocks("run.txt") if (match := PIN.match(block))]


def licence(found: PackageMetadata) -> str:
    classifiers = [each for each in found.get_all("Classifier") or () if each.startswith("License ::")]
    named = [found[field] for field in ("License-Expression", "License") if field in found]
    return " ".join(text[:80] for text in (*named, *classifiers))


@pytest.mark.parametrize("file", FILES)
def test_every_requirement_is_pinned_to_one_version_with_its_hashes(file: str) -> None:
    found = blocks(file)
    assert found
    loose = [block.split("\n")[0] for block in found if not (PIN.match(block) and "--hash=sha256:" in block)]
    assert loose == []


def test_no_requirement_comes_from_elsewhere_than_an_index() -> None:
    text = "".join((FOLDER / file).read_text(encoding="utf-8") for file in FILES)
    assert (
        re.findall(r"(?m)^\s*(?:-e|--find-links|--index-url|--extra-index-url|--trusted-host)\b.*|.*://.*", text) == []
    )


@pytest.mark.parametrize("name", shipped())
def test_what_is_shipped_may_be_shipped_by_anyone(name: str) -> None:
    try:
        found = licence(metadata(name))
    except PackageNotFoundError:
        pytest.skip("not for this platform")
    assert PERMISSIVE.search(found), found
    assert not COPYLEFT.search(found), found
