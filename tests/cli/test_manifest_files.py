"""Files of manifests are read as kubectl reads them; whatever is wrong with one is a sentence that names it."""

import io
import itertools
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from albc.cli import manifest_files
from albc.cli.manifest_files import documents
from albc.cli.usage import UsageError


def read(folder: Path, text: str | bytes, name: str = "web.yaml") -> list[Any]:
    file = folder / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return list(documents(str(file)))


def test_several_documents_lists_and_empty_documents_become_objects(tmp_path: Path) -> None:
    text = "kind: A\n---\n---\nkind: List\nitems: [{kind: B}, {kind: List, items: [{kind: C}]}]\n"
    assert [each["kind"] for each in read(tmp_path, text)] == ["A", "B", "C"]


def test_the_items_of_an_api_servers_list_have_the_kind_that_the_list_names(tmp_path: Path) -> None:
    text = json.dumps({"apiVersion": "v1", "kind": "ServiceList", "items": [{"metadata": {"name": "web"}}]})
    [found] = read(tmp_path, text, "all.json")
    assert (found["apiVersion"], found["kind"]) == ("v1", "Service")


def test_a_folder_is_read_with_its_folders_in_order_of_names(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    for name in ("b.yml", "a.yaml", "more/c.json"):
        (tmp_path / name).write_text(json.dumps({"kind": name}), encoding="utf-8")
    (tmp_path / "notes.txt").write_text("not: read", encoding="utf-8")
    assert [each["kind"] for each in documents(str(tmp_path))] == ["a.yaml", "b.yml", "more/c.json"]


def test_a_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"kind: A\n")))
    assert [each["kind"] for each in documents("-")] == ["A"]


@pytest.mark.parametrize(("text", "value"), [("2026-01-01", "2026-01-01"), ("12:30", "12:30"), ("1:2.5", "1:2.5")])
def test_dates_and_times_are_texts(tmp_path: Path, text: str, value: str) -> None:
    [found] = read(tmp_path, f"kind: A\nvalue: {text}\n")
    assert found["value"] == value


@pytest.mark.parametrize(("text", "value"), [("12", 12), ("-1.5", -1.5), ("yes", True), ("~", None), ("'12'", "12")])
def test_other_values_are_what_they_are_in_yaml(tmp_path: Path, text: str, value: object) -> None:
    [found] = read(tmp_path, f"kind: A\nvalue: {text}\n")
    assert found["value"] == value


def test_an_anchor_may_be_merged_and_overridden(tmp_path: Path) -> None:
    text = "kind: A\nbase: &base {x: 1, y: 2}\nuse: {<<: *base, y: 3}\nagain: {<<: *base}\n"
    [found] = read(tmp_path, text)
    assert (found["use"], found["again"]) == ({"x": 1, "y": 3}, {"x": 1, "y": 2})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("kind: A\nspec: {a: 1, a: 2}\n", 'web.yaml is no YAML: the key "a" stands twice in line 2, column 14'),
        ("a: [", "web.yaml is no YAML: did not find expected node content"),
        ("*x", "web.yaml is no YAML: found undefined alias"),
        ("a: !!python/object/apply:os.system [id]", "web.yaml is no YAML: could not determine a constructor"),
        ("? [a]\n: b", "web.yaml is no YAML: found unhashable key"),
        (b"\xff\xfe", "web.yaml is no text in UTF-8, at byte 0"),
        ("hello", "web.yaml holds what is no manifest"),
        ("- 1", "web.yaml holds what is no manifest"),
        ("kind: A\nmetadata: 7", "web.yaml holds what is no manifest"),
        ("kind: List\nitems: {a: 1}", "web.yaml holds a List whose items are no list"),
        ("[" * 5000, "web.yaml is no YAML: exceeded maximum nesting depth"),
        ("{" + '"a":{' * 100_000, "web.yaml is nested too deeply"),
        ('{"a":', "web.yaml is no JSON: Input data was truncated"),
    ],
)
def test_what_is_wrong_with_a_file_is_one_line_that_names_it(tmp_path: Path, text: str | bytes, told: str) -> None:
    with pytest.raises(UsageError) as refusal:
        read(tmp_path, text)
    message = str(refusal.value)
    assert told in message
    assert "\n" not in message


@pytest.mark.parametrize("name", ["", "nowhere.yaml"])
def test_what_is_not_there_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match=r"holds no manifests; they end in|cannot read .*: No such file"):
        list(documents(str(tmp_path / name)))


def test_a_file_too_large_for_a_manifest_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest_files, "LARGEST", 10)
    with pytest.raises(UsageError, match="is larger than"):
        read(tmp_path, "kind: Service\n")


def test_aliases_that_multiply_without_end_are_refused(tmp_path: Path) -> None:
    levels = [f"{name}: &{name} [{', '.join([f'*{below}'] * 10)}]" for below, name in itertools.pairwise("abcdefghi")]
    with pytest.raises(UsageError, match="its aliases stand for too much"):
        read(tmp_path, "\n".join(["a: &a [x]", *levels]))


def test_an_alias_that_holds_itself_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="its aliases stand for too much"):
        read(tmp_path, "kind: A\nspec: &a\n  more: *a\n")


def test_an_alias_is_what_it_stands_for(tmp_path: Path) -> None:
    [found] = read(tmp_path, "kind: A\nlabels: &l {app: web}\nspec: {labels: *l}\n")
    assert found["spec"] == {"labels": {"app": "web"}}


@pytest.mark.parametrize("value", ["!!timestamp soon", "!!bool maybe", "!!int ''", "!!float ''"])
def test_a_value_that_is_not_of_the_type_its_tag_names_is_told_so(tmp_path: Path, value: str) -> None:
    with pytest.raises(UsageError, match="is no YAML"):
        read(tmp_path, f"kind: A\nspec: {value}\n")
