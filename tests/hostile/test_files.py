"""What somebody else has written and a user hands to albc: manifests, facts, settings, kubeconfigs."""

import json
import os
from pathlib import Path
from typing import Any
from unittest.mock import patch

import anyio
import yaml
from cyclopts import App
from cyclopts.exceptions import CycloptsError
from golden import FOLDER, read_cases
from hostile import VALUES, attack, mutated
from hypothesis import strategies as st

from albc.cli.manifests import load
from albc.cli.plan.diff import diff
from albc.cli.plan.document import plan_document, stack_document
from albc.cli.plan.offline import look_at_files
from albc.cli.plan.tree import tree
from albc.cli.plan.words import Palette
from albc.cli.usage import UsageError
from albc.errors import AlbcError
from albc.kube.auth import from_kubeconfig
from albc.kube.client import Client
from albc.settings import Settings
from albc.settings.sources import FLAGS, PREFIX, further_sources

SETTINGS = Settings(cluster_name="demo", aws_region="us-west-2", aws_vpc_id="vpc-0aaa0000")
FACTS = FOLDER / "facts.json"
CLUSTERS = [case["objects"] for family in ("ingress", "service", "gateway") for _, case in read_cases(family)]


def written(folder: Path, name: str, text: str | bytes) -> str:
    file = folder / name
    file.write_bytes(text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text)
    return str(file)


def planned(manifests: str, facts: str) -> None:
    """All that `albc plan` prints, in each of its forms."""
    try:
        outlook = look_at_files([manifests], facts, SETTINGS)
    except UsageError:
        return
    shown = [*tree(outlook, Palette(colours=False)), *diff(outlook, Palette(colours=False))]
    assert all(line.isprintable() for line in shown)
    for document in (plan_document(outlook), stack_document(outlook)):
        json.dumps(document, ensure_ascii=False).encode("utf-8", "surrogatepass")


@attack(mutated(CLUSTERS), examples=250)
def test_whatever_manifests_hold_a_plan_is_shown_or_a_sentence_said(objects: Any, folder: Path) -> None:
    text = json.dumps({"kind": "List", "items": objects})
    planned(written(folder, "all.json", text), str(FACTS))


@attack(mutated([json.loads(FACTS.read_text(encoding="utf-8"))]), examples=200)
def test_whatever_a_facts_file_holds_a_plan_is_shown_or_a_sentence_said(facts: Any, folder: Path) -> None:
    manifests = written(
        folder, "all.json", json.dumps({"kind": "List", "items": CLUSTERS[len(str(facts)) % len(CLUSTERS)]})
    )
    planned(manifests, written(folder, "facts.json", json.dumps(facts)))


YAML_PIECES = st.sampled_from(
    [
        *("!!bool ", "!!int ", "!!float ", "!!set ", "!!omap ", "!!pairs ", "!!timestamp ", "!!binary x"),
        *("!!python/object:os.system ", "&a ", "*a", "<<: *a", "? ", "- ", "{", "}", "[", "]", "\n", "  ", ": ", "a"),
        *("kind: Service\n", "metadata: {name: a}\n", "---\n", "|\n", "2026-99-99", "0x", "9" * 99),
    ]
)


@attack(st.lists(YAML_PIECES | st.text(max_size=3), max_size=40).map("".join) | st.binary(max_size=60), examples=400)
def test_whatever_a_file_holds_it_is_read_or_refused(text: str | bytes, folder: Path) -> None:
    for name in ("all.yaml", "all.json"):
        try:
            load([written(folder, name, text)])
        except UsageError as error:
            assert str(error)  # noqa: PT017 - both ends are good


def settled(*arguments: str) -> None:
    app = App(config=further_sources, result_action="return_value")

    @app.default
    def command(settings: Settings = Settings()) -> Settings:  # noqa: B008  the defaults of a frozen value
        return settings

    try:
        app(arguments, exit_on_error=False, print_error=False)
    except CycloptsError as error:
        assert str(error)  # noqa: PT017 - both ends are good


SETTING = st.dictionaries(st.sampled_from(FLAGS) | st.text(max_size=5), VALUES, min_size=1, max_size=3)


@attack(SETTING, examples=60)
def test_whatever_a_settings_file_holds_it_is_taken_or_refused(content: Any, folder: Path) -> None:
    settled("--config", written(folder, "albc.yaml", yaml.safe_dump(content)))


@attack(st.dictionaries(st.sampled_from(FLAGS), VALUES.map(str), min_size=1, max_size=2), examples=60)
def test_whatever_the_environment_holds_it_is_taken_or_refused(content: dict[str, str], folder: Path) -> None:
    variables = {
        PREFIX + flag.upper().replace("-", "_"): value.replace("\x00", "")
        for flag, value in content.items()
        if flag != "config" and value.isprintable()
    }
    with patch.dict(os.environ, variables):
        settled()


KUBECONFIG = {
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "c",
    "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u", "namespace": "n"}}],
    "clusters": [{"name": "k", "cluster": {"server": "https://127.0.0.1:1", "certificate-authority-data": "Q0E="}}],
    "users": [{"name": "u", "user": {"token": "t", "client-key-data": "S0VZ", "client-certificate-data": "Q0E="}}],
}
PLAIN = {**KUBECONFIG, "clusters": [{"name": "k", "cluster": {"server": "https://127.0.0.1:1"}}]}
PLAIN |= {"users": [{"name": "u", "user": {"token": "t"}}]}


@attack(mutated([KUBECONFIG, PLAIN]), examples=40)
def test_whatever_a_kubeconfig_holds_it_is_used_or_refused(content: Any, folder: Path) -> None:
    path = Path(written(folder, "config", yaml.safe_dump(content)))

    async def use() -> None:
        async with Client(await from_kubeconfig(path), timeout=1.0):
            pass

    try:
        anyio.run(use)
    except AlbcError as error:
        assert str(error)  # noqa: PT017 - both ends are good
