"""Tags of each resource, and who wins (spec/ingress.md §19)."""

from albc.kube.objects import Ingress
from albc.model.security_group import SecurityGroup
from tests.mapping.ingress.kit import (
    built,
    class_with,
    errors,
    fault,
    ingress,
    listener,
    load_balancer,
    rules,
    service,
    settings,
    stack,
    target_group,
)


def tagged(tags: str, name: str = "web", group: str = "") -> Ingress:
    return ingress(name=name, annotations={"tags": tags} | ({"group.name": group} if group else {}))


def test_an_ingress_tags_all_of_its_resources() -> None:
    found = stack(tagged("team=shop"))

    [managed] = found.all(SecurityGroup)
    everything = (load_balancer(found), managed, listener(found), rules(found)[0], target_group(found))
    assert [each.tags for each in everything] == [{"team": "shop"}] * 5


def test_the_class_goes_before_the_annotation_key_by_key() -> None:
    found = stack(tagged("a=1,b=2"), *class_with(tags=[{"key": "b", "value": "3"}]))

    assert load_balancer(found).tags == {"a": "1", "b": "3"}


def test_default_tags_win_unless_they_are_of_low_priority() -> None:
    defaults = {"a": "default", "z": "default"}
    subject = tagged("a=1")

    assert load_balancer(stack(subject, settings=settings(default_tags=defaults))).tags == defaults
    low = settings(default_tags=defaults, enable_default_tags_low_priority=True)
    assert load_balancer(stack(subject, settings=low)).tags == {"a": "1", "z": "default"}


def test_a_target_group_has_tags_of_service_over_ingress_key_by_key() -> None:
    found = stack(
        tagged("a=ingress,b=ingress,c=ingress"),
        service(annotations={"tags": "b=service,c=service"}),
        *class_with(tags=[{"key": "c", "value": "class"}]),
    )

    assert target_group(found).tags == {"a": "ingress", "b": "service", "c": "class"}


def test_a_load_balancer_has_the_tags_of_all_members_and_a_rule_those_of_its_own() -> None:
    found = stack(tagged("a=1", "x", "edge"), tagged("b=2", "y", "edge"), group="edge")

    assert load_balancer(found).tags == {"a": "1", "b": "2"}
    assert [rule.tags for rule in rules(found)] == [{"a": "1"}, {"b": "2"}]


def test_a_listener_has_the_tags_of_the_members_on_its_port() -> None:
    other = ingress(name="y", annotations={"group.name": "edge", "tags": "b=2", "listen-ports": '[{"HTTP": 8080}]'})
    found = stack(tagged("a=1", "x", "edge"), other, group="edge")

    assert (listener(found).tags, listener(found, 8080).tags) == ({"a": "1"}, {"b": "2"})


def test_two_values_of_a_tag_are_told_once_and_the_first_holds() -> None:
    result = built(tagged("a=1", "x", "edge"), tagged("a=2", "y", "edge"), group="edge")

    assert result.stack is not None
    assert load_balancer(result.stack).tags == {"a": "1"}
    [problem] = errors(result)
    assert problem.object.name == "y"
    assert "tag a is 2 here, but 1 at Ingress shop/x" in problem.message


def test_an_external_managed_tag_is_refused_wherever_it_stands() -> None:
    external = settings(external_managed_tags=frozenset({"owner"}))

    assert "external managed tag key owner" in fault(tagged("owner=me"), settings=external)
    by_class = class_with(tags=[{"key": "owner", "value": "me"}])
    assert "IngressClassParams params" in fault(ingress(), *by_class, settings=external)
    assert "owner" in fault(ingress(), service(annotations={"tags": "owner=me"}), settings=external)
