"""Which Nodes take traffic for `instance` targets, and what AWS calls them (spec/targets.md §5.2, §6.2, §16.3).

Pure.
"""

import re
from collections.abc import Iterable
from typing import Literal

from albc.errors import Invalid
from albc.kube.objects import Node
from albc.kube.selectors import Selector, matches

_EXCLUDING_LABELS = (
    "node-role.kubernetes.io/master",
    "node.kubernetes.io/exclude-from-external-load-balancers",
    "alpha.service-controller.kubernetes.io/exclude-balancer",
)
_COMPUTE_TYPE = "eks.amazonaws.com/compute-type"


def readiness(node: Node) -> Literal["True", "False", "Unknown"] | None:
    """Status of the node's Ready condition, None without one."""
    for condition in node.status.conditions:
        if condition.type == "Ready" and condition.status in ("True", "False", "Unknown"):
            return condition.status  # type: ignore[return-value]  # narrowed by the tuple above
    return None


def takes_traffic(node: Node, selector: Selector | None) -> bool:
    """The node is neither excluded by label nor about to go, and the binding's selector wants it.

    Raises `Invalid` for a selector with an unknown operator.
    """
    labels = node.metadata.labels
    if any(label in labels for label in _EXCLUDING_LABELS) or labels.get(_COMPUTE_TYPE) == "fargate":
        return False
    if any(
        taint.key == "ToBeDeletedByClusterAutoscaler"
        or (taint.key == "karpenter.sh/disrupted" and taint.effect == "NoSchedule")
        for taint in node.spec.taints
    ):
        return False
    try:
        return selector is None or matches(selector, labels)
    except ValueError as error:
        raise Invalid(f"spec.nodeSelector: {error}; use In, NotIn, Exists or DoesNotExist") from None


def traffic_nodes(nodes: Iterable[Node], selector: Selector | None, *, fail_open: bool) -> tuple[Node, ...]:
    """Ready nodes that take traffic, by name; when there are none and `fail_open`, those of unknown readiness."""
    suitable = [node for node in nodes if takes_traffic(node, selector)]
    ready = [node for node in suitable if readiness(node) == "True"]
    if not ready and fail_open:
        ready = [node for node in suitable if readiness(node) == "Unknown"]
    return tuple(sorted(ready, key=lambda node: node.name))


def node_change_matters(old: Node | None, new: Node | None, selector: Selector | None) -> bool:
    """Whether a change of a node may change the targets of a binding with this selector (spec/targets.md §5.2)."""
    was = old is not None and takes_traffic(old, selector)
    is_ = new is not None and takes_traffic(new, selector)
    old_ready = (readiness(old) if old else None) or "False"
    new_ready = (readiness(new) if new else None) or "False"
    match was, is_:
        case False, False:
            return False
        case True, True:
            return old_ready != new_ready
        case True, False:
            return old_ready != "False"
        case _:
            return new_ready != "False"


def instance_id(node: Node) -> str:
    """EC2 instance id of a node. Raises `Invalid` when its provider id names none."""
    provider = node.spec.provider_id
    if not provider:
        raise Invalid(f"providerID is not specified for node: {node.name}")
    last = provider.rsplit("/", 1)[-1]
    if provider.startswith("eks-hybrid://"):
        if not re.fullmatch(r"mi-[^/]*", last):
            raise Invalid(f"providerID {provider} is invalid for EKS hybrid instances, node: {node.name}")
        return f"hybrid-{last}"
    if not re.fullmatch(r"i-[^/]*", last):
        raise Invalid(f"providerID {provider} is invalid for EC2 instances, node: {node.name}")
    return last
