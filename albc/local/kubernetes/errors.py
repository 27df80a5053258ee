"""Refusals in the API server's own words: one exception that carries a `Status` object, and who makes which.

Raised by every part of the server, turned into an HTTP answer by `http`. Reasons, codes and message forms are those of
k8s.io/apimachinery `api/errors`, on which clients depend.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

CauseType = Literal[
    "FieldValueRequired",
    "FieldValueInvalid",
    "FieldValueNotSupported",
    "FieldValueDuplicate",
    "FieldValueForbidden",
    "FieldValueTooLong",
    "FieldValueTooMany",
    "FieldValueTypeInvalid",
    "FieldValueNotFound",
]


@dataclass(frozen=True, slots=True)
class FieldError:
    """One fault of one field: what a 422 answer lists as a cause. `message` is without the field's path."""

    type: CauseType
    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}" if self.field else self.message


class ApiError(Exception):
    """A call is refused. `code` is the HTTP status, `reason` the machine's word, `details` as in `Status.details`."""

    def __init__(
        self, code: int, reason: str, message: str, details: dict[str, Any] | None = None, *, continue_token: str = ""
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details or {}
        self.continue_token = continue_token

    def status(self) -> dict[str, Any]:
        """The `Status` object, as it goes over the wire."""
        body: dict[str, Any] = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {"continue": self.continue_token} if self.continue_token else {},
            "status": "Failure",
            "message": self.message,
        }
        if self.reason:
            body["reason"] = self.reason
        if self.details:
            body["details"] = self.details
        return {**body, "code": self.code}


def qualified(plural: str, group: str) -> str:
    """`deployments.apps`, or `pods` for the core group."""
    return f"{plural}.{group}" if group else plural


def _details(plural: str, group: str, name: str) -> dict[str, Any]:
    details = {"name": name} if name else {}
    if group:
        details["group"] = group
    return {**details, "kind": plural}


def not_found(plural: str, group: str, name: str) -> ApiError:
    """There is no such object."""
    text = f'{qualified(plural, group)} "{name}" not found'
    return ApiError(404, "NotFound", text, _details(plural, group, name))


def no_such_resource() -> ApiError:
    """The path names no resource of a known group."""
    return ApiError(404, "NotFound", "the server could not find the requested resource")


def already_exists(plural: str, group: str, name: str) -> ApiError:
    """The name is taken."""
    text = f'{qualified(plural, group)} "{name}" already exists'
    return ApiError(409, "AlreadyExists", text, _details(plural, group, name))


def conflict(plural: str, group: str, name: str, why: str) -> ApiError:
    """The object is not in the state that the call depends on."""
    text = f'Operation cannot be fulfilled on {qualified(plural, group)} "{name}": {why}'
    return ApiError(409, "Conflict", text, _details(plural, group, name))


STALE = "the object has been modified; please apply your changes to the latest version and try again"


def apply_conflict(message: str, causes: Sequence[tuple[str, str]]) -> ApiError:
    """Server-side apply meets fields of other managers: (message, field) for each."""
    listed = [{"reason": "FieldManagerConflict", "message": text, "field": field} for text, field in causes]
    return ApiError(409, "Conflict", message, {"causes": listed})


def invalid(kind: str, group: str, name: str, faults: Iterable[FieldError]) -> ApiError:
    """The object breaks rules of its kind; every fault is listed."""
    unique = list(dict.fromkeys(faults))
    texts = [str(fault) for fault in unique]
    joined = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    details = {
        **_details(kind, group, name),
        "causes": [{"reason": f.type, "message": f.message, "field": f.field or "<nil>"} for f in unique],
    }
    return ApiError(422, "Invalid", f'{qualified(kind, group)} "{name}" is invalid: {joined}', details)


def bad_request(message: str) -> ApiError:
    """The request cannot be understood."""
    return ApiError(400, "BadRequest", message)


def unauthorized() -> ApiError:
    """No valid credentials came with the request."""
    return ApiError(401, "Unauthorized", "Unauthorized")


def forbidden(plural: str, group: str, name: str, why: str) -> ApiError:
    """The user may not do this, or admission refuses it."""
    subject = qualified(plural, group) + (f' "{name}"' if name else "") + " is " if plural else ""
    text = f"{subject}forbidden: {why}"
    return ApiError(403, "Forbidden", text, _details(plural, group, name) if plural else None)


def method_not_allowed() -> ApiError:
    """The resource has no such verb."""
    message = "the server does not allow this method on the requested resource"
    return ApiError(405, "MethodNotAllowed", message)


def not_acceptable(offered: Sequence[str]) -> ApiError:
    """None of the media types in Accept can be served."""
    text = "only the following media types are accepted: " + ", ".join(offered)
    return ApiError(406, "NotAcceptable", text)


def unsupported_media_type(offered: Sequence[str]) -> ApiError:
    """The body's media type is not understood."""
    text = "the body of the request was in an unknown format - accepted media types include: " + ", ".join(offered)
    return ApiError(415, "UnsupportedMediaType", text)


def expired(message: str, *, continue_token: str = "") -> ApiError:
    """The version or the token is older than the history kept."""
    return ApiError(410, "Expired", message, continue_token=continue_token)


def too_old(requested: int, oldest: int) -> ApiError:
    """A watch asks for changes that are no longer known."""
    return expired(f"too old resource version: {requested} ({oldest})")


def too_large_version(requested: int, current: int) -> ApiError:
    """The version lies in the future."""
    details = {"retryAfterSeconds": 1, "causes": [{"reason": "ResourceVersionTooLarge", "message": _TOO_LARGE}]}
    return ApiError(504, "Timeout", f"{_TOO_LARGE}: {requested}, current: {current}", details)


_TOO_LARGE = "Too large resource version"


def too_many_requests(message: str, retry_after: int) -> ApiError:
    """Come again in `retry_after` seconds."""
    return ApiError(429, "TooManyRequests", message, {"retryAfterSeconds": retry_after})


def internal(message: str) -> ApiError:
    """A part that the answer depends on failed."""
    details = {"causes": [{"message": message}]}
    return ApiError(500, "InternalError", f"Internal error occurred: {message}", details)


def unavailable(message: str) -> ApiError:
    """Not now."""
    return ApiError(503, "ServiceUnavailable", message)
