"""botocore's service models, cut down to the operations that albc calls.

EC2's model alone takes 16 MB of memory and most of the start-up time of its client, for some 700 operations; albc
calls a dozen. Used by `albc.aws.clients`. A call that is not listed here does not exist on the client, which any test
of it shows at once.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from botocore.loaders import Loader

EC2_OPERATIONS: Final = frozenset(
    {
        "AuthorizeSecurityGroupIngress",
        "CreateSecurityGroup",
        "CreateTags",
        "DeleteSecurityGroup",
        "DeleteTags",
        "DescribeAvailabilityZones",
        "DescribeInstances",
        "DescribeNetworkInterfaces",
        "DescribeRouteTables",
        "DescribeSecurityGroups",
        "DescribeSubnets",
        "DescribeVpcs",
        "RevokeSecurityGroupIngress",
    }
)

_CUT: Final = {"ec2": EC2_OPERATIONS}
"""Other services have small models."""


class CutLoader(Loader):  # type: ignore[misc]  # botocore has no types
    """Loads models like botocore's own, but for what is cut out of them."""

    def __init__(self) -> None:
        super().__init__()
        self._models: dict[str, Any] = {}

    def load_service_model(self, service_name: str, type_name: str, api_version: str | None = None) -> Any:
        if type_name != "service-2" or service_name not in _CUT:
            return super().load_service_model(service_name, type_name, api_version)
        if service_name not in self._models:
            whole = super().load_service_model(service_name, type_name, api_version)
            self._models[service_name] = _cut(whole, _CUT[service_name])
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
