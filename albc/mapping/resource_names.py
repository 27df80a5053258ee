"""Names of AWS resources made for a Kubernetes object: the reference's bytes, so that a take-over changes nothing.

`k8s-NAMESPACE-NAME-HASH`, at most 32 characters. Called by each family's names; what goes into the hash is theirs.
"""

from albc.model.names import alphanumeric, digest


def resource_name(namespace: str, name: str, *identity: str) -> str:
    """Name for an object; equal names of unlike resources differ by the hash over `identity`, in the given order."""
    return f"k8s-{alphanumeric(namespace, 8)}-{alphanumeric(name, 8)}-{digest(*identity)[:10]}"
