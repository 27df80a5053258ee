"""What becomes of what a reconcile raises."""

import pytest

from albc.engine.outcome import SLOW_RETRY, Failed, Outcome, Requeue, outcome_of
from albc.errors import Bug, Conflict, Forbidden, Invalid, NotFound, Pending, QuotaExceeded, Throttled, Unavailable

throttled, busy, invalid, conflict, full, bug = (
    Throttled("slow down", retry_after=7.0),
    Unavailable("away"),
    Invalid("spec.rules[0].host is empty"),
    Conflict("changed"),
    QuotaExceeded("100 rules and no more"),
    ZeroDivisionError(),
)


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (Pending("provisioning", 120.0), Requeue(120.0, "provisioning")),
        (invalid, Failed(invalid, at_least=SLOW_RETRY)),
        (throttled, Failed(throttled, at_least=7.0)),
        (busy, Failed(busy)),
        (conflict, Failed(conflict)),
        (full, Failed(full, at_least=SLOW_RETRY)),
        (bug, Failed(bug)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_error_amounts_to_an_outcome(error: Exception, outcome: Outcome) -> None:
    assert outcome_of(error) == outcome


@pytest.mark.parametrize("error", [Forbidden("no"), NotFound("no"), Bug("no")])
def test_every_other_error_is_retried_by_the_back_off(error: Exception) -> None:
    assert outcome_of(error) == Failed(error, at_least=0.0)


def test_of_a_group_of_errors_the_gravest_counts() -> None:
    assert outcome_of(ExceptionGroup("", [Pending("soon", 5.0), throttled])) == Failed(throttled, at_least=7.0)
    assert outcome_of(ExceptionGroup("", [throttled, invalid])) == Failed(invalid, at_least=SLOW_RETRY)
    assert outcome_of(ExceptionGroup("", [invalid, ExceptionGroup("", [bug, busy])])) == Failed(bug)
    assert outcome_of(ExceptionGroup("", [Pending("soon", 5.0)])) == Requeue(5.0, "soon")
