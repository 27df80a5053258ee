"""Whether a route may use a backend in another namespace (spec/gateway.md §8.1)."""

from albc.kube.objects import GATEWAY_GROUP
from albc.mapping.gateway.routes import RouteRef
from albc.mapping.snapshot import NamespacedName, Snapshot


def permits(route: RouteRef, group: str, kind: str, target: NamespacedName, snapshot: Snapshot) -> bool:
    """Within one namespace always; else where a ReferenceGrant in the target's namespace says so."""
    if route.namespace == target.namespace:
        return True
    return any(
        any((f.group, f.kind, f.namespace) == (GATEWAY_GROUP, route.kind, route.namespace) for f in grant.spec.from_)
        and any((to.group, to.kind) == (group, kind) and to.name in (None, "", target.name) for to in grant.spec.to)
        for grant in snapshot.reference_grants.values()
        if grant.namespace == target.namespace
    )
