"""Ports, who may connect to them, and TLS: what one member asks, and what holds for a port (spec/ingress.md §9).

A member that contradicts an earlier one over a port's protocol, sources or TLS leaves that port to it, since its rules
would else be served in a way that its owner did not choose; its other ports stay.
"""

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from albc.mapping import cidrs, nearest
from albc.mapping.go import as_int32, json_maps
from albc.mapping.ingress import certificates, mutual_tls
from albc.mapping.ingress.agreement import MemberInvalid, Said, agree
from albc.mapping.ingress.member import Member
from albc.mapping.ingress.mutual_tls import ClientVerification
from albc.mapping.invalid import Invalid, step
from albc.mapping.settings import MappingSettings
from albc.model.certificate import Certificate
from albc.model.listener import MutualAuthentication
from albc.model.problem import ObjectRef, Problem
from albc.model.reference import Token

PORTS = range(1, 65536)

_PREFIX_LENGTH = re.compile(r"[0-9]{1,3}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenWishes:
    """What one member asks of its listeners; all of its ports get the same."""

    protocols: Mapping[int, str]
    """`HTTP` or `HTTPS` by port."""
    cidrs: tuple[str, ...]
    prefix_lists: tuple[str, ...]
    ssl_policy: str | None
    certificate_arns: tuple[str, ...]
    """Named by the user."""
    requested_certificate: Certificate | None
    client_verification: Mapping[int, ClientVerification]
    """By port; ports that do not listen with HTTPS are in it too, and ignored."""

    @property
    def https(self) -> bool:
        return "HTTPS" in self.protocols.values()

    @property
    def needs_discovery(self) -> bool:
        """Whether certificates must be found by host."""
        return self.https and not self.certificate_arns and self.requested_certificate is None


def read(member: Member, settings: MappingSettings) -> ListenWishes:
    with step("build_certificate_error"):
        arns = certificates.explicit(member)
        requested = certificates.requested(member, settings)
    annotations, params = member.annotations, member.params
    return ListenWishes(
        protocols=_protocols(member, "HTTPS" if arns or requested else "HTTP"),
        cidrs=_cidrs(member),
        prefix_lists=params.prefix_lists or annotations.string_list("security-group-prefix-lists") or (),
        ssl_policy=params.ssl_policy or annotations.string("ssl-policy"),
        certificate_arns=arns,
        requested_certificate=requested,
        client_verification=mutual_tls.read(member),
    )


def _protocols(member: Member, default: str) -> Mapping[int, str]:
    def decode(document: Any) -> dict[int, str]:
        entries = list(json_maps(document))
        if not entries:
            raise ValueError('must name at least one port, such as [{"HTTP": 80}]')
        return dict(_protocol(*pair) for entry in entries for pair in entry.items())

    declared = member.annotations.json("listen-ports", decode)
    return {443 if default == "HTTPS" else 80: default} if declared is None else declared


def _protocol(protocol: str, value: Any) -> tuple[int, str]:
    port = as_int32(value or 0, protocol[:40])
    if port not in PORTS:
        raise ValueError(f"must have ports from 1 to {PORTS.stop - 1}, not {port}")
    if protocol not in ("HTTP", "HTTPS"):
        hint = nearest.word(protocol[:40], ("HTTP", "HTTPS"))
        raise ValueError(f'must have HTTP or HTTPS for port {port}, not "{protocol[:40]}"{hint}')
    return port, protocol


def _cidrs(member: Member) -> tuple[str, ...]:
    of_class = member.params.inbound_cidrs
    for cidr in of_class or member.annotations.string_list("inbound-cidrs") or ():
        if not _is_cidr(cidr):
            rule = f"is no CIDR block{nearest.cidr(cidr) or '; write it as 10.0.0.0/8'}"
            if of_class:
                raise Invalid(f'inboundCIDRs of IngressClassParams {member.params_name}: "{cidr[:80]}" {rule}')
            raise member.annotations.invalid("inbound-cidrs", rule, value=cidr)
    return of_class or member.annotations.string_list("inbound-cidrs") or ()


def _is_cidr(text: str) -> bool:
    address_text, _, length = text.partition("/")
    address = cidrs.parse_address(address_text)
    if address is None or "%" in address_text or not _PREFIX_LENGTH.fullmatch(length):
        return False
    return int(length) <= address.max_prefixlen


@dataclass(frozen=True, slots=True, kw_only=True)
class PortShare:
    """One member's wishes for its listeners, once certificates and trust stores are known."""

    wishes: ListenWishes
    certificates: tuple[Token, ...]
    mutual_authentication: Mapping[int, MutualAuthentication]

    def client_verification(self, port: int) -> str | None:
        """In words, which also tell two settings apart."""
        found = self.mutual_authentication.get(port)
        return mutual_tls.describe(found) if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenPort:
    """What holds for one port of the group."""

    port: int
    protocol: str
    cidrs_ipv4: tuple[str, ...]
    cidrs_ipv6: tuple[str, ...]
    prefix_lists: tuple[str, ...]
    ssl_policy: str | None
    certificates: tuple[Token, ...]
    """The default certificate first."""
    mutual_authentication: MutualAuthentication | None
    members: tuple[ObjectRef, ...]
    """Who listens on it, in group order."""


def merge(
    said: Sequence[Said[PortShare]], settings: MappingSettings, problems: list[Problem]
) -> tuple[ListenPort, ...]:
    """By port, ascending."""
    ports = sorted({port for _, share in said for port in share.wishes.protocols})
    return tuple(
        _merge_port(port, [(who, share) for who, share in said if port in share.wishes.protocols], settings, problems)
        for port in ports
    )


def _merge_port(
    port: int, said: Sequence[Said[PortShare]], settings: MappingSettings, problems: list[Problem]
) -> ListenPort:
    on_port = list(said)

    def decide(what: str, value: Callable[[PortShare], Any], same: Callable[[Any], Hashable]) -> PortShare | None:
        """The share of the first member that has a value; who contradicts it leaves the port."""
        lost: list[Problem] = []
        first = agree([(who, value(share)) for who, share in on_port], f"{what} of port {port}", lost, same)
        losers = {problem.object for problem in lost}
        on_port[:] = [(who, share) for who, share in on_port if who not in losers]
        problems.extend(lost)
        return next((share for who, share in on_port if first and who == first[0]), None)

    decide("protocol", lambda share: share.wishes.protocols[port], _itself)
    protocol = on_port[0][1].wishes.protocols[port]
    by_cidrs = decide("inbound-cidrs", lambda share: share.wishes.cidrs or None, frozenset)
    by_prefixes = decide("security-group-prefix-lists", lambda share: share.wishes.prefix_lists or None, frozenset)
    sources = by_cidrs.wishes.cidrs if by_cidrs else ()
    prefix_lists = by_prefixes.wishes.prefix_lists if by_prefixes else ()
    ssl_policy = verification = None
    certificate_list: tuple[Token, ...] = ()
    if protocol == "HTTPS":
        by_policy = decide("ssl-policy", lambda share: share.wishes.ssl_policy, _itself)
        ssl_policy = by_policy.wishes.ssl_policy if by_policy else settings.default_ssl_policy
        verifying = decide("mutual-authentication", lambda share: share.client_verification(port), _itself)
        verification = verifying.mutual_authentication[port] if verifying else None
        certificate_list = _with_default_first([share.certificates for _, share in on_port])
        if not certificate_list:
            raise _without_certificate(port, [who for who, _ in on_port])
        problems += _told_of_default(port, on_port)
    if not sources and not prefix_lists:
        sources = (cidrs.ANYWHERE_IPV4, cidrs.ANYWHERE_IPV6)
    return ListenPort(
        port=port,
        protocol=protocol,
        cidrs_ipv4=_unique(cidr for cidr in sources if not cidrs.is_ipv6(cidr)),
        cidrs_ipv6=_unique(cidr for cidr in sources if cidrs.is_ipv6(cidr)),
        prefix_lists=_unique(prefix_lists),
        ssl_policy=ssl_policy,
        certificates=certificate_list,
        mutual_authentication=verification,
        members=tuple(who for who, _ in on_port),
    )


def _without_certificate(port: int, members: Sequence[ObjectRef]) -> MemberInvalid:
    return MemberInvalid(
        members[0],
        f"port {port} listens with HTTPS, but no certificate is named and there is no host to find one by; "
        "set alb.ingress.kubernetes.io/certificate-arn, or give spec.rules[].host or spec.tls[].hosts",
    )


def _told_of_default(port: int, on_port: Sequence[Said[PortShare]]) -> Iterator[Problem]:
    """Who names certificates, of which the first is not what clients without SNI see."""
    owner, default = next((who, share.certificates[0]) for who, share in on_port if share.certificates)
    for who, share in on_port:
        if share.wishes.certificate_arns and share.certificates[0] != default:
            message = (
                f"the default certificate of port {port} is that of {owner}, which comes first in the group; "
                "those named here are shown to clients that name one of their hosts"
            )
            yield Problem(who, "DefaultCertificate", message, "warning")


def _with_default_first(lists: Iterable[tuple[Token, ...]]) -> tuple[Token, ...]:
    """The default certificate, then all others once. The default is listed once more if it is named again: so the
    reference does, and its JSON shows it.
    """
    everything = [certificate for certificates_ in lists for certificate in certificates_]
    return (*everything[:1], *dict.fromkeys(everything[1:]))


def _itself(value: Hashable) -> Hashable:
    return value


def _unique(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(values)))
