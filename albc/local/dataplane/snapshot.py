"""What the data plane reads of the account: one frozen value, AWS-shaped.

The account makes it (`albc.local.aws`), the data plane only reads it. Items are what the `Describe…` calls of
Elastic Load Balancing v2 answer, plus the few keys named below; nothing in it is changed after it is made.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Item = Mapping[str, Any]


@dataclass(frozen=True)
class Snapshot:
    """One consistent view of everything that decides where a connection goes.

    An ARN that is named in one field and absent from another is treated as not there yet.
    """

    load_balancers: tuple[Item, ...] = ()
    """DescribeLoadBalancers items, plus `Address` (the literal loopback address that it listens on, 127.18.x.y) and
    `Attributes` (`{key: value}`, both strings)."""

    listeners: Mapping[str, tuple[Item, ...]] = field(default_factory=dict)
    """By LoadBalancerArn: DescribeListeners items, plus `Attributes`. `Certificates` holds every certificate of the
    listener, default and SNI: `[{"CertificateArn": …, "IsDefault": bool}]`."""

    rules: Mapping[str, tuple[Item, ...]] = field(default_factory=dict)
    """By ListenerArn: DescribeRules items, `Priority` a decimal string or `"default"`. Any order; the data plane
    sorts. For a listener without an entry the listener's `DefaultActions` hold."""

    target_groups: Mapping[str, Item] = field(default_factory=dict)
    """By TargetGroupArn: DescribeTargetGroups items, plus `Attributes`."""

    targets: Mapping[str, tuple[Item, ...]] = field(default_factory=dict)
    """By TargetGroupArn: `{"Id", "Port", "AvailabilityZone", "State", "Address"}`. `Address` is the IP address to
    connect to (of an instance its private address, of an ALB target that load balancer's `Address`); `State` is
    `registered` or `draining` (gets no new connections; those that it has go on)."""

    certificates: Mapping[str, tuple[bytes, bytes]] = field(default_factory=dict, repr=False)
    """By certificate ARN: PEM chain (leaf first) and PEM private key. Kept out of `repr`: it holds keys."""

    security_groups: Mapping[str, Item] = field(default_factory=dict)
    """By id: DescribeSecurityGroups items. The data plane reads `IpPermissions`."""
