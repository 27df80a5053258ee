"""Statuses are truthful, quiet, and leave alone what is not ours (spec/gateway.md §9)."""

import msgspec
import pytest

from albc.kube.conditions import find_condition
from albc.kube.objects.gateway import (
    GatewayAddress,
    GatewayStatus,
    ListenerSetStatus,
    ListenerStatus,
    ParentReference,
    RouteParentStatus,
    RouteStatus,
)
from albc.kube.objects.meta import Condition
from albc.mapping.gateway.faults import Fault
from albc.mapping.gateway.outcome import BuiltGateway
from albc.mapping.gateway.routes import RouteRef
from albc.mapping.gateway.status import (
    LONGEST_MESSAGE,
    LoadBalancerState,
    failed_gateway_status,
    gateway_status,
    listener_set_status,
    route_status,
)
from albc.mapping.snapshot import NamespacedName
from tests.mapping.gateway.kit import (
    Plain,
    built,
    configured,
    extension,
    gateway,
    http,
    http_route,
    https,
    l4,
    l4_route,
    listener_set,
    prefix,
    service,
    to,
)

ARN = "arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/app/edge/1"
ACTIVE = LoadBalancerState(arn=ARN, dns_name="K8S-Edge.elb.amazonaws.com", state="active")
PROVISIONING = LoadBalancerState(arn=ARN, dns_name="K8S-Edge.elb.amazonaws.com", state="provisioning")
NOW, LATER = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"
NEW = GatewayStatus(
    conditions=tuple(Condition(type=each, status="Unknown", reason="Pending") for each in ("Accepted", "Programmed"))
)
ONE = (gateway(), service(), http_route())


def said(conditions: tuple[Condition, ...]) -> dict[str, tuple[str, str]]:
    return {each.type: (each.status, each.reason) for each in conditions}


def of_gateway(*objects: Plain, balancer: LoadBalancerState | None = ACTIVE) -> GatewayStatus:
    return gateway_status(built(*objects), NEW, balancer, NOW)


def of_listener(*objects: Plain, name: str, balancer: LoadBalancerState | None = ACTIVE) -> ListenerStatus:
    (found,) = (each for each in of_gateway(*objects, balancer=balancer).listeners if each.name == name)
    return found


def test_a_gateway_with_an_active_load_balancer_is_programmed_and_says_where_it_is() -> None:
    status = of_gateway(*ONE)

    assert said(status.conditions) == {"Accepted": ("True", "Accepted"), "Programmed": ("True", "Programmed")}
    programmed = find_condition(status.conditions, "Programmed")
    assert programmed is not None
    assert programmed.message == ARN
    assert status.addresses == (GatewayAddress(type="Hostname", value="k8s-edge.elb.amazonaws.com"),)


@pytest.mark.parametrize("state", ["active", "active_impaired"])
def test_an_impaired_load_balancer_is_programmed_too(state: str) -> None:
    balancer = LoadBalancerState(arn=ARN, dns_name="x", state=state)

    assert said(of_gateway(*ONE, balancer=balancer).conditions)["Programmed"] == ("True", "Programmed")


def test_a_load_balancer_that_is_being_made_is_waited_for() -> None:
    status = of_gateway(*ONE, balancer=PROVISIONING)

    assert said(status.conditions)["Programmed"] == ("Unknown", "Pending")
    assert said(status.listeners[0].conditions)["Programmed"] == ("False", "Pending")


@pytest.mark.parametrize(
    ("listeners", "accepted"),
    [
        ((http(80), http(81)), ("True", "Accepted")),
        ((http(80), https(80)), ("True", "ListenersNotValid")),
        ((l4("TCP", 80),), ("False", "ListenersNotValid")),
        ((http(80), https(hostname="www.elsewhere.net")), ("True", "ListenersNotValid")),
        ((https(hostname="www.elsewhere.net"),), ("False", "ListenersNotValid")),
    ],
)
def test_a_gateway_is_accepted_with_one_usable_listener(
    listeners: tuple[Plain, ...], accepted: tuple[str, str]
) -> None:
    assert said(of_gateway(gateway(*listeners), service(), http_route()).conditions)["Accepted"] == accepted


def test_a_listener_that_serves_has_four_good_conditions() -> None:
    status = of_listener(*ONE, name="http-80")

    assert said(status.conditions) == {
        "Conflicted": ("False", "NoConflicts"),
        "Accepted": ("True", "Accepted"),
        "ResolvedRefs": ("True", "ResolvedRefs"),
        "Programmed": ("True", "Programmed"),
    }
    assert [kind.kind for kind in status.supported_kinds] == ["HTTPRoute"]
    assert status.attached_routes == 1


