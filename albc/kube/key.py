"""How one object of a kind is named."""

from typing import NamedTuple


class NamespacedName(NamedTuple):
    """Cluster-scoped objects have the namespace ""."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name
