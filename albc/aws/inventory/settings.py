"""How the inventory looks at AWS, and what it tells about itself."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class InventorySettings:
    """Times are seconds."""

    cluster_name: str
    vpc_id: str
    listener_rules_tagging: bool = True
    certificate_management: bool = False
    tagging_api: bool = False
    """Gate EnableRGTAPI: ask the Resource Groups Tagging API for what is ours, not ELBv2 for everything."""
    list_every: float = 300.0
    check_every: float = 1200.0
    """How old what hangs below a load balancer may become."""
    tags_every: float = 1200.0
    addons_every: float = 600.0
    """How old a web ACL's association or a protection may become."""
    subscription_every: float = 7200.0
    calls_per_minute: int = 120
    """Budget of the background checks."""


@dataclass(frozen=True, slots=True)
class InventoryStatistics:
    load_balancers: int
    target_groups: int
    security_groups: int
    stacks: int
    listed_seconds_ago: float | None
    """How old the newest listing is; None before the first."""
    unchecked: int
    """Load balancers and target groups of which not everything is known."""
    later: int
    """Stacks that are to be looked at when their turn comes."""
    drifts: int
    """Resources found changed by others, so far."""
