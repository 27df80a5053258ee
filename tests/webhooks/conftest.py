"""Reviews as the API server sends them, and what our answer makes of the object."""

from collections.abc import Callable, Mapping
from typing import Any

import jsonpatch
import pytest

from albc.webhooks.review import Allowed, Review, Verdict

Object = Mapping[str, Any]


@pytest.fixture
def review() -> Callable[..., Review]:
    def make(new: Object | None, old: Object | None = None, *, operation: str = "", namespace: str = "shop") -> Review:
        """CREATE, or UPDATE if there is an old object."""
        verb: Any = operation or ("UPDATE" if old is not None else "CREATE")
        return Review("uid-1", verb, namespace, new, old)

    return make


@pytest.fixture
def admitted() -> Callable[[Review, Verdict], Any]:
    def apply(review: Review, verdict: Verdict) -> Any:
        """The object as the API server goes on with it."""
        assert isinstance(verdict, Allowed), verdict
        return jsonpatch.apply_patch(review.object, list(verdict.patch))

    return apply
