"""Which load balancers of AWS are which of a stack, and which must give way, and why."""

from dataclasses import dataclass, replace

from albc.deploy.fields.field import Change, differences
from albc.deploy.fields.load_balancers import LOAD_BALANCER
from albc.deploy.plan.attributes import PROTECTION
from albc.deploy.plan.free_names import free_name
from albc.deploy.settings import DeploySettings
from albc.model.inventory import ActualLoadBalancer, InventoryView
from albc.model.load_balancer import LoadBalancer, SubnetMapping
from albc.model.reference import Ref
from albc.model.stack import Stack


@dataclass(frozen=True, slots=True)
class Replacement:
    """A load balancer that has to give way, and why."""

    actual: ActualLoadBalancer
    by: LoadBalancer
    because: str

    @property
    def holds_addresses(self) -> bool:
        """Addresses that its successor wants: AWS gives each to one load balancer, so this one has to go first."""
        mine = {address for mapping in self.by.subnet_mapping for address in _fixed_addresses(mapping)}
        zones = self.actual.aws.get("AvailabilityZones") or ()
        return any(
            mine.intersection(address.values()) for zone in zones for address in zone.get("LoadBalancerAddresses") or ()
        )


@dataclass(frozen=True, slots=True)
class LoadBalancers:
    """Which load balancers of AWS are which of the stack."""

    pairs: tuple[tuple[LoadBalancer, ActualLoadBalancer], ...]
    missing: tuple[LoadBalancer, ...]
    replaced: tuple[Replacement, ...]
    unwanted: tuple[ActualLoadBalancer, ...]
    """No resource of the stack stands for them, and nothing protects them."""
    protected: tuple[ActualLoadBalancer, ...]
    """Unwanted, but protected: they stay as they are, with all that they use."""
    kept: tuple[Replacement, ...]
    """To be replaced, but protected: they stay among `pairs`, as far as AWS can change them."""

    @property
    def is_stuck(self) -> bool:
        """A protected one is of another type than what is wanted: nothing of the stack would fit it."""
        return any(one.actual.aws.get("Type") != one.by.kind for one in self.kept)

    def known(self) -> dict[Ref, str]:
        known = {}
        for wanted, actual in self.pairs:
            known[wanted.arn] = actual.arn
            known[wanted.dns_name] = actual.aws.get("DNSName", "")
        return known

    def doomed(self) -> tuple[ActualLoadBalancer, ...]:
        """Those that go only after their successors have come."""
        missing = {wanted.id for wanted in self.missing}
        return tuple(
            replacement.actual
            for replacement in self.replaced
            if not (replacement.holds_addresses and replacement.by.id in missing)
        )


def match(stack: Stack, view: InventoryView, settings: DeploySettings) -> LoadBalancers:
    """By resource id, then by whether AWS can make of it what is wanted."""
    pairs, missing, replaced, kept = [], [], [], []
    actual = sorted(view.load_balancers, key=lambda one: one.arn)
    wanted_ids = {wanted.id for wanted in stack.all(LoadBalancer)}
    names = {str(one.aws.get("LoadBalancerName", "")) for one in actual}
    for wanted in stack.all(LoadBalancer):
        candidates = [one for one in actual if view.resource_id(one.tags) == wanted.id]
        obstacles = {one.arn: _obstacles(wanted, one, settings) for one in candidates}
        usable = [one for one in candidates if not obstacles[one.arn]]
        to_go = [Replacement(one, wanted, obstacles[one.arn]) for one in candidates if obstacles[one.arn]]
        protected = [one for one in to_go if one.actual.deletion_protected and not _says_unprotected(wanted)]
        if usable:
            pairs.append((wanted, usable[0]))
            replaced += [replacement for replacement in to_go if replacement not in protected]
            kept += protected
        elif protected:
            pairs.append((wanted, protected[0].actual))
            kept.append(protected[0])
        else:
            missing.append(replace(wanted, name=free_name(wanted.name, names)))
            replaced += to_go
    leftover = [one for one in actual if view.resource_id(one.tags) not in wanted_ids]
    return LoadBalancers(
        pairs=tuple(pairs),
        missing=tuple(missing),
        replaced=tuple(replaced),
        unwanted=tuple(one for one in leftover if not one.deletion_protected),
        protected=tuple(one for one in leftover if one.deletion_protected),
        kept=tuple(kept),
    )


def _obstacles(wanted: LoadBalancer, actual: ActualLoadBalancer, settings: DeploySettings) -> str:
    """What AWS cannot change, in words; "" when there is nothing."""
    return ", ".join(
        f"{one.field.name} was {one.before}, {one.after} is wanted, and AWS cannot change it"
        for one in differences(LOAD_BALANCER, wanted, actual, settings, {})
        if one.field.change is Change.REPLACE
    )


def _fixed_addresses(mapping: SubnetMapping) -> set[str]:
    return {mapping.allocation_id or "", mapping.private_ipv4_address or "", mapping.ipv6_address or ""} - {""}


def _says_unprotected(wanted: LoadBalancer) -> bool:
    """The user's own word, not silence."""
    return any(one.key == PROTECTION and one.value == "false" for one in wanted.load_balancer_attributes)
