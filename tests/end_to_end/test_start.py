"""What stops `albc run` before anything runs: one line that names the cause, exit status 1."""

import os
import socket
import sys
from pathlib import Path

import anyio
import pytest
from world import World

from albc.local.demo.controller import command
from albc.local.stack import write_kubeconfig

pytestmark = pytest.mark.anyio


async def refused(world: World, folder: Path, **changes: str) -> str:
    """The last line of a start with other flags or, for names in capitals, another environment."""
    kubeconfig = folder / "kubeconfig"
    write_kubeconfig(world.stack, kubeconfig)
    line = command(world.stack, kubeconfig, probe_port=0)
    environment = {**os.environ, **world.stack.aws_environment()}
    for name, value in changes.items():
        flag = f"--{name.replace('_', '-')}="
        if name.isupper():
            environment[name] = value
        else:
            line = [*(each for each in line if not each.startswith(flag)), f"{flag}{value}"]
    environment = {name: value for name, value in environment.items() if value}
    done = await anyio.run_process([sys.executable, "-m", *line], env=environment, check=False)
    assert done.returncode == 1
    return done.stderr.decode().strip().splitlines()[-1]


async def test_an_unknown_vpc_is_named(world: World, tmp_path: Path) -> None:
    assert "there is no VPC vpc-12345678; check --aws-vpc-id" in await refused(
        world, tmp_path, aws_vpc_id="vpc-12345678"
    )


async def test_missing_credentials_say_how_to_give_some(world: World, tmp_path: Path) -> None:
    said = await refused(
        world,
        tmp_path,
        AWS_ACCESS_KEY_ID="",
        AWS_SECRET_ACCESS_KEY="",
        AWS_EC2_METADATA_DISABLED="true",
        HOME=str(tmp_path),
    )
    assert "no AWS credentials were found" in said


async def test_an_aws_endpoint_that_does_not_answer_is_named(world: World, tmp_path: Path) -> None:
    said = await refused(world, tmp_path, aws_api_endpoints="*=http://127.0.0.1:9", aws_max_retries="1")
    assert "http://127.0.0.1:9" in said


async def test_a_port_that_is_taken_is_named_with_its_flag(world: World, tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        address = f"127.0.0.1:{holder.getsockname()[1]}"
        said = await refused(world, tmp_path, metrics_bind_addr=address)
    assert f"cannot listen on --metrics-bind-addr={address}" in said
