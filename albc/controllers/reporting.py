"""What the controllers tell people by events on their objects (spec/runtime.md §14)."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from albc.engine.controller import Reconcile
from albc.errors import NotLeader, Pending, Unavailable
from albc.kube.events import EventRecorder, HasMetadata, Regarding
from albc.kube.objects.meta import KubeObject
from albc.kube.resource import Resource
from albc.model.problem import Problem


@dataclass(frozen=True, slots=True)
class _Warned:
    """What stands as a warning on an object and has been told."""

    generation: int = 0
    warnings: frozenset[tuple[str, str]] = frozenset()


def count_faults(problems: Iterable[Problem], ctx: Reconcile) -> None:
    """Each step of a build that found a fault counts once."""
    for category in sorted({problem.category for problem in problems if problem.severity == "error"} - {""}):
        ctx.count(category)


class Reporter:
    """Events of one controller."""

    def __init__(self, recorder: EventRecorder, component: str) -> None:
        self._recorder = recorder
        self._component = component
        self._warned: dict[str, _Warned] = {}
        """By UID."""

    def success(self, resource: Resource[Any], objects: Iterable[HasMetadata]) -> None:
        for obj in objects:
            self._record(resource, obj, "SuccessfullyReconciled", "Successfully reconciled", normal=True)

    def warning(self, resource: Resource[Any], obj: HasMetadata, reason: str, message: str) -> None:
        self._record(resource, obj, reason, message, normal=False)

    def problems(self, resource: Resource[Any], objects: Iterable[KubeObject], problems: Iterable[Problem]) -> None:
        """Tells what mapping found, each on its object: errors at each try, warnings once for each generation."""
        found = list(problems)
        for obj in objects:
            metadata = obj.metadata
            of_object = [
                problem
                for problem in found
                if (problem.object.kind, problem.object.namespace, problem.object.name)
                == (resource.kind, metadata.namespace, metadata.name)
            ]
            warnings = frozenset((p.reason, p.message) for p in of_object if p.severity == "warning")
            before = self._warned.get(metadata.uid, _Warned())
            known = before.warnings if before.generation == metadata.generation else frozenset()
            for problem in of_object:
                if problem.severity == "error" or (problem.reason, problem.message) not in known:
                    self.warning(resource, obj, problem.reason, problem.message)
            if warnings:
                self._warned[metadata.uid] = _Warned(metadata.generation, warnings)
            else:
                self._warned.pop(metadata.uid, None)

    @contextmanager
    def failure(
        self, resource: Resource[Any], objects: Sequence[HasMetadata], reason: str, doing: str
    ) -> Iterator[None]:
        """What goes wrong inside becomes a warning on `objects`, and goes on; waiting and overload are no news."""
        try:
            yield
        except (Pending, Unavailable, NotLeader):
            raise
        except Exception as error:
            for obj in objects:
                self.warning(resource, obj, reason, f"Failed {doing} due to {error}")
            raise

    def _record(self, resource: Resource[Any], obj: HasMetadata, reason: str, message: str, *, normal: bool) -> None:
        type_: Any = "Normal" if normal else "Warning"
        self._recorder.record(self._component, Regarding.of(resource, obj), type_, reason, message)
