"""Whether an object may refer to one in another namespace: a route to a backend (spec/gateway.md §8.1), a Gateway or
ListenerSet to a Secret.
"""

from albc.kube.objects import GATEWAY_GROUP
from albc.mapping.gateway.routes import RouteRef
from albc.mapping.snapshot import NamespacedName, Snapshot
from albc.model.problem import ObjectRef


def permits(source: RouteRef | ObjectRef, group: str, kind: str, target: NamespacedName, snapshot: Snapshot) -> bool:
    """Within one namespace always; else where a ReferenceGrant in the target's namespace says so."""
    if source.namespace == target.namespace:
        return True
    return any(
        any((f.group, f.kind, f.namespace) == (GATEWAY_GROUP, source.kind, source.namespace) for f in grant.spec.from_)
        and any((to.group, to.kind) == (group, kind) and to.name in (None, "", target.name) for to in grant.spec.to)
        for grant in snapshot.reference_grants.values()
        if grant.namespace == target.namespace
    )
