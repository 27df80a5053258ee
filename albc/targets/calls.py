"""What this room needs of AWS and of Kubernetes: two narrow doors, which the process opens at start."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Protocol


class AWSCalls(Protocol):
    """`albc.aws`: typed errors, throttling, spans. Operation names are botocore's, in snake case."""

    async def call(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]: ...

    def paginate(self, service: str, operation: str, **parameters: Any) -> AsyncIterator[Mapping[str, Any]]:
        """The pages of a list."""
        ...
