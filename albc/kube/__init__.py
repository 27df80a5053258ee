"""Kubernetes as albc sees it: object types, the API client, patches, conditions, events, finalizers.

Nothing here has heard of AWS. Callers: `albc.engine` and everything above it.
"""
