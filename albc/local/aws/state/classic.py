"""What the account holds for Classic Load Balancers. Values inside are replaced, never changed in place."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Item = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ClassicListener:
    """A listener, and the policies that are set on it."""

    load_balancer_port: int
    protocol: str
    instance_port: int
    instance_protocol: str
    certificate: str | None = None
    policies: tuple[str, ...] = ()


@dataclass(slots=True)
class ClassicLoadBalancer:
    """A Classic Load Balancer with everything that is its own."""

    name: str
    arn: str
    dns_name: str
    scheme: str
    vpc_id: str
    created_at: float
    health_check: Item
    attributes: Item
    security_groups: tuple[str, ...]
    tags: dict[str, str]
    address: str = ""
    """The loopback address that its DNS name stands for."""
    interfaces: dict[str, str] = field(default_factory=dict)
    """Subnet → network interface."""
    listeners: dict[int, ClassicListener] = field(default_factory=dict)
    policies: dict[str, Item] = field(default_factory=dict)
    """By name, as DescribeLoadBalancerPolicies has them."""
    backend_policies: dict[int, tuple[str, ...]] = field(default_factory=dict)
    """Instance port → names of policies."""
    instances: dict[str, float] = field(default_factory=dict)
    """Instance → when it was registered."""
    reports: dict[str, bool] = field(default_factory=dict)
    """Instance → whether the data plane's last probe found it healthy."""
