"""Which IngressGroups a change concerns (spec/ingress.md §5.1). Reads the stores, by index; does no I/O.

An Ingress whose group cannot be told gets an event, at each change of it that matters; not for the first lists, which
arrive in any order: a class that is not there yet is not missing.
"""

from collections.abc import Iterable
from dataclasses import replace

from albc.controllers.deployer import stack_of
from albc.controllers.reporting import Reporter
from albc.controllers.stores import Stores
from albc.crds.ingress_class_params import IngressClassParams
from albc.crds.target_group_binding import TargetGroupBinding
from albc.engine.informer import Change
from albc.engine.store import ObjectKey, key_of
from albc.engine.watches import meaningful
from albc.kube.objects import INGRESSES, Ingress, IngressClass, Secret, Service
from albc.mapping.cluster import INGRESS_TAG_PREFIX
from albc.mapping.ingress.groups import GroupID, group_names, group_of, pending_finalization
from albc.mapping.ingress.references import secret_names, service_names
from albc.mapping.invalid import Invalid
from albc.mapping.settings import MappingSettings
from albc.mapping.snapshot import Snapshot


class IngressEvents:
    def __init__(self, stores: Stores, report: Reporter, settings: MappingSettings) -> None:
        self._stores = stores
        self._report = report
        self._settings = settings
        stores.ingresses.add_index("service", self._services_of)
        stores.ingresses.add_index("secret", _secrets_of)
        stores.ingresses.add_index("class", _class_of)
        stores.ingresses.add_index("group", group_names)
        stores.ingress_classes.add_index("params", _params_of)

    def around(self, group: GroupID) -> Snapshot:
        """A snapshot in which the group's members stay those of this moment, whatever the stores learn later.

        It has no Ingresses but those that may be among them: to look at all of them for each group would take a time
        that grows with the square of their number.
        """
        snapshot = self._stores.snapshot()
        found = self._candidates(group)
        spaces = {ObjectKey("", ingress.namespace) for ingress in found}
        return replace(
            snapshot,
            ingresses={key_of(ingress): ingress for ingress in found},
            ingress_classes=dict(snapshot.ingress_classes),
            ingress_class_params=dict(snapshot.ingress_class_params),
            namespaces={key: space for key in spaces if (space := snapshot.namespaces.get(key))},
        )

    def _candidates(self, group: GroupID) -> list[Ingress]:
        if not group.explicit:
            own = self._stores.ingresses.get((group.namespace, group.name))
            return [own] if own else []
        found = [*self._stores.ingresses.by_index("group", group.name)]
        for params in self._stores.ingress_class_params.objects.values():
            if params.spec.group and params.spec.group.name == group.name:
                for ingress_class in self._stores.ingress_classes.by_index("params", params.name):
                    found += self._with_class(ingress_class.name)
        return found

    def of_change(self, change: Change[Ingress]) -> Iterable[GroupID]:
        """Those of the new state and of the old one."""
        yield from self._groups_of(change.object, tell=not change.initial)
        if change.type == "updated" and change.old is not None:
            yield from self._groups_of(change.old, tell=False)

    def _groups_of(self, ingress: Ingress, *, tell: bool) -> Iterable[GroupID]:
        """The group that it is in, and those that still have to let it go; `tell`: by an event, if that is unknown."""
        yield from pending_finalization(ingress)
        try:
            group = group_of(ingress, self._stores.snapshot(), self._settings)
        except Invalid as fault:
            if tell:
                self._report.warning(INGRESSES, ingress, fault.reason, f"failed load groupID due to {fault.message}")
        else:
            if group:
                yield group

    def of_service(self, change: Change[Service]) -> Iterable[GroupID]:
        return self._of_all(self._stores.ingresses.by_index("service", change.key), tell=not change.initial)

    def of_secret(self, change: Change[Secret]) -> Iterable[GroupID]:
        """Of Ingresses that name it, and of those in front of Services that do."""
        ingresses = self._stores.ingresses
        services = [
            key_of(service)
            for service in self._stores.services.list(change.key.namespace)
            if change.key.name in secret_names(service)
        ]
        return self._of_all(
            [
                *ingresses.by_index("secret", change.key),
                *(ingress for key in services for ingress in ingresses.by_index("service", key)),
            ],
            tell=not change.initial,
        )

    def of_binding(self, change: Change[TargetGroupBinding]) -> Iterable[GroupID]:
        """A stack that removes target groups waits for their bindings to go."""
        stack = stack_of(change.object.metadata.labels, INGRESS_TAG_PREFIX)
        return [GroupID(*stack)] if stack else []

    def of_class(self, change: Change[IngressClass]) -> Iterable[GroupID]:
        return self._of_all(self._with_class(change.key.name), tell=not change.initial)

    def of_params(self, change: Change[IngressClassParams]) -> Iterable[GroupID]:
        for ingress_class in self._stores.ingress_classes.by_index("params", change.key.name):
            yield from self._of_all(self._with_class(ingress_class.name), tell=not change.initial)

    def _with_class(self, name: str) -> Iterable[Ingress]:
        """Also Ingresses without a class: it may be, or have been, the default."""
        ingresses = self._stores.ingresses
        return [*ingresses.by_index("class", name), *ingresses.by_index("class", None)]

    def _of_all(self, ingresses: Iterable[Ingress], *, tell: bool) -> Iterable[GroupID]:
        return (group for ingress in ingresses for group in self._groups_of(ingress, tell=tell))

    def _services_of(self, ingress: Ingress) -> Iterable[ObjectKey]:
        return [ObjectKey(ingress.namespace, name) for name in service_names(ingress, self._settings)]


def not_gone(change: Change[Ingress]) -> bool:
    """A change that matters; the finalizer makes a deletion an update first."""
    return change.type != "deleted" and meaningful(change)


def _secrets_of(ingress: Ingress) -> Iterable[ObjectKey]:
    return [ObjectKey(ingress.namespace, name) for name in secret_names(ingress)]


def _class_of(ingress: Ingress) -> Iterable[str | None]:
    return [ingress.spec.ingress_class_name]


def _params_of(ingress_class: IngressClass) -> Iterable[str]:
    return [ingress_class.spec.parameters.name] if ingress_class.spec.parameters else []
