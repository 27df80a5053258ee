"""botocore's service models, cut down to the operations that the account has.

The whole model of EC2 is 8 MB of dictionaries; what is left here is what serialises the operations that are served,
without documentation. Loading blocks (EC2: 0.1 s), once for each service at its first call.
"""

from collections.abc import Iterable
from typing import Any

from botocore.loaders import Loader
from botocore.model import ServiceModel


def load_model(service: str, operations: Iterable[str]) -> ServiceModel:
    """The model of a service with these operations and the shapes that they reach."""
    full = Loader().load_service_model(service, "service-2")
    wanted = {name: full["operations"][name] for name in operations}
    shapes: dict[str, Any] = {}
    pending = [
        reference["shape"]
        for operation in wanted.values()
        for key in ("input", "output")
        if (reference := operation.get(key))
    ]
    while pending:
        name = pending.pop()
        if name in shapes:
            continue
        shapes[name] = _without_documentation(full["shapes"][name])
        pending += _references(shapes[name])
    return ServiceModel(
        {"metadata": full["metadata"], "operations": _without_documentation(wanted), "shapes": shapes}, service
    )


def _references(shape: dict[str, Any]) -> Iterable[str]:
    for key in ("member", "key", "value"):
        if key in shape:
            yield shape[key]["shape"]
    for member in shape.get("members", {}).values():
        yield member["shape"]


def _without_documentation(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            k: _without_documentation(v) for k, v in value.items() if k != "documentation" or not isinstance(v, str)
        }
    return value
