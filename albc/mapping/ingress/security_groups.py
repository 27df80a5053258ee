"""Security groups of the load balancer, and the one that its targets let in (spec/ingress.md §11.4, §11.5, §12)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from albc.mapping import security_groups as shared
from albc.mapping.ingress.agreement import MemberInvalid, Said, agree, insist, settled
from albc.mapping.ingress.groups import GroupID
from albc.mapping.ingress.listen_ports import ListenPort
from albc.mapping.ingress.load_balancer import group_name
from albc.mapping.ingress.member import PREFIX, Member
from albc.mapping.invalid import Invalid
from albc.mapping.settings import MappingSettings
from albc.model.facts import Facts, FactsRequest
from albc.model.problem import Problem
from albc.model.reference import Token
from albc.model.security_group import IPPermission, SecurityGroup


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityGroupWishes:
    named: tuple[str, ...] | None
    """Ids or Name tags; None leaves it to albc to make one."""
    manage_rules: bool | Invalid | None
    """Whether targets let the named groups in; only read where groups are named."""


def read(member: Member) -> SecurityGroupWishes:
    try:
        manage: bool | Invalid | None = member.annotations.bool("manage-backend-security-group-rules")
    except Invalid as fault:
        manage = fault
    return SecurityGroupWishes(named=member.annotations.string_list("security-groups") or None, manage_rules=manage)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which groups the load balancer has."""

    named: Said[tuple[str, ...]] | None
    backend: bool
    """Whether the shared backend security group is one of them, and the one that targets let in."""


def choose(said: Sequence[Said[SecurityGroupWishes]], settings: MappingSettings, problems: list[Problem]) -> Choice:
    named = insist([(who, wishes.named) for who, wishes in said], "security-groups")
    if named is None:
        return Choice(named=None, backend=settings.enable_backend_security_group)
    flags = [(who, settled(who, wishes.manage_rules)) for who, wishes in said]
    flag = agree(flags, "manage-backend-security-group-rules", problems)
    manage = flag[1] if flag else settings.enable_manage_backend_security_group_rules
    if manage and not settings.enable_backend_security_group:
        raise MemberInvalid(
            flag[0] if flag else named[0],
            "managing the targets' security group rules beside security-groups needs the backend security group, "
            "which --enable-backend-security-group=false turns off",
        )
    return Choice(named=named, backend=manage)


def wants(choice: Choice, settings: MappingSettings) -> FactsRequest:
    return FactsRequest(
        security_groups=frozenset(choice.named[1]) if choice.named else frozenset(),
        backend_security_group=choice.backend,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityGroups:
    groups: tuple[Token, ...]
    """Of the load balancer."""
    managed: SecurityGroup | None
    source: Token | None
    """The group that targets let in; None leaves their rules to the user."""


def build(
    choice: Choice,
    managed: SecurityGroup,
    facts: Facts,
    settings: MappingSettings,
) -> SecurityGroups:
    """`managed` is what albc's own group would be; it is only used where no groups are named."""
    backend = _backend(facts, settings) if choice.backend else None
    if choice.named is None:
        own = managed.group_id
        return SecurityGroups(groups=(own, backend) if backend else (own,), managed=managed, source=backend or own)
    try:
        named = shared.resolve(choice.named[1], facts)
    except Invalid as fault:
        raise MemberInvalid(choice.named[0], f"{PREFIX}security-groups: {fault.message}") from None
    return SecurityGroups(groups=(*named, backend) if backend else named, managed=None, source=backend)


def _backend(facts: Facts, settings: MappingSettings) -> str:
    found = settings.backend_security_group or facts.backend_security_group
    if not found:
        raise Invalid("the shared backend security group does not exist yet")
    return found


def managed_group(
    group: GroupID,
    ports: Iterable[ListenPort],
    ip_address_type: str,
    tags: Mapping[str, str],
    settings: MappingSettings,
) -> SecurityGroup:
    """Albc's own group: each listener's port, open to what its members say."""
    permissions: list[IPPermission] = []
    for port in ports:
        sources = port.cidrs_ipv4 + (port.cidrs_ipv6 if ip_address_type.startswith("dualstack") else ())
        permissions += shared.inbound("tcp", port.port, sources, port.prefix_lists)
    return SecurityGroup(
        group_name=group_name(group, settings.cluster_name, str(group)),
        description=shared.MANAGED_DESCRIPTION,
        tags=tags,
        ingress=tuple(permissions),
    )
