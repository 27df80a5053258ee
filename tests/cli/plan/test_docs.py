"""The picture in docs/plan.md shows what `albc plan` says."""

import importlib.util
from pathlib import Path

DOCS = Path(__file__).parents[3] / "docs"


def test_the_picture_is_what_the_command_says_today() -> None:
    spec = importlib.util.spec_from_file_location("record_plan", DOCS / "record_plan.py")
    assert spec is not None
    assert spec.loader is not None
    recorder = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(recorder)
    assert (DOCS / "plan.svg").read_text(encoding="utf-8") == recorder.picture(), (
        "record it: python docs/record_plan.py"
    )