KINDS = {"allowedRoutes": {"kinds": [{"kind": "TCPRoute"}]}}


@pytest.mark.parametrize(
    ("listener", "conflicted", "accepted", "resolved"),
    [
        (https(80, name="bad"), "ProtocolConflict", "ProtocolConflict", "ResolvedRefs"),
        (http(80, name="bad", hostname="a.example.com"), "HostnameConflict", "HostnameConflict", "ResolvedRefs"),
        (l4("TCP", 9, name="bad"), "NoConflicts", "UnsupportedProtocol", "ResolvedRefs"),
        (http(0, name="bad"), "NoConflicts", "PortUnavailable", "ResolvedRefs"),
        (http(9, name="bad", **KINDS), "NoConflicts", "Accepted", "InvalidRouteKinds"),
        (http(9, name="bad", hostname="10.0.0.1"), "NoConflicts", "Invalid", "ResolvedRefs"),
    ],
)
def test_an_invalid_listener_says_why_on_the_condition_that_it_concerns(
    listener: Plain, conflicted: str, accepted: str, resolved: str
) -> None:
    status = of_listener(gateway(http(80, hostname="a.example.com"), listener), service(), name="bad")
    found = said(status.conditions)

    assert (found["Conflicted"][1], found["Accepted"][1], found["ResolvedRefs"][1]) == (conflicted, accepted, resolved)
    assert found["Conflicted"][0] == ("False" if conflicted == "NoConflicts" else "True")
    assert found["Programmed"][0] == "False"


def test_a_listener_without_certificate_is_not_programmed() -> None:
    found = said(
        of_listener(gateway(http(), https(hostname="x.net")), service(), http_route(), name="https-443").conditions
    )

    assert found["Accepted"] == ("True", "Accepted")
    assert found["ResolvedRefs"] == ("False", "InvalidCertificateRef")
    assert found["Programmed"] == ("False", "Invalid")


def test_a_listener_without_routes_is_programmed_as_the_api_wants_and_says_what_aws_has() -> None:
    programmed = find_condition(of_listener(gateway(), name="http-80").conditions, "Programmed")

    assert programmed is not None
    assert (programmed.status, programmed.reason) == ("True", "Programmed")
    assert "AWS has no such listener yet" in programmed.message


def test_a_gateway_that_cannot_be_built_says_that_its_latest_state_was_looked_at() -> None:
    standing = gateway_status(built(*ONE), NEW, ACTIVE, NOW)
    edited = built(gateway(infrastructure=configured("nowhere"), metadata={"generation": 2}))

    status = gateway_status(edited, standing, None, LATER)

    assert said(status.conditions) == {"Accepted": ("False", "InvalidParameters"), "Programmed": ("True", "Programmed")}
    assert {condition.observed_generation for condition in status.conditions} == {2}
    assert status.addresses == standing.addresses


def test_listener_sets_of_a_gateway_that_is_not_accepted_say_so() -> None:
    objects = (
        gateway(infrastructure=configured("nowhere"), allowedListeners={"namespaces": {"from": "Same"}}),
        listener_set(http(90)),
    )
    found = built(*objects)
    assert found.listener_sets is not None

    status = listener_set_status(found.listener_sets[NamespacedName("shop", "more")], ListenerSetStatus(), None, NOW)

    assert said(status.conditions)["Accepted"] == ("False", "ParentNotAccepted")
    assert said(status.conditions)["Programmed"][0] == "False"
    assert gateway_status(found, NEW, None, NOW).attached_listener_sets == 0


def test_conditions_that_somebody_else_wrote_stay() -> None:
    foreign = Condition(type="example.com/Audited", status="True", reason="Seen", observed_generation=1)
    standing = gateway_status(built(*ONE), NEW, ACTIVE, NOW)
    (listener,) = standing.listeners
    audited = msgspec.structs.replace(
        standing,
        conditions=(*standing.conditions, foreign),
        listeners=(msgspec.structs.replace(listener, conditions=(*listener.conditions, foreign)),),
    )

    after = gateway_status(built(gateway(metadata={"generation": 2}), *ONE[1:]), audited, ACTIVE, LATER)

    assert foreign in after.conditions
    assert foreign in after.listeners[0].conditions


