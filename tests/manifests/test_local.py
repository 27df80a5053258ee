"""`deploy/local`: what can be known of it without a container engine."""

import os
import subprocess
import sys
from pathlib import Path

import anyio
import pytest
import yaml
from two_accounts import moto_alone

from albc.cli import app
from tests.manifests.conftest import ROOT

LOCAL = ROOT / "deploy" / "local"
JUDGES = Path(sys.executable).parents[1] / "judges" / "bin"


def test_kind_gets_three_nodes() -> None:
    cluster = yaml.safe_load((LOCAL / "kind.yaml").read_text(encoding="utf-8"))

    assert (cluster["kind"], cluster["apiVersion"]) == ("Cluster", "kind.x-k8s.io/v1alpha4")
    assert [node["role"] for node in cluster["nodes"]] == ["control-plane", "worker", "worker"]


def test_the_account_listens_on_loopback_only() -> None:
    services = yaml.safe_load((LOCAL / "compose.yaml").read_text(encoding="utf-8"))["services"]

    assert all(port.startswith("127.0.0.1:") for service in services.values() for port in service["ports"])


@pytest.mark.parametrize("target", ["kind-up", "kind-demo"])
def test_what_is_missing_is_told_in_a_line(target: str, tmp_path: Path) -> None:
    (tmp_path / "make").symlink_to("/usr/bin/make")
    environment = {"PATH": str(tmp_path), "HOME": str(tmp_path)}
    line = ["/usr/bin/make", "--old-file=.venv/.local", "SHELL=/bin/sh", target]

    done = subprocess.run(line, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode != 0
    assert "albc: " in done.stderr


@pytest.mark.anyio
@pytest.mark.skipif(not (JUDGES / "aws").exists(), reason="the AWS CLI is not installed: make setup")
async def test_the_script_makes_an_account_that_a_controller_can_use(tmp_path: Path) -> None:
    async with moto_alone(tmp_path) as moto:
        environment = {**os.environ, "AWS_ENDPOINT_URL": moto.url, "AWS": str(JUDGES / "aws"), "CLUSTER": "here"}
        done = await anyio.run_process([str(LOCAL / "account.sh")], env=environment)
        _, bound, *_ = app.parse_args(["run", *done.stdout.decode().split()], exit_on_error=False)
        settings = bound.arguments["settings"]
        async with moto.client("ec2") as ec2:
            of_vpc = [{"Name": "vpc-id", "Values": [settings.aws_vpc_id]}]
            subnets = (await ec2.describe_subnets(Filters=of_vpc))["Subnets"]

    assert (settings.cluster_name, settings.aws_region) == ("here", "us-west-2")
    assert settings.aws_api_endpoints == (("*", moto.url),)
    assert len({subnet["AvailabilityZone"] for subnet in subnets}) == 2
