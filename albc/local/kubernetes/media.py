"""Media types: what a caller accepts, in the forms that the API server offers."""

from __future__ import annotations

from dataclasses import dataclass

from albc.local.kubernetes import errors

JSON = "application/json"
_OFFERED = ("application/json", "application/yaml", "application/vnd.kubernetes.protobuf")
_FORMS = ("Table", "PartialObjectMetadata", "PartialObjectMetadataList", "APIGroupDiscoveryList")


@dataclass(frozen=True, slots=True)
class Accepted:
    """The form in which the answer goes out; empty `form` is the object itself."""

    form: str = ""
    version: str = ""


PLAIN = Accepted()


def accepted(header: str) -> Accepted:
    """The first acceptable form that the header names. Raises ApiError 406."""
    if not header:
        return PLAIN
    for part in header.split(","):
        media, *parameters = (piece.strip() for piece in part.split(";"))
        if media not in (JSON, "*/*", "application/*"):
            continue
        values = dict(pair.split("=", 1) for pair in parameters if "=" in pair)
        form = values.get("as", "")
        if not form:
            return PLAIN
        if form in _FORMS and values.get("v") in ("v1", "v2", "v2beta1"):
            return Accepted(form, values["v"])
    raise errors.not_acceptable(_OFFERED[:1])


def read_type(header: str) -> str:
    """The media type of a body without its parameters."""
    return header.partition(";")[0].strip().lower()
