"""`--aws-api-throttle`: which AWS calls are held back, and to what rate (spec/runtime.md §5)."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ThrottleRule:
    """A token bucket for the operations of one service whose name the pattern is found in."""

    service_id: str
    operations: str
    """A regular expression, searched for in the operation's name."""
    rate: float
    """Calls per second."""
    burst: int


DEFAULT_THROTTLE = (
    ThrottleRule("WAF Regional", r"^AssociateWebACL|DisassociateWebACL", 0.5, 1),
    ThrottleRule("WAF Regional", r"^GetWebACLForResource|ListResourcesForWebACL", 1, 1),
    ThrottleRule("WAFV2", r"^AssociateWebACL|DisassociateWebACL", 0.5, 1),
    ThrottleRule("WAFV2", r"^GetWebACLForResource|ListResourcesForWebACL", 1, 1),
    ThrottleRule("Elastic Load Balancing v2", r"^RegisterTargets|^DeregisterTargets", 4, 20),
    ThrottleRule("Elastic Load Balancing v2", r"^Describe.*", 50, 200),
    ThrottleRule("Elastic Load Balancing v2", r"^Modify.*", 3, 20),
)


def throttle_rules(text: str) -> tuple[ThrottleRule, ...]:
    """`serviceID:operationRegex=rate:burst,…`."""
    return tuple(_rule(element) for element in text.split(","))


def _rule(element: str) -> ThrottleRule:
    sides = element.split("=")
    if len(sides) != 2:
        raise ValueError(f"{element} must be formatted as serviceID:operationRegex=rate:burst")
    left, right = (side.split(":") for side in sides)
    if len(left) != 2:
        raise ValueError(f"{sides[0]} must be formatted as serviceID:operationRegex")
    if len(right) != 2:
        raise ValueError(f"{sides[1]} must be formatted as rate:burst")
    try:
        re.compile(left[1])
    except re.error:
        raise ValueError(f"{left[1]} must be valid regex expression for operation") from None
    try:
        rate = float(right[0])
    except ValueError:
        raise ValueError(f"{right[0]} must be valid float number as rate for operations per second") from None
    try:
        burst = int(right[1])
    except ValueError:
        raise ValueError(f"{right[1]} must be valid integer as burst for operations") from None
    return ThrottleRule(left[0], left[1], rate, burst)


def effective_throttle(chosen: tuple[ThrottleRule, ...]) -> tuple[ThrottleRule, ...]:
    """Defaults, but for the services that the user named."""
    named = {rule.service_id for rule in chosen}
    return (*(rule for rule in DEFAULT_THROTTLE if rule.service_id not in named), *chosen)
