"""What one member declares: its annotations, class and rules, parsed once into typed records.

Needs no Services and no facts, so it also tells what to ask AWS for (`wants`), and which Services and Secrets matter.
Called by `contribution` and `build`; every fault of a value that is certainly used raises `Invalid` here. A fault that
only matters if the group makes use of the value waits in its place.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce

from albc.mapping.ingress import (
    actions,
    addons,
    backends,
    frontend_nlb,
    frontend_nlb_wishes,
    listen_ports,
    listeners,
    load_balancer,
    mutual_tls,
    security_groups,
    tags,
)
from albc.mapping.ingress.addons import AddonWishes
from albc.mapping.ingress.backends import Backends
from albc.mapping.ingress.frontend_nlb_wishes import FrontendWishes
from albc.mapping.ingress.listen_ports import ListenWishes
from albc.mapping.ingress.listeners import ListenerWishes
from albc.mapping.ingress.load_balancer import LoadBalancerWishes
from albc.mapping.ingress.member import Member
from albc.mapping.ingress.security_groups import SecurityGroupWishes
from albc.mapping.invalid import Invalid, step
from albc.mapping.settings import MappingSettings
from albc.model.facts import FactsRequest
from albc.model.problem import ObjectRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    member: Member
    tags: Mapping[str, str]
    """Its own, without default tags."""
    listen: ListenWishes
    listeners: ListenerWishes
    load_balancer: LoadBalancerWishes
    security_groups: SecurityGroupWishes
    addons: AddonWishes
    frontend_nlb: FrontendWishes
    backends: Backends | Invalid
    """Only used on listeners that do not redirect to HTTPS."""

    @property
    def ref(self) -> ObjectRef:
        return self.member.ref


def declare(member: Member, settings: MappingSettings) -> Declaration:
    with step("build_listener_error"):
        listen = listen_ports.read(member, settings)
        of_listeners = listeners.read(member, listen.protocols)
    with step("build_load_balancer_error"):
        own_tags = tags.own(member, settings)
        of_load_balancer = load_balancer.read(member)
        of_security_groups = security_groups.read(member)
    with step("build_load_balancer_addons"):
        of_addons = addons.read(member)
    with step("build_frontend_nlb"):
        in_front = frontend_nlb_wishes.read(member, tuple(sorted(listen.protocols)))
    return Declaration(
        member=member,
        tags=own_tags,
        listen=listen,
        listeners=of_listeners,
        load_balancer=of_load_balancer,
        security_groups=of_security_groups,
        addons=of_addons,
        frontend_nlb=in_front,
        backends=_backends(member, settings),
    )


def _backends(member: Member, settings: MappingSettings) -> Backends | Invalid:
    try:
        with step("build_listener_rule_error"):
            return backends.read(member, settings)
    except Invalid as fault:
        return fault


def wants(declarations: Iterable[Declaration], settings: MappingSettings) -> FactsRequest:
    """What building a group of these members asks of AWS. `declarations` are in group order."""
    members = tuple(declarations)
    if not members:
        return FactsRequest()
    requests = [_wants(member) for member in members]
    requests.append(load_balancer.wants([member.load_balancer for member in members], settings))
    try:
        choice = security_groups.choose([(member.ref, member.security_groups) for member in members], settings, [])
        requests.append(security_groups.wants(choice, settings))
    except Invalid:
        # Some member will be left out; which groups remain is only known then, so all that are named are asked for.
        named = (member.security_groups.named or () for member in members)
        requests.append(FactsRequest(security_groups=frozenset().union(*named), backend_security_group=True))
    if frontend_nlb.is_enabled([(member.ref, member.frontend_nlb) for member in members], []):
        requests.append(frontend_nlb.wants([member.frontend_nlb for member in members], settings))
    return reduce(FactsRequest.__or__, requests)


def _wants(member: Declaration) -> FactsRequest:
    request = (
        FactsRequest(certificates=member.listen.needs_discovery)
        | mutual_tls.wants(member.listen.client_verification)
        | addons.wants(member.addons)
    )
    if not isinstance(member.backends, Invalid):
        for backend in member.backends.all():
            request |= actions.wants(backend.action)
    return request
