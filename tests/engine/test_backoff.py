"""How long failures wait, for any order of failures of any keys."""

from hypothesis import given
from hypothesis import strategies as st

from albc.engine.backoff import Backoff, RateLimiter

PATIENT = Backoff(base=1.0, ceiling=60.0, rate=1e9, burst=10**9)


@given(st.lists(st.sampled_from("abc"), max_size=200))
def test_a_keys_delay_depends_on_its_own_failures_only_and_never_exceeds_the_ceiling(failures: list[str]) -> None:
    limiter: RateLimiter[str] = RateLimiter(PATIENT, now=0.0)
    seen = dict.fromkeys("abc", 0)
    for key in failures:
        assert limiter.delay(key, now=0.0) == min(2.0 ** seen[key], 60.0)
        seen[key] += 1
        assert limiter.failures(key) == seen[key]


@given(st.lists(st.floats(0.0, 5.0), min_size=1, max_size=100))
def test_retries_of_many_keys_never_come_faster_than_the_bucket_allows(pauses: list[float]) -> None:
    rate, burst = 2.0, 5
    limiter: RateLimiter[int] = RateLimiter(Backoff(base=0.0, ceiling=0.0, rate=rate, burst=burst), now=0.0)
    now, due = 0.0, []
    for number, pause in enumerate(pauses):
        now += pause
        due.append(now + limiter.delay(number, now))
    assert due == sorted(due), "nobody is overtaken"
    for first in range(len(due)):
        for last in range(first, len(due)):
            assert last - first + 1 <= burst + rate * (due[last] - due[first]) + 1e-6


def test_a_key_that_has_failed_for_years_still_has_a_delay() -> None:
    limiter: RateLimiter[str] = RateLimiter(PATIENT, now=0.0)
    for _ in range(5_000):
        delay = limiter.delay("a", now=0.0)
    assert delay == 60.0


def test_forgotten_keys_take_no_memory() -> None:
    limiter: RateLimiter[int] = RateLimiter(PATIENT, now=0.0)
    for number in range(100):
        limiter.delay(number, now=0.0)
        limiter.forget(number)
    assert len(limiter) == 0
