"""The promise of an idle controller's memory; it takes half a minute, so it is no part of every run."""

import sys

import pytest

from benchmarks.start import WAYS, Way, idle

pytestmark = [pytest.mark.anyio, pytest.mark.soak]


@pytest.mark.parametrize("way", [way for way in WAYS if way.in_pod], ids=lambda way: way.name)
async def test_an_idle_controller_in_a_pod_holds_less_than_120_MB(way: Way) -> None:
    assert (await idle(way, sys.executable))["MB"] < 120
