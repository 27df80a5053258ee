"""Manifests in the documents are taken by an API server and by `albc plan`, and mistakes are told as the page says."""

import ssl
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import pages
import pytest
import yaml
from anyio.from_thread import start_blocking_portal
from golden import FOLDER, vpc_id

from albc.cli.plan import show_plan
from albc.cli.plan.offline import look_at_files
from albc.cli.plan.outlook import Outlook
from albc.local.aws import Quotas
from albc.local.kubernetes import Cluster, ClusterOptions
from albc.local.stack import apply_crds
from albc.settings import Settings
from albc.settings.sources import FLAGS

SETTINGS = Settings(cluster_name="prod", aws_region="us-west-2", aws_vpc_id=vpc_id())
NOT_FOR_A_CLUSTER = ("kustomize.config.k8s.io/v1beta1",)
CHART = pages.ROOT / "deploy" / "helm" / "albc"


def _of_a_cluster(block: pages.Block) -> bool:
    return block.is_manifest and not any(d["apiVersion"] in NOT_FOR_A_CLUSTER for d in block.documents)


YAML = [block for page in pages.pages() for block in pages.blocks(page) if block.language == "yaml"]
BLOCKS = [block for block in YAML if _of_a_cluster(block)]
PAGES = sorted({block.page for block in BLOCKS})
MISTAKES = [mistake for page in PAGES for mistake in pages.mistakes(page)]
VALUES = [block for block in YAML if block.text.startswith("# values.yaml\n")]
SETTINGS_FILES = [block for block in YAML if not block.is_manifest and block not in VALUES]


class Api:
    """An API server with our kinds and the Gateway API's; what is applied is checked and not kept."""

    def __init__(self, cluster: Cluster, session: httpx.Client) -> None:
        self._cluster, self._session = cluster, session

    def apply(self, document: dict[str, Any], *, keep: bool = False) -> httpx.Response:
        resource = self._cluster.registry.by_kind(document["apiVersion"], document["kind"])
        assert resource is not None, f"no such kind: {document['apiVersion']} {document['kind']}"
        root = "/apis" if "/" in document["apiVersion"] else "/api"
        namespace = document["metadata"].get("namespace", "default")
        scope = f"/namespaces/{namespace}" if resource.namespaced else ""
        return self._session.patch(
            f"{root}/{document['apiVersion']}{scope}/{resource.plural}/{document['metadata']['name']}",
            params={"fieldManager": "docs", "fieldValidation": "Strict"} | ({} if keep else {"dryRun": "All"}),
            content=yaml.safe_dump(document),
            headers={"Content-Type": "application/apply-patch+yaml"},
        )


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    authority = tmp_path_factory.mktemp("api") / "ca.pem"
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(Cluster(state=ClusterOptions(nodes=()))) as cluster,
    ):
        portal.call(apply_crds, cluster)
        authority.write_bytes(cluster.certificate_authority)
        token = cluster.kubeconfig()["users"][0]["user"]["token"]
        with httpx.Client(
            base_url=cluster.url,
            verify=ssl.create_default_context(cafile=str(authority)),
            headers={"Authorization": f"Bearer {token}"},
        ) as session:
            yield Api(cluster, session)


def looked_at(manifests: str, folder: Path) -> Outlook:
    """What `albc plan` finds, in the account of the recorded cases."""
    file = folder / "manifests.yaml"
    file.write_text(manifests, encoding="utf-8")
    return look_at_files([str(file)], str(FOLDER / "facts.json"), SETTINGS)


def problems(manifests: str, folder: Path) -> Sequence[str]:
    outlook = looked_at(manifests, folder)
    return [f"{problem.object}: {problem.reason}: {problem.message}" for problem in outlook.problems]


def manifests_of(page: Path) -> str:
    return "---\n".join(block.text for block in BLOCKS if block.page == page)


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_an_api_server_takes_it(block: pages.Block, api: Api) -> None:
    for document in block.documents:
        if namespace := document["metadata"].get("namespace"):
            space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
            assert api.apply(space, keep=True).is_success
        answer = api.apply(document)
        assert answer.is_success, answer.text
        assert "warning" not in answer.headers, answer.headers["warning"]


@pytest.mark.parametrize("page", PAGES, ids=pages.name)
def test_a_plan_of_a_page_has_no_problem(page: Path, tmp_path: Path) -> None:
    assert problems(manifests_of(page), tmp_path) == []


@pytest.mark.parametrize("page", PAGES, ids=pages.name)
def test_a_rule_of_a_page_has_no_more_values_than_aws_takes(page: Path, tmp_path: Path) -> None:
    operations = [one for planned in looked_at(manifests_of(page), tmp_path).planned for one in planned.plan.operations]
    for rule in (one for one in operations if one.action == "create_rule"):
        values = [
            value
            for condition in rule.params["Conditions"]
            for config in condition.values()
            if isinstance(config, dict)
            for value in (*config.get("Values", ()), *config.get("RegexValues", ()))
        ]
        assert 0 < len(values) <= Quotas().condition_values_per_rule, values


@pytest.mark.parametrize("mistake", MISTAKES, ids=str)
def test_a_mistake_is_told_as_the_page_says(mistake: pages.Mistake, tmp_path: Path) -> None:
    right = manifests_of(mistake.page)
    assert mistake.right in right
    said = problems(right.replace(mistake.right, mistake.wrong), tmp_path)
    assert any(mistake.says in one for one in said), said


def test_the_first_page_shows_what_the_command_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = pages.DOCS / "index.md"
    (tmp_path / "web.yaml").write_text(manifests_of(page), encoding="utf-8")
    show_plan([str(tmp_path / "web.yaml")], str(FOLDER / "facts.json"), "tree", SETTINGS, detailed_exitcode=False)
    (shown,) = (block.text for block in pages.blocks(page) if block.text.startswith("$ albc plan"))
    assert shown.split("\n", 1)[1] == capsys.readouterr().out


@pytest.mark.parametrize("block", VALUES, ids=str)
def test_the_chart_takes_the_values(block: pages.Block) -> None:
    schema = yaml.safe_load((CHART / "values.schema.json").read_text(encoding="utf-8"))
    (values,) = block.documents
    assert [error.message for error in jsonschema_rs.validator_for(schema).iter_errors(values)] == []


@pytest.mark.parametrize("block", SETTINGS_FILES, ids=str)
def test_whatever_else_is_yaml_is_a_file_of_settings(block: pages.Block) -> None:
    (settings,) = block.documents
    assert settings.keys() <= set(FLAGS)


def test_every_guide_has_a_manifest_and_says_what_is_told_of_mistakes() -> None:
    guides = set((pages.DOCS / "guides").glob("*.md"))
    assert guides <= set(PAGES)
    assert guides == {mistake.page for mistake in MISTAKES}
