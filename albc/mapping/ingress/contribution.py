"""One member's share of the group's stack, as a value of its own.

It depends on the member, its Services and Secrets, the facts and the settings, and on no other member: so it can be
kept and used again as long as none of these changes (`still_holds`), and in place of a later one that is faulty.
`joining` joins the shares of a group.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from albc.kube.objects import Secret, Service
from albc.mapping import tags as shared_tags
from albc.mapping.annotations import Annotations, UnknownAnnotation
from albc.mapping.ingress import auth, certificates, mutual_tls, rules
from albc.mapping.ingress.actions import services_of
from albc.mapping.ingress.annotations import REGISTER
from albc.mapping.ingress.declaration import Declaration
from albc.mapping.ingress.groups import GroupID
from albc.mapping.ingress.listen_ports import PortShare
from albc.mapping.ingress.member import Member, annotations_of
from albc.mapping.ingress.rule_blocks import RuleBlock
from albc.mapping.ingress.rules import RulesShare, Surroundings
from albc.mapping.invalid import Invalid, step
from albc.mapping.settings import MappingSettings
from albc.mapping.snapshot import NamespacedName, Snapshot
from albc.model.facts import Facts
from albc.model.problem import ObjectRef, Problem
from albc.model.reference import Token


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What a contribution was made from, beside the member."""

    names: tuple[str, ...]
    """Of the Services that the member forwards to, sorted."""
    services: tuple[Service | None, ...]
    """By these names; None for one that does not exist."""
    secrets: tuple[Secret | None, ...]
    facts: tuple[object, ...]
    settings: MappingSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    declared: Declaration
    basis: Basis
    ports: PortShare
    rules: RulesShare | Invalid
    """Only used on listeners that do not redirect to HTTPS."""
    block: RuleBlock
    """Of the rules, if they are sound."""
    warnings: tuple[Problem, ...]

    @property
    def ref(self) -> ObjectRef:
        return self.declared.ref

    @property
    def name(self) -> NamespacedName:
        return self.declared.member.name

    @property
    def services(self) -> tuple[Service, ...]:
        """Those that it forwards to and that exist."""
        return tuple(service for service in self.basis.services if service)


def contribute(
    declared: Declaration, group: GroupID, snapshot: Snapshot, facts: Facts, settings: MappingSettings
) -> Contribution:
    """Raises `Invalid` if the member cannot be built."""
    shared_tags.check_id(str(group), "shorten the name of the Ingress, or name a group by group.name")
    around = Surroundings(group=group, snapshot=snapshot, facts=facts, settings=settings)
    basis = _basis(declared, _service_names(declared), snapshot, facts, settings)
    share = _rules(declared, around)
    with step("build_certificate_error"):
        found = _certificates(declared, facts, settings)
    with step("build_listener_error"):
        mutual_authentication = mutual_tls.resolve(declared.listen.client_verification, facts)
    return Contribution(
        declared=declared,
        basis=basis,
        ports=PortShare(
            wishes=declared.listen,
            certificates=found,
            mutual_authentication=mutual_authentication,
        ),
        rules=share,
        block=RuleBlock.of(() if isinstance(share, Invalid) else share.rules),
        warnings=_warnings(declared, share, basis),
    )


def still_holds(
    kept: Contribution, member: Member, snapshot: Snapshot, facts: Facts, settings: MappingSettings
) -> bool:
    """Whether `contribute` would make the same of the member now. Objects are compared by identity: a store holds one
    until it changes.
    """
    known = kept.declared.member
    if known.ingress is not member.ingress or known.params is not member.params or known.order != member.order:
        return False
    now = _basis(kept.declared, kept.basis.names, snapshot, facts, settings)
    return (
        _same(kept.basis.services, now.services)
        and _same(kept.basis.secrets, now.secrets)
        and kept.basis.facts == now.facts
        and kept.basis.settings == now.settings
    )


def _same(before: Sequence[object], after: Sequence[object]) -> bool:
    return len(before) == len(after) and all(old is new for old, new in zip(before, after, strict=True))


def _service_names(declared: Declaration) -> tuple[str, ...]:
    if isinstance(declared.backends, Invalid):
        return ()
    return tuple(sorted(services_of(backend.action for backend in declared.backends.all())))


def _basis(
    declared: Declaration, names: tuple[str, ...], snapshot: Snapshot, facts: Facts, settings: MappingSettings
) -> Basis:
    namespace = declared.member.ingress.namespace
    services = tuple(snapshot.services.get(NamespacedName(namespace, name)) for name in names)
    annotated = [declared.member.annotations, *(annotations_of(service) for service in services if service)]
    secrets = dict.fromkeys(name for annotations in annotated if (name := _secret_name(annotations)))
    return Basis(
        names=names,
        services=services,
        secrets=tuple(snapshot.secrets.get(NamespacedName(namespace, name)) for name in secrets),
        facts=(facts.certificates, facts.trust_store_arns, facts.target_groups),
        settings=settings,
    )


def _secret_name(annotations: Annotations) -> str | None:
    try:
        return auth.secret_name(annotations)
    except Invalid:
        return None


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
        with step("build_listener_rule_error"):
            return rules.build(declared.member, declared.backends, rule_tags, declared.listen.https, around)
    except Invalid as fault:
        return fault


def _warnings(declared: Declaration, share: RulesShare | Invalid, basis: Basis) -> tuple[Problem, ...]:
    """What is in effect, but probably not as meant."""
    member, ref = declared.member, declared.ref
    warnings = [_unknown(ref, unknown) for unknown in REGISTER.unknown(member.annotations)]
    for service in basis.services:
        if service:
            owner = ObjectRef("Service", service.namespace, service.name)
            warnings += [_unknown(owner, unknown) for unknown in REGISTER.unknown(annotations_of(service))]
    if not isinstance(share, Invalid) and share.login_ignored:
        message = "authentication has no effect, as it needs an HTTPS listener; anyone reaches the backends"
        warnings.append(_warning(ref, "IgnoredSetting", message))
    if declared.listeners.redirect_turned_off:
        message = (
            f'sslRedirectPort "{member.params.ssl_redirect_port}" of IngressClassParams {member.params_name} '
            "is no port number, so the whole group redirects nothing to HTTPS"
        )
        warnings.append(_warning(ref, "IgnoredSetting", message))
    if message := certificates.misread(member, basis.settings):
        warnings.append(_warning(ref, "IgnoredSetting", message))
    if not declared.listen.protocols:
        message = "alb.ingress.kubernetes.io/listen-ports names no port, so this Ingress is not served"
        warnings.append(_warning(ref, "NoListener", message))
    return tuple(warnings)


def _unknown(owner: ObjectRef, unknown: UnknownAnnotation) -> Problem:
    hint = f"; did you mean {unknown.nearest}?" if unknown.nearest else ""
    return _warning(owner, "UnknownAnnotation", f"annotation {unknown.name} is not known and has no effect{hint}")


def _warning(owner: ObjectRef, reason: str, message: str) -> Problem:
    return Problem(owner, reason, message, "warning")
