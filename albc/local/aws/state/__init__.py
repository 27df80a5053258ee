"""What an account holds, without any operation. `services` read and change it; nothing here checks a rule of AWS."""

from dataclasses import dataclass, field
from typing import TypeVar

from albc.local.aws.clock import Clock
from albc.local.aws.layout import Layout
from albc.local.aws.options import AccountOptions
from albc.local.aws.state.certificates import Certificates
from albc.local.aws.state.classic import ClassicLoadBalancer
from albc.local.aws.state.dns import HostedZone, hosted_zones
from albc.local.aws.state.load_balancing import LoadBalancer, LoadBalancing, TargetGroup
from albc.local.aws.state.network import Network
from albc.local.aws.state.protection import Firewalls, Shield

Held = TypeVar("Held", LoadBalancer, TargetGroup)


@dataclass(slots=True)
class State:
    """All of one account, and the clock that it lives by."""

    options: AccountOptions
    clock: Clock
    network: Network
    load_balancing: LoadBalancing
    certificates: Certificates
    firewalls: Firewalls
    shield: Shield
    hosted_zones: dict[str, HostedZone]
    classic: dict[str, ClassicLoadBalancer] = field(default_factory=dict)
    """Classic Load Balancers by name."""
    roles: set[str] = field(default_factory=set)
    """Service-linked roles that exist."""
    serial: int = 0
    """How many things were made; makes the ids of things with the same name differ."""

    @classmethod
    def fresh(cls, options: AccountOptions, layout: Layout, clock: Clock) -> "State":
        """An account with its network and nothing else."""
        return cls(
            options=options,
            clock=clock,
            network=Network(layout, options.account_id),
            load_balancing=LoadBalancing(),
            certificates=Certificates(options, clock, layout.certificates),
            firewalls=Firewalls(options),
            shield=Shield(options.shield_subscribed),
            hosted_zones=hosted_zones(options),
        )

    def next_serial(self) -> int:
        self.serial += 1
        return self.serial

    def lingering(self, kind: type[Held]) -> list[Held]:
        """What was deleted so lately that listings still show it (`consistency_seconds`)."""
        since = self.clock() - self.options.consistency_seconds
        departed = self.load_balancing.departed
        departed[:] = [(when, thing) for when, thing in departed if when > since]
        return [thing for _, thing in departed if isinstance(thing, kind)]

    def visible(self, created_at: float) -> bool:
        """Whether a reading call finds something of this age already (`consistency_seconds`)."""
        return self.clock() - created_at >= self.options.consistency_seconds
