"""Health checks of every kind, against real targets."""

import asyncio
from typing import Any

import pytest
from aiohttp import web

from tests.local.dataplane.kit import Stack, forward, listener

pytestmark = pytest.mark.anyio


async def test_the_path_and_codes_of_the_health_check_decide(stack: Stack) -> None:
    async def answer(request: web.BaseRequest) -> web.Response:
        assert request.headers["User-Agent"] == "ELB-HealthChecker/2.0"
        return web.Response(status=204 if request.path == "/ready" else 500)

    target = await stack.target(answer)
    stack.group("tg", target, HealthCheckPath="/ready", Matcher={"HttpCode": "200-204"})
    stack.holds(listener("http", 80, "HTTP", forward("tg")))

    await stack.healthy("tg", target)


async def test_a_health_check_may_have_a_port_of_its_own(stack: Stack) -> None:
    target = await stack.named("a")
    other = (target[0], 1)
    stack.group("tg", other, HealthCheckPort=str(target[1]))
    stack.holds(listener("http", 80, "HTTP", forward("tg")))

    await stack.healthy("tg", other)


async def test_a_target_that_does_not_answer_in_time_is_unhealthy(stack: Stack) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    target = await stack.tcp_target(silent)
    stack.group("tg", target, HealthCheckTimeoutSeconds=0.05, UnhealthyThresholdCount=1)
    stack.holds(listener("http", 80, "HTTP", forward("tg")))

    await stack.until(lambda: stack.health.get(("tg", *target)) == (False, "Target.Timeout"))


async def test_a_target_that_speaks_no_http_fails_an_http_check(stack: Stack) -> None:
    async def noise(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello\r\n\r\n")
        writer.close()

    target = await stack.tcp_target(noise)
    stack.group("tg", target, UnhealthyThresholdCount=1)
    stack.holds(listener("http", 80, "HTTP", forward("tg")))

    await stack.until(lambda: stack.health.get(("tg", *target)) == (False, "Target.FailedHealthChecks"))


async def test_a_target_recovers_after_enough_successes(stack: Stack) -> None:
    failing = True

    async def answer(request: web.BaseRequest) -> web.Response:
        return web.Response(status=503 if failing else 200)

    target = await stack.target(answer)
    check: dict[str, Any] = {"HealthCheckPath": "/", "HealthCheckIntervalSeconds": 0.01, "HealthyThresholdCount": 2}
    stack.group("tg", target, UnhealthyThresholdCount=1, **check)
    stack.holds(listener("http", 80, "HTTP", forward("tg")))
    await stack.until(lambda: stack.health.get(("tg", *target)) == (False, "Target.ResponseCodeMismatch"))

    failing = False

    await stack.healthy("tg", target)