def test_an_l4_listener_without_backends_is_not_in_aws_and_says_so() -> None:
    objects = (gateway(l4("TCP", 80), layer="nlb"), l4_route("TCPRoute"))

    assert said(of_listener(*objects, name="tcp-80").conditions)["Programmed"] == ("False", "NoBackends")


def test_a_gateway_that_cannot_be_built_keeps_what_it_had() -> None:
    before = of_gateway(*ONE)
    broken = built(gateway(infrastructure={"parametersRef": {"group": "x", "kind": "y", "name": "z"}}))

    after = gateway_status(broken, before, ACTIVE, LATER)

    assert said(after.conditions) == {"Accepted": ("False", "InvalidParameters"), "Programmed": ("True", "Programmed")}
    assert (after.addresses, after.listeners) == (before.addresses, before.listeners)


def test_a_failed_deploy_is_told_in_accepted_alone() -> None:
    before = of_gateway(*ONE)
    after = failed_gateway_status(built(*ONE), before, Fault("Invalid", "AWS says no"), LATER)

    assert said(after.conditions)["Accepted"] == ("False", "Invalid")
    assert said(after.conditions)["Programmed"] == ("True", "Programmed")


def test_what_has_not_changed_gives_an_equal_status() -> None:
    first = of_gateway(*ONE)

    assert gateway_status(built(*ONE), first, ACTIVE, LATER) == first


def test_a_conditions_time_changes_with_its_status() -> None:
    first = of_gateway(*ONE, balancer=PROVISIONING)
    second = gateway_status(built(*ONE), first, ACTIVE, LATER)
    times = {each.type: each.last_transition_time for each in second.conditions}

    assert times == {"Accepted": NOW, "Programmed": LATER}


def test_conditions_say_which_generation_they_are_about() -> None:
    edited = gateway(metadata={"generation": 7})
    status = of_gateway(edited, service(), http_route())

    assert {each.observed_generation for each in status.conditions} == {7}
    assert {each.observed_generation for each in status.listeners[0].conditions} == {7}


def test_conditions_of_others_stay() -> None:
    foreign = Condition(type="example.com/Reviewed", status="True", reason="Fine")
    before = msgspec.structs.replace(NEW, conditions=(*NEW.conditions, foreign))

    assert foreign.type in said(gateway_status(built(*ONE), before, ACTIVE, NOW).conditions)


def test_a_message_is_cut_before_the_api_refuses_it() -> None:
    status = failed_gateway_status(built(*ONE), NEW, Fault("Invalid", "x" * 40_000), NOW)
    accepted = find_condition(status.conditions, "Accepted")

    assert accepted is not None
    assert len(accepted.message) == LONGEST_MESSAGE + len("...")


SETS = gateway(allowedListeners={"namespaces": {"from": "Same"}})


def of_set(*objects: Plain, balancer: LoadBalancerState | None = ACTIVE) -> ListenerSetStatus:
    sets = built(*objects).listener_sets
    assert sets is not None
    return listener_set_status(sets[NamespacedName("shop", "more")], ListenerSetStatus(), balancer, NOW)


@pytest.mark.parametrize(
    ("objects", "balancer", "accepted", "programmed"),
    [
        ((gateway(), listener_set(http(81))), ACTIVE, ("False", "NotAllowed"), ("False", "NotAllowed")),
        ((SETS, listener_set(http(81))), ACTIVE, ("True", "Accepted"), ("True", "Programmed")),
        (
            (SETS, listener_set(http(81), https(80))),
            ACTIVE,
            ("True", "ListenersNotValid"),
            ("True", "Programmed"),
        ),
        (
            (SETS, listener_set(https(80))),
            ACTIVE,
            ("False", "ListenersNotValid"),
            ("False", "ListenersNotValid"),
        ),
        ((SETS, listener_set(http(81))), PROVISIONING, ("True", "Accepted"), ("False", "Pending")),
        ((SETS, listener_set(http(81))), None, ("True", "Accepted"), ("False", "Pending")),
    ],
)
def test_a_listener_set_is_told_what_became_of_it(
    objects: tuple[Plain, ...],
    balancer: LoadBalancerState | None,
    accepted: tuple[str, str],
    programmed: tuple[str, str],
) -> None:
    found = said(of_set(*objects, balancer=balancer).conditions)

    assert found == {"Accepted": accepted, "Programmed": programmed}


