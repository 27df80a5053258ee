"""What goes on being served while an edit does not work: the last good state of a route, and listeners as they are."""

from dataclasses import replace
from typing import Any

from albc.kube.objects import HTTP_ROUTES
from albc.mapping.gateway.build import build
from albc.mapping.gateway.outcome import NOTHING_KNOWN, BuiltGateway, InEffect
from albc.mapping.gateway.routes import RouteRef, route_of
from albc.mapping.gateway.status import parent_conditions
from albc.mapping.snapshot import NamespacedName
from albc.model.actions import FixedResponse, Forward
from albc.model.conditions import PathPattern
from albc.model.listener import Listener, ListenerRule
from tests.mapping.gateway.kit import (
    CLASSES,
    FACTS,
    SETTINGS,
    Plain,
    gateway,
    http,
    http_route,
    https,
    prefix,
    service,
    snapshot,
    to,
)

WEB = RouteRef("HTTPRoute", "shop", "web")
GOOD = to("web", matches=[prefix("/good")])
MIRROR = {"type": "RequestMirror", "requestMirror": {"backendRef": {"name": "web", "port": 80}}}
BAD = to("web", matches=[prefix("/bad")], filters=[MIRROR])


def build_of(*objects: Plain, earlier: InEffect = NOTHING_KNOWN) -> BuiltGateway:
    known = snapshot([*CLASSES, service(), *objects])
    found = build(known.gateways[NamespacedName("shop", "edge")], known, FACTS, SETTINGS, earlier)
    assert found is not None
    return found


def paths(found: BuiltGateway) -> dict[str, type[Any]]:
    """What each path of the stack's rules does."""
    assert found.built.stack is not None
    return {
        condition.values[0]: type(rule.actions[0])
        for rule in found.built.stack.all(ListenerRule)
        for condition in rule.conditions
        if isinstance(condition, PathPattern)
    }


def told(found: BuiltGateway) -> dict[str, tuple[str, str, str]]:
    [parent] = found.routes[WEB].parents
    return {c.type: (c.status, c.reason, c.message[:9]) for c in parent_conditions(parent, 2)}


def test_a_route_whose_edit_does_not_work_serves_its_last_good_state_and_says_so() -> None:
    good = build_of(gateway(), http_route(GOOD))

    bad = build_of(gateway(), http_route(BAD, generation=2), earlier=good.in_effect)

    assert paths(bad) == {"/good": Forward}
    assert told(bad)["Accepted"][:2] == ("True", "Accepted")
    assert told(bad)["PartiallyInvalid"] == ("True", "UnsupportedValue", "Fall Back")
    assert [problem.object.name for problem in bad.built.problems] == ["web", "edge"]


def test_it_goes_on_so_through_further_edits_until_one_works() -> None:
    good = build_of(gateway(), http_route(GOOD))
    bad = build_of(gateway(), http_route(BAD), earlier=good.in_effect)
    worse = build_of(gateway(), http_route(BAD, BAD), earlier=bad.in_effect)
    mended = build_of(gateway(), http_route(to("web", matches=[prefix("/new")])), earlier=worse.in_effect)

    assert paths(worse) == {"/good": Forward}
    assert paths(mended) == {"/new": Forward}
    assert "PartiallyInvalid" not in told(mended)


def test_without_an_earlier_state_the_rule_answers_500() -> None:
    assert paths(build_of(gateway(), http_route(GOOD, BAD))) == {"/good": Forward, "/bad": FixedResponse}


def test_other_routes_are_served_as_they_are_now() -> None:
    other = http_route(to("web", matches=[prefix("/other")]), name="other")
    good = build_of(gateway(), http_route(GOOD))

    bad = build_of(gateway(), http_route(BAD), other, earlier=good.in_effect)

    assert paths(bad) == {"/good": Forward, "/other": Forward}


def test_an_earlier_state_that_does_not_work_any_more_is_not_served() -> None:
    good = build_of(gateway(), http_route(GOOD))
    bad = route_of("HTTPRoute", HTTP_ROUTES.convert(http_route(BAD)))

    found = build_of(gateway(), http_route(BAD), earlier=replace(good.in_effect, sound={WEB: bad}))

    assert paths(found) == {"/bad": FixedResponse}
    assert told(found)["Accepted"][:2] == ("False", "UnsupportedValue")


def test_a_missing_service_is_no_reason_to_fall_back() -> None:
    """The API wants 500 for the share of a backend that is not there."""
    good = build_of(gateway(), http_route(GOOD))

    gone = build_of(gateway(), http_route(to("nowhere", matches=[prefix("/gone")])), earlier=good.in_effect)

    assert paths(gone) == {"/gone": FixedResponse}


def test_a_listener_that_loses_its_certificate_stays_as_it_is_in_aws() -> None:
    found = build_of(gateway(http(), https(hostname="www.elsewhere.net")), http_route(GOOD))

    assert found.built.stack is not None
    assert [listener.port for listener in found.built.stack.all(Listener)] == [80]
    assert found.kept == ("shop/edge:shop-web:HTTPRoute-",)


def test_a_sound_gateway_keeps_nothing() -> None:
    assert build_of(gateway(), http_route(GOOD)).kept == ()


def test_an_unchanged_route_is_not_mapped_again() -> None:
    known = snapshot([*CLASSES, service(), gateway(), http_route(GOOD)])
    edge = known.gateways[NamespacedName("shop", "edge")]
    first = build(edge, known, FACTS, SETTINGS)
    assert first is not None
    again = build(edge, known, FACTS, SETTINGS, first.in_effect)
    assert again is not None

    assert again.in_effect.resolved.shares[WEB] is first.in_effect.resolved.shares[WEB]
    assert again.in_effect.ports[80].shares[WEB] is first.in_effect.ports[80].shares[WEB]
