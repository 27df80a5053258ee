"""The `albc` command. Each subcommand imports what it needs when it runs, so that `--help` and `plan` start fast."""

import sys
from typing import Annotated, Literal, NoReturn

from cyclopts import App, Parameter
from cyclopts.exceptions import CycloptsError

from albc import __version__
from albc.cli.account import AccountFlags
from albc.cli.examples import examples
from albc.cli.usage import UsageError
from albc.printable import printable
from albc.settings import Settings
from albc.settings.booleans import check_booleans
from albc.settings.sources import further_sources

app = App(
    name="albc",
    version=__version__,
    help=(
        "AWS Load Balancer Controller for Kubernetes.\n\n"
        "Try it on this machine: `albc demo`. Run it against a cluster: `albc run --cluster-name NAME`. "
        "See what it would do: `albc plan --cluster-name NAME`. Each command has its own `--help`."
    ),
)
local = App(name="local", help="A Kubernetes cluster and an AWS account on this machine, for trying out and for tests.")
app.command(local)
fault = App(
    name="fault",
    help="Let the cluster or the account that runs here fail as API servers and AWS do.",
    help_epilogue=examples("local fault"),
)
local.command(fault)


@app.command(config=further_sources, help_epilogue=examples("run"))
def run(
    *ignored: Annotated[str, Parameter(show=False)],
    settings: Settings = Settings(),  # noqa: B008  the defaults of a frozen value
) -> int:
    """Run the controller against the cluster of the kubeconfig (or the one it runs in) and the AWS account.

    Each flag may also be set by a variable (--aws-region by ALBC_AWS_REGION) or in the file that --config names; a
    flag goes before a variable, a variable before the file. Durations are 15s, 2m30s or 10h; lists and maps (k=v) have
    commas between their elements.
    """
    from albc.cli.run import run_controller

    return run_controller(settings, ignored)


@app.command(config=further_sources, help_epilogue=examples("plan"))
def plan(
    *,
    file: Annotated[tuple[str, ...], Parameter(name=("--file", "-f"), negative=(), allow_leading_hyphen=True)] = (),
    facts: str = "",
    output: Annotated[str, Parameter(name=("--output", "-o"))] = "tree",
    detailed_exitcode: Annotated[bool, Parameter(negative=())] = False,
    settings: Settings = Settings(),  # noqa: B008  the defaults of a frozen value
) -> int:
    """Show what the controller would do, and do none of it.

    Without --file it reads the cluster, without --facts it asks AWS; neither is ever written to.

    Parameters
    ----------
    file
        Manifests: a file, a folder or `-` for standard input; may be repeated. They are the whole cluster.
    facts
        A file with the answers that AWS would give; nothing of ours exists then.
    output
        `tree`: a map of the resources; `diff`: the operations in order; `json`: the same for machines;
        `stack-json`: the models alone.
    detailed_exitcode
        Exit with 0 for no changes, 1 for problems, 2 for changes.
    """
    from albc.cli.plan import show_plan

    return show_plan(file, facts, output, settings, detailed_exitcode=detailed_exitcode)


@app.command(config=further_sources, help_epilogue=examples("preflight"))
def preflight(
    *,
    output: Annotated[str, Parameter(name=("--output", "-o"))] = "table",
    settings: Settings = Settings(),  # noqa: B008  the defaults of a frozen value
) -> int:
    """Say what would happen if albc took over from the controller that runs now; nothing is written.

    Without --cluster-name the flags of that controller's Deployment are taken. Exits with 1 if there is trouble.

    Parameters
    ----------
    output
        table, or json for machines.
    """
    from albc.cli.preflight import show_preflight

    return show_preflight(settings, _settings_of, output)


def _settings_of(flags: tuple[str, ...]) -> Settings:
    """What `albc run` would make of these flags."""
    try:
        check_booleans(flags)
        _, bound, *_ = app.parse_args(["run", *flags], exit_on_error=False, print_error=False)
    except CycloptsError as error:
        raise UsageError(f"the flags of the controller that runs now cannot be read: {error}") from None
    settings: Settings = bound.arguments.get("settings", Settings())
    return settings


@app.command
def gates() -> None:
    """List the feature gates with their defaults and what they do."""
    from albc.cli.gates import print_gates

    print_gates()


