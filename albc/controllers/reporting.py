"""What the controllers tell people by events on their objects (spec/runtime.md §14)."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from albc.errors import NotLeader, Pending, Throttled, Unavailable
from albc.kube.events import EventRecorder, HasMetadata, Regarding
from albc.kube.resource import Resource


class Reporter:
    """Events of one controller."""

    def __init__(self, recorder: EventRecorder, component: str) -> None:
        self._recorder = recorder
        self._component = component

    def success(self, resource: Resource[Any], objects: Iterable[HasMetadata]) -> None:
        for obj in objects:
            self._record(resource, obj, "SuccessfullyReconciled", "Successfully reconciled", normal=True)

    def warning(self, resource: Resource[Any], obj: HasMetadata, reason: str, message: str) -> None:
        self._record(resource, obj, reason, message, normal=False)

    @contextmanager
    def failure(
        self, resource: Resource[Any], objects: Sequence[HasMetadata], reason: str, doing: str
    ) -> Iterator[None]:
        """What goes wrong inside becomes a warning on `objects`, and goes on; waiting and overload are no news."""
        try:
            yield
        except (Pending, Throttled, Unavailable, NotLeader):
            raise
        except Exception as error:
            for obj in objects:
                self.warning(resource, obj, reason, f"Failed {doing} due to {error}")
            raise

    def _record(self, resource: Resource[Any], obj: HasMetadata, reason: str, message: str, *, normal: bool) -> None:
        type_: Any = "Normal" if normal else "Warning"
        self._recorder.record(self._component, Regarding.of(resource, obj), type_, reason, message)
