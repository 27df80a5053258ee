"""Label selectors in mapping: the API's own rule, with a fault that names its remedy.

Called where an object chooses others by labels: an IngressClass's namespaces, a Gateway listener's routes.
"""

from collections.abc import Mapping

from albc.kube.selectors import Selector, matches
from albc.mapping.invalid import Invalid


def selects(selector: Selector, labels: Mapping[str, str]) -> bool:
    """All requirements must hold, so an empty selector selects everything."""
    try:
        return matches(selector, labels)
    except ValueError as error:
        raise Invalid(f"label selector: {error}; it must be In, NotIn, Exists or DoesNotExist") from None
