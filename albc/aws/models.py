"""botocore's service models, cut down to the operations that albc calls (`albc.aws.operations`).

EC2's model alone takes 16 MB of memory and most of the start-up time of its client, for some 700 operations; albc
calls a dozen. Used by `albc.aws.clients`. A call that is not listed does not exist on the client, which any test of it
shows at once. STS stays whole, and so does every service that we have no client of: the SDK's chain of credentials asks
them for itself.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from botocore.loaders import Loader

from albc.aws.operations import operations_of
from albc.aws.services import SERVICE_IDS

CUT: Final = SERVICE_IDS.keys() - {"sts"}
"""Services whose models are cut down."""


class CutLoader(Loader):  # type: ignore[misc]  # botocore has no types
    """Loads models like botocore's own, without the operations that we do not call."""

    def __init__(self) -> None:
        super().__init__()
        self._models: dict[str, Any] = {}

    def load_service_model(self, service_name: str, type_name: str, api_version: str | None = None) -> Any:
        if type_name != "service-2" or service_name not in SERVICE_IDS:
            return super().load_service_model(service_name, type_name, api_version)
        if service_name not in self._models:
            whole = super().load_service_model(service_name, type_name, api_version)
            self._models[service_name] = _cut(whole, operations_of(service_name)) if service_name in CUT else whole
            # The whole model must not stay; what else the cache held is read again.
            self._cache.clear()
        return self._models[service_name]


def _cut(model: Mapping[str, Any], operations: frozenset[str]) -> dict[str, Any]:
    """The model with only these operations, and the shapes that they reach."""
    kept = {name: operation for name, operation in model["operations"].items() if name in operations}
    shapes: dict[str, Any] = {}
    waiting = [name for operation in kept.values() for name in _references(operation)]
    while waiting:
        name = waiting.pop()
        if name not in shapes:
            shapes[name] = model["shapes"][name]
            waiting += _references(shapes[name])
    return {**model, "operations": kept, "shapes": shapes}


def _references(value: Any) -> Iterator[str]:
    """Every shape that a part of the model names."""
    if isinstance(value, Mapping):
        if isinstance(value.get("shape"), str):
            yield value["shape"]
        for item in value.values():
            yield from _references(item)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)
