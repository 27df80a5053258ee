"""client-go and controller-runtime, unmodified: `tests/go` holds the cluster to what programs on them rely on.

`make test-go` builds the program; without it these are skipped.
"""

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

JUDGE = Path(__file__).parents[2] / "go" / ".build" / "judge"
BEHAVIOURS = (
    "an informer sees what was there and every change after it",
    "an informer with a label selector is told when an object leaves it",
    "the lease goes to another candidate when the leader gives it up",
    "a stale update is a conflict that RetryOnConflict overcomes",
    "controller-runtime's client applies, and owns what it applied",
    "another manager's field is a conflict until ownership is forced",
    "controller-runtime's client reads, lists, patches and deletes",
    "protobuf and JSON clients see the same object",
    "what controller-runtime's client writes arrives whole",
)


@pytest.fixture(scope="module")
def verdicts(kubeconfig_file: Path, http: httpx.Client) -> Mapping[str, str]:
    """What the program found wrong with each behaviour; empty: nothing."""
    if not JUDGE.exists():
        pytest.skip("the Go program is not built: make test-go (needs Go)")
    made = http.post("/api/v1/namespaces", json={"metadata": {"generateName": "go-"}}).json()
    namespace = made["metadata"]["name"]
    environment = {**os.environ, "KUBECONFIG": str(kubeconfig_file)}
    done = subprocess.run([JUDGE, namespace], env=environment, capture_output=True, text=True, check=False, timeout=150)
    http.delete(f"/api/v1/namespaces/{namespace}")
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {line["name"]: line["fault"] for line in lines}


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_a_go_client_finds_that(behaviour: str, verdicts: Mapping[str, str]) -> None:
    assert verdicts[behaviour] == ""


def test_every_behaviour_that_the_program_knows_stands_here(verdicts: Mapping[str, str]) -> None:
    assert tuple(verdicts) == BEHAVIOURS
