"""Whether labels satisfy a Kubernetes label selector.

Called where an object chooses others by labels: an IngressClass's namespaces, a Gateway listener's routes.
"""

from collections.abc import Mapping

from albc.kube.objects.meta import LabelSelector
from albc.mapping.invalid import Invalid


def selects(selector: LabelSelector, labels: Mapping[str, str]) -> bool:
    """All requirements must hold, so an empty selector selects everything."""
    if any(labels.get(key) != value for key, value in selector.match_labels.items()):
        return False
    for requirement in selector.match_expressions:
        value = labels.get(requirement.key)
        match requirement.operator:
            case "In":
                holds = value in requirement.values
            case "NotIn":
                holds = value not in requirement.values
            case "Exists":
                holds = value is not None
            case "DoesNotExist":
                holds = value is None
            case _:
                raise Invalid(
                    f'label selector: operator "{requirement.operator}" on key {requirement.key} '
                    "must be In, NotIn, Exists or DoesNotExist"
                )
        if not holds:
            return False
    return True
