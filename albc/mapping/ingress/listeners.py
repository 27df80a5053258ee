"""Listeners of the group's load balancer and the rules in them (spec/ingress.md §13, §16.3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from albc.mapping.go import parse_int
from albc.mapping.ingress.agreement import REASON, MemberInvalid, Said, agree, agree_by_key
from albc.mapping.ingress.listen_ports import ListenPort
from albc.mapping.ingress.member import Member
from albc.mapping.ingress.rules import Answer, RuleShare, RulesShare
from albc.model.actions import ActionConfig, FixedResponse, Redirect
from albc.model.listener import Listener, ListenerAttribute, ListenerRule
from albc.model.problem import ObjectRef, Problem
from albc.model.reference import Ref

NOT_FOUND: tuple[ActionConfig, ...] = (FixedResponse(content_type="text/plain", status_code="404"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerWishes:
    """What one member says of the group's listeners beyond ports and TLS."""

    ssl_redirect: int | None
    """The HTTPS port that HTTP listeners redirect to."""
    redirect_turned_off: bool
    """The class's `sslRedirectPort` is no number, which turns the redirect off for the whole group."""
    attributes: Mapping[int, Mapping[str, str]]
    """By own port."""
    class_attributes: Mapping[int, Mapping[str, str]]
    """By own port; they count for the first member on the port only."""


def read(member: Member, protocols: Mapping[int, str]) -> ListenerWishes:
    """`protocols`: of the member's own ports; attributes of others are not read."""
    of_class = member.params.ssl_redirect_port
    redirect = parse_int(of_class, 32) if of_class else member.annotations.int32("ssl-redirect")
    return ListenerWishes(
        ssl_redirect=redirect,
        redirect_turned_off=bool(of_class) and redirect is None,
        attributes={
            port: member.annotations.string_map(f"listener-attributes.{protocol}-{port}") or {}
            for port, protocol in protocols.items()
        },
        class_attributes={port: _class_attributes(member, protocol, port) for port, protocol in protocols.items()},
    )


def _class_attributes(member: Member, protocol: str, port: int) -> Mapping[str, str]:
    for listener in member.params.listeners:
        if (listener.protocol, listener.port) == (protocol, port):
            return {attribute.key: attribute.value for attribute in listener.listener_attributes}
    return {}


def ssl_redirect(
    said: Sequence[Said[ListenerWishes]], ports: Sequence[ListenPort], problems: list[Problem]
) -> int | None:
    """The port that all HTTP listeners of the group redirect to, if any."""
    given = agree([(who, wishes.ssl_redirect) for who, wishes in said], "ssl-redirect", problems)
    if given is None or any(wishes.redirect_turned_off for _, wishes in said):
        return None
    owner, target = given
    protocol = next((port.protocol for port in ports if port.port == target), None)
    if protocol is None:
        raise MemberInvalid(
            owner, f"listener does not exist for SSLRedirect port: {target}; add HTTPS {target} to listen-ports"
        )
    if protocol != "HTTPS":
        raise MemberInvalid(
            owner, f"listener protocol non-SSL for SSLRedirect port: {target} is {protocol}; redirect to an HTTPS port"
        )
    return target


def is_redirected(port: ListenPort, redirect: int | None) -> bool:
    """Whether the listener only sends requests to HTTPS; no member's rules stand in it then."""
    return redirect is not None and port.protocol == "HTTP"


def redirect_to(port: int) -> tuple[ActionConfig, ...]:
    return (Redirect(port=str(port), protocol="HTTPS", status_code="HTTP_301"),)


def default_answer(port: ListenPort, rules: Sequence[Said[RulesShare]], problems: list[Problem]) -> Said[Answer] | None:
    """That of the first member on the port with a default backend. `rules`: of all members on the port."""
    given = [(who, share.default) for who, share in rules if share.default]
    for who, _ in given[1:]:
        message = f"defaultBackend of {given[0][0]}, which comes first in the group, answers on port {port.port}"
        problems.append(Problem(who, REASON, f"multiple ingress defined default backend: {message}; keep one"))
    return given[0] if given else None


def build(
    port: ListenPort,
    load_balancer_arn: Ref,
    actions: tuple[ActionConfig, ...],
    attributes: tuple[ListenerAttribute, ...],
    tags: Mapping[str, str],
) -> Listener:
    return Listener(
        id=str(port.port),
        load_balancer_arn=load_balancer_arn,
        port=port.port,
        protocol=port.protocol,
        default_actions=actions,
        certificates=port.certificates,
        ssl_policy=port.ssl_policy,
        mutual_authentication=port.mutual_authentication,
        tags=tags,
        listener_attributes=attributes,
    )


def attributes(
    port: ListenPort, said: Mapping[ObjectRef, ListenerWishes], problems: list[Problem]
) -> tuple[ListenerAttribute, ...]:
    of_class = said[port.members[0]].class_attributes[port.port]
    annotated = [(who, said[who].attributes[port.port]) for who in port.members]
    merged = {**agree_by_key(annotated, f"listener attribute of port {port.port}", problems, of_class), **of_class}
    return tuple(ListenerAttribute(key=key, value=merged[key]) for key in sorted(merged))


def build_rules(port: ListenPort, listener_arn: Ref, rules: Sequence[RuleShare], first: int = 1) -> list[ListenerRule]:
    """With priorities from `first` on, in the order given."""
    return [
        ListenerRule(
            id=f"{port.port}:{priority}",
            listener_arn=listener_arn,
            priority=priority,
            actions=rule.answer.on(port.protocol),
            conditions=rule.conditions,
            transforms=rule.transforms,
            tags=rule.tags,
        )
        for priority, rule in enumerate(rules, first)
    ]
