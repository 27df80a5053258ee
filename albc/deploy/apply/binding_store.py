"""The cluster's side of a plan: TargetGroupBindings. Implemented by `albc.controllers` over the Kubernetes client."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from albc.model.inventory import ActualBinding


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedBinding:
    """A TargetGroupBinding as it should be; `spec` in the JSON form of the API."""

    namespace: str
    name: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    spec: Mapping[str, Any]


class BindingStore(Protocol):
    """Reads from the informer's store, writes to the API server. Raises `albc.errors`."""

    def of_stack(self, labels: Mapping[str, str]) -> tuple[ActualBinding, ...]:
        """Those in any namespace that bear all of the labels."""
        ...

    async def create(self, binding: WantedBinding) -> None: ...

    async def patch(self, binding: WantedBinding) -> None:
        """Spec, labels and annotations become exactly those given."""
        ...

    async def delete(self, namespace: str, name: str) -> None:
        """Asks for the deletion; one that is gone is no error. Its finalizer may keep it for a while."""
        ...

    async def mark(self, namespace: str, name: str, annotation: str, value: str) -> None:
        """Sets one annotation; a binding that is gone is no error."""
        ...
