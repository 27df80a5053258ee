"""The example manifests, with what only an account knows filled in."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

_PLACEHOLDER = re.compile(r"\$\{([A-Z_]+)\}")


def examples_folder() -> Path:
    """In a checkout beside the package, in an installed package inside it."""
    package = Path(__file__).parents[2]
    inside = package / "examples"
    return inside if inside.is_dir() else package.parent / "examples"


def read(folder: Path, values: Mapping[str, str]) -> list[dict[str, Any]]:
    """All objects of a folder, by file name. Raises KeyError for a `${NAME}` that `values` does not have."""
    objects: list[dict[str, Any]] = []
    for file in sorted(folder.glob("*.yaml")):
        text = _PLACEHOLDER.sub(lambda match: values[match[1]], file.read_text(encoding="utf-8"))
        objects += [document for document in yaml.safe_load_all(text) if document]
    return objects
