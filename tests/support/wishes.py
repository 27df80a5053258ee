"""What users could want of a web site, how it looks as a stack, and whether they are served.

Used by the machine tests of `tests/deploy`: transitions, crashes and faults.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from albc.local.aws import Account
from albc.model.actions import Forward, TargetGroupTuple
from albc.model.load_balancer import Attribute
from albc.model.security_group import IPPermission, IPRange
from albc.model.stack import Stack, StackID

HOSTS = ("a.example.com", "b.example.com", "c.example.com", "d.example.com")
NAMES = ("k8s-shop-web-abcdef0123", "pinned")
PORTS = (80, 8080)
PROTECTION = "deletion_protection.enabled"
Place = tuple[str, int, str]
"""With what the names of a house's things begin, a port, and a host there; "" stands for the port itself."""


@dataclass(frozen=True)
class Wish:
    """An ALB with a rule for each host on each port, or an NLB that forwards each port to the first host's targets."""

    hosts: tuple[str, ...]
    kind: str = "application"
    scheme: str = "internet-facing"
    name: str = NAMES[0]
    ports: tuple[int, ...] = (80,)
    idle_timeout: str | None = None
    tags: tuple[tuple[str, str], ...] = ()
    open_to: str = "0.0.0.0/0"
    target_type: str = "instance"
    draining: str | None = None
    protected: str | None = None

    def places(self, house: str) -> frozenset[Place]:
        """Where its users expect an answer."""
        hosts = ("", *(self.hosts if self.kind == "application" else ()))
        return frozenset((house, port, host) for port in self.ports for host in hosts)


def random_wish(chance: random.Random, near: Wish | None = None) -> Wish:
    """Any, or one that shares about half of its fields with another."""
    wish = _any_wish(chance)
    if near is None:
        return wish
    kept = {one.name: getattr(near, one.name) for one in fields(Wish) if chance.random() < 0.5}
    mixed = replace(wish, **kept)
    return replace(
        mixed,
        hosts=mixed.hosts or HOSTS[: mixed.kind == "network"],
        idle_timeout=mixed.idle_timeout if mixed.kind == "application" else None,
    )


def _any_wish(chance: random.Random) -> Wish:
    kind = chance.choices(("application", "network"), (4, 1))[0]
    hosts = tuple(chance.sample(HOSTS, chance.randint(1 if kind == "network" else 0, len(HOSTS))))
    return Wish(
        hosts=hosts,
        kind=kind,
        scheme=chance.choice(("internet-facing", "internal")),
        name=chance.choice(NAMES),
        ports=tuple(chance.sample(PORTS, chance.randint(1, len(PORTS)))),
        idle_timeout=chance.choice((None, "60", "120")) if kind == "application" else None,
        tags=tuple(chance.sample((("team", "x"), ("team", "y"), ("env", "x")), chance.randint(0, 2))),
        open_to=chance.choice(("0.0.0.0/0", "10.0.0.0/8")),
        target_type=chance.choice(("instance", "ip")),
        draining=chance.choice((None, "30")),
        protected=chance.choices((None, "true", "false"), (8, 1, 2))[0],
    )


def stack_of(site: Any, wish: Wish | None) -> Stack:
    """No wish: everything was deleted."""
    if wish is None:
        return Stack(site.id)
    groups = [_target_group(site, wish, host) for host in wish.hosts]
    stated = {"idle_timeout.timeout_seconds": wish.idle_timeout, PROTECTION: wish.protected}
    attributes = tuple(Attribute(key=key, value=value) for key, value in stated.items() if value)
    source = IPPermission(ip_protocol="tcp", from_port=80, to_port=80, ip_ranges=(IPRange(cidr_ip=wish.open_to),))
    balancer = replace(
        site.load_balancer(),
        kind=wish.kind,
        scheme=wish.scheme,
        name=wish.name,
        load_balancer_attributes=attributes,
        tags=dict(wish.tags),
    )
    listeners = [replace(site.listener(), id=str(port), port=port) for port in wish.ports]
    rules = []
    if wish.kind == "network":
        forward = (Forward(target_groups=(TargetGroupTuple(target_group_arn=groups[0].arn),)),)
        # AWS lets an NLB's target group serve one protocol; a TCP one serves both ports.
        listeners = [replace(one, protocol="TCP", default_actions=forward) for one in listeners]
    else:
        rules = [
            replace(site.rule(number, host, group), id=f"{listener.id}:{number}", listener_arn=listener.arn)
            for listener in listeners
            for number, (host, group) in enumerate(zip(wish.hosts, groups, strict=True), 1)
        ]
    group = replace(site.security_group(), ingress=(source,))
    bindings = [site.binding(one) for one in groups]
    return Stack.of(site.id, [group, *groups, balancer, *listeners, *rules, *bindings])


def _target_group(site: Any, wish: Wish, host: str) -> Any:
    """Its name tells what cannot change, as the names that mapping makes do."""
    group = site.target_group(host)
    group = replace(
        group,
        name=f"{group.name[:-8]}-{wish.kind[:3]}-{wish.target_type[:3]}",
        target_type=wish.target_type,
        tags=dict(wish.tags),
        attributes=(Attribute(key="deregistration_delay.timeout_seconds", value=wish.draining),)
        if wish.draining
        else (),
    )
    if wish.kind == "network":
        check = replace(group.health_check, protocol="TCP", path=None, matcher=None)
        group = replace(group, protocol="TCP", protocol_version=None, health_check=check)
    return group


