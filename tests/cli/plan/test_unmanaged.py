"""`albc plan` tells what albc leaves alone, and counts it as no change."""

from albc.cli.plan.diff import diff
from albc.cli.plan.document import plan_document
from albc.cli.plan.outlook import Outlook, Planned
from albc.cli.plan.tree import tree
from albc.cli.plan.words import Palette
from albc.deploy.plan import Plan, ResourceID
from albc.deploy.plan.operation import Unmanaged
from albc.mapping.cluster import Unit
from albc.mapping.ingress.groups import GroupID
from albc.model.load_balancer import LoadBalancer
from albc.model.stack import Stack, StackID

STACK = StackID("shop", "web")
LEFT = Unmanaged(ResourceID(LoadBalancer.type, "LoadBalancer"), {"idle_timeout.timeout_seconds": "120\x1b[2J"})
PLAN = Plan(stack=STACK, tag_prefix="ingress.k8s.aws", unmanaged=(LEFT,))
UNIT = Unit(GroupID("shop", "web"), STACK, "ingress.k8s.aws", "application")
OUTLOOK = Outlook((Planned(UNIT, Stack(STACK), PLAN),), ())


def test_people_read_it_above_the_summary_in_a_line() -> None:
    for lines in (list(tree(OUTLOOK, Palette(False))), list(diff(OUTLOOK, Palette(False)))):
        *_, unmanaged, summary = lines
        assert unmanaged.startswith(
            "Unmanaged: LoadBalancer LoadBalancer of Ingress shop/web has idle_timeout.timeout_seconds=120"
        )
        assert "\x1b" not in unmanaged
        assert summary == "Plan: no changes."


def test_machines_find_it_on_the_stack() -> None:
    [stack] = plan_document(OUTLOOK)["stacks"]

    assert stack["operations"] == []
    assert stack["unmanaged"] == [
        {
            "resource": {"type": LoadBalancer.type, "id": "LoadBalancer"},
            "attributes": {"idle_timeout.timeout_seconds": "120\x1b[2J"},
        }
    ]
