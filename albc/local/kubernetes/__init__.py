"""An embedded Kubernetes cluster in one process: API server, played controllers, faults on demand.

`Cluster` is the door. It knows nothing of AWS or of the Gateway API; whoever needs custom resources applies them
through the API. Its behaviour is pinned by `tests/local/kubernetes`, which also runs against a real cluster.
"""

from albc.local.kubernetes.cluster import Cluster
from albc.local.kubernetes.options import ClusterOptions, NodeOptions
from albc.local.kubernetes.runtime import ImageUnknown, PodRuntime

__all__ = ["Cluster", "ClusterOptions", "ImageUnknown", "NodeOptions", "PodRuntime"]
