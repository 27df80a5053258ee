"""What every test shares: async tests run on asyncio, and the cluster that the conformance suite is held against."""

import pytest


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
