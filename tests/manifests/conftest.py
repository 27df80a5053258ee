"""What the chart renders to, by Helm itself."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
CHART = ROOT / "deploy" / "helm" / "albc"
BIN = Path(sys.executable).parent

Objects = Mapping[tuple[str, str], Any]
"""By kind and name."""
Render = Callable[..., Objects]


class Refused(Exception):
    """Helm would not render; what it said."""


def helm(*arguments: str, values: Mapping[str, Any]) -> str:
    line = [str(BIN / "helm"), *arguments, "--values", "-"]
    done = subprocess.run(line, input=json.dumps(values), capture_output=True, text=True, check=False)
    if done.returncode:
        raise Refused(done.stderr)
    return done.stdout


@pytest.fixture(scope="session")
def render() -> Render:
    def render(*arguments: str, **values: Any) -> Objects:
        given = {"clusterName": "prod"} | values
        name = ("template", "aws-load-balancer-controller", str(CHART), "--namespace", "kube-system")
        text = helm(*name, *arguments, values=given)
        return {(obj["kind"], obj["metadata"]["name"]): obj for obj in documents(text)}

    return render


def documents(text: str) -> Sequence[Any]:
    return [document for document in yaml.safe_load_all(text) if document]
