"""Endpoints behind a Service as targets of a target group: who they are, their registration, and the way to them.

Pure: `endpoints`, `nodes`, `quic`, `wanted`, `registration`, `checkpoint`, `readiness`, `permissions`. Reading and
writing the cluster: `checkpoints`, `gates`, `multi_cluster`; AWS: `health`, `registrar`, `zones`, `names`, `grace`,
`enis`, `security_groups`, `networking`. `pace` says when AWS is told, and `reconciler` walks a binding through all of
them. `classic…` does as much for Classic Load Balancers, whose targets are instances.
"""
