from collections.abc import Callable
from typing import Any

import pytest
from schemas import refusals_of


@pytest.fixture
def refusals() -> Callable[[dict[str, Any], Any], list[str]]:
    return refusals_of
