"""What a caller may do: roles and bindings, as rbac.authorization.k8s.io defines them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from albc.local.kubernetes.calls import User
from albc.local.kubernetes.selectors import from_object
from albc.local.kubernetes.store import Key, StorageName, Store

_GROUP = "rbac.authorization.k8s.io"
_ROLES = {"Role": StorageName(_GROUP, "roles"), "ClusterRole": StorageName(_GROUP, "clusterroles")}
_CLUSTER_BINDINGS = StorageName(_GROUP, "clusterrolebindings")
_BINDINGS = StorageName(_GROUP, "rolebindings")
_MASTERS = "system:masters"
_DISCOVERY = ("/api", "/apis", "/openapi", "/version", "/healthz", "/livez", "/readyz")
Rule = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Attributes:
    """What a caller wants to do: with a resource, or with a path that is none."""

    verb: str
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""

    def refusal(self, user: User) -> str:
        """The API server's sentence for someone who may not."""
        if self.path:
            return f'User "{user.name}" cannot {self.verb} path "{self.path}"'
        resource = f"{self.resource}/{self.subresource}" if self.subresource else self.resource
        where = f'in the namespace "{self.namespace}"' if self.namespace else "at the cluster scope"
        return f'User "{user.name}" cannot {self.verb} resource "{resource}" in API group "{self.group}" {where}'


class Authorizer:
    """Decides by the roles and bindings in the store; without `enabled` everyone with credentials may do all."""

    def __init__(self, store: Store, *, enabled: bool) -> None:
        self._store = store
        self.enabled = enabled

    def allows(self, user: User, wanted: Attributes) -> bool:
        """Whether the caller may."""
        if _MASTERS in user.groups:
            return True
        authenticated = "system:authenticated" in user.groups
        if wanted.path and wanted.verb == "get" and wanted.path.startswith(_DISCOVERY):
            return True
        if not self.enabled:
            return authenticated
        if wanted.group in ("authorization.k8s.io", "authentication.k8s.io") and wanted.resource.startswith("self"):
            return authenticated
        return any(_covers(rule, wanted) for rule in self.rules(user, wanted.namespace))

    def rules(self, user: User, namespace: str) -> Iterator[Rule]:
        """Every rule that holds for a user in a namespace; cluster-wide ones if it is empty."""
        for stored in self._store.collection(_CLUSTER_BINDINGS).values():
            yield from self._bound(stored.object(), user, "")
        if namespace:
            for stored in self._store.collection(_BINDINGS).values(namespace):
                yield from self._bound(stored.object(), user, namespace)

    def _bound(self, binding: Mapping[str, Any], user: User, namespace: str) -> Iterable[Rule]:
        if not any(_is_subject(subject, user, namespace) for subject in binding.get("subjects") or ()):
            return ()
        reference = binding["roleRef"]
        storage = _ROLES.get(reference["kind"])
        if storage is None:
            return ()
        key = Key(namespace if reference["kind"] == "Role" else "", reference["name"])
        stored = self._store.collection(storage).get(key)
        return self._role_rules(stored.object()) if stored else ()

    def _role_rules(self, role: Mapping[str, Any]) -> list[Rule]:
        rules = list(role.get("rules") or ())
        for selector in (role.get("aggregationRule") or {}).get("clusterRoleSelectors") or ():
            matcher = from_object(selector)
            for stored in self._store.collection(_ROLES["ClusterRole"]).values():
                if stored.key.name != role["metadata"]["name"] and matcher.matches(stored.labels):
                    rules += stored.object().get("rules") or ()
        return rules


def _is_subject(subject: Mapping[str, Any], user: User, namespace: str) -> bool:
    match subject["kind"]:
        case "User":
            return bool(subject["name"] == user.name)
        case "Group":
            return subject["name"] in user.groups
        case _:
            home = subject.get("namespace") or namespace
            return user.name == f"system:serviceaccount:{home}:{subject['name']}"


def _covers(rule: Rule, wanted: Attributes) -> bool:
    if not _in(rule.get("verbs"), wanted.verb):
        return False
    if wanted.path:
        return any(
            url == "*" or url == wanted.path or (url.endswith("*") and wanted.path.startswith(url[:-1]))
            for url in rule.get("nonResourceURLs") or ()
        )
    if not _in(rule.get("apiGroups"), wanted.group) or not _resource(rule.get("resources") or (), wanted):
        return False
    names = rule.get("resourceNames")
    return not names or wanted.name in names


def _in(values: Iterable[str] | None, value: str) -> bool:
    return any(given in ("*", value) for given in values or ())


def _resource(given: Iterable[str], wanted: Attributes) -> bool:
    if not wanted.subresource:
        return _in(given, wanted.resource)
    full = f"{wanted.resource}/{wanted.subresource}"
    return any(name in ("*", full, f"*/{wanted.subresource}") for name in given)
