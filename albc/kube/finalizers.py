"""Finalizers are added and removed with a lock on what was read: of two writers none loses the other's entry.

Called by controllers: added before the first AWS resource is made, removed when the last one is gone (spec/runtime.md
§6, §8). Both do nothing if the finalizer already is as it should be.
"""

import random
from collections.abc import Callable, Sequence
from typing import Final, Protocol, TypeVar

import anyio

from albc.errors import Conflict, NotFound
from albc.kube.client import Client
from albc.kube.patches import MergePatch
from albc.kube.resource import Resource

ATTEMPTS: Final = 4
FIRST_DELAY: Final = 0.01
"""Seconds before the second attempt; five times as much before each further one, with a tenth of jitter."""


class _Metadata(Protocol):
    @property
    def resource_version(self) -> str: ...
    @property
    def finalizers(self) -> Sequence[str]: ...


class Finalized(Protocol):
    """Any object, for what is needed here."""

    @property
    def metadata(self) -> _Metadata: ...


T = TypeVar("T", bound=Finalized)


async def add_finalizer(client: Client, resource: Resource[T], key: tuple[str, str], finalizer: str) -> None:
    """`key`: namespace and name. Raises `NotFound`, or `Conflict` if others change the object all the time."""
    await _change(client, resource, key, lambda present: [*present, finalizer] if finalizer not in present else None)


async def remove_finalizer(client: Client, resource: Resource[T], key: tuple[str, str], finalizer: str) -> None:
    """`key`: namespace and name. An object that is gone has none. Raises `Conflict` as `add_finalizer`."""

    def without(present: Sequence[str]) -> list[str] | None:
        return [each for each in present if each != finalizer] if finalizer in present else None

    try:
        await _change(client, resource, key, without)
    except NotFound:
        return


async def _change(
    client: Client,
    resource: Resource[T],
    key: tuple[str, str],
    wanted: Callable[[Sequence[str]], list[str] | None],
) -> None:
    """Writes what `wanted` makes of the present finalizers; None is no change."""
    namespace, name = key
    delay = FIRST_DELAY
    for attempts_left in reversed(range(ATTEMPTS)):
        metadata = (await client.get(resource, name, namespace)).metadata
        finalizers = wanted(metadata.finalizers)
        if finalizers is None:
            return
        lock = {"resourceVersion": metadata.resource_version, "finalizers": finalizers}
        try:
            await client.patch(resource, name, MergePatch({"metadata": lock}), namespace)
        except Conflict:
            if not attempts_left:
                raise
            await anyio.sleep(delay * random.uniform(1.0, 1.1))  # noqa: S311 - jitter is no secret
            delay *= 5
        else:
            return
