"""A cluster to test, and a plain HTTP client for it.

By default the embedded one, in a thread of its own; with `--kubeconfig FILE` any other, so that the same sentences can
be held against a real API server. Every test has a namespace of its own. What is no behaviour of every API server is
skipped there: tests that never touch the cluster under test, and those marked `embedded` with their reason.
"""

from __future__ import annotations

import base64
import json
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from anyio.from_thread import start_blocking_portal

from albc.local.kubernetes import Cluster

Object = dict[str, Any]
MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
APPLY = "application/apply-patch+yaml"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--kubeconfig") is None:
        return
    for item in items:
        if Path(__file__).parent not in item.path.parents:
            continue
        marker = item.get_closest_marker("embedded")
        if marker is not None:
            item.add_marker(pytest.mark.skip(reason=f"holds for the embedded cluster only: {marker.args[0]}"))
        elif "kubeconfig" not in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.skip(reason="a part of the embedded cluster, not an API server's behaviour"))


class Api:
    """The cluster's API, one method a verb; every method gives the HTTP answer."""

    def __init__(self, http: httpx.Client, namespace: str = "default") -> None:
        self.http = http
        self.namespace = namespace

    def path(self, plural: str, name: str = "", *, namespace: str | None = None) -> str:
        """`services`, `deployments.apps/v1`, `nodes`: the resource, and one object of it."""
        plural, _, rest = plural.partition(".")
        root = f"/apis/{rest}" if rest else "/api/v1"
        cluster_wide = plural in CLUSTER_WIDE
        where = "" if cluster_wide else f"/namespaces/{self.namespace if namespace is None else namespace}"
        return f"{root}{where}/{plural}" + (f"/{name}" if name else "")

    def create(self, plural: str, body: Any, **params: str) -> httpx.Response:
        return self.http.post(self.path(plural), json=body, params=params)

    def get(self, plural: str, name: str = "", *, accept: str = "", **params: str) -> httpx.Response:
        headers = {"Accept": accept} if accept else {}
        return self.http.get(self.path(plural, name), params=params, headers=headers)

    def update(self, plural: str, name: str, body: Object, **params: str) -> httpx.Response:
        return self.http.put(self.path(plural, name), json=body, params=params)

    def patch(self, plural: str, name: str, body: Any, kind: str = MERGE, **params: str) -> httpx.Response:
        headers = {"Content-Type": kind}
        return self.http.patch(self.path(plural, name), content=json.dumps(body), params=params, headers=headers)

    def apply(self, plural: str, name: str, body: Object, manager: str = "tester", **params: str) -> httpx.Response:
        return self.patch(plural, name, body, APPLY, fieldManager=manager, **params)

    def delete(self, plural: str, name: str = "", body: Object | None = None, **params: str) -> httpx.Response:
        return self.http.request("DELETE", self.path(plural, name), json=body, params=params)

    def watch(self, plural: str, **params: str) -> list[Object]:
        """Every event of a watch until the server ends it, which it does after `timeoutSeconds` (1 by default)."""
        query = {"watch": "true", "timeoutSeconds": "1", **params}
        with self.http.stream("GET", self.path(plural), params=query) as answer:
            return [json.loads(line) for line in answer.iter_lines() if line]

    def until(self, plural: str, name: str, fits: Callable[[Object], bool]) -> Object:
        """The object as soon as it fits, by watching it; fails when it does not within 10 seconds."""
        params = {"watch": "true", "timeoutSeconds": "10", "fieldSelector": f"metadata.name={name}"}
        with self.http.stream("GET", self.path(plural), params=params) as answer:
            for line in answer.iter_lines():
                event = json.loads(line)
                if event["type"] != "DELETED" and fits(event["object"]):
                    found: Object = event["object"]
                    return found
        pytest.fail(f"{plural}/{name} did not become as wanted")

    def until_gone(self, plural: str, name: str) -> None:
        """Returns when the object is no longer there; fails when it stays for 10 seconds."""
        listed = self.get(plural, fieldSelector=f"metadata.name={name}").json()
        if not listed["items"]:
            return
        params = {
            "watch": "true",
            "timeoutSeconds": "10",
            "fieldSelector": f"metadata.name={name}",
            "resourceVersion": listed["metadata"]["resourceVersion"],
        }
        with self.http.stream("GET", self.path(plural), params=params) as answer:
            for line in answer.iter_lines():
                if json.loads(line)["type"] == "DELETED":
                    return
        pytest.fail(f"{plural}/{name} is still there")


CLUSTER_WIDE = {"namespaces", "nodes", "customresourcedefinitions", "clusterroles", "clusterrolebindings",
                "ingressclasses", "validatingwebhookconfigurations", "mutatingwebhookconfigurations",
                "selfsubjectaccessreviews", "subjectaccessreviews", "selfsubjectreviews", "tokenreviews"}  # fmt: skip


@pytest.fixture(scope="session")
def kubeconfig(request: pytest.FixtureRequest) -> Iterator[Object]:
    """Of the cluster under test."""
    given = request.config.getoption("--kubeconfig")
    if given:
        yield yaml.safe_load(Path(given).read_text())
        return
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(Cluster()) as cluster:
        yield cluster.kubeconfig()


@pytest.fixture(scope="session")
def kubeconfig_file(kubeconfig: Object, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as a file, for kubectl."""
    file = tmp_path_factory.mktemp("kubeconfig") / "config.yaml"
    file.touch(mode=0o600)
    file.write_text(yaml.safe_dump(kubeconfig))
    return file


@pytest.fixture(scope="session")
def http(kubeconfig: Object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Logged in as the kubeconfig's user."""
    cluster = kubeconfig["clusters"][0]["cluster"]
    user = kubeconfig["users"][0]["user"]
    authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
    context = ssl.create_default_context(cadata=authority)
    if "client-certificate-data" in user:
        pair = tmp_path_factory.mktemp("pair") / "pair.pem"
        pair.touch(mode=0o600)
        pair.write_bytes(base64.b64decode(user["client-certificate-data"]) + base64.b64decode(user["client-key-data"]))
        context.load_cert_chain(pair)
    headers = {"Authorization": f"Bearer {user['token']}"} if "token" in user else {}
    with httpx.Client(base_url=cluster["server"], verify=context, headers=headers, timeout=20) as client:
        yield client


@pytest.fixture
def api(http: httpx.Client) -> Iterator[Api]:
    """The API, in a namespace that is the test's own."""
    made = http.post("/api/v1/namespaces", json={"metadata": {"generateName": "test-"}})
    assert made.status_code == 201, made.text
    name = made.json()["metadata"]["name"]
    # Pods need it; a controller may be about to make it, or there may be no such controller.
    account = http.post(f"/api/v1/namespaces/{name}/serviceaccounts", json={"metadata": {"name": "default"}})
    assert account.status_code in (201, 409), account.text
    yield Api(http, name)
    http.delete(f"/api/v1/namespaces/{name}")


@pytest.fixture
def config_map(api: Api) -> Object:
    """A ConfigMap named `settings`, as it was created."""
    made: Object = api.create("configmaps", {"metadata": {"name": "settings"}, "data": {"colour": "red"}}).json()
    return made
