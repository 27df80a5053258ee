"""Shares of a group's members joined into one stack, in group order (spec/ingress.md §8).

Pure of snapshots: what goes in are `Contribution`s, so shares that were kept from earlier do as well as new ones.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TypeVar

from albc.mapping.ingress import (
    addons,
    frontend_nlb,
    listen_ports,
    listeners,
    load_balancer,
    optimiser,
    rule_blocks,
    security_groups,
    tags,
    unreachable,
)
from albc.mapping.ingress.agreement import REASON, MemberInvalid, Said, settled
from albc.mapping.ingress.contribution import Contribution
from albc.mapping.ingress.groups import GroupID
from albc.mapping.ingress.listen_ports import ListenPort
from albc.mapping.ingress.rules import Answer, RulesShare
from albc.mapping.ingress.security_groups import SecurityGroups
from albc.mapping.invalid import Invalid, step
from albc.mapping.settings import MappingSettings
from albc.mapping.subnets import Placement
from albc.model.facts import Facts
from albc.model.listener import ListenerRule
from albc.model.load_balancer import LoadBalancer, SubnetMapping
from albc.model.problem import ObjectRef, Problem
from albc.model.reference import Ref
from albc.model.stack import Resource, Stack
from albc.model.target_group_binding import FrontendNLBTargets

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    stack: Stack | None
    """None without any share that can stand, or if what is at fault belongs to no member."""
    problems: tuple[Problem, ...]
    in_effect: tuple[Contribution, ...]
    """The shares that the stack consists of, in group order."""


def join(
    group: GroupID,
    contributions: Sequence[Contribution],
    last_good: Mapping[ObjectRef, Contribution],
    facts: Facts,
    settings: MappingSettings,
) -> Joined:
    """The stack of these shares, which are in group order.

    A member that cannot stand beside earlier ones is told why. Its last good share stands in for the new one; if it has
    none, or that cannot stand either, the member is left out. It is back if the earlier member cannot stand itself.
    """
    troubled: dict[ObjectRef, _Trouble] = {}
    warnings = [warning for share in contributions for warning in share.warnings]
    stack: Stack | None = None
    found: list[Problem] = []
    while remaining := _standing(contributions, troubled):
        attempt = _Attempt(group, remaining, facts, settings)
        try:
            stack, found = attempt.stack(), attempt.problems
        except MemberInvalid as fault:
            before = troubled.get(fault.member)
            troubled = {who: trouble for who, trouble in troubled.items() if trouble.fault.lost_to != fault.member}
            spare = None if before else last_good.get(fault.member)
            troubled[fault.member] = _Trouble(before.fault if before else fault, spare)
            continue
        except Invalid as fault:
            found = [Problem(share.ref, REASON, fault.message, category=fault.category) for share in remaining]
        break
    faults = [told(who, trouble.fault, trouble.instead) for who, trouble in troubled.items()]
    return Joined(
        stack=stack,
        problems=tuple(dict.fromkeys((*faults, *found, *warnings))),
        in_effect=tuple(remaining) if stack else (),
    )


@dataclass(frozen=True, slots=True)
class _Trouble:
    fault: MemberInvalid
    instead: Contribution | None
    """The last good share, which stands in; None leaves the member out."""


def _standing(contributions: Sequence[Contribution], troubled: Mapping[ObjectRef, _Trouble]) -> list[Contribution]:
    shares = [troubled[share.ref].instead if share.ref in troubled else share for share in contributions]
    return [share for share in shares if share]


def told(member: ObjectRef, fault: Invalid, instead: Contribution | None) -> Problem:
    """The fault, and what is served until it is mended."""
    meanwhile = "its last good state is served" if instead else "rules that AWS has of it stay as they are"
    return Problem(member, fault.reason, f"{fault.message}; until then {meanwhile}", category=fault.category)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    """What all listeners have in common."""

    load_balancer: LoadBalancer
    security_groups: SecurityGroups
    redirect: int | None
    """The port that HTTP listeners redirect to."""


class _Attempt:
    """One attempt at a stack. `MemberInvalid` names a member that must be left out of the next one."""

    def __init__(
        self, group: GroupID, members: Sequence[Contribution], facts: Facts, settings: MappingSettings
    ) -> None:
        self.problems: list[Problem] = []
        self._group = group
        self._members = members
        self._facts = facts
        self._settings = settings
        self._by_ref: Mapping[ObjectRef, Contribution] = {member.ref: member for member in members}
        self._survey = unreachable.Survey()

    def stack(self) -> Stack:
        with self._step("build_listener_error"):
            ports = listen_ports.merge(self._said(lambda member: member.ports), self._settings, self.problems)
        with self._step("build_load_balancer_error"):
            frame = self._frame(ports)
        balancer = frame.load_balancer
        resources: list[Resource] = []
        if frame.security_groups.managed:
            resources.append(frame.security_groups.managed)
        requested = (member.declared.listen.requested_certificate for member in self._members)
        resources += [certificate for certificate in requested if certificate]
        resources.append(balancer)
        with self._step("build_listener_error"):
            for port in ports:
                resources += self._listener(port, frame)
        self.problems += self._survey.warnings()
        with self._step("build_load_balancer_addons"):
            resources += addons.build(
                self._said(lambda member: member.declared.addons), balancer.arn, self._facts, self.problems
            )
        with self._step("build_frontend_nlb"):
            resources += self._frontend_nlb(balancer)
        return Stack.of(self._group.stack_id, resources)

    @contextmanager
    def _step(self, category: str) -> Iterator[None]:
        """What is wrong inside is of this category, whether it is raised or told."""
        before = len(self.problems)
        with step(category):
            yield
        told_here = self.problems[before:]
        self.problems[before:] = [replace(one, category=one.category or category) for one in told_here]

    def _said(self, of: Callable[[Contribution], T]) -> list[Said[T]]:
        return [(member.ref, of(member)) for member in self._members]

    def _frame(self, ports: Sequence[ListenPort]) -> _Frame:
        with self._step("build_ssl_redirct_config_error"):  # spelt so (spec/ingress.md §5.2)
            said_of_listeners = self._said(lambda member: member.declared.listeners)
            redirect = listeners.ssl_redirect(said_of_listeners, ports, self.problems)
        said = self._said(lambda member: member.declared.load_balancer)
        placement = Placement(
            load_balancer_type="application",
            scheme=load_balancer.scheme(said, self._settings),
            ip_address_type=load_balancer.ip_address_type(said, self.problems),
        )
        subnets = load_balancer.subnets(said, placement, self._facts, self._settings, self.problems)
        group_tags = tags.of_group(self._said(lambda member: member.declared.tags), self._settings, self.problems)
        groups = self._security_groups(ports, placement.ip_address_type, group_tags)
        if ignored := load_balancer.name_without_effect(said, placement.scheme, self._facts):
            self.problems.append(ignored)
        return _Frame(
            redirect=redirect,
            security_groups=groups,
            load_balancer=LoadBalancer(
                name=load_balancer.name(self._group, said, placement.scheme, self._settings, self.problems),
                kind="application",
                scheme=placement.scheme,
                ip_address_type=placement.ip_address_type,
                subnet_mapping=tuple(SubnetMapping(subnet_id=subnet) for subnet in subnets),
                security_groups=groups.groups,
                customer_owned_ipv4_pool=load_balancer.customer_owned_ipv4_pool(said, self.problems),
                load_balancer_attributes=load_balancer.attributes(said, self.problems),
                minimum_load_balancer_capacity=load_balancer.capacity(said, self._settings, self.problems),
                tags=group_tags,
                ipv4_ipam_pool=load_balancer.ipam_pool(said, self.problems),
            ),
        )

    def _security_groups(
        self, ports: Sequence[ListenPort], ip_address_type: str, group_tags: Mapping[str, str]
    ) -> SecurityGroups:
        said = self._said(lambda member: member.declared.security_groups)
        choice = security_groups.choose(said, self._settings, self.problems)
        managed = security_groups.managed_group(self._group, ports, ip_address_type, group_tags, self._settings)
        if ports and choice.named is None and not managed.ingress:
            message = (
                f"nobody can connect: no inbound-cidrs of the group are good for an {ip_address_type} load balancer"
            )
            self._warn(ports[0].members[0], "NoInboundTraffic", f"{message}; add an IPv4 block, or use dualstack")
        return security_groups.build(choice, managed, self._facts, self._settings)

    def _warn(self, member: ObjectRef, reason: str, message: str) -> None:
        self.problems.append(Problem(member, reason, message, "warning"))

    def _listener(self, port: ListenPort, frame: _Frame) -> list[Resource]:
        """The listener, its rules, and what these forward to."""
        default: Said[Answer] | None = None
        answers: list[Said[Answer]] = []
        said: Sequence[Said[RulesShare]] = ()
        actions = listeners.NOT_FOUND
        if frame.redirect is not None and listeners.is_redirected(port, frame.redirect):
            actions = listeners.redirect_to(frame.redirect)
        else:
            said = [(who, settled(who, self._by_ref[who].rules)) for who in port.members]
            answers = [(who, answer) for who, share in said for answer in share.answers]
            default = listeners.default_answer(port, said, self.problems)
        if default:
            actions = default[1].on(port.protocol)
            answers.append(default)
        listener = listeners.build(
            port,
            frame.load_balancer.arn,
            actions,
            listeners.attributes(port, dict(self._said(lambda member: member.declared.listeners)), self.problems),
            self._listener_tags(port),
        )
        return [*self._targets(answers, frame), listener, *self._rules(port, said, listener.arn)]

    def _listener_tags(self, port: ListenPort) -> Mapping[str, str]:
        said = [(who, self._by_ref[who].declared.tags) for who in port.members]
        return tags.of_group(said, self._settings, self.problems)

    def _rules(self, port: ListenPort, said: Sequence[Said[RulesShare]], listener_arn: Ref) -> list[ListenerRule]:
        """Those of the members that have a say on the port, with priorities in a row."""
        owners = [who for who, _ in said]
        blocks = [self._by_ref[who].block for who in owners]
        if rule_blocks.independent(blocks):
            self._survey.add(owners, (pair for block in blocks for pair in block.hidden))
            in_a_row: list[ListenerRule] = []
            for block in blocks:
                in_a_row += block.on(port, listener_arn, len(in_a_row) + 1)
            return in_a_row
        rules = [rule for block in blocks for rule in block.rules]
        optimised = optimiser.optimise(rules, port.port, port.protocol)
        self._survey.add(owners, [*optimised.overshadowed, *unreachable.find(optimised.kept)])
        return listeners.build_rules(port, listener_arn, optimised.kept)

    def _targets(self, answers: Sequence[Said[Answer]], frame: _Frame) -> list[Resource]:
        """Target groups and their bindings."""
        resources: dict[str, list[Resource]] = {}
        dualstack = frame.load_balancer.ip_address_type.startswith("dualstack")
        for who, answer in answers:
            for share in answer.target_groups:
                if share.needs_dualstack and not dualstack:
                    message = f"unsupported IPv6 configuration: Service {share.service.name} has IPv6"
                    raise MemberInvalid(who, f"{message}, the load balancer has not; set ip-address-type to dualstack")
                if share.target_group.id not in resources:
                    binding = share.binding(frame.security_groups.source)
                    resources[share.target_group.id] = [share.target_group, binding]
        return [resource for pair in resources.values() for resource in pair]

    def _frontend_nlb(self, balancer: LoadBalancer) -> list[Resource]:
        said = self._said(lambda member: member.declared.frontend_nlb)
        if not frontend_nlb.is_enabled(said, self.problems):
            return [FrontendNLBTargets()]
        behind = frontend_nlb.Behind(
            group=self._group, load_balancer=balancer, facts=self._facts, settings=self._settings
        )
        built = frontend_nlb.build(said, behind, self.problems)
        if not built.listeners:
            message = (
                "the frontend NLB has no listener: frontend-nlb-listener-port-mapping names no port of listen-ports"
            )
            self._warn(self._members[0].ref, "NoListener", message)
        return [
            built.load_balancer,
            *built.target_groups,
            *built.listeners,
            FrontendNLBTargets(targets=built.targets),
        ]
