"""`albc local aws`, judged by the AWS CLI: the session of docs/local.md is run, and says what it says there."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sessions import answers_of, documented_session, words

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
AWS_CLI = BIN.parent / "judges" / "bin" / "aws"
PORT_OF_DOCS = "4566"

pytestmark = pytest.mark.skipif(not AWS_CLI.exists(), reason="needs the AWS CLI: `make setup` installs it")


@dataclass(frozen=True)
class Running:
    printed: str
    environment: dict[str, str]

    @property
    def port(self) -> str:
        return self.environment["AWS_ENDPOINT_URL"].rpartition(":")[2]


@pytest.fixture
def account() -> Iterator[Running]:
    command = [sys.executable, "-m", "albc", "local", "aws"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        printed = ""
        while "ca.pem" not in printed:
            line = process.stdout.readline()
            assert line, f"albc local aws ended: {printed}"
            printed += line
        path = f"{AWS_CLI.parent}{os.pathsep}{BIN}{os.pathsep}{os.environ['PATH']}"
        exports = dict(re.findall(r"export (\w+)=(\S+)", printed))
        yield Running(printed, {**os.environ, **exports, "PATH": path, "AWS_PAGER": "", "AWS_CONFIG_FILE": os.devnull})
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0


def test_the_session_of_the_docs_is_true(account: Running, tmp_path: Path) -> None:
    start, *steps = documented_session("local.md", "With the AWS CLI")
    assert words(account.printed.replace(account.port, PORT_OF_DOCS)) == words(start.answer)

    answers = answers_of(steps, account.environment, tmp_path)

    assert [(step.command, words(answer)) for step, answer in zip(steps, answers, strict=True)] == [
        (step.command, words(step.answer)) for step in steps
    ]


def test_answers_recorded_as_the_docs_say_make_a_plan(account: Running, tmp_path: Path) -> None:
    (recording,) = re.findall(r"```\n(\{ echo .*?)```", (ROOT / "docs" / "plan.md").read_text(), re.DOTALL)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    vpc = subprocess.run(
        [AWS_CLI, "ec2", "describe-subnets", "--query", "Subnets[0].VpcId", "--output", "text"],
        env=account.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    script = recording.replace("VPC -f", f"{vpc.stdout.strip()} -f")
    done = subprocess.run(
        ["bash", "-e"],
        env=account.environment,
        input=script,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Ingress shop/cart\n+ ├─ LoadBalancer k8s-shop-cart-" in done.stdout
