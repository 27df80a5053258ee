"""The question of the API server, and our answer, as values (`admission.k8s.io/v1`).

A `Review` is read from the body of a request, a `Verdict` is written into that of the response. Called by
`albc.webhooks.server`; every rule of this room takes a `Review` and gives a `Verdict`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeVar

import msgspec
import pydantic

from albc.printable import printable

Operation = Literal["CREATE", "UPDATE", "DELETE", "CONNECT"]
JsonObject = Mapping[str, Any]
T = TypeVar("T")
PatchOperation = Mapping[str, Any]
"""One step of a JSON patch (RFC 6902)."""


class MalformedReview(ValueError):
    """The body is no AdmissionReview, or its object is not of its kind; the message says what is wrong."""


@dataclass(frozen=True, slots=True)
class Review:
    """What is about to be written, by an object's life so far: `old` is None on CREATE, `object` on DELETE."""

    uid: str
    operation: Operation
    namespace: str = ""
    """Of the request; the object's own may still be empty."""
    object: JsonObject | None = None
    old: JsonObject | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Allowed:
    """Let it pass; with `patch`, changed in this way."""

    patch: tuple[PatchOperation, ...] = ()


@dataclass(frozen=True, slots=True)
class Denied:
    """Let it not pass. `check` is the rule's name in the metrics (spec/runtime.md §15), `message` is for the user."""

    message: str
    check: str
    code: int = 403


Verdict = Allowed | Denied
ALLOWED: Final = Allowed()

LONGEST_MESSAGE: Final = 8192
"""Characters; who must read more reads nothing."""
_REASONS: Final = {400: "BadRequest", 403: "Forbidden", 500: "InternalError"}


class _Request(msgspec.Struct, frozen=True, rename="camel"):
    uid: str
    operation: Operation
    namespace: str = ""
    object: dict[str, Any] | None = None
    old_object: dict[str, Any] | None = None
    dry_run: bool | None = None


class _AdmissionReview(msgspec.Struct, frozen=True, rename="camel"):
    request: _Request
    api_version: str = ""
    kind: str = ""


_DECODER: Final = msgspec.json.Decoder(_AdmissionReview)


def decode(body: bytes) -> Review:
    """Raises `MalformedReview`."""
    try:
        review = _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedReview(f"the body is no AdmissionReview: {error}") from None
    if (review.api_version, review.kind) != ("admission.k8s.io/v1", "AdmissionReview"):
        raise MalformedReview(
            f"the body is a {review.kind or 'nameless kind'} of {review.api_version or 'no version'}; "
            "send an AdmissionReview of admission.k8s.io/v1"
        )
    request = review.request
    if request.object is None and request.operation in ("CREATE", "UPDATE"):
        raise MalformedReview(f"the request has no object, which {request.operation} must have")
    return Review(
        request.uid,
        request.operation,
        request.namespace,
        request.object,
        request.old_object,
        request.dry_run or False,
    )


def encode(uid: str, verdict: Verdict) -> bytes:
    """The body of the response."""
    answer: dict[str, Any] = {"uid": uid, "allowed": isinstance(verdict, Allowed)}
    match verdict:
        case Allowed(patch=patch) if patch:
            # A JSON object's bytes field, which the API wants in base64.
            answer |= {"patchType": "JSONPatch", "patch": msgspec.json.encode(patch)}
        case Denied(message=message, code=code):
            answer["status"] = {
                "code": code,
                "message": printable(message, LONGEST_MESSAGE),
                "reason": _REASONS[code],
                "status": "Failure",
            }
    return msgspec.json.encode({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": answer})


def typed(value: JsonObject | None, type_: type[T]) -> T:
    """The object as one of our types: a msgspec struct or a custom resource. Raises `MalformedReview`."""
    try:
        if issubclass(type_, pydantic.BaseModel):
            return type_.model_validate(value)
        return msgspec.convert(value, type_)
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise MalformedReview(f"the object cannot be read: {field}: {first['msg']}") from None
    except msgspec.ValidationError as error:
        raise MalformedReview(f"the object cannot be read: {error}") from None
