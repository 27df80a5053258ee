"""What a caller of `albc` sees when the command line is wrong: one line, exit status 2, no traceback."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest


def albc(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "albc", *arguments], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run", "--clustr-name", "x"], "Did you mean --cluster-name?"),
        (["run", "--sync-period", "4x"], "write for example 15s, 2m30s or 10h"),
        (["run", "--feature-gates", "ALBGateway=true"], "unknown feature: ALBGateway; did you mean ALBGatewayAPI?"),
        (["run"], "kubernetes cluster name must be specified"),
        (["run", "--cluster-name=x", "--kubeconfig=/nowhere/config"], "/nowhere/config"),
        (["fly"], "fly"),
    ],
)
def test_a_mistake_is_one_line_and_exit_status_2(arguments: list[str], says: str) -> None:
    done = albc(*arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


KUBECONFIG = """
apiVersion: v1
kind: Config
clusters: [{name: a, cluster: {server: "http://127.0.0.1:1"}}]
users: [{name: a, user: {token: secret-token}}]
contexts: [{name: a, context: {cluster: a, user: a}}]
current-context: a
"""


def test_an_api_server_that_does_not_answer_is_named(tmp_path: Path) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(KUBECONFIG)
    done = albc("run", "--cluster-name=x", f"--kubeconfig={kubeconfig}")
    assert done.returncode == 2
    assert "the API server at http://127.0.0.1:1 does not answer" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert "secret-token" not in done.stderr


@pytest.mark.parametrize("flag", ["--aws-port", "--kubernetes-port"])
def test_a_port_that_is_taken_is_named_with_the_flags_that_choose_another(flag: str) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        done = albc("local", "up", f"{flag}={port}")
    assert done.returncode == 2
    assert str(port) in done.stderr
    assert "choose other ports with --kubernetes-port and --aws-port" in done.stderr


def test_the_references_arguments_are_understood() -> None:
    done = albc(
        "run", "--cluster-name=x", "--enable-waf=false", "--default-tags=a=b", "--default-tags", "c=d", "--help"
    )
    assert done.returncode == 0


def test_help_groups_the_flags() -> None:
    shown = albc("run", "--help").stdout
    assert "Leader election" in shown
    assert "--aws-api-endpoints" in shown


def test_gates_are_listed_with_what_they_do() -> None:
    assert "ALBSingleSubnet" in albc("gates").stdout
