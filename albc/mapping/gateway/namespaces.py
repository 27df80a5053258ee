"""Whether objects of one namespace may attach to a Gateway or listener of another (spec/gateway.md §5, §7)."""

from albc.kube.objects.meta import LabelSelector
from albc.mapping.label_selectors import selects
from albc.mapping.snapshot import NamespacedName, Snapshot


def admits(from_: str, selector: LabelSelector | None, parent: str, child: str, snapshot: Snapshot) -> bool:
    """`from_` is All, Selector, Same or None; any other word, and a selector that is not there, admits nobody.

    Raises `Invalid` for a selector with an unknown operator.
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
