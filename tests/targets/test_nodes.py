"""Which Nodes become instance targets."""

from collections.abc import Callable

import pytest

from albc.errors import Invalid
from albc.kube.objects import Node
from albc.kube.objects.meta import LabelSelector, LabelSelectorRequirement
from albc.targets.nodes import instance_id, node_change_matters, takes_traffic, traffic_nodes

MakeNode = Callable[..., Node]


@pytest.mark.parametrize(
    "label",
    [
        "node-role.kubernetes.io/master",
        "node.kubernetes.io/exclude-from-external-load-balancers",
        "alpha.service-controller.kubernetes.io/exclude-balancer",
    ],
)
def test_a_node_that_is_labelled_out_takes_no_traffic(make_node: MakeNode, label: str) -> None:
    assert not takes_traffic(make_node("a", labels={label: ""}), None)


@pytest.mark.parametrize(
    ("taint", "takes"),
    [
        (("ToBeDeletedByClusterAutoscaler", "NoSchedule"), False),
        (("karpenter.sh/disrupted", "NoSchedule"), False),
        (("karpenter.sh/disrupted", "PreferNoSchedule"), True),
        (("dedicated", "NoSchedule"), True),
    ],
)
def test_a_node_about_to_be_removed_takes_no_traffic(make_node: MakeNode, taint: tuple[str, str], takes: bool) -> None:
    assert takes_traffic(make_node("a", taints=(taint,)), None) is takes


def test_a_binding_may_choose_its_nodes_by_label(make_node: MakeNode) -> None:
    selector = LabelSelector(match_labels={"pool": "web"})
    nodes = [make_node("b", labels={"pool": "db"}), make_node("a", labels={"pool": "web"})]
    assert [node.name for node in traffic_nodes(nodes, selector, fail_open=True)] == ["a"]


def test_an_unknown_selector_operator_says_which_ones_there_are(make_node: MakeNode) -> None:
    selector = LabelSelector(match_expressions=(LabelSelectorRequirement(key="pool", operator="Like"),))
    with pytest.raises(Invalid, match="use In, NotIn, Exists or DoesNotExist"):
        takes_traffic(make_node("a"), selector)


def test_nodes_of_unknown_readiness_serve_only_when_none_is_ready(make_node: MakeNode) -> None:
    silent, ready = make_node("silent", ready="Unknown"), make_node("ready")
    assert [node.name for node in traffic_nodes([silent, ready], None, fail_open=True)] == ["ready"]
    assert [node.name for node in traffic_nodes([silent], None, fail_open=True)] == ["silent"]
    assert traffic_nodes([silent], None, fail_open=False) == ()


def test_a_heartbeat_of_a_node_concerns_no_binding(make_node: MakeNode) -> None:
    assert not node_change_matters(make_node("a"), make_node("a"), None)


def test_a_node_that_becomes_ready_concerns_its_bindings(make_node: MakeNode) -> None:
    assert node_change_matters(make_node("a", ready="False"), make_node("a"), None)


def test_the_instance_id_is_the_last_part_of_the_provider_id(make_node: MakeNode) -> None:
    assert instance_id(make_node("a", provider="aws:///us-west-2a/i-0abc")) == "i-0abc"


@pytest.mark.parametrize("provider", ["", "aws:///us-west-2a/fargate-ip-10-0-0-1"])
def test_a_node_without_an_instance_is_named(make_node: MakeNode, provider: str) -> None:
    with pytest.raises(Invalid, match="node: odd"):
        instance_id(make_node("odd", provider=provider))
