"""Rollouts behind a load balancer that follows every change two seconds late: no request is dropped.

The visitors, the Pods and the load balancer are real processes' worth of sockets (`albc.local.dataplane`).
"""

import pytest
from rollouts import rollouts

pytestmark = pytest.mark.anyio


async def test_a_rollout_drops_no_request() -> None:
    async with rollouts() as world:
        visits = await world.roll_out(1)
    assert visits.sent > 100, "the rollout was over before anybody asked"
    assert visits.wrong == []


async def test_deregistering_pods_only_when_they_no_longer_serve_would_drop_requests() -> None:
    async with rollouts(leave="readiness") as world:
        for _ in range(5):  # a Pod or two may be lucky
            visits = await world.roll_out(1)
            if visits.wrong:
                return
    pytest.fail("no request was dropped")


@pytest.mark.soak
async def test_twenty_rollouts_drop_no_request() -> None:
    async with rollouts() as world:
        visits = await world.roll_out(20)
    assert visits.sent > 20 * 100
    assert visits.wrong == []
