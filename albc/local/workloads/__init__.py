"""What runs in the local cluster's pods, and the way to it through its nodes.

`Workloads` plays container images as servers in this process; `NodePorts` plays kube-proxy with what `ServicePorts`
makes of the cluster's state. They are driven by `albc.local.kubernetes` or by whoever wires it, and know no client of
any kind: state comes in as Kubernetes objects.
"""

from albc.local.workloads.node_ports import NodePorts
from albc.local.workloads.runtime import Workloads
from albc.local.workloads.service_ports import ServicePorts

__all__ = ["NodePorts", "ServicePorts", "Workloads"]
