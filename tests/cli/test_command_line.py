"""What a caller of `albc` sees when the command line is wrong: one line, exit status 2, no traceback."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

UNBUFFERED = {"PYTHONUNBUFFERED": "1"}


def albc(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "albc", *arguments], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run", "--clustr-name", "x"], "Did you mean --cluster-name?"),
        (["run", "--sync-period", "4x"], "write for example 15s, 2m30s or 10h"),
        (["run", "--feature-gates", "ALBGateway=true"], "unknown feature: ALBGateway; did you mean ALBGatewayAPI?"),
        (["run", "--aws-vpc-cache-ttl=5m"], "Unknown option: --aws-vpc-cache-ttl"),
        (["run", "--cluster-name=x", "--enable-waf=yes"], "--enable-waf: 'yes' is neither true (1, t, T, TRUE, true,"),
        (["plan", "--enable_waf=n"], "--enable_waf: 'n' is neither true"),
        (["fly"], "fly"),
    ],
)
def test_a_mistake_is_one_line_and_exit_status_2(arguments: list[str], says: str) -> None:
    done = albc(*arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_configuration_that_cannot_be_is_one_line_and_exit_status_1() -> None:
    done = albc("run")
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (1, 1)
    assert "kubernetes cluster name must be specified" in done.stderr


def test_a_kubeconfig_that_is_not_there_ends_the_process_with_status_1() -> None:
    done = albc("run", "--cluster-name=x", "--kubeconfig=/nowhere/config")
    assert done.returncode == 1
    assert "/nowhere/config" in done.stderr.splitlines()[-1]


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
    assert done.returncode == 1
    assert "the API server at http://127.0.0.1:1 does not answer" in done.stderr.splitlines()[-1]
    assert "secret-token" not in done.stderr


def test_an_export_that_cannot_be_is_one_line_with_the_way_out(tmp_path: Path) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(KUBECONFIG)
    without = """
import sys
sys.modules["opentelemetry.exporter.otlp.proto.http.trace_exporter"] = None
sys.modules["opentelemetry.exporter.otlp.proto.http.metric_exporter"] = None
from albc.cli import main
main()
"""
    done = subprocess.run(
        [sys.executable, "-c", without, "run", "--cluster-name=x", f"--kubeconfig={kubeconfig}"],
        env={**os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "install the extra otlp" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("port", "says"),
    [("65536", "65536 is no port"), ("-1", "-1 is no port"), ("many", 'unable to convert "many" into int')],
)
def test_a_port_that_cannot_be_is_refused(port: str, says: str) -> None:
    done = albc("local", "up", f"--aws-port={port}")
    assert done.returncode == 2
    assert says in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("flag", ["--aws-port", "--kubernetes-port"])
def test_for_a_port_that_is_taken_the_next_free_one_is_printed(flag: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        command = [sys.executable, "-m", "albc", "local", "up", f"{flag}={port}", f"--kubeconfig={tmp_path / 'config'}"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **UNBUFFERED}) as up:
            assert up.stdout is not None
            first = up.stdout.readline()
            up.terminate()
    assert re.fullmatch(rf"Port {port} is taken: \d+ is used instead\.\n", first)


def test_a_manifest_that_is_not_there_is_told_before_aws_is_asked() -> None:
    done = albc("plan", "--cluster-name=x", "-f", "/nowhere/web.yaml")
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (2, 1)
    assert "/nowhere/web.yaml" in done.stderr


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
