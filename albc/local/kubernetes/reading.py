"""Get and list: from the latest version, or from one that the caller names, page by page.

Called by `http` and by the played controllers. Raises ApiError.
"""

from __future__ import annotations

import base64
import binascii
from bisect import bisect_right
from dataclasses import dataclass

import msgspec

from albc.local.kubernetes import errors
from albc.local.kubernetes.calls import Target
from albc.local.kubernetes.errors import FieldError
from albc.local.kubernetes.registry import Resource
from albc.local.kubernetes.selectors import Selection
from albc.local.kubernetes.store import HistoryLost, Key, Store, Stored

_EXPIRED = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without "
    "the continue parameter, or use the continue token in this response to retrieve the remainder of the results. "
    "Continuing with the provided token results in an inconsistent list - objects that were created, modified, or "
    "deleted between the time the first chunk was returned and now may show up in the list."
)
_INCONSISTENT = -1


@dataclass(frozen=True, slots=True)
class ListOptions:
    """Which part of a list, and as of when: the query parameters of the same names."""

    limit: int = 0
    continue_token: str = ""
    resource_version: str = ""
    resource_version_match: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Part of a list. `remaining` is None when it is not known."""

    items: list[Stored]
    revision: int
    continue_token: str = ""
    remaining: int | None = None


class _Token(msgspec.Struct):
    rv: int
    start: tuple[str, str]


def _write_token(revision: int, after: Key) -> str:
    return (
        base64.urlsafe_b64encode(msgspec.json.encode(_Token(revision, (after.namespace, after.name))))
        .decode()
        .rstrip("=")
    )


def _read_token(text: str) -> _Token:
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=_Token)
    except (ValueError, binascii.Error, msgspec.MsgspecError):
        raise errors.bad_request(f'continue key is not valid: "{text}"') from None


def parse_revision(text: str) -> int:
    """A resourceVersion that a caller gave. Raises ApiError."""
    if text == "":
        return 0
    if not text.isascii() or not text.isdigit():
        fault = FieldError("FieldValueInvalid", "resourceVersion", f'Invalid value: "{text}": must be a number')
        raise errors.invalid("ListOptions", "meta.k8s.io", "", [fault])
    return int(text)


class Reader:
    """Answers reads from a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, target: Target) -> Stored:
        """One object. Raises ApiError 404."""
        resource = target.resource
        stored = self._store.collection(resource.storage).get(target.key)
        if stored is None:
            raise errors.not_found(resource.plural, resource.group, target.name)
        return stored

    def list(self, resource: Resource, selection: Selection, options: ListOptions) -> Page:
        """A page of the objects that are selected. Raises ApiError: 410 if the version is no longer known."""
        _check(options)
        collection = self._store.collection(resource.storage)
        revision = self._store.revision
        start: Key | None = None
        exact: int | None = None
        if options.continue_token:
            token = _read_token(options.continue_token)
            start = Key(*token.start)
            exact = None if token.rv == _INCONSISTENT else token.rv
        else:
            asked = parse_revision(options.resource_version)
            if asked > revision:
                raise errors.too_large_version(asked, revision)
            if asked and (
                options.resource_version_match == "Exact" or (options.limit and not options.resource_version_match)
            ):
                exact = asked
        if exact is None or exact == revision:
            items = collection.values(selection.namespace)
        else:
            try:
                items = collection.at(exact)
            except HistoryLost:
                if start is None:
                    raise errors.expired("The resourceVersion for the provided list is too old.") from None
                raise errors.expired(_EXPIRED, continue_token=_write_token(_INCONSISTENT, start)) from None
            revision = exact
            if selection.namespace:
                items = [item for item in items if item.key.namespace == selection.namespace]
        if start is not None:
            items = items[bisect_right(items, start, key=lambda item: item.key) :]
        return _page(items, selection, options.limit, revision)


def _page(items: list[Stored], selection: Selection, limit: int, revision: int) -> Page:
    if not limit:
        return Page([item for item in items if selection.matches(item)] if selection.filters else items, revision)
    chosen: list[Stored] = []
    for place, item in enumerate(items):
        if selection.filters and not selection.matches(item):
            continue
        if len(chosen) == limit:
            remaining = None if selection.filters else len(items) - place
            return Page(chosen, revision, _write_token(revision, chosen[-1].key), remaining)
        chosen.append(item)
    return Page(chosen, revision)


def _check(options: ListOptions) -> None:
    match = options.resource_version_match
    faults: list[str] = []
    if match and not options.resource_version:
        faults.append("resourceVersionMatch is forbidden unless resourceVersion is provided")
    if match and options.continue_token:
        faults.append("resourceVersionMatch is forbidden when continue is provided")
    if match == "Exact" and options.resource_version == "0":
        faults.append('resourceVersionMatch "exact" is forbidden for resourceVersion "0"')
    if faults:
        field_errors = [FieldError("FieldValueForbidden", "resourceVersionMatch", f"Forbidden: {f}") for f in faults]
        raise errors.invalid("ListOptions", "meta.k8s.io", "", field_errors)
    if match not in ("", "Exact", "NotOlderThan"):
        text = f'Unsupported value: "{match}": supported values: "Exact", "NotOlderThan", ""'
        unsupported = FieldError("FieldValueNotSupported", "resourceVersionMatch", text)
        raise errors.invalid("ListOptions", "meta.k8s.io", "", [unsupported])
    if options.continue_token and options.resource_version not in ("", "0"):
        raise errors.bad_request("specifying resource version is not allowed when using continue")
