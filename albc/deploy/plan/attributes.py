"""Attributes of load balancers, target groups and listeners: one call for what differs (spec/aws.md §5.1).

Attributes that nobody names are left alone, but for those that this process set itself: they go back to their default
when their setting is taken back.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from albc.deploy.plan.operation import Operation, ResourceID, Unmanaged, Verb
from albc.model.listener import ListenerAttribute
from albc.model.load_balancer import Attribute
from albc.model.reference import Token

PROTECTION: Final = "deletion_protection.enabled"
"""Switched off only where a user says so; silence is no such word."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose attributes they are."""

    resource: ResourceID
    arn: Token
    action: str
    """`modify_load_balancer_attributes`, …"""
    arn_parameter: str
    """`LoadBalancerArn`, …"""
    defaults: Mapping[str, str]


def attribute_operations(
    owner: Owner,
    wanted: Iterable[Attribute | ListenerAttribute],
    actual: Mapping[str, str],
    written: frozenset[str] = frozenset(),
) -> list[Operation]:
    """At most one operation. `actual` of a new resource are its defaults."""
    stated = {attribute.key: attribute.value for attribute in wanted}
    silent = written - stated.keys() - {PROTECTION}
    taken_back = {key: owner.defaults[key] for key in silent if key in owner.defaults and key in actual}
    wrong = {key: value for key, value in (stated | taken_back).items() if actual.get(key) != value}
    if not wrong:
        return []
    return [
        Operation(
            verb=Verb.MODIFY,
            resource=owner.resource,
            service="elbv2",
            action=owner.action,
            params={
                owner.arn_parameter: owner.arn,
                "Attributes": [{"Key": key, "Value": wrong[key]} for key in sorted(wrong)],
            },
            target=owner.arn if isinstance(owner.arn, str) else "",
            before={key: actual[key] for key in sorted(wrong) if key in actual},
            after={key: wrong[key] for key in sorted(wrong)},
            because=_because(wrong, actual),
        )
    ]


def unmanaged_attributes(
    owner: Owner,
    wanted: Iterable[Attribute | ListenerAttribute],
    actual: Mapping[str, str],
    written: frozenset[str],
) -> Iterator[Unmanaged]:
    """What `attribute_operations` leaves alone although it is not as AWS gives it; at most one."""
    silent = actual.keys() - {attribute.key for attribute in wanted} - (written - {PROTECTION})
    left = {key: actual[key] for key in sorted(silent) if owner.defaults.get(key, actual[key]) != actual[key]}
    if left:
        yield Unmanaged(owner.resource, left)


def _because(wrong: Mapping[str, str], actual: Mapping[str, str]) -> str:
    key = min(wrong)
    more = f" and {len(wrong) - 1} more" if len(wrong) > 1 else ""
    return f"attribute {key}{more} {'was ' + repr(actual[key]) if key in actual else 'was not set'}"
