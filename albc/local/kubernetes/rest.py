"""Resource requests: from a parsed path, a verb and a body to an answer.

Called by `server` with an authenticated, authorized request; calls `reading`, `writing`, `deleting`, `watch`,
`subresources` and renders what they give. Raises ApiError.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
import yaml

from albc.local.kubernetes import errors, media, protobuf
from albc.local.kubernetes.calls import Target, User, WriteOptions
from albc.local.kubernetes.deleting import Deleter, read_delete_options
from albc.local.kubernetes.duplicates import duplicate_fields
from albc.local.kubernetes.errors import FieldError
from albc.local.kubernetes.media import Accepted
from albc.local.kubernetes.patch.json import json_patch
from albc.local.kubernetes.patch.merge import merge_patch
from albc.local.kubernetes.patch.strategic import strategic_merge
from albc.local.kubernetes.paths import RequestPath
from albc.local.kubernetes.reading import ListOptions, Reader, parse_revision
from albc.local.kubernetes.registry import Registry, Resource
from albc.local.kubernetes.rendering import render_object, render_page, watch_renderer
from albc.local.kubernetes.selectors import Selection, parse_fields, parse_labels
from albc.local.kubernetes.store import Store, decode, encode
from albc.local.kubernetes.subresources import CONTAINER_ONLY, Subresources
from albc.local.kubernetes.watch import Watch, WatchOptions
from albc.local.kubernetes.writing import Writer, Written

MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
APPLY = "application/apply-patch+yaml"
_BODY_TYPES = ("application/json", "application/yaml", protobuf.MEDIA_TYPE)


@dataclass(frozen=True, slots=True)
class Call:
    """One request, taken apart."""

    path: RequestPath
    verb: str
    user: User
    query: Mapping[str, str]
    accept: str
    content_type: str
    agent: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: a body or a stream, the status, and warnings for the header."""

    body: bytes = b""
    code: int = 200
    warnings: list[str] = field(default_factory=list)
    stream: AsyncIterator[bytes] | None = None


@dataclass(frozen=True, slots=True)
class Parts:
    """What the API is made of."""

    store: Store
    registry: Registry
    reader: Reader
    writer: Writer
    deleter: Deleter
    subresources: Subresources
    bookmark_interval: float


