"""Leases are written as client-go reads them."""

import json

from albc.kube.leases import LEASES, Lease, LeaseSpec, changed_lease, micro_time, new_lease
from albc.kube.objects.meta import ObjectMeta

SPEC = LeaseSpec(
    holder_identity="host_1",
    lease_duration_seconds=15,
    acquire_time=micro_time(0.0),
    renew_time=micro_time(1.5),
    lease_transitions=2,
)
ON_THE_WIRE = {
    "holderIdentity": "host_1",
    "leaseDurationSeconds": 15,
    "acquireTime": "1970-01-01T00:00:00.000000Z",
    "renewTime": "1970-01-01T00:00:01.500000Z",
    "leaseTransitions": 2,
}


def test_a_new_lease_is_read_back_as_it_was_written() -> None:
    body = new_lease("kube-system", "albc", SPEC)
    assert body["spec"] == ON_THE_WIRE
    read = LEASES.decode(json.dumps(body))
    assert read.spec == SPEC
    assert (read.namespace, read.name) == ("kube-system", "albc")


def test_a_change_is_locked_on_what_was_read() -> None:
    lease = Lease(metadata=ObjectMeta(resource_version="41"))
    patch = json.loads(changed_lease(lease, SPEC).encode())
    assert patch == {"metadata": {"resourceVersion": "41"}, "spec": ON_THE_WIRE}
