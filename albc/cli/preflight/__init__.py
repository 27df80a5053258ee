"""`albc preflight`: what would happen if albc took over this cluster and account, before it does.

`look` reads, `installed` and `checks` judge what was read, `findings` shows it. The plan is that of `albc plan`.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator
from itertools import chain

import anyio

from albc.cli.plan.live import look_live
from albc.cli.plan.outlook import Outlook
from albc.cli.plan.words import Palette
from albc.cli.preflight import checks, installed, look
from albc.cli.preflight.findings import Finding, Level, document, table, worst
from albc.cli.usage import UsageError
from albc.deploy.plan import Verb
from albc.settings import Settings, check

OUTPUTS = ("table", "json")

Parse = Callable[[tuple[str, ...]], Settings]
"""Flags of `albc run` → settings; raises `UsageError`."""


def show_preflight(settings: Settings, parse: Parse, output: str) -> int:
    """Prints what was found. Returns 0 if there is no trouble, else 1. Raises `UsageError`.

    `settings` are the caller's flags; without a cluster name among them, those of the controller that runs now count.
    """
    if output not in OUTPUTS:
        raise UsageError(f"--output {output} is unknown; it must be one of {', '.join(OUTPUTS)}")
    findings = anyio.run(_find, settings, parse)
    if output == "json":
        print(json.dumps(document(findings), ensure_ascii=False, indent=2))
    else:
        palette = Palette(sys.stdout.isatty() and not os.environ.get("NO_COLOR"))
        for line in table(findings, palette):
            print(line)
    return 1 if worst(findings) is Level.TROUBLE else 0


async def _find(given: Settings, parse: Parse) -> list[Finding]:
    async with look.cluster(given.kubeconfig) as client:
        running = await look.installed(client)
        settings = successor(given, running, parse)
        rights = await look.missing_rights(client, running.user) if running else None
    account = await look.account(settings)
    outlook = await look_live((), "", settings)
    return list(
        chain(
            installed.judge(running),
            checks.cluster_rights(running.user, rights) if running and rights is not None else (),
            checks.account_rights(account.caller, account.refused),
            checks.subnets(account.subnets),
            checks.node_groups(account.interfaces, account.tagged_groups, settings.cluster_name),
            checks.quotas(account.quotas),
            takeover(outlook),
        )
    )


def successor(given: Settings, running: installed.Installed | None, parse: Parse) -> Settings:
    """With which settings albc would run here. Raises `UsageError` where nobody says, or for what cannot be."""
    if given.cluster_name:
        settings = given
    elif running is None:
        raise UsageError(
            "no controller runs here whose flags could be taken; give those that albc shall have: --cluster-name=NAME …"
        )
    else:
        settings = parse((*running.flags, *_reaching(given)))
    try:
        check(settings)
    except ValueError as error:
        raise UsageError(str(error)) from None
    return settings


def _reaching(given: Settings) -> Iterator[str]:
    """The caller's own flags by which cluster and account are reached from where he is, outside of EC2 mostly."""
    yield f"--kubeconfig={given.kubeconfig}"
    if given.aws_region:
        yield f"--aws-region={given.aws_region}"
    if given.aws_vpc_id:
        yield f"--aws-vpc-id={given.aws_vpc_id}"
    if given.aws_api_endpoints:
        yield "--aws-api-endpoints=" + ",".join(f"{service}={url}" for service, url in given.aws_api_endpoints)


def takeover(outlook: Outlook) -> Iterator[Finding]:
    """What albc would change; nothing, is the promise."""
    area = "Taking over"
    for note in outlook.notes:
        yield Finding(area, Level.WARNING, note)
    for one in outlook.planned:
        if one.plan.is_empty:
            yield Finding(area, Level.OK, f"{one.name}: nothing to do")
            continue
        counts = {verb: sum(fate is verb for fate in one.fates.values()) for verb in Verb}
        told = ", ".join(f"{verb.value} {count}" for verb, count in counts.items() if count)
        yield Finding(
            area, Level.WARNING, f"{one.name}: {told}", "see them all: albc plan -o diff, with the flags of albc run"
        )
    for problem in outlook.problems:
        level = Level.TROUBLE if problem.severity == "error" else Level.WARNING
        yield Finding(area, level, f"{problem.object}: {problem.message}")
    if not outlook.planned:
        yield Finding(area, Level.OK, "no object asks for a load balancer")
