"""`albc local aws`: the account alone, for the AWS CLI, boto3 and controllers that run against another cluster."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from albc.cli.usage import UsageError

if TYPE_CHECKING:
    from albc.local.aws import Account, AccountOptions, Fault, Quotas

LARGEST_PORT = 65535


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class AccountFlags:
    """What the account is like. Times are seconds."""

    region: str = "us-west-2"
    """Region of the account; its prefix decides the partition, for example aws-cn."""
    account_id: str = "123456789012"
    """The account's twelve digits."""
    cluster_name: str = "local"
    """Whose tag the nodes' security group bears."""
    latency: float = 0.0
    """Seconds that every call takes."""
    delay: float = 0.0
    """Seconds for which what is new is not found, and what is deleted still listed."""
    rates: Annotated[bool, Parameter(negative=())] = False
    """Refuse calls above the request rates that AWS publishes."""
    quotas: str = ""
    """Other quotas than those that AWS publishes: NAME=NUMBER,…, for example listeners-per-load-balancer=2."""
    fault: Annotated[tuple[str, ...], Parameter(negative=())] = ()
    """A call that fails, as `KIND,service=…,operation=…,times=…,skip=…,code=…`; may be repeated."""


def run_account(port: int, flags: AccountFlags) -> None:
    """Runs until SIGINT or SIGTERM. Raises `UsageError` for a flag that cannot be, or an extra that is missing."""
    if not 0 <= port <= LARGEST_PORT:
        raise UsageError(f"{port} is no port: choose one from 1 to {LARGEST_PORT}, or 0 for any")
    import anyio

    try:
        anyio.run(_serve, port, flags)
    except ImportError as error:
        raise UsageError(
            f"the local account is not installed ({error}): pip install '.[local]' in a checkout"
        ) from None
    except OSError as error:
        raise UsageError(f"{error}; choose another port with --port") from None


async def _serve(port: int, flags: AccountFlags) -> None:
    import anyio

    from albc.engine.signals import stop_on_signals
    from albc.local.aws import AwsServer

    stop = anyio.Event()
    async with AwsServer(account_of(flags), port=port) as server:
        exports = "\n".join(f"  export {name}={value}" for name, value in server.environment().items())
        print(
            f"An AWS account, until Ctrl-C. For the AWS CLI, boto3 and other clients:\n\n{exports}\n\n"
            "Read its log of calls with: albc local calls\n"
            "Let calls fail with:        albc local fault aws --help\n"
            f"The authority that signs ACM's certificates: {server.url}/_albc/ca.pem",
            flush=True,
        )
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(stop_on_signals, stop)
            await stop.wait()
            tasks.cancel_scope.cancel()


def account_of(flags: AccountFlags) -> "Account":
    """The account that the flags describe. Raises `UsageError` for what cannot be."""
    from albc.local.aws import Account

    account = Account(_options(flags))
    for text in flags.fault:
        account.faults.add(_fault(text))
    return account


def _options(flags: AccountFlags) -> "AccountOptions":
    from albc.local.aws import AccountOptions

    if not (flags.account_id.isdecimal() and len(flags.account_id) == 12):
        raise UsageError(f"{flags.account_id!r} is no account: --account-id takes twelve digits")
    for name, seconds in (("--latency", flags.latency), ("--delay", flags.delay)):
        if not 0 <= seconds < float("inf"):
            raise UsageError(f"{name} {seconds}: a number of seconds is needed, 0 or more")
    return AccountOptions(
        account_id=flags.account_id,
        region=flags.region,
        cluster_name=flags.cluster_name,
        latency_seconds=flags.latency,
        consistency_seconds=flags.delay,
        throttling=flags.rates,
        quotas=_quotas(flags.quotas),
    )


def _quotas(text: str) -> "Quotas":
    from albc.local.aws import Quotas

    names = [field.name for field in fields(Quotas)]
    given: dict[str, int] = {}
    for name, value in _pairs(text.split(",") if text else (), "--quotas"):
        if name.replace("-", "_") not in names:
            known = ", ".join(each.replace("_", "-") for each in names)
            raise UsageError(f"--quotas {name}: there is no such quota; there are {known}")
        if not value.isdecimal():
            raise UsageError(f"--quotas {name}={value}: a whole number is needed, 0 or more")
        given[name.replace("-", "_")] = int(value)
    return Quotas(**given)


def _fault(text: str) -> "Fault":
    import msgspec

    from albc.local.aws import Fault, FaultKind

    kind, *more = text.split(",")
    rule: dict[str, Any] = {"kind": kind, **dict(_pairs(more, "--fault"))}
    try:
        return msgspec.convert(rule, Fault, strict=False)
    except msgspec.ValidationError as error:
        kinds = ", ".join(FaultKind)
        raise UsageError(f"--fault {text}: {error}; kinds are {kinds}") from None


def _pairs(items: Iterable[str], flag: str) -> Iterable[tuple[str, str]]:
    for item in items:
        name, equals, value = item.partition("=")
        if not equals:
            raise UsageError(f"{flag} {item}: write it as NAME=VALUE")
        yield name, value
