"""Whether objects of one namespace may attach to a Gateway or listener of another (spec/gateway.md §5, §7).

Called by `listeners` and `listener_sets`, which check a selector once, and by `attachment`.
"""

from albc.kube.objects.meta import LabelSelector
from albc.mapping.invalid import Invalid
from albc.mapping.label_selectors import selects
from albc.mapping.snapshot import NamespacedName, Snapshot


def admits(from_: str, selector: LabelSelector | None, parent: str, child: str, snapshot: Snapshot) -> bool:
    """`from_` is All, Selector, Same or None; any other word, and a selector that is not there, admits nobody.

    The selector has passed `check`.
    """
    match from_:
        case "All":
            return True
        case "Same":
            return parent == child
        case "Selector" if selector is not None:
            namespace = snapshot.namespaces.get(NamespacedName("", child))
            return namespace is not None and selects(selector, namespace.metadata.labels)
        case _:
            return False


_OPERATORS = frozenset({"In", "NotIn", "Exists", "DoesNotExist"})


def check(field: str, selector: LabelSelector | None) -> None:
    """Raises `Invalid` for an operator that does not exist; no schema refuses it."""
    for requirement in selector.match_expressions if selector else ():
        if requirement.operator not in _OPERATORS:
            raise Invalid(
                f'{field}: operator "{requirement.operator}" on key {requirement.key} of the label selector must be '
                f"one of {', '.join(sorted(_OPERATORS))}",
                reason="Invalid",
            )
