"""One member's share of the group's stack, as a value of its own.

It depends on the member, its Services and Secrets, the facts and the settings, and on no other member: so it can be
kept and used again as long as none of these changes, also in place of a later one that is faulty. `build` joins the
shares of a group.
"""

from dataclasses import dataclass

from albc.kube.objects import Service
from albc.mapping import tags as shared_tags
from albc.mapping.annotations import UnknownAnnotation
from albc.mapping.ingress import certificates, mutual_tls, rules
from albc.mapping.ingress.actions import services_of
from albc.mapping.ingress.annotations import REGISTER
from albc.mapping.ingress.declaration import Declaration
from albc.mapping.ingress.groups import GroupID
from albc.mapping.ingress.listen_ports import PortShare
from albc.mapping.ingress.member import annotations_of
from albc.mapping.ingress.rules import RulesShare, Surroundings
from albc.mapping.invalid import Invalid
from albc.mapping.settings import MappingSettings
from albc.mapping.snapshot import NamespacedName, Snapshot
from albc.model.facts import Facts
from albc.model.problem import ObjectRef, Problem
from albc.model.reference import Token


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    declared: Declaration
    ports: PortShare
    rules: RulesShare | Invalid
    """Only used on listeners that do not redirect to HTTPS."""
    warnings: tuple[Problem, ...]

    @property
    def ref(self) -> ObjectRef:
        return self.declared.ref

    @property
    def name(self) -> NamespacedName:
        return self.declared.member.name


def contribute(
    declared: Declaration, group: GroupID, snapshot: Snapshot, facts: Facts, settings: MappingSettings
) -> Contribution:
    """Raises `Invalid` if the member cannot be built."""
    around = Surroundings(group=group, snapshot=snapshot, facts=facts, settings=settings)
    share = _rules(declared, around)
    return Contribution(
        declared=declared,
        ports=PortShare(
            wishes=declared.listen,
            certificates=_certificates(declared, facts, settings),
            mutual_authentication=mutual_tls.resolve(declared.listen.client_verification, facts),
        ),
        rules=share,
        warnings=_warnings(declared, share, snapshot),
    )


def _certificates(declared: Declaration, facts: Facts, settings: MappingSettings) -> tuple[Token, ...]:
    listen = declared.listen
    if listen.certificate_arns:
        return listen.certificate_arns
    if listen.requested_certificate:
        return (listen.requested_certificate.arn,)
    return certificates.discovered(declared.member.ingress, facts, settings) if listen.needs_discovery else ()


def _rules(declared: Declaration, around: Surroundings) -> RulesShare | Invalid:
    if isinstance(declared.backends, Invalid):
        return declared.backends
    rule_tags = shared_tags.merge(declared.tags, around.settings)
    try:
        return rules.build(declared.member, declared.backends, rule_tags, declared.listen.https, around)
    except Invalid as fault:
        return fault


def _warnings(declared: Declaration, share: RulesShare | Invalid, snapshot: Snapshot) -> tuple[Problem, ...]:
    """What is in effect, but probably not as meant."""
    member, ref = declared.member, declared.ref
    warnings = [_unknown(ref, unknown) for unknown in REGISTER.unknown(member.annotations)]
    if not isinstance(share, Invalid):
        if share.login_ignored:
            message = "authentication has no effect, as it needs an HTTPS listener; anyone reaches the backends"
            warnings.append(_warning(ref, "IgnoredSetting", message))
        for service in _services(declared, snapshot):
            owner = ObjectRef("Service", service.namespace, service.name)
            warnings += [_unknown(owner, unknown) for unknown in REGISTER.unknown(annotations_of(service))]
    if declared.listeners.redirect_turned_off:
        message = (
            f'sslRedirectPort "{member.params.ssl_redirect_port}" of IngressClassParams {member.params_name} '
            "is no port number, so the whole group redirects nothing to HTTPS"
        )
        warnings.append(_warning(ref, "IgnoredSetting", message))
    if not declared.listen.protocols:
        message = "alb.ingress.kubernetes.io/listen-ports names no port, so this Ingress is not served"
        warnings.append(_warning(ref, "NoListener", message))
    return tuple(warnings)


def _services(declared: Declaration, snapshot: Snapshot) -> list[Service]:
    """The Services that the member's rules forward to, as far as they exist."""
    if isinstance(declared.backends, Invalid):
        return []
    names = services_of(backend.action for backend in declared.backends.all())
    named = (snapshot.services.get(NamespacedName(declared.member.ingress.namespace, name)) for name in sorted(names))
    return [service for service in named if service]


def _unknown(owner: ObjectRef, unknown: UnknownAnnotation) -> Problem:
    hint = f"; did you mean {unknown.nearest}?" if unknown.nearest else ""
    return _warning(owner, "UnknownAnnotation", f"annotation {unknown.name} is not known and has no effect{hint}")


def _warning(owner: ObjectRef, reason: str, message: str) -> Problem:
    return Problem(owner, reason, message, "warning")