def in_house(stack: Stack, house: str) -> Stack:
    """The same wish of another owner: a stack of its own, under names of its own."""

    def named(one: Any) -> Any:
        names = [member for member in ("name", "group_name") if hasattr(one, member)]
        return replace(one, **{member: f"{house}-{getattr(one, member)}" for member in names})

    return Stack.of(StackID(stack.id.namespace, f"{stack.id.name}-{house}"), map(named, stack.resources))


def house_of(name: str) -> str:
    """By the name of one of its things."""
    return name.partition("-")[0]


def served(account: Account) -> frozenset[Place]:
    """Places that an active load balancer of one of the houses serves."""
    seen = account.snapshot()
    places: set[Place] = set()
    for balancer in seen.load_balancers:
        if balancer["State"]["Code"] != "active" or balancer["LoadBalancerName"].startswith("foreign"):
            continue
        house = house_of(balancer["LoadBalancerName"])
        for listener in seen.listeners[balancer["LoadBalancerArn"]]:
            port = listener["Port"]
            places.add((house, port, ""))
            places |= {(house, port, host) for rule in seen.rules[listener["ListenerArn"]] for host in _hosts(rule)}
    return frozenset(places)


def answered(account: Account) -> frozenset[Place]:
    """Hosts behind which an active load balancer has targets."""
    seen = account.snapshot()
    places: set[Place] = set()
    for balancer in seen.load_balancers:
        if balancer["State"]["Code"] == "active":
            house = house_of(balancer["LoadBalancerName"])
            for listener in seen.listeners[balancer["LoadBalancerArn"]]:
                for rule in seen.rules[listener["ListenerArn"]]:
                    if any(seen.targets[arn] for arn in _with_traffic(rule)):
                        places |= {(house, listener["Port"], host) for host in _hosts(rule)}
    return frozenset(places)


def _with_traffic(rule: Mapping[str, Any]) -> list[str]:
    """ARNs of target groups."""
    forwards = [action["ForwardConfig"] for action in rule["Actions"] if action["Type"] == "forward"]
    groups = [group for forward in forwards for group in forward["TargetGroups"]]
    return [group["TargetGroupArn"] for group in groups if group["Weight"]]


def _hosts(rule: Mapping[str, Any]) -> list[str]:
    if not any(action["Type"] == "forward" for action in rule["Actions"]):
        return []
    return [
        host for one in rule.get("Conditions", ()) for host in (one.get("HostHeaderConfig") or {}).get("Values", ())
    ]


def everything(account: Account) -> dict[str, Any]:
    """What the account has, without what AWS makes up (ARNs, ids, DNS names, times): equal for equal states."""
    seen = account.snapshot()
    names = {arn: group["TargetGroupName"] for arn, group in seen.target_groups.items()}
    names |= {id: group["GroupName"] for id, group in seen.security_groups.items()}
    names |= {one["LoadBalancerArn"]: one["LoadBalancerName"] for one in seen.load_balancers}
    for balancer in seen.load_balancers:
        for listener in seen.listeners[balancer["LoadBalancerArn"]]:
            names[listener["ListenerArn"]] = f"{balancer['LoadBalancerName']}:{listener['Port']}"
            for rule in seen.rules[listener["ListenerArn"]]:
                names[rule["RuleArn"]] = f"{balancer['LoadBalancerName']}:{listener['Port']}:{rule['Priority']}"
    elbv2 = [arn for arn in names if arn.startswith("arn:") and not names[arn].endswith(":default")]
    tags = {names[arn]: _tags(account, arn) for arn in elbv2}
    state = {
        "load balancers": {names[one["LoadBalancerArn"]]: one for one in seen.load_balancers},
        "listeners": {names[one["ListenerArn"]]: one for some in seen.listeners.values() for one in some},
        "rules": {names[one["RuleArn"]]: one for some in seen.rules.values() for one in some},
        "target groups": {names[arn]: one for arn, one in seen.target_groups.items()},
        "targets": {names[arn]: one for arn, one in seen.targets.items()},
        "security groups": {names[id]: one for id, one in seen.security_groups.items()},
        "tags": tags,
    }
    return {kind: _without_chance(items, names) for kind, items in state.items()}


def _tags(account: Account, arn: str) -> dict[str, str]:
    [told] = account.call("elbv2", "DescribeTags", {"ResourceArns": [arn]})["TagDescriptions"]
    return {tag["Key"]: tag["Value"] for tag in told["Tags"]}


CHANCE = frozenset({"Address", "CreatedTime", "DNSName", "LoadBalancerAddresses", "State"})


def _without_chance(value: Any, names: Mapping[str, str]) -> Any:
    match value:
        case Mapping():
            return {key: _without_chance(item, names) for key, item in value.items() if key not in CHANCE}
        case list() | tuple():
            items = [_without_chance(item, names) for item in value]
            return sorted(items, key=repr)
        case _:
            return names.get(value, value) if isinstance(value, str) else value
