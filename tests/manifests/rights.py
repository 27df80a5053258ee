"""Which rights the controller's code needs, read off the code: every call of the API client with the kind it names.

Secrets are left out where only single ones are read: users grant those (docs/security.md).
"""

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import albc
from albc.crds import resources as custom
from albc.kube import events, leases, objects
from albc.kube.resource import Resource
from albc.webhooks import certificate_keeper

ROOT = Path(albc.__file__).parent
NOT_IN_THE_CLUSTER = ("local", "cli/plan", "cli/preflight")
"""Run by a person, with a kubeconfig of that person."""
PURE = ("mapping", "model", "deploy/plan")
"""Rooms that call nobody, which the import contracts see to."""
VERBS: Mapping[str, tuple[str, ...]] = {
    "get": ("get",),
    "create": ("create",),
    "update": ("update",),
    "patch": ("patch",),
    "patch_status": ("patch",),
    "delete": ("delete",),
    "add_finalizer": ("get", "patch"),
    "remove_finalizer": ("get", "patch"),
    # Informers, which a handler may read an object of once more.
    "store": ("list", "watch"),
    "informer": ("list", "watch"),
    "on": ("list", "watch"),
}
ROUTES = (objects.HTTP_ROUTES, objects.GRPC_ROUTES, objects.TCP_ROUTES, objects.UDP_ROUTES, objects.TLS_ROUTES)
CONFIGURATIONS = (custom.LOAD_BALANCER_CONFIGURATIONS, custom.TARGET_GROUP_CONFIGURATIONS)
WITH_STATUS = (*ROUTES, objects.GATEWAYS, objects.LISTENER_SETS)
VARIABLE: Mapping[tuple[str, str], tuple[Resource[Any], ...]] = {
    ("controllers/gateway_configurations.py", "self._resource"): CONFIGURATIONS,
    ("controllers/gateway_configurations.py", "resource"): CONFIGURATIONS,
    ("controllers/gateway_statuses.py", "resource"): WITH_STATUS,
    ("webhooks/certificate_keeper.py", "resource"): certificate_keeper.CONFIGURATIONS,
    # Tools that are given a kind: whoever gives it is found by itself.
    ("engine/manager.py", "resource"): (),
    ("engine/manager.py", "line.resource"): (),
    ("engine/references.py", "self.resource"): (),
    ("kube/client.py", "resource"): (),
    ("kube/finalizers.py", "resource"): (),
}
"""The kinds that a variable can stand for, by file and variable. A new one is a KeyError here."""
KINDS: Mapping[str, Resource[Any]] = {
    name: value
    for module in (objects, custom, events, leases)
    for name, value in vars(module).items()
    if isinstance(value, Resource)
}
Right = tuple[str, str]
"""API group, and resource with its subresource."""


def needed() -> Mapping[Right, frozenset[str]]:
    """Every right with its verbs."""
    found: dict[Right, set[str]] = defaultdict(set)
    for file in sorted(ROOT.rglob("*.py")):
        place = file.relative_to(ROOT).as_posix()
        if not place.startswith((*NOT_IN_THE_CLUSTER, *PURE)):
            for kind, method in calls(place, ast.parse(file.read_text(encoding="utf-8"))):
                subresource = "/status" if method == "patch_status" else ""
                found[kind.group, kind.plural + subresource].update(VERBS[method])
    return {right: frozenset(verbs) for right, verbs in found.items()}


def calls(place: str, tree: ast.Module) -> Iterator[tuple[Resource[Any], str]]:
    """Kind and method of each call that goes to the API server."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        match node.func:
            case ast.Attribute(attr=method) if method in VERBS and node.args:
                argument = node.args[0]
            case ast.Name(id=method) if method in VERBS and len(node.args) > 1:
                argument = node.args[1]
            case _:
                continue
        yield from ((kind, method) for kind in kinds(place, argument))


def kinds(place: str, argument: ast.expr) -> tuple[Resource[Any], ...]:
    """What the argument of a call can be; nothing, for a call of some other object's `get`."""
    text = ast.unparse(argument)
    if text in KINDS:
        return (KINDS[text],)
    if text.split(".")[-1] not in ("resource", "_resource"):
        return ()
    return VARIABLE[place, text]
