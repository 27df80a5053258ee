"""Subresources other than status, and the reviews that are answered and forgotten.

One table from (verb, subresource) to what is done. What needs a container (logs, exec, port-forward) is refused with a
sentence.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from albc.local.kubernetes import errors
from albc.local.kubernetes.behaviour import Object
from albc.local.kubernetes.calls import Target, WriteOptions
from albc.local.kubernetes.deleting import Deleter, read_delete_options
from albc.local.kubernetes.jsonpath import parse
from albc.local.kubernetes.reading import Reader
from albc.local.kubernetes.registry import Resource, ScalePaths
from albc.local.kubernetes.selectors import from_object
from albc.local.kubernetes.validation.metadata import invalid
from albc.local.kubernetes.writing import Writer

Handler = Callable[[Target, Any, WriteOptions], Awaitable[Object]]
CONTAINER_ONLY = ("log", "exec", "attach", "portforward", "proxy")


class Reviews(Protocol):
    """Who answers reviews and hands out tokens."""

    async def review(self, target: Target, body: Object, options: WriteOptions) -> Object: ...

    async def token(self, target: Target, body: Object, options: WriteOptions) -> Object: ...


class Subresources:
    """Does what a subresource is for."""

    def __init__(self, reader: Reader, writer: Writer, deleter: Deleter, reviews: Reviews) -> None:
        self._reader = reader
        self._writer = writer
        self._deleter = deleter
        self.review = reviews.review
        self._handlers: dict[tuple[str, str], Handler] = {
            ("get", "scale"): self._get_scale,
            ("update", "scale"): self._set_scale,
            ("patch", "scale"): self._set_scale,
            ("create", "binding"): self._bind,
            ("create", "eviction"): self._evict,
            ("create", "token"): reviews.token,
            ("update", "finalize"): self._finalize,
            ("get", "ephemeralcontainers"): self._get,
            ("update", "ephemeralcontainers"): self._update,
            ("patch", "ephemeralcontainers"): self._update,
            ("get", "resize"): self._get,
            ("update", "resize"): self._update,
            ("patch", "resize"): self._update,
        }

    async def call(self, verb: str, target: Target, body: Any, options: WriteOptions) -> Object:
        """The answer of a subresource. Raises ApiError."""
        if target.subresource in CONTAINER_ONLY:
            self._reader.get(Target(target.resource, target.namespace, target.name))
            text = f"{target.subresource} is not available: pods of this cluster have no containers"
            raise errors.ApiError(501, "NotImplemented", text)
        handler = self._handlers.get((verb, target.subresource))
        if handler is None:
            raise errors.method_not_allowed()
        return await handler(target, body, options)

    async def _get(self, target: Target, body: Any, options: WriteOptions) -> Object:
        return self._reader.get(target).object()

    async def _update(self, target: Target, body: Any, options: WriteOptions) -> Object:
        return (await self._writer.update(target, body, options)).object

    async def _get_scale(self, target: Target, body: Any, options: WriteOptions) -> Object:
        return _scale(target, self._reader.get(target).object())

    async def _set_scale(self, target: Target, body: Any, options: WriteOptions) -> Object:
        wanted = (body.get("spec") or {}).get("replicas", 0)
        if type(wanted) is not int or wanted < 0:
            fault = invalid("spec.replicas", wanted, "must be greater than or equal to 0")
            raise errors.invalid("Scale", "autoscaling", target.name, [fault])
        version = (body.get("metadata") or {}).get("resourceVersion", "")
        path = _scale_paths(target.resource).replicas

        def change(obj: Object) -> Object:
            if version and version != obj["metadata"]["resourceVersion"]:
                return {**obj, "metadata": {**obj["metadata"], "resourceVersion": version}}
            _set(obj, path, wanted)
            return obj

        return _scale(target, (await self._writer.modify(target, change, options)).object)

    async def _bind(self, target: Target, body: Any, options: WriteOptions) -> Object:
        node = (body.get("target") or {}).get("name", "")

        def change(pod: Object) -> Object:
            if pod["spec"].get("nodeName"):
                why = f'pod {target.name} is already assigned to node "{pod["spec"]["nodeName"]}"'
                raise errors.conflict("pods/binding", "", target.name, why)
            pod["spec"]["nodeName"] = node
            return pod

        await self._writer.modify(target, change, options)
        return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}

    async def _evict(self, target: Target, body: Any, options: WriteOptions) -> Object:
        how = read_delete_options(body.get("deleteOptions") or {})
        await self._deleter.delete(Target(target.resource, target.namespace, target.name), how, options)
        return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}

    async def _finalize(self, target: Target, body: Any, options: WriteOptions) -> Object:
        finalizers = (body.get("spec") or {}).get("finalizers") or []

        def change(namespace: Object) -> Object:
            return {**namespace, "spec": {**(namespace.get("spec") or {}), "finalizers": finalizers}}

        return (await self._writer.modify(target, change, options)).object


def _scale_paths(resource: Resource) -> ScalePaths:
    if resource.scale is None:
        raise errors.no_such_resource()
    return resource.scale


def _scale(target: Target, obj: Mapping[str, Any]) -> Object:
    paths = _scale_paths(target.resource)
    metadata = obj["metadata"]
    kept = {
        k: metadata[k] for k in ("name", "namespace", "uid", "resourceVersion", "creationTimestamp") if k in metadata
    }
    chosen = parse(paths.selector).first(obj) if target.resource.custom else None
    if not target.resource.custom:
        chosen = str(from_object((obj.get("spec") or {}).get("selector")))
    status = {"replicas": parse(paths.observed).first(obj) or 0}
    if chosen:
        status["selector"] = chosen
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": kept,
        "spec": {"replicas": parse(paths.replicas).first(obj) or 0},
        "status": status,
    }


def _set(obj: Object, path: str, value: Any) -> None:
    *parents, last = path.strip(".").split(".")
    for name in parents:
        obj = obj.setdefault(name, {})
    obj[last] = value
