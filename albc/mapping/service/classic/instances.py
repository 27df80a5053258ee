"""Which nodes a Classic Load Balancer sends to, and whether it is let in there (spec/service.md B9). Called by `build`.

Nodes themselves are no part of a stack: `albc.targets.classic` follows them.
"""

from collections.abc import Mapping

from albc.mapping.service.classic.parsed import MANAGE_NODE_RULES, TARGET_NODE_LABELS
from albc.mapping.service.parsed import ServiceAnnotations


def target_node_labels(annotations: ServiceAnnotations) -> Mapping[str, str]:
    """Labels that a node must have; an empty value takes any."""
    return annotations[TARGET_NODE_LABELS] or {}


def manages_node_rules(annotations: ServiceAnnotations) -> bool:
    """Whether security groups of nodes are ours to open."""
    manage = annotations[MANAGE_NODE_RULES]
    return True if manage is None else manage
