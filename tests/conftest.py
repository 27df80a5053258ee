"""What every test shares: asyncio, hypothesis that repeats itself, and the cluster of the conformance suite."""

import pytest
from hypothesis import HealthCheck, settings

# `make test` judges the change, neither the dice nor the machine; `make soak` throws the dice.
settings.register_profile("repeatable", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("repeatable")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--kubeconfig",
        metavar="FILE",
        default=None,
        help="hold tests/local/kubernetes against this cluster instead of the embedded one",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "embedded(reason): holds for the embedded cluster only; skipped with --kubeconfig"
    )


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"
