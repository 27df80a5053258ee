"""What runs in the local cluster's pods, and the way to it through its nodes.

`Workloads` plays container images as servers in this process; `NodePorts` plays kube-proxy. Both are driven by
`albc.local.kubernetes` or by whoever wires it, and know no client of any kind: state comes in as Kubernetes objects.
"""

from albc.local.workloads.node_ports import NodePorts
from albc.local.workloads.runtime import Workloads

__all__ = ["NodePorts", "Workloads"]
