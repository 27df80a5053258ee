"""How commands reach the cluster and AWS, and how they tell that they cannot. Called by `albc run` and `albc plan`."""

import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import anyio
import structlog

from albc.aws.services import SERVICE_IDS
from albc.cli.usage import UsageError
from albc.errors import AlbcError
from albc.kube.auth import ConnectionConfig, from_kubeconfig, in_cluster
from albc.kube.client import Client

log = structlog.stdlib.get_logger("setup")

AWS_PATIENCE = 15.0
"""Seconds that the first calls to AWS may take, retries included."""
SAY_EVERY = 3.0

EVERY_SERVICE = "*"
"""In `--aws-api-endpoints`, stands for all of them."""
METADATA = "ec2imds"
"""There, the instance metadata service."""


@contextmanager
def told_as_usage(what: str) -> Iterator[None]:
    """What goes wrong before anything runs is one line for whoever starts the process."""
    try:
        yield
    except AlbcError as error:
        raise UsageError(f"{what}: {error}") from error


async def kubernetes_connection(kubeconfig: str) -> ConnectionConfig:
    """The named file; else the pod's service account; else `$KUBECONFIG`, else `~/.kube/config`."""
    try:
        if kubeconfig:
            return await from_kubeconfig(Path(kubeconfig))
        if os.environ.get("KUBERNETES_SERVICE_HOST"):
            return await in_cluster()
        return await from_kubeconfig(Path(os.environ.get("KUBECONFIG") or "~/.kube/config"))
    except AlbcError as error:
        raise UsageError(str(error)) from error


@asynccontextmanager
async def reaching_aws(region: str) -> AsyncIterator[None]:
    """Around the first calls to AWS: says every few seconds that it is still trying. Raises `UsageError` at the end of
    `AWS_PATIENCE`, or for what AWS answers."""
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_say_now_and_then, region)
        with anyio.move_on_after(AWS_PATIENCE) as patience, told_as_usage(f"cannot use the AWS account in {region}"):
            yield
        tasks.cancel_scope.cancel()
    if patience.cancelled_caught:
        raise UsageError(
            f"AWS did not answer within {AWS_PATIENCE:g} s; check the network, --aws-region {region} and "
            "--aws-api-endpoints"
        )


async def _say_now_and_then(region: str) -> None:
    while True:
        await anyio.sleep(SAY_EVERY)
        log.info("waiting for AWS to answer", region=region)


async def reach_kubernetes(client: Client) -> None:
    """Raises `UsageError` if no API server answers there."""
    try:
        await client.raw("/version")
    except AlbcError as error:
        raise UsageError(
            f"the API server at {client.config.server} does not answer: {error}; check the kubeconfig's server"
        ) from error


def endpoints(given: Mapping[str, str]) -> dict[str, str]:
    """URLs by service id, as `--aws-api-endpoints` has them."""
    everywhere = {service_id: given[EVERY_SERVICE] for service_id in SERVICE_IDS.values() if EVERY_SERVICE in given}
    return {**everywhere, **{service_id: url for service_id, url in given.items() if service_id != EVERY_SERVICE}}
