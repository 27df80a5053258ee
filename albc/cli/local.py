"""`albc local up`."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
from rich.console import Console

from albc.cli.faults import local_kubeconfig
from albc.cli.usage import UsageError
from albc.engine.signals import stop_on_signals

if TYPE_CHECKING:
    from albc.local.stack import LocalStack


def run_local(*, kubeconfig: str, kubernetes_port: int, aws_port: int) -> None:
    """Runs until SIGINT or SIGTERM. Raises `UsageError` for a port or place that cannot be, or a missing extra."""
    for port in (kubernetes_port, aws_port):
        if not 0 <= port <= 65535:
            raise UsageError(f"{port} is no port: choose one from 1 to 65535, or 0 for any")
    path = local_kubeconfig(kubeconfig)
    if not path.parent.is_dir():
        raise UsageError(f"{path.parent} is no folder: name another file with --kubeconfig")
    try:
        anyio.run(_up, path, kubernetes_port, aws_port)
    except* ImportError as errors:
        raise UsageError(
            f"the local stack is not installed ({errors.exceptions[0]}): pip install '.[local]' in a checkout"
        ) from None
    except* OSError as errors:
        error = _first_of(errors)
        file = getattr(error, "filename", None)
        fix = (
            "name another file with --kubeconfig"
            if file
            else "choose other ports with --kubernetes-port and --aws-port"
        )
        raise UsageError(f"{error}; {fix}") from None


def _first_of(errors: BaseExceptionGroup[OSError]) -> BaseException:
    """The first error itself, however deep the groups are in which it comes."""
    first: BaseException = errors
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return first


async def _up(path: Path, kubernetes_port: int, aws_port: int) -> None:
    from albc.local.network import free_port
    from albc.local.stack import StackOptions, local_stack, write_kubeconfig

    console = Console()
    stop = anyio.Event()
    free = [free_port(port) for port in (kubernetes_port, aws_port)]
    for wanted, found in zip((kubernetes_port, aws_port), free, strict=True):
        if wanted != found:
            console.print(f"Port {wanted} is taken: {found} is used instead.", highlight=False)
    async with local_stack(StackOptions(kubernetes_port=free[0], aws_port=free[1])) as stack:
        write_kubeconfig(stack, path)
        asked = {"DomainName": "*.example.com", "ValidationMethod": "DNS"}
        certificate = stack.account.call("acm", "RequestCertificate", asked)["CertificateArn"]
        console.print(_how_to_use(stack, path, certificate), soft_wrap=True, highlight=False)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(stop_on_signals, stop)
            tasks.start_soon(_tell_addresses, stack, console)
            await stop.wait()
            tasks.cancel_scope.cancel()


def _how_to_use(stack: "LocalStack", kubeconfig: Path, certificate: str) -> str:
    exports = "\n".join(f"  export {name}={value}" for name, value in stack.aws_environment().items())
    return f"""\
[bold]A Kubernetes cluster and an AWS account, until Ctrl-C.[/]

  export KUBECONFIG={kubeconfig}
{exports}

Start the controller with:

  albc run --cluster-name={stack.options.cluster_name} --kubeconfig={kubeconfig} \\
    --aws-region={stack.account.options.region} --aws-vpc-id={stack.vpc_id} \\
    --aws-api-endpoints='*={stack.aws.url}' --leader-election-namespace=kube-system \\
    --metrics-bind-addr=127.0.0.1:8080 --health-probe-bind-addr=127.0.0.1:61779 --log-format=console

ACM has a certificate for *.example.com: {certificate}
The authority that signed it is at {stack.aws.url}/_albc/ca.pem, the log of AWS calls at {stack.aws.url}/_albc/calls.
Let cluster or account fail, to see what their clients do: albc local fault --help
"""


async def _tell_addresses(stack: "LocalStack", console: Console) -> None:
    """A line for each load balancer that begins or ends to answer."""
    before: Mapping[str, str] = {}
    while True:
        served = stack.data_plane.addresses()
        now = {
            arn.split("/")[-2]: ", ".join(
                f"{listener.protocol}:{listener.port} at {listener.real_host}:{listener.real_port}"
                for listener in each.listeners
            )
            for arn, each in served.items()
        }
        for name in sorted(now.keys() | before.keys()):
            if name not in now:
                console.print(f"{name} is gone", highlight=False)
            elif now[name] != before.get(name):
                console.print(f"{name} answers: {now[name]}", highlight=False, soft_wrap=True)
        before = now
        await anyio.sleep(0.5)
