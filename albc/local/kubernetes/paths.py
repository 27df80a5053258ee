"""What a request's path and method mean: group, version, namespace, resource, name, subresource, verb.

The same reading serves authorization, dispatch and the audit of tests.
"""

from __future__ import annotations

from dataclasses import dataclass

# Resources of the cluster scope whose paths begin with /namespaces/NAME/.
_NAMESPACE_SUBRESOURCES = frozenset({"status", "finalize"})


@dataclass(frozen=True, slots=True)
class RequestPath:
    """An API path taken apart; `resource` is empty for the root of a group version."""

    group: str
    version: str
    namespace: str = ""
    resource: str = ""
    name: str = ""
    subresource: str = ""
    rest: str = ""


def parse_path(path: str) -> RequestPath | None:
    """Reads `/api/v1/…` and `/apis/GROUP/VERSION/…`; anything else is no resource path."""
    parts = path.strip("/").split("/")
    match parts:
        case ["api", version, *rest]:
            group = ""
        case ["apis", group, version, *rest]:
            pass
        case _:
            return None
    namespace = ""
    if len(rest) > 2 and rest[0] == "namespaces" and rest[2] not in _NAMESPACE_SUBRESOURCES:
        namespace, rest = rest[1], rest[2:]
    elif len(rest) >= 2 and rest[0] == "namespaces":
        namespace = rest[1]
    resource, name, subresource = (*rest[:3], "", "", "")[:3]
    return RequestPath(group, version, namespace, resource, name, subresource, "/".join(rest[3:]))


def verb_of(method: str, path: RequestPath, *, watch: bool) -> str:
    """The API verb of a request; empty for a method that no resource has."""
    match method:
        case "POST":
            return "create"
        case "PUT":
            return "update"
        case "PATCH":
            return "patch"
        case "GET" | "HEAD" if path.name and not watch:
            return "get"
        case "GET" | "HEAD":
            return "watch" if watch else "list"
        case "DELETE":
            return "delete" if path.name else "deletecollection"
        case _:
            return ""
