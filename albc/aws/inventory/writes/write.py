"""The form of what a call of ours does to the records."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from albc.aws.inventory.records import Records

Shape: TypeAlias = Mapping[str, Any]
Call: TypeAlias = tuple[str, str]
"""Service and operation."""
Write: TypeAlias = Callable[[Records, Shape, Shape, float], None]
"""(records, request, answer, now)."""
