"""`albc local up` and `albc run` as two processes, judged by programs that know nothing of us: kubectl and curl."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio
import pytest
from sessions import answers_of, documented_session

from albc.local.demo.manifests import examples_folder

KUBECTL = Path(sys.executable).parent / "kubectl"
CURL = shutil.which("curl")
WITHIN_SECONDS = 90.0


@dataclass(frozen=True)
class Local:
    """What `albc local up` has printed, and the controller beside it."""

    printed: str
    environment: dict[str, str]
    log: Path

    def kubectl(self, *arguments: str, stdin: str = "") -> str:
        done = subprocess.run(
            [KUBECTL, *arguments], env=self.environment, input=stdin, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"kubectl {' '.join(arguments)}: {done.stderr}\n{self.log.read_text()[-2000:]}"
        return done.stdout

    @property
    def aws_endpoint(self) -> str:
        return self.environment["AWS_ENDPOINT_URL"]


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    with _local(tmp_path_factory.mktemp("local")) as running:
        yield running


@pytest.fixture
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    """For what reads the log from its beginning."""
    with _local(tmp_path_factory.mktemp("untouched")) as running:
        yield running


@contextmanager
def _local(folder: Path) -> Iterator[Local]:
    log = folder / "controller.log"
    with _Process(["local", "up", f"--kubeconfig={folder / 'kubeconfig'}"], folder / "local.log", dict(os.environ)):
        printed = _when_printed(folder / "local.log", "/_albc/calls")
        exports = dict(re.findall(r"export (\w+)=(\S+)", printed))
        environment = {**os.environ, **exports, "HOME": str(folder)}
        line = re.search(r"albc run .*?--log-format=console", printed, re.DOTALL)
        assert line is not None
        arguments = shlex.split(line[0].replace("\\\n", " "))[1:]
        # Fixed ports would get into the way of other tests.
        arguments = [re.sub(r"(bind-addr)=.*", r"\1=0", each) for each in arguments]
        with _Process(arguments, log, environment):
            _when_printed(log, "caches synced")
            yield Local(printed, environment, log)


class _Process:
    """`albc …` for as long as the block lasts; it must end in order when it is told to."""

    def __init__(self, arguments: list[str], log: Path, environment: dict[str, str]) -> None:
        self._arguments, self._log, self._environment = arguments, log, environment

    def __enter__(self) -> None:
        environment = {**self._environment, "PYTHONUNBUFFERED": "1"}
        with self._log.open("wb") as output:
            self._running = subprocess.Popen(
                [sys.executable, "-m", "albc", *self._arguments], stdout=output, stderr=output, env=environment
            )

    def __exit__(self, *_: object) -> None:
        self._running.send_signal(signal.SIGTERM)
        assert self._running.wait(15) == 0, self._log.read_text()[-2000:]


def _when_printed(file: Path, pattern: str) -> str:
    async def printed() -> str:
        with anyio.fail_after(WITHIN_SECONDS):
            while not re.search(pattern, text := await anyio.Path(file).read_text()):  # noqa: ASYNC110 - another process
                await anyio.sleep(0.05)
        return text

    return anyio.run(printed)


def test_kubectl_shows_nodes_and_explains_a_custom_resource(local: Local) -> None:
    assert local.kubectl("get", "nodes").count(" Ready ") == 3
    assert "targetGroupARN" in local.kubectl("explain", "targetgroupbindings.spec")


def test_kubectl_takes_an_ingress_from_apply_to_delete(local: Local) -> None:
    folder = str(examples_folder() / "ingress")
    local.kubectl("apply", "-f", folder)
    local.kubectl("rollout", "status", "deployment/cart", "-n", "shop", "--timeout=60s")
    hostname = "jsonpath={.status.loadBalancer.ingress[0].hostname}"
    local.kubectl("wait", "ingress/cart", "ingress/catalogue", "-n", "shop", f"--for={hostname}", "--timeout=60s")

    assert "SuccessfullyReconciled" in local.kubectl("describe", "ingress", "cart", "-n", "shop")
    local.kubectl("patch", "ingress", "cart", "-n", "shop", "-p", '{"metadata":{"labels":{"team":"web"}}}')
    assert local.kubectl("get", "ingress", "-n", "shop", "-l", "team=web", "-o", "name") == (
        "ingress.networking.k8s.io/cart\n"
    )
    assert "kind: Ingress" in local.kubectl("apply", "--server-side", "--force-conflicts", "-f", folder, "-o", "yaml")

    local.kubectl("delete", "-f", folder, "--ignore-not-found", "--timeout=60s")
    assert local.kubectl("get", "ingress", "-A") == ""


@pytest.mark.skipif(CURL is None, reason="curl is not installed")
def test_the_session_of_the_docs_is_true(untouched: Local, tmp_path: Path) -> None:
    (tmp_path / "examples").symlink_to(examples_folder())
    (tmp_path / "up.log").symlink_to(Path(untouched.environment["HOME"]) / "local.log")
    path = f"{KUBECTL.parent}{os.pathsep}{untouched.environment['PATH']}"
    steps = documented_session("local.md", "With kubectl and curl")

    answers = answers_of(steps, {**untouched.environment, "PATH": path}, tmp_path)

    assert [(step, answer) for step, answer in zip(steps, answers, strict=True) if not step.says(answer)] == []


def test_kubectl_watches_changes(local: Local) -> None:
    watch = subprocess.Popen(
        [KUBECTL, "get", "configmaps", "-n", "default", "--watch", "-o", "name", "--request-timeout=60s"],
        env=local.environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert watch.stdout is not None
    local.kubectl("create", "configmap", "seen", "-n", "default")
    assert watch.stdout.readline() == "configmap/seen\n"
    watch.terminate()
    watch.communicate()


@pytest.mark.skipif(CURL is None, reason="curl is not installed")
def test_curl_gets_through_the_load_balancer_with_the_certificate_of_the_name(local: Local, tmp_path: Path) -> None:
    ca = tmp_path / "ca.pem"
    subprocess.run([str(CURL), "-sf", "-o", str(ca), f"{local.aws_endpoint}/_albc/ca.pem"], check=True)
    (arn,) = re.findall(r"arn:aws:acm:\S+", local.printed)
    values = {"CERTIFICATE_ARN": arn, "LOG_BUCKET": "logs", "WEB_ACL_ARN": _web_acl(local)}
    manifests = "\n---\n".join(
        file.read_text() for file in sorted((examples_folder() / "gateway-hands-on").glob("*.yaml"))
    )
    for name, value in values.items():
        manifests = manifests.replace(f"${{{name}}}", value)
    local.kubectl("apply", "-f", "-", stdin=manifests)
    local.kubectl("wait", "gateway/edge", "-n", "hands-on", "--for=condition=Programmed", "--timeout=60s")

    def curl(url: str) -> list[str]:
        """The answer's lines, the last one its status; asked again while no pod is healthy yet."""
        given = [
            "--cacert",
            str(ca),
            "--connect-to",
            f"web.example.com:443:{_real_place(local)}",
            "-w",
            "\n%{http_code}",
        ]
        patience = ["--retry", "20", "--retry-delay", "1", "--retry-connrefused"]
        done = subprocess.run([str(CURL), "-s", *given, *patience, url], capture_output=True, text=True, check=True)
        return done.stdout.splitlines()

    assert curl("https://web.example.com/")[-1] == "200"
    assert curl("https://web.example.com/metrics") == ["Forbidden", "403"]
    local.kubectl("delete", "-f", "-", "--ignore-not-found", "--timeout=60s", stdin=manifests)


def _web_acl(local: Local) -> str:
    body = json.dumps({"Scope": "REGIONAL"})
    headers = ["-H", "X-Amz-Target: AWSWAF_20190729.ListWebACLs", "-H", "Content-Type: application/x-amz-json-1.1"]
    answer = subprocess.run(
        [str(CURL), "-sf", *headers, "-d", body, local.aws_endpoint], capture_output=True, text=True, check=True
    )
    return str(json.loads(answer.stdout)["WebACLs"][0]["ARN"])


def _real_place(local: Local) -> str:
    """Address and port at which the Gateway's HTTPS listener really answers, as `albc local up` says."""
    log = _when_printed(Path(local.environment["HOME"]) / "local.log", r"k8s-handson-edge.* answers.*HTTPS:443 at")
    lines = [line for line in log.splitlines() if line.startswith("k8s-handson-edge") and "answers" in line]
    found = re.search(r"HTTPS:443 at ([\d.]+:\d+)", lines[-1])
    assert found is not None
    return found[1]
