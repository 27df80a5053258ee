"""JSON patch (RFC 6902), with the API server's refusals."""

from __future__ import annotations

from typing import Any

import jsonpatch
import jsonpointer

from albc.local.kubernetes import errors
from albc.local.kubernetes.errors import ApiError

_MAX_OPERATIONS = 10000


def json_patch(target: dict[str, Any], operations: Any) -> dict[str, Any]:
    """The target with the operations done. Raises ApiError: 400 if they make no sense, 422 if they do not fit."""
    if not isinstance(operations, list):
        raise errors.bad_request("json: cannot unmarshal object into Go value of type jsonpatch.Patch")
    if len(operations) > _MAX_OPERATIONS:
        text = f"The allowed maximum operations in a JSON patch is {_MAX_OPERATIONS}, got {len(operations)}"
        raise ApiError(413, "RequestEntityTooLarge", text)
    try:
        result: dict[str, Any] = jsonpatch.JsonPatch(operations).apply(target, in_place=True)
    except jsonpatch.InvalidJsonPatch as fault:
        raise errors.bad_request(f"error decoding patch: {fault}") from None
    except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException) as fault:
        raise ApiError(
            422, "Invalid", f"the server rejected our request due to an error in our request: {fault}"
        ) from None
    return result
