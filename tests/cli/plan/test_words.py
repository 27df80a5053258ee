"""How a plan's values read."""

from albc.cli.plan.diff import diff
from albc.cli.plan.outlook import Outlook, Planned
from albc.cli.plan.words import Palette, plain, said, spread
from albc.deploy.plan import Operation, Plan, ResourceID, Verb
from albc.mapping.cluster import Unit
from albc.mapping.ingress.groups import GroupID
from albc.model.listener import Listener
from albc.model.reference import Ref, SecretText
from albc.model.stack import Stack, StackID

GROUP = Ref("AWS::ElasticLoadBalancingV2::TargetGroup", "shop/web", "targetGroupARN")


def shown(operation: Operation, *, colours: bool = False) -> list[str]:
    stack = StackID("shop", "web")
    unit = Unit(GroupID("shop", "web"), stack, "ingress.k8s.aws", "application")
    plan = Plan(stack=stack, tag_prefix="ingress.k8s.aws", operations=(operation,))
    return list(diff(Outlook((Planned(unit, Stack(stack), plan),), ()), Palette(colours)))


def modification(before: object, after: object) -> Operation:
    return Operation(
        verb=Verb.MODIFY,
        resource=ResourceID(Listener.type, "80"),
        action="modify_listener",
        before={"Port": before},
        after={"Port": after},
        because="Port changed",
    )


def test_a_reference_reads_as_what_it_refers_to() -> None:
    assert said(GROUP) == "(TargetGroup shop/web).targetGroupARN"


def test_a_reference_is_for_machines_as_in_the_stacks_json() -> None:
    expected = {"$ref": "#/resources/AWS::ElasticLoadBalancingV2::TargetGroup/shop/web/status/targetGroupARN"}
    assert plain(GROUP) == expected


def test_a_secret_reads_as_redacted_wherever_it_stands() -> None:
    assert plain({"a": [SecretText("s3cret")]}) == {"a": ["[REDACTED]"]}
    assert said([SecretText("s3cret")]) == "[[REDACTED]]"


def test_a_long_list_takes_a_line_for_each_of_its_items() -> None:
    lines = list(spread("Values", [f"value-{number:03}" for number in range(20)]))
    assert lines[:2] == ["Values:", '  - "value-000"']
    assert len(lines) == 21


def test_a_short_change_stands_in_one_line() -> None:
    assert "      ~ Port: 80 → 8080" in shown(modification(80, 8080))


def test_a_long_change_stands_as_before_and_after() -> None:
    lines = [line.strip() for line in shown(modification("a" * 60, "b" * 60))]
    assert f'-   before = "{"a" * 60}"' in lines
    assert f'+   after = "{"b" * 60}"' in lines


def test_an_operation_says_why() -> None:
    assert "  ~ Listener 80  modify_listener: Port changed" in shown(modification(80, 8080))


def test_colours_are_left_out_unless_wanted() -> None:
    assert "\x1b" not in "".join(shown(modification(80, 8080)))
    assert "\x1b[33m" in "".join(shown(modification(80, 8080), colours=True))