@app.command(help_epilogue=examples("demo"))
def demo(
    *,
    once: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """Start a cluster and an AWS account on this machine, apply the examples, and send traffic through them.

    Parameters
    ----------
    once
        End when everything was shown; the exit status is 0 only if every step worked.
    """
    from albc.cli.demo import run_demo

    return run_demo(once=once)


@local.command(help_epilogue=examples("local up"))
def up(
    *,
    kubeconfig: str = "",
    kubernetes_port: int = 0,
    aws_port: int = 0,
) -> None:
    """Start the embedded cluster and account on loopback, and print how to reach them. Ctrl-C ends them.

    Parameters
    ----------
    kubeconfig
        Where to write the kubeconfig; empty means a file in the temporary folder, which is printed.
    kubernetes_port
        Port of the Kubernetes API, or the next one that is free; 0 takes any.
    aws_port
        Port of the AWS endpoint, or the next one that is free; 0 takes any.
    """
    from albc.cli.local import run_local

    run_local(kubeconfig=kubeconfig, kubernetes_port=kubernetes_port, aws_port=aws_port)


@local.command(help_epilogue=examples("local aws"))
def aws(*, port: int = 0, flags: AccountFlags = AccountFlags()) -> None:  # noqa: B008  a frozen value
    """Start the embedded AWS account alone on loopback, and print how to reach it. Ctrl-C ends it.

    Parameters
    ----------
    port
        Port of the AWS endpoint; 0 takes any.
    """
    from albc.cli.account import run_account

    run_account(port, flags)


Endpoint = Annotated[str, Parameter(help="The account's address; empty means that of AWS_ENDPOINT_URL.")]


@local.command(help_epilogue=examples("local calls"))
def calls(*, writes: Annotated[bool, Parameter(negative=())] = False, since: int = 0, endpoint: Endpoint = "") -> None:
    """Print the calls that the running account has answered: number, service, operation, outcome, parameters.

    Parameters
    ----------
    writes
        Only those of operations that change something.
    since
        Only those after the one of this number.
    """
    from albc.cli.account_control import read_calls

    for line in read_calls(endpoint, writes=writes, since=since):
        print(line)


Kubeconfig = Annotated[str, Parameter(help="The file that `albc local up` has written; empty means the usual one.")]


@fault.command(help_epilogue=examples("local fault restart"))
def restart(*, down: float = 1.0, kubeconfig: Kubeconfig = "") -> None:
    """Break and refuse every connection for a while and forget what happened, as when an API server restarts.

    Parameters
    ----------
    down
        For how many seconds.
    """
    _order(kubeconfig, {"fault": "restart", "down": down})


@fault.command
def expire_history(*, kubeconfig: Kubeconfig = "") -> None:
    """Answer every watch from before now, and every unfinished list, with 410."""
    _order(kubeconfig, {"fault": "expire-history"})


@fault.command
def cut_watches(*, kubeconfig: Kubeconfig = "") -> None:
    """Break the connection of every watch."""
    _order(kubeconfig, {"fault": "cut-watches"})


@fault.command(help_epilogue=examples("local fault throttle"))
def throttle(requests: int, /, *, retry_after: int = 1, kubeconfig: Kubeconfig = "") -> None:
    """Refuse requests with 429.

    Parameters
    ----------
    requests
        How many; 0 ends it.
    retry_after
        Seconds after which clients are told to come again.
    """
    _order(kubeconfig, {"fault": "throttle", "requests": requests, "retry_after": retry_after})


@fault.command(help_epilogue=examples("local fault slow"))
def slow(seconds: float, /, *, kubeconfig: Kubeconfig = "") -> None:
    """Give every answer this many seconds later; 0 ends it."""
    _order(kubeconfig, {"fault": "slow", "seconds": seconds})


@fault.command
def silence(*, kubeconfig: Kubeconfig = "") -> None:
    """Keep connections open and send nothing over them, until `albc local fault clear`."""
    _order(kubeconfig, {"fault": "silence"})


@fault.command
def token_clock(seconds: float, /, *, kubeconfig: Kubeconfig = "") -> None:
    """Put the clock by which tokens expire this many seconds ahead; 0 sets it right."""
    _order(kubeconfig, {"fault": "token-clock", "seconds": seconds})


@fault.command
def clear(*, kubeconfig: Kubeconfig = "") -> None:
    """End throttling, slowness and silence, and set the clock of tokens right."""
    _order(kubeconfig, {"fault": "clear"})


@fault.command(name="aws", help_epilogue=examples("local fault aws"))
def fault_aws(
    kind: Literal["throttle", "server-error", "reset-before", "reset-after", "access-denied", "error", "list", "clear"],
    /,
    *,
    service: str = "*",
    operation: str = "*",
    times: int = 1,
    skip: int = 0,
    code: str = "",
    endpoint: Endpoint = "",
) -> None:
    """Let calls of the running account fail; `list` shows what is still to fail, `clear` ends it.

    Parameters
    ----------
    kind
        `reset-before` cuts the connection and nothing has happened, `reset-after` when it has; `error` needs a code.
    service
        Whose calls: a name of botocore such as elbv2, or a pattern.
    operation
        Which calls: a name such as CreateRule, or a pattern such as `Describe*`.
    times
        How many fail.
    skip
        How many pass first.
    code
        The error code of `error`, for example TooManyRules.
    """
    from albc.cli.account_control import add_fault, clear_faults, list_faults

    if kind == "list":
        for line in list_faults(endpoint):
            print(line)
    elif kind == "clear":
        clear_faults(endpoint)
    else:
        rule: dict[str, str | int] = {"kind": kind, "service": service, "operation": operation, "code": code}
        add_fault(endpoint, {**rule, "times": times, "skip": skip})


def _order(kubeconfig: str, order: dict[str, str | int | float]) -> None:
    from albc.cli.faults import send_order

    send_order(kubeconfig, order)


def main() -> NoReturn:
    """Entry point: a fault of the caller is one line on standard error and exit status 2, or what `_refuse` says."""
    try:
        check_booleans(sys.argv[1:])
        status = app(exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as error:
        _refuse(f"{str(error).strip().rstrip('.')}; `albc --help` shows what there is")
    except UsageError as error:
        _refuse(str(error), error.status)
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(status if isinstance(status, int) else 0)


def _refuse(message: str, status: int = 2) -> NoReturn:
    """A script that asks for `--detailed-exitcode` takes 2 for changes, so it must not be told of a mistake by 2."""
    print(f"albc: {printable(' '.join(message.splitlines()))}", file=sys.stderr)
    sys.exit(1 if "--detailed-exitcode" in sys.argv else status)
