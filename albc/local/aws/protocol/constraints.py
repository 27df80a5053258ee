"""What the model itself forbids: missing parameters, values outside an enumeration or range.

AWS checks these before a service sees the request. The answers' codes differ by service: see `ERRORS`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from albc.local.aws.errors import ApiError


def check(params: Mapping[str, Any], shape: Shape | None, protocol: str) -> None:
    """Raise the error of a request that its input shape forbids."""
    if shape is None:
        return
    if protocol == "ec2":
        missing = [name for name in shape.required_members if name not in params]
        if missing:
            raise ApiError("MissingParameter", f"The request must contain the parameter {missing[0]}")
        return
    if violations := list(_violations(params, shape, "")):
        plural = "s" if len(violations) > 1 else ""
        code = "ValidationException" if protocol == "json" else "ValidationError"
        raise ApiError(code, f"{len(violations)} validation error{plural} detected: {'; '.join(violations)}")


def _violations(value: Any, shape: Shape, path: str) -> Iterator[str]:
    if isinstance(shape, StructureShape):
        for name in shape.required_members:
            if name not in value:
                yield _failed(None, _below(path, name), "Member must not be null")
        for name, item in value.items():
            if name in shape.members:
                yield from _violations(item, shape.members[name], _below(path, name))
    elif isinstance(shape, ListShape):
        yield from _length(value, shape, path)
        for number, item in enumerate(value, 1):
            yield from _violations(item, shape.member, f"{path}.{number}.member")
    elif isinstance(shape, MapShape):
        for key, item in value.items():
            yield from _violations(item, shape.value, _below(path, key))
    elif isinstance(value, str):
        if shape.enum and value not in shape.enum:
            allowed = ", ".join(shape.enum)
            yield _failed(value, path, f"Member must satisfy enum value set: [{allowed}]")
        elif not shape.enum:
            yield from _length(value, shape, path)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        low, high = shape.metadata.get("min"), shape.metadata.get("max")
        if low is not None and value < low:
            yield _failed(value, path, f"Member must have value greater than or equal to {low}")
        if high is not None and value > high:
            yield _failed(value, path, f"Member must have value less than or equal to {high}")


def _length(value: Any, shape: Shape, path: str) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and len(value) < low:
        yield _failed(value, path, f"Member must have length greater than or equal to {low}")
    if high is not None and len(value) > high:
        yield _failed(value, path, f"Member must have length less than or equal to {high}")


def _below(path: str, name: str) -> str:
    name = name[:1].lower() + name[1:]
    return f"{path}.{name}" if path else name


def _failed(value: Any, path: str, constraint: str) -> str:
    shown = "" if value is None else f"'{value}' "
    return f"Value {shown}at '{path}' failed to satisfy constraint: {constraint}"
