"""Which nodes are instances of a Classic Load Balancer (spec/service.md B9.1). Pure.

Whether a node is ready does not matter, nor where the Pods are: the health check sorts that out.
"""

import re
from collections.abc import Iterable, Mapping

from albc.kube.objects import Node

EXCLUDE = "node.kubernetes.io/exclude-from-external-load-balancers"
_TO_BE_DELETED = "ToBeDeletedByClusterAutoscaler"
_INSTANCE = re.compile(r"i-[^/]*")
_FALSE = frozenset({"0", "f", "F", "false", "FALSE", "False"})


def instance_ids(nodes: Iterable[Node], labels: Mapping[str, str]) -> tuple[str, ...]:
    """Of the nodes that may serve and bear all `labels`, sorted; an empty value asks for the label alone."""
    return tuple(sorted({id_ for node in nodes if _serves(node, labels) and (id_ := instance_id(node))}))


def instance_id(node: Node) -> str:
    """ "" for a node that is no EC2 instance, or does not say so yet."""
    last = node.spec.provider_id.rpartition("/")[2]
    return last if _INSTANCE.fullmatch(last) else ""


def matters(old: Node | None, new: Node | None) -> bool:
    """Whether a change of a node may change the instances of any load balancer; a taint alone does not."""
    return _seen(old) != _seen(new)


def _seen(node: Node | None) -> object:
    if node is None:
        return None
    return _is_excluded(node), node.metadata.deletion_timestamp is not None, instance_id(node), node.metadata.labels


def _serves(node: Node, labels: Mapping[str, str]) -> bool:
    has = node.metadata.labels
    return (
        node.metadata.deletion_timestamp is None
        and not _is_excluded(node)
        and all(taint.key != _TO_BE_DELETED for taint in node.spec.taints)
        and all(key in has and value in ("", has[key]) for key, value in labels.items())
    )


def _is_excluded(node: Node) -> bool:
    """The label excludes whatever its value, but for `false`."""
    return node.metadata.labels.get(EXCLUDE, "false") not in _FALSE
