"""QUIC server ids: each container that speaks QUIC learns the number that its load balancer knows it by
(spec/targets.md §4.6).

An id is 64 bits: milliseconds since 2020, the worker's number, a sequence. `ServerIds` gives them out; its clock and
dice come from outside.
"""

from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from albc.webhooks.pods import NewContainer, NewPod
from albc.webhooks.review import ALLOWED, Allowed, JsonObject, PatchOperation, Review, Verdict, typed

CHECK = "serverIDInjector"
CONTAINERS_ANNOTATION = "service.beta.kubernetes.io/aws-load-balancer-quic-enabled-containers"

EPOCH_MS: Final = 1_577_836_800_000
"""2020-01-01T00:00:00Z."""
WORKERS: Final = 131_072
"""Worker numbers: 17 bits."""
SEQUENCES: Final = 128
"""Ids of one worker in one millisecond: 7 bits."""
NEXT_WORKER: Final = "nextWorkerId"
"""The key in the ConfigMap from which each process takes its number."""


class CannotGenerate(Exception):
    """No id can be given out now; the Pod must not start without one."""


class SequenceUsedUp(Exception):
    """All ids of this millisecond are given out: wait 2 ms and ask again."""


@dataclass(slots=True)
class ServerIds:
    """The ids of one process. Not for several threads."""

    worker: int
    clock: Callable[[], int]
    """Milliseconds since 1970."""
    roll: Callable[[int], int]
    """A random number from 0 up to, not including, its argument."""
    _last: int = -1
    _sequence: int = 0

    def next(self) -> str:
        """Padded base64 of 8 bytes. Raises `CannotGenerate`, `SequenceUsedUp`."""
        now = self.clock()
        if now < max(self._last, EPOCH_MS):
            raise CannotGenerate("clock moved backwards, refusing to generate ID")
        if now > self._last:
            self._sequence = self.roll(SEQUENCES - 1)
        else:
            following = (self._sequence + 1) % SEQUENCES
            if following == 0:
                raise SequenceUsedUp
            self._sequence = following
        self._last = now
        number = (now - EPOCH_MS) << 24 | self.worker << 7 | self._sequence
        return b64encode(number.to_bytes(8, "big")).decode()


def take_worker(data: Mapping[str, str], roll: Callable[[int], int]) -> tuple[int, dict[str, str]]:
    """This process's number, and the ConfigMap's data for the next one. Raises `CannotGenerate`."""
    text = data.get(NEXT_WORKER)
    if text is not None and not (text.isascii() and text.isdigit() and int(text) < WORKERS):
        raise CannotGenerate(
            f"{NEXT_WORKER} is {text!r}, not a number below {WORKERS}; delete the key, and a new one is drawn"
        )
    worker = roll(WORKERS) if text is None else int(text)
    return worker, {**data, NEXT_WORKER: str((worker + 1) % (WORKERS - 1))}


def containers_without_id(review: Review, variable: str) -> tuple[str, ...]:
    """Paths (`/spec/containers/0`) of the containers that the Pod's annotation names and that lack the variable."""
    pod = typed(review.object, NewPod)
    named = pod.metadata.annotations.get(CONTAINERS_ANNOTATION)
    if named is None:
        return ()
    names = frozenset(named.split(","))
    lists = (("containers", pod.spec.containers), ("initContainers", pod.spec.init_containers or ()))
    return tuple(
        f"/spec/{key}/{index}"
        for key, containers in lists
        for index, container in enumerate(containers)
        if container.name in names and not _has(container, variable)
    )


def inject_server_ids(review: Review, variable: str, ids: Mapping[str, str]) -> Verdict:
    """`ids`: one for each of `containers_without_id`."""
    if not ids:
        return ALLOWED
    pod = review.object or {}
    return Allowed(tuple(_set(pod, path, variable, value) for path, value in ids.items()))


def _has(container: NewContainer, variable: str) -> bool:
    return any(known.name == variable for known in container.env or ())


def _set(pod: JsonObject, path: str, variable: str, value: str) -> PatchOperation:
    entry = {"name": variable, "value": value}
    _, _, key, index = path.split("/")
    if pod["spec"][key][int(index)].get("env"):
        return {"op": "add", "path": f"{path}/env/-", "value": entry}
    return {"op": "add", "path": f"{path}/env", "value": [entry]}