class Api:
    """Answers resource requests."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._verbs = {
            "get": self._get,
            "list": self._list,
            "watch": self._watch,
            "create": self._create,
            "update": self._update,
            "patch": self._patch,
            "delete": self._delete,
            "deletecollection": self._delete_collection,
        }

    async def answer(self, call: Call) -> Answer:
        """The answer to a request for a resource."""
        path = call.path
        resource = self._parts.registry.find(path.group, path.version, path.resource)
        if resource is None or (
            resource.namespaced and path.resource != "namespaces" and path.name and not path.namespace
        ):
            raise errors.no_such_resource()
        if not resource.namespaced and path.namespace and resource.plural != "namespaces":
            raise errors.no_such_resource()
        namespace = path.namespace if resource.namespaced else ""
        target = Target(resource, namespace, path.name, path.subresource)
        options = self._write_options(call)
        if resource.deprecation:
            options.warnings.append(resource.deprecation)
        if path.subresource and path.subresource not in ("status",):
            return await self._subresource(call, target, options)
        if path.subresource and path.subresource not in resource.subresources:
            raise errors.no_such_resource()
        if call.verb not in resource.verbs:
            raise errors.method_not_allowed()
        answer = await self._verbs[call.verb](call, target, options)
        return replace(answer, warnings=options.warnings) if options.warnings else answer

    # -- reading ---------------------------------------------------------------------------------------------------

    async def _get(self, call: Call, target: Target, options: WriteOptions) -> Answer:
        form = media.accepted(call.accept)
        stored = self._parts.reader.get(target)
        return Answer(render_object(stored, target.resource, form, _include(call)))

    async def _list(self, call: Call, target: Target, options: WriteOptions) -> Answer:
        form = media.accepted(call.accept)
        selection = self._selection(call, target)
        query = call.query
        wanted = ListOptions(
            limit=_whole(query, "limit"),
            continue_token=query.get("continue", ""),
            resource_version=query.get("resourceVersion", ""),
            resource_version_match=query.get("resourceVersionMatch", ""),
        )
        page = self._parts.reader.list(target.resource, selection, wanted)
        return Answer(render_page(page, target.resource, form, _include(call)))

    async def _watch(self, call: Call, target: Target, options: WriteOptions) -> Answer:
        form = media.accepted(call.accept)
        selection = self._selection(call, target)
        query = call.query
        parse_revision(query.get("resourceVersion", ""))
        seconds = _whole(query, "timeoutSeconds")
        initial = query.get("sendInitialEvents")
        wanted = WatchOptions(
            resource_version=query.get("resourceVersion", ""),
            timeout=float(seconds) if seconds else random.uniform(1800, 3600),  # noqa: S311 - spreads reconnects
            bookmarks=_truth(query, "allowWatchBookmarks"),
            send_initial_events=None if initial is None else initial in ("true", "1"),
            resource_version_match=query.get("resourceVersionMatch", ""),
        )
        wanted.check()
        parts = self._parts
        watch = Watch(parts.store, target.resource, selection, wanted, parts.bookmark_interval)
        return Answer(stream=watch.lines(watch_renderer(target.resource, form, _include(call))))

    def _selection(self, call: Call, target: Target) -> Selection:
        query = call.query
        try:
            labels = parse_labels(query.get("labelSelector", ""))
            fields = parse_fields(query.get("fieldSelector", ""), frozenset(target.resource.selectable))
        except ValueError as fault:
            raise errors.bad_request(str(fault)) from None
        if target.name:
            fields = replace(fields, terms=(*fields.terms, ("metadata.name", True, target.name)))
        return Selection(target.namespace, labels, fields)

    # -- writing ---------------------------------------------------------------------------------------------------

    def _write_options(self, call: Call) -> WriteOptions:
        query = call.query
        validation = query.get("fieldValidation") or "Warn"
        faults: list[FieldError] = []
        if query.get("dryRun", "All") != "All":
            text = f'Unsupported value: ["{query["dryRun"]}"]: supported values: "All"'
            faults.append(FieldError("FieldValueNotSupported", "dryRun", text))
        if validation not in ("Strict", "Warn", "Ignore"):
            text = f'Unsupported value: "{validation}": supported values: "Ignore", "Strict", "Warn"'
            faults.append(FieldError("FieldValueNotSupported", "fieldValidation", text))
        if len(query.get("fieldManager", "")) > 128:
            text = "Too long: may not be more than 128 bytes"
            faults.append(FieldError("FieldValueTooLong", "fieldManager", text))
        if faults:
            raise errors.invalid("PatchOptions" if call.verb == "patch" else "CreateOptions", "meta.k8s.io", "", faults)
        return WriteOptions(
            user=call.user,
            manager=query.get("fieldManager") or call.agent.partition("/")[0] or "unknown",
            dry_run="dryRun" in query,
            field_validation=validation,
            force=_truth(query, "force"),
            duplicates=tuple(duplicate_fields(call.body)) if call.body and validation != "Ignore" else (),
        )

    async def _create(self, call: Call, target: Target, options: WriteOptions) -> Answer:
        form = media.accepted(call.accept)
        if target.name:
            raise errors.method_not_allowed()
        body = _read_body(call)
        if not target.resource.stored:
            return Answer(encode(await self._parts.subresources.review(target, body, options)), 201)
        if target.resource.namespaced and not target.namespace:
            raise errors.no_such_resource()
        return self._written(await self._parts.writer.create(target, body, options), call, target, form)

    async def _update(self, call: Call, target: Target, options: WriteOptions) -> Answer:
        form = media.accepted(call.accept)
        return self._written(await self._parts.writer.update(target, _read_body(call), options), call, target, form)

    async def _patch(self, call: Call, target: Target, options: WriteOptions) -> Answer:
        form = media.accepted(call.accept)
        written = await self.patch(call, target, options)
        return self._written(written, call, target, form)

    async def patch(self, call: Call, target: Target, options: WriteOptions) -> Written:
        """Patches by the media type of the body."""
        kind = media.read_type(call.content_type)
        writer = self._parts.writer
        resource = target.resource
        offered = (JSON_PATCH, MERGE, APPLY) if resource.custom else (JSON_PATCH, MERGE, STRATEGIC, APPLY)
        if kind not in offered:
            raise errors.unsupported_media_type(offered)
        if kind == APPLY:
            if not call.query.get("fieldManager"):
                fault = FieldError("FieldValueRequired", "fieldManager", "Required value: is required for apply patch")
                raise errors.invalid("PatchOptions", "meta.k8s.io", "", [fault])
            return await writer.apply(target, _parse(call.body, yaml_too=True), options)
        if "force" in call.query:
            text = "Forbidden: may not be specified for non-apply patch"
            fault = FieldError("FieldValueForbidden", "force", text)
            raise errors.invalid("PatchOptions", "meta.k8s.io", "", [fault])
        patch = _parse(call.body)
        if kind != JSON_PATCH and not isinstance(patch, dict):
            raise errors.bad_request("json: cannot unmarshal array into Go value of type map[string]interface {}")

        def change(old: dict[str, Any]) -> dict[str, Any]:
            if kind == JSON_PATCH:
                new = json_patch(old, patch)
            elif kind == MERGE:
                new = merge_patch(old, patch)
            else:
                new = strategic_merge(old, patch, resource.schema)
            decoded = writer.decode(resource, new, options)
            writer.check_envelope(target, decoded)
            return decoded

        return await writer.modify(target, change, options)

    def _written(self, written: Written, call: Call, target: Target, form: Accepted) -> Answer:
        body = render_object(written.object, target.resource, form, _include(call))
        return Answer(body, 201 if written.created else 200)

    async def _delete(self, call: Call, target: Target, options: WriteOptions) -> Answer:
        how, options = self._delete_options(call, options)
        written = await self._parts.deleter.delete(target, how, options)
        if not written.deleted:
            return Answer(encode(written.object))
        return Answer(encode(_success(target.resource, written.object)))

    async def _delete_collection(self, call: Call, target: Target, options: WriteOptions) -> Answer:
        how, options = self._delete_options(call, options)
        page = self._parts.reader.list(target.resource, self._selection(call, target), ListOptions())
        targets = [Target(target.resource, item.key.namespace, item.key.name) for item in page.items]
        await self._parts.deleter.delete_each(targets, how, options)
        return Answer(render_page(page, target.resource, media.PLAIN, "None"))

    def _delete_options(self, call: Call, options: WriteOptions) -> tuple[Any, WriteOptions]:
        body = _read_body(call) if call.body.strip() else {}
        if not isinstance(body, dict):
            raise errors.bad_request("the body must be a DeleteOptions object")
        query = call.query
        if "propagationPolicy" in query:
            body = {**body, "propagationPolicy": query["propagationPolicy"]}
        if "gracePeriodSeconds" in query:
            body = {**body, "gracePeriodSeconds": _whole(query, "gracePeriodSeconds")}
        return read_delete_options(body), replace(options, dry_run=options.dry_run or bool(body.get("dryRun")))

    async def _subresource(self, call: Call, target: Target, options: WriteOptions) -> Answer:
        if target.subresource not in target.resource.subresources:
            raise errors.no_such_resource()
        body = None
        if target.subresource in CONTAINER_ONLY:
            pass  # refused whatever it says
        elif call.verb in ("create", "update"):
            body = _read_body(call)
        elif call.verb == "patch":
            kind = media.read_type(call.content_type)
            patch = _parse(call.body, yaml_too=True)
            shown = await self._parts.subresources.call("get", target, None, options)
            body = json_patch(shown, patch) if kind == JSON_PATCH else merge_patch(shown, patch)
        result = await self._parts.subresources.call(call.verb, target, body, options)
        return Answer(encode(result), 201 if call.verb == "create" else 200, options.warnings)


def _success(resource: Resource, obj: Mapping[str, Any]) -> dict[str, Any]:
    metadata = obj["metadata"]
    details = {"name": metadata["name"], "kind": resource.plural, "uid": metadata["uid"]}
    if resource.group:
        details["group"] = resource.group
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}


def _include(call: Call) -> str:
    return call.query.get("includeObject", "Metadata")


def _truth(query: Mapping[str, str], name: str) -> bool:
    return query.get(name, "") in ("true", "1", "True")


def _whole(query: Mapping[str, str], name: str) -> int:
    text = query.get(name, "")
    if not text:
        return 0
    try:
        return int(text)
    except ValueError:
        raise errors.bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax') from None


def _read_body(call: Call) -> Any:
    kind = media.read_type(call.content_type) or "application/json"
    if kind == protobuf.MEDIA_TYPE:
        return _parse_protobuf(call.body)
    if kind not in _BODY_TYPES:
        raise errors.unsupported_media_type(_BODY_TYPES)
    return _parse(call.body, yaml_too=kind == "application/yaml")


def _parse_protobuf(body: bytes) -> Any:
    try:
        return protobuf.decode(body)
    except protobuf.NotOffered:
        raise errors.unsupported_media_type(_BODY_TYPES[:2]) from None
    except protobuf.Unreadable as fault:
        raise errors.bad_request(f"error decoding protobuf: {fault}") from None


def _parse(body: bytes, *, yaml_too: bool = False) -> Any:
    try:
        return decode(body)
    except msgspec.DecodeError as fault:
        if not yaml_too:
            raise errors.bad_request(f"the object provided is unrecognized (must be of JSON form): {fault}") from None
    try:
        return yaml.safe_load(body)
    except yaml.YAMLError as fault:
        raise errors.bad_request(f"error decoding YAML: {fault}") from None
