"""What a controller is to the engine: a name, its watches, and a reconcile.

Back-off, spans, metrics, logs and leader checks are the engine's business (`albc.engine.worker`).
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Protocol, TypeVar

from opentelemetry.trace import Span
from structlog.stdlib import BoundLogger

from albc.engine.outcome import Outcome
from albc.engine.watches import Watches
from albc.errors import Pending


class Key(Protocol):
    """What is reconciled: hashable, small, and printed as `namespace/name` (`ObjectKey`, `GroupID`)."""

    @property
    def namespace(self) -> str: ...
    @property
    def name(self) -> str: ...
    def __hash__(self) -> int: ...


K = TypeVar("K", bound=Key)
K_contra = TypeVar("K_contra", bound=Key, contravariant=True)


@dataclass(frozen=True, slots=True)
class Reconcile:
    """What the engine tells one run of a reconcile."""

    controller: str
    attempt: int
    """1, and one more for each failure since the key last succeeded."""
    log: BoundLogger
    """Says by itself whose reconcile it is."""
    stage: Callable[[str], AbstractContextManager[Span]]
    """`with ctx.stage("build_model"):` a child span, the stage's duration, and its errors, under that name."""
    count: Callable[[str], None]
    """Counts an error under an `error_category` of its own, which is no stage's (`build_listeners_error`)."""

    def errors(self, category: str) -> AbstractContextManager[None]:
        """Counts what goes wrong inside under this category."""
        return counting(self.count, category)


@contextmanager
def counting(count: Callable[[str], None], category: str) -> Iterator[None]:
    """Has an error counted on its way out; waiting is none."""
    try:
        yield
    except Pending:
        raise
    except Exception:
        count(category)
        raise


class Controller(Protocol[K]):
    """One kind of reconciled thing. May raise anything: `albc.engine.outcome` says what it amounts to."""

    @property
    def name(self) -> str:
        """As in metrics, logs and the source of events (spec/runtime.md §7)."""
        ...

    def watches(self, w: Watches[K]) -> None:
        """Says which changes concern which keys. Called once, before anything runs."""
        ...

    async def reconcile(self, key: K, ctx: Reconcile) -> Outcome:
        """Makes the world as `key` asks. Never runs twice at a time for one key; may be cancelled at any await."""
        ...
