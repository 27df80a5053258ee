"""Objects and lists in the form that a caller accepts: as they are, as a Table, as their metadata only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from albc.local.kubernetes import conversion
from albc.local.kubernetes.media import Accepted
from albc.local.kubernetes.reading import Page
from albc.local.kubernetes.registry import Resource
from albc.local.kubernetes.store import Stored, encode
from albc.local.kubernetes.table import table

Include = str
"""What a Table's rows carry of their objects: `None`, `Metadata` (the default) or `Object`."""


def render_object(
    stored_or_obj: Stored | dict[str, Any], resource: Resource, form: Accepted, include: Include
) -> bytes:
    """One object."""
    if not form.form:
        return conversion.raw(stored_or_obj, resource) if isinstance(stored_or_obj, Stored) else encode(stored_or_obj)
    obj = (
        conversion.from_storage(stored_or_obj.object(), resource)
        if isinstance(stored_or_obj, Stored)
        else stored_or_obj
    )
    if form.form == "Table":
        version = obj["metadata"].get("resourceVersion", "")
        return encode(table(resource, [obj], {"resourceVersion": version}, include, headers=True))
    return encode(partial_metadata(obj))


def render_page(page: Page, resource: Resource, form: Accepted, include: Include) -> bytes:
    """A list."""
    metadata: dict[str, Any] = {"resourceVersion": str(page.revision)}
    if page.continue_token:
        metadata["continue"] = page.continue_token
    if page.remaining is not None:
        metadata["remainingItemCount"] = page.remaining
    if not form.form:
        head = {"kind": resource.list_kind, "apiVersion": resource.api_version, "metadata": metadata}
        items = b",".join(conversion.raw(item, resource) for item in page.items)
        return encode(head)[:-1] + b',"items":[' + items + b"]}"
    objects = [conversion.from_storage(item.object(), resource) for item in page.items]
    if form.form == "Table":
        return encode(table(resource, objects, metadata, include, headers=True))
    items_ = [partial_metadata(obj) for obj in objects]
    kind = "PartialObjectMetadataList"
    return encode({"kind": kind, "apiVersion": "meta.k8s.io/v1", "metadata": metadata, "items": items_})


def watch_renderer(resource: Resource, form: Accepted, include: Include) -> Callable[[Stored], bytes] | None:
    """How a watch writes objects; None when they go out as they are stored."""
    if not form.form and conversion.is_native(resource):
        return None
    if form.form != "Table":
        return lambda stored: render_object(stored, resource, form, include)
    first = True

    def rows(stored: Stored) -> bytes:
        # Only the first event of a watch carries the column definitions.
        nonlocal first
        headers, first = first, False
        obj = conversion.from_storage(stored.object(), resource)
        return encode(table(resource, [obj], {"resourceVersion": str(stored.revision)}, include, headers=headers))

    return rows


def partial_metadata(obj: Mapping[str, Any]) -> dict[str, Any]:
    """An object's `PartialObjectMetadata`."""
    return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": obj["metadata"]}
