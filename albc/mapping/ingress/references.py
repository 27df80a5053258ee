"""Which Services and Secrets an object refers to, so that their changes wake the right groups (spec/ingress.md §5.1).

An annotation that does not parse refers to nothing; its own Ingress is told by `build`.
"""

from collections.abc import Mapping

from albc.kube.key import NamespacedName
from albc.kube.objects import Ingress, Service
from albc.mapping.ingress import auth, backends
from albc.mapping.ingress.actions import services_of
from albc.mapping.ingress.member import NO_PARAMS, Member, annotations_of
from albc.mapping.invalid import Invalid
from albc.mapping.settings import MappingSettings


def service_names(ingress: Ingress, settings: MappingSettings) -> frozenset[str]:
    """Services of its namespace that its rules forward to."""
    try:
        read = backends.read(Member(ingress, NO_PARAMS, ""), settings)
    except Invalid:
        return frozenset()
    return services_of(backend.action for backend in read.all())


def secret_names(thing: Ingress | Service) -> frozenset[str]:
    """Secrets of its namespace that its own annotations name for OIDC."""
    try:
        name = auth.secret_name(annotations_of(thing))
    except Invalid:
        return frozenset()
    return frozenset({name}) if name else frozenset()


def secrets_behind(
    ingress: Ingress, services: Mapping[NamespacedName, Service], settings: MappingSettings
) -> frozenset[NamespacedName]:
    """Secrets that the Ingress and the Services behind it name: a Service's annotations count as well."""
    names = set(secret_names(ingress))
    for name in service_names(ingress, settings):
        if service := services.get(NamespacedName(ingress.namespace, name)):
            names |= secret_names(service)
    return frozenset(NamespacedName(ingress.namespace, name) for name in names)
