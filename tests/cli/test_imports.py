"""What nobody needs is not loaded: modules are two thirds of the memory that an idle controller holds."""

import subprocess
import sys

import pytest


def loaded_by(module: str) -> set[str]:
    """The modules that a new process has after this import."""
    code = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.fixture(scope="module")
def of_the_controller() -> set[str]:
    return loaded_by("albc.cli.run")


@pytest.mark.parametrize(
    ("package", "who_needs_it"),
    [
        ("albc.local", "the stack on this machine"),
        ("albc.cli.plan", "another command"),
        ("kr8s", "a kubeconfig; a pod has none"),
        ("cryptography", "webhooks whose certificates albc makes"),
        ("yaml", "a kubeconfig, or the file of --config"),
        ("opentelemetry.sdk.trace", "spans that are exported"),
        ("opentelemetry.exporter.otlp", "the same"),
    ],
)
def test_the_controller_loads_no_module_that_only_others_need(
    of_the_controller: set[str], package: str, who_needs_it: str
) -> None:
    found = {name for name in of_the_controller if name == package or name.startswith(f"{package}.")}
    assert found == set(), f"only for {who_needs_it}"


def test_help_is_shown_without_the_controller() -> None:
    found = loaded_by("albc.cli")
    assert found.isdisjoint({"albc.cli.run", "albc.controllers", "aiobotocore", "albc.kube"})