def test_attached_listener_sets_are_those_with_a_valid_listener() -> None:
    objects = (SETS, listener_set(http(81)), listener_set(https(80), name="bad"))

    assert of_gateway(*objects).attached_listener_sets == 1
    assert of_gateway(*ONE).attached_listener_sets == 0


WEB = RouteRef("HTTPRoute", "shop", "web")
CONTROLLER = "gateway.k8s.aws/alb"
EDGE = ParentReference(name="edge")


NOTHING = RouteStatus()


def of_route(result: BuiltGateway, stored: RouteStatus = NOTHING, *parents: ParentReference) -> RouteStatus:
    return route_status(result.routes[WEB], stored, CONTROLLER, parents or (EDGE,), NOW)


def parent(*objects: Plain) -> dict[str, tuple[str, str]]:
    (found,) = of_route(built(*objects)).parents
    assert (found.parent_ref, found.controller_name) == (EDGE, CONTROLLER)
    return said(found.conditions)


GOOD = {"ResolvedRefs": ("True", "ResolvedRefs"), "Accepted": ("True", "Accepted")}


def test_a_good_route_has_two_good_conditions_without_message() -> None:
    assert parent(*ONE) == GOOD
    (found,) = of_route(built(*ONE)).parents
    assert {each.message for each in found.conditions} == {""}


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([to("gone")], {**GOOD, "ResolvedRefs": ("False", "BackendNotFound")}),
        ([to("web", filters=[extension("gone")])], {**GOOD, "Accepted": ("False", "IncompatibleFilters")}),
        ([to("web", filters=[{"type": "CORS"}])], {**GOOD, "Accepted": ("False", "UnsupportedValue")}),
        (
            [to("web", filters=[{"type": "CORS"}]), to("web", matches=[prefix("/ok")])],
            {**GOOD, "PartiallyInvalid": ("True", "UnsupportedValue")},
        ),
    ],
)
def test_a_route_is_told_what_does_not_work(rules: list[Plain], expected: dict[str, tuple[str, str]]) -> None:
    assert parent(gateway(), service(), http_route(*rules)) == expected


def test_a_route_that_no_listener_takes_is_not_accepted() -> None:
    found = parent(gateway(http(hostname="a.example.com")), service(), http_route(hostnames=["b.example.com"]))

    assert found == {**GOOD, "Accepted": ("False", "NoMatchingListenerHostname")}


def test_a_gateway_that_cannot_be_built_still_tells_its_routes() -> None:
    infrastructure = {
        "parametersRef": {"group": "gateway.k8s.aws", "kind": "LoadBalancerConfiguration", "name": "edge"}
    }
    broken = {
        "apiVersion": "gateway.k8s.aws/v1",
        "kind": "LoadBalancerConfiguration",
        "metadata": {"name": "edge", "namespace": "shop"},
        "spec": {"securityGroups": ["gone"]},
    }

    assert parent(gateway(infrastructure=infrastructure), broken, service(), http_route()) == GOOD


def entry(controller: str, name: str, generation: int = 1, reason: str = "Old") -> RouteParentStatus:
    condition = Condition(type="Accepted", status="False", reason=reason, observed_generation=generation)
    return RouteParentStatus(parent_ref=ParentReference(name=name), controller_name=controller, conditions=(condition,))


def test_entries_of_other_controllers_stay_as_they_are() -> None:
    foreign = entry("example.com/other", "edge")

    after = of_route(built(*ONE), RouteStatus(parents=(foreign,)))

    assert after.parents[0] == foreign
    assert len(after.parents) == 2


def test_entries_of_our_other_gateways_stay_while_the_route_names_them() -> None:
    other = entry(CONTROLLER, "other")

    kept = of_route(built(*ONE), RouteStatus(parents=(other,)), EDGE, ParentReference(name="other"))
    dropped = of_route(built(*ONE), RouteStatus(parents=(other,)), EDGE)

    assert other in kept.parents
    assert other not in dropped.parents


def test_an_entry_is_replaced_in_its_place_and_keeps_its_times() -> None:
    first = of_route(built(*ONE))

    assert route_status(built(*ONE).routes[WEB], first, CONTROLLER, (EDGE,), LATER) == first


def test_what_was_said_of_a_later_generation_is_not_taken_back() -> None:
    newer = entry(CONTROLLER, "edge", generation=9, reason="Newer")

    assert of_route(built(*ONE), RouteStatus(parents=(newer,))).parents == (newer,)
