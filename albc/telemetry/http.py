"""The HTTP endpoints for whoever looks after the process: probes, metrics, state (spec/runtime.md §11, §15).

* `GET /healthz` and `/readyz` run their checks: 200 `ok`, or 500 with a line for each check. `?verbose` shows the lines
  in any case, `?exclude=NAME` leaves a check out, `/readyz/NAME` runs one alone. Reasons of failures are withheld.
* `GET /metrics`: Prometheus text, rendered in a thread.
* `GET /debug/state`: JSON, only for callers on the loopback interface; for all others it does not exist.

Served by `albc.cli`, through `albc.telemetry.bounded`, on the addresses of the settings, on every replica.
"""

from collections.abc import Awaitable, Callable, Mapping
from ipaddress import ip_address

import anyio
import anyio.to_thread
import structlog
from aiohttp import web

log = structlog.stdlib.get_logger("telemetry.http")

Check = Callable[[], Awaitable[None]]
"""Raises if something is wrong."""


async def always_well() -> None:
    """`health-ping`: the event loop answers, that is all."""


def probes(path: str, checks: Mapping[str, Check]) -> list[web.RouteDef]:
    """The routes of one probe: `path` for all checks, `path/NAME` for each."""

    async def all_checks(request: web.Request) -> web.Response:
        excluded = set(request.query.getall("exclude", []))
        chosen = {name: check for name, check in checks.items() if name not in excluded}
        return await _answer(chosen, verbose="verbose" in request.query)

    async def one_check(request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in checks:
            raise web.HTTPNotFound
        return await _answer({name: checks[name]}, verbose="verbose" in request.query)

    return [web.get(path, all_checks), web.get(path + "/", all_checks), web.get(path + "/{name}", one_check)]


def metrics(render: Callable[[], bytes]) -> list[web.RouteDef]:
    """`/metrics`, from `albc.telemetry.metrics.Metrics.render`."""

    async def show(_: web.Request) -> web.Response:
        body = await anyio.to_thread.run_sync(render)
        return web.Response(body=body, headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})

    return [web.get("/metrics", show)]


def debug_state(dump: Callable[[], bytes]) -> list[web.RouteDef]:
    """`/debug/state`: what `dump` gives, as JSON."""

    async def show(request: web.Request) -> web.Response:
        if not request.remote or not ip_address(request.remote).is_loopback:
            raise web.HTTPNotFound
        return web.Response(body=dump(), content_type="application/json")

    return [web.get("/debug/state", show)]


def parse_address(text: str) -> tuple[str | None, int] | None:
    """Host and port of `:8080`, `127.0.0.1:8080` or `[::1]:8080`; no host is all of them; None for `0`: do not listen.

    Raises ValueError.
    """
    if text == "0":
        return None
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdecimal() or int(port) > 65535:
        raise ValueError(f"{text!r} is not an address to listen on: write host:port, :port, or 0 for none")
    return host.removeprefix("[").removesuffix("]") or None, int(port)


async def _answer(checks: Mapping[str, Check], *, verbose: bool) -> web.Response:
    lines, well = [], True
    for name, check in checks.items():
        try:
            await check()
        except Exception as error:
            log.info("check failed", check=name, error=str(error))
            lines.append(f"[-]{name} failed: reason withheld")
            well = False
        else:
            lines.append(f"[+]{name} ok")
    if well and not verbose:
        return web.Response(text="ok")
    lines.append("healthz check passed" if well else "healthz check failed")
    return web.Response(text="\n".join(lines) + "\n", status=200 if well else 500)
