"""The load balancers of the local AWS account, played: what the account holds is what the sockets serve (design.md §4).

`DataPlane` is built by whoever starts the local stack, reads the account through one frozen `Snapshot`, and reports
the health that its probes find back to the account. It knows nothing of Kubernetes.
"""

from albc.local.dataplane.plane import DataPlane, Served, ServedListener
from albc.local.dataplane.snapshot import Snapshot

__all__ = ["DataPlane", "Served", "ServedListener", "Snapshot"]
