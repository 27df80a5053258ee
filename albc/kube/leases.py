"""Leases of coordination.k8s.io/v1, as client-go's leader election reads and writes them.

A lease is changed by a merge patch that carries the resourceVersion it was read at: of two writers one gets `Conflict`,
and what others keep in the object (labels, owners) stays. Used by `albc.engine.leader`.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from albc.kube.objects.meta import KubeObject, Struct
from albc.kube.patches import MergePatch
from albc.kube.resource import Resource


class LeaseSpec(Struct, frozen=True, kw_only=True, omit_defaults=False):
    holder_identity: str | None = None
    """Absent or empty: nobody holds it."""
    lease_duration_seconds: int | None = None
    acquire_time: str | None = None
    """MicroTime: RFC 3339 with microseconds."""
    renew_time: str | None = None
    lease_transitions: int | None = None
    """How often the holder changed."""


class Lease(KubeObject, frozen=True, kw_only=True):
    spec: LeaseSpec = LeaseSpec()


LEASES = Resource("coordination.k8s.io", "v1", "Lease", "leases", True, Lease)


def micro_time(seconds: float) -> str:
    """The API's MicroTime of a Unix time."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _fields(spec: LeaseSpec) -> Mapping[str, Any]:
    return {
        "holderIdentity": spec.holder_identity,
        "leaseDurationSeconds": spec.lease_duration_seconds,
        "acquireTime": spec.acquire_time,
        "renewTime": spec.renew_time,
        "leaseTransitions": spec.lease_transitions,
    }


def new_lease(namespace: str, name: str, spec: LeaseSpec) -> Mapping[str, Any]:
    """The body that creates a lease."""
    return {
        "apiVersion": LEASES.api_version,
        "kind": LEASES.kind,
        "metadata": {"namespace": namespace, "name": name},
        "spec": {field: value for field, value in _fields(spec).items() if value is not None},
    }


def changed_lease(lease: Lease, spec: LeaseSpec) -> MergePatch:
    """The patch that gives `lease`, as it was read, another spec."""
    return MergePatch({"metadata": {"resourceVersion": lease.metadata.resource_version}, "spec": _fields(spec)})
