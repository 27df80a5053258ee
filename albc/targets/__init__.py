"""Endpoints behind a Service as targets of a target group: who they are, their registration, and the way to them.

Pure: `endpoints`, `nodes`, `registration`, `checkpoint`, `readiness`, `permissions`. Reading and writing AWS:
`health`, `enis`, `security_groups`, and `reconciler`, which walks a binding through all of them.
"""
