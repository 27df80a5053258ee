"""How many probes make a target healthy or unhealthy."""

import pytest

from albc.local.dataplane.balancing import Health
from albc.local.dataplane.health import FAILED, INITIAL_CHECKS, TIMED_OUT, Finding, HealthCheck, Tally, parse_codes

CHECK = HealthCheck.of(
    {"HealthCheckProtocol": "HTTP", "HealthyThresholdCount": 3, "UnhealthyThresholdCount": 2, "Matcher": {}}
)
PASSED = None


def after(*findings: Finding, tally: Tally | None = None) -> Health:
    held = tally or Tally()
    for finding in findings:
        held = held.after(finding, CHECK)
    return held.health


def test_the_first_success_makes_a_new_target_healthy() -> None:
    assert after(PASSED) is Health.HEALTHY


def test_a_new_target_stays_initial_until_it_has_failed_often_enough() -> None:
    assert after(FAILED) is Health.INITIAL
    assert after(FAILED, FAILED) is Health.UNHEALTHY


def test_an_unhealthy_target_needs_its_successes_in_a_row() -> None:
    unhealthy = Tally(Health.UNHEALTHY)

    assert after(PASSED, PASSED, tally=unhealthy) is Health.UNHEALTHY
    assert after(PASSED, PASSED, FAILED, PASSED, tally=unhealthy) is Health.UNHEALTHY
    assert after(PASSED, PASSED, PASSED, tally=unhealthy) is Health.HEALTHY


def test_one_failure_between_successes_is_forgiven() -> None:
    assert after(PASSED, FAILED, PASSED, FAILED) is Health.HEALTHY


@pytest.mark.parametrize(
    ("text", "ranges"),
    [("200", ((200, 200),)), ("200-299", ((200, 299),)), ("200,301-302", ((200, 200), (301, 302))), ("x", ())],
)
def test_a_matcher_lists_codes_and_ranges(text: str, ranges: tuple[tuple[int, int], ...]) -> None:
    assert parse_codes(text) == ranges


def test_a_health_check_port_may_differ_from_the_traffic_port() -> None:
    assert HealthCheck.of({"HealthCheckPort": "8081"}).port == 8081
    assert HealthCheck.of({"HealthCheckPort": "traffic-port"}).port is None


def test_an_unhealthy_target_says_why_until_it_is_healthy_again() -> None:
    tally = Tally().after(FAILED, CHECK).after(TIMED_OUT, CHECK)
    assert tally.reason == TIMED_OUT

    recovering = tally.after(PASSED, CHECK)
    assert recovering.reason == TIMED_OUT
    assert recovering.after(PASSED, CHECK).after(PASSED, CHECK).reason == ""


def test_a_target_without_a_verdict_is_being_checked() -> None:
    assert Tally().reason == INITIAL_CHECKS
    assert Tally().after(FAILED, CHECK).reason == INITIAL_CHECKS
