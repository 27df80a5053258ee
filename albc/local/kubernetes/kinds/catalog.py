"""Which behaviour each resource has, in one table, and how its objects may be named."""

from __future__ import annotations

from collections.abc import Callable

from albc.local.kubernetes.behaviour import PLAIN, Behaviour, Object
from albc.local.kubernetes.kinds import networking, pod, service, small, workloads
from albc.local.kubernetes.options import ClusterOptions
from albc.local.kubernetes.registry import Registry, Resource
from albc.local.kubernetes.store import StorageName, Store
from albc.local.kubernetes.types.notation import Schema
from albc.local.kubernetes.validation.names import DNS_1035_LABEL, DNS_LABEL, DNS_SUBDOMAIN, NameCheck, path_segment

_NAMES: dict[tuple[str, str], NameCheck] = {
    ("", "namespaces"): DNS_LABEL.faults,
    ("", "services"): DNS_1035_LABEL.faults,
    ("rbac.authorization.k8s.io", "roles"): path_segment,
    ("rbac.authorization.k8s.io", "clusterroles"): path_segment,
    ("rbac.authorization.k8s.io", "rolebindings"): path_segment,
    ("rbac.authorization.k8s.io", "clusterrolebindings"): path_segment,
}
_COUNTED = {("apps", "statefulsets"), ("apps", "daemonsets"), ("networking.k8s.io", "networkpolicies")}
_CONDITIONAL = {("policy", "poddisruptionbudgets")}
_INGRESS_CLASSES = StorageName("networking.k8s.io", "ingressclasses")

Make = Callable[[Schema], Behaviour]


class Catalog:
    """The behaviours of every resource; those of custom ones come and go with their definitions."""

    def __init__(self, options: ClusterOptions, registry: Registry, store: Store) -> None:
        def classes() -> list[Object]:
            return [stored.object() for stored in store.collection(_INGRESS_CLASSES).values()]

        special: dict[tuple[str, str], Make] = {
            ("", "configmaps"): small.config_map,
            ("", "namespaces"): small.namespace,
            ("", "pods"): pod.behaviour,
            ("", "secrets"): small.secret,
            ("", "services"): lambda schema: service.behaviour(options, schema),
            ("apps", "deployments"): workloads.deployment,
            ("apps", "replicasets"): workloads.replica_set,
            ("networking.k8s.io", "ingresses"): lambda schema: networking.ingress(schema, classes),
            ("networking.k8s.io", "ingressclasses"): networking.ingress_class,
            ("discovery.k8s.io", "endpointslices"): networking.endpoint_slice,
            ("coordination.k8s.io", "leases"): small.lease,
            ("rbac.authorization.k8s.io", "roles"): small.role,
            ("rbac.authorization.k8s.io", "clusterroles"): small.role,
            ("rbac.authorization.k8s.io", "rolebindings"): small.binding,
            ("rbac.authorization.k8s.io", "clusterrolebindings"): small.binding,
            ("admissionregistration.k8s.io", "mutatingwebhookconfigurations"): small.webhooks,
            ("admissionregistration.k8s.io", "validatingwebhookconfigurations"): small.webhooks,
        }
        self._behaviours: dict[tuple[str, str, str], Behaviour] = {}
        for resource in registry:
            key = (resource.group, resource.plural)
            make = special.get(key)
            self.set(
                resource,
                make(resource.schema)
                if make
                else small.plain(
                    resource.schema,
                    counts_generations=key in _COUNTED,
                    unconditional_update=key not in _CONDITIONAL,
                ),
            )

    def set(self, resource: Resource, behaviour: Behaviour) -> None:
        """Gives a resource its behaviour."""
        self._behaviours[resource.group, resource.version, resource.plural] = behaviour

    def behaviour(self, resource: Resource) -> Behaviour:
        return self._behaviours.get((resource.group, resource.version, resource.plural), PLAIN)

    def name_faults(self, resource: Resource, name: str) -> list[str]:
        return _NAMES.get((resource.group, resource.plural), DNS_SUBDOMAIN.faults)(name)
