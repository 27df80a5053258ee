"""Listeners: redirects to HTTPS, default actions, attributes (spec/ingress.md §13)."""

from typing import Any

import pytest

from albc.kube.objects import Ingress
from albc.model.actions import ActionConfig, FixedResponse, Forward, Redirect
from albc.model.listener import ListenerAttribute
from albc.model.target_group import TargetGroup
from tests.mapping.ingress.kit import (
    HTTP_AND_HTTPS,
    Thing,
    action,
    annotated,
    built,
    class_with,
    errors,
    fault,
    fixed,
    ingress,
    listener,
    path,
    rule,
    rules,
    stack,
    warnings,
)

TO_443 = (Redirect(port="443", protocol="HTTPS", status_code="HTTP_301"),)
NOT_FOUND = (FixedResponse(content_type="text/plain", status_code="404"),)


def member(name: str, annotations: dict[str, Any] | None = None, **more: Any) -> Ingress:
    return ingress(name=name, annotations={"group.name": "edge", **(annotations or {})}, **more)


def default(*things: Thing, port: int = 80, group: str = "shop/web") -> tuple[ActionConfig, ...]:
    return listener(stack(*things, group=group), port).default_actions


def redirecting(port: str = "443", **more: Any) -> Ingress:
    return ingress(annotations={**HTTP_AND_HTTPS, "ssl-redirect": port}, **more)


def test_http_listeners_redirect_and_have_no_rules() -> None:
    found = stack(redirecting())

    assert listener(found).default_actions == TO_443
    assert (rules(found), len(rules(found, 443))) == ([], 1)


def test_a_redirect_of_one_member_is_for_the_whole_group() -> None:
    found = stack(member("a", {**HTTP_AND_HTTPS, "ssl-redirect": "443"}), member("b"), group="edge")

    assert listener(found).default_actions == TO_443
    assert rules(found) == []


def test_backends_behind_a_redirect_are_not_even_looked_at() -> None:
    broken = member("b", {"actions.go": "nonsense"}, defaultBackend=action("go")["backend"])
    found = stack(member("a", {**HTTP_AND_HTTPS, "ssl-redirect": "443"}), broken, group="edge")

    assert [each.id for each in found.all(TargetGroup)] == ["shop/a-cart:80"]


def test_the_class_goes_before_the_annotation() -> None:
    ports = {"listen-ports": '[{"HTTP": 80}, {"HTTPS": 443}, {"HTTPS": 8443}]', "certificate-arn": "x"}
    subject = ingress(annotations={**ports, "ssl-redirect": "nonsense"})

    [only] = default(subject, *class_with(sslRedirectPort="8443"))
    assert isinstance(only, Redirect)
    assert only.port == "8443"


def test_an_unusable_port_of_the_class_turns_the_redirect_off_with_a_warning() -> None:
    things = redirecting(), *class_with(sslRedirectPort="https")

    assert default(*things) == NOT_FOUND
    [warning] = warnings(*things)
    assert warning.reason == "IgnoredSetting"
    assert 'sslRedirectPort "https" of IngressClassParams params' in warning.message


@pytest.mark.parametrize(
    ("port", "told"),
    [
        ("444", "listener does not exist for SSLRedirect port: 444"),
        ("80", "listener protocol non-SSL for SSLRedirect port: 80"),
        ("https", "ssl-redirect"),
    ],
)
def test_an_unusable_redirect_is_told(port: str, told: str) -> None:
    assert told in fault(redirecting(port))


def test_a_member_with_an_unusable_redirect_is_left_out_and_the_others_stay() -> None:
    result = built(member("a", {"ssl-redirect": "443"}), member("b"), group="edge")

    assert result.stack is not None
    assert len(rules(result.stack)) == 1
    assert [problem.object.name for problem in errors(result)] == ["a"]


def test_of_two_redirects_the_first_members_holds() -> None:
    ports = {"listen-ports": '[{"HTTP": 80}, {"HTTPS": 443}, {"HTTPS": 8443}]', "certificate-arn": "x"}
    result = built(
        member("a", {**ports, "ssl-redirect": "443"}), member("b", {**ports, "ssl-redirect": "8443"}), group="edge"
    )

    assert result.stack is not None
    assert listener(result.stack).default_actions == TO_443
    assert [problem.object.name for problem in errors(result)] == ["b"]


BACKEND = path()["backend"]


def test_without_default_backend_the_answer_is_404() -> None:
    assert default(ingress()) == NOT_FOUND


def test_a_default_backend_answers_what_no_rule_takes() -> None:
    [only] = default(ingress(defaultBackend=BACKEND, rules=[]))

    assert isinstance(only, Forward)


def test_of_several_default_backends_the_first_answers() -> None:
    second = member("b", {"actions.go": fixed("b")}, defaultBackend=action("go")["backend"])
    result = built(member("a", defaultBackend=BACKEND), second, group="edge")

    assert result.stack is not None
    assert isinstance(listener(result.stack).default_actions[0], Forward)
    [problem] = errors(result)
    assert problem.object.name == "b"
    assert "multiple ingress defined default backend" in problem.message
    assert len(rules(result.stack)) == 2


def attributes(*things: Thing, port: int = 80, group: str = "shop/web") -> dict[str, str]:
    found = listener(stack(*things, group=group), port).listener_attributes
    assert list(found) == sorted(found)
    return {each.key: each.value for each in found}


def test_attributes_are_those_of_protocol_and_port() -> None:
    subject = annotated(
        **{
            "listener-attributes.HTTP-80": "b=1,a=2",
            "listener-attributes.HTTPS-80": "wrong=1",
            "listener-attributes.HTTP-81": "nonsense",
        }
    )

    assert attributes(subject) == {"a": "2", "b": "1"}


def test_attributes_of_members_are_merged_and_the_first_holds() -> None:
    key = "listener-attributes.HTTP-80"
    result = built(member("a", {key: "a=1"}), member("b", {key: "a=2,b=3"}), group="edge")

    assert result.stack is not None
    assert listener(result.stack).listener_attributes == (
        ListenerAttribute(key="a", value="1"),
        ListenerAttribute(key="b", value="3"),
    )
    assert [problem.object.name for problem in errors(result)] == ["b"]


def test_attributes_of_the_class_of_the_first_member_on_the_port_settle_conflicts() -> None:
    key = "listener-attributes.HTTP-80"
    listeners = [
        {"protocol": "HTTPS", "port": 80, "listenerAttributes": [{"key": "a", "value": "wrong"}]},
        {"protocol": "HTTP", "port": 80, "listenerAttributes": [{"key": "a", "value": "class"}]},
        {"protocol": "HTTP", "port": 80, "listenerAttributes": [{"key": "a", "value": "late"}]},
    ]
    things = member("a", {key: "a=1"}), member("b", {key: "a=2"}), *class_with(listeners=listeners)

    assert attributes(*things, group="edge") == {"a": "class"}


def test_attributes_of_the_class_make_no_listener() -> None:
    listeners = [{"protocol": "HTTP", "port": 81, "listenerAttributes": [{"key": "a", "value": "1"}]}]

    assert stack(ingress(), *class_with(listeners=listeners)).get(type(listener(stack(ingress()))), "81") is None


def test_rules_of_a_path_alone_stand_in_every_listener_of_the_member() -> None:
    found = stack(ingress(rule(path()), annotations=HTTP_AND_HTTPS))

    assert [rule.conditions for rule in rules(found)] == [rule.conditions for rule in rules(found, 443)]
