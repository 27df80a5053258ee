"""What of an account's quotas a plan has to know."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class VpcQuotas:
    """Quotas of Amazon VPC as the account has told them. None: it has not, so that AWS has the word."""

    rules_per_security_group: int | None = None
    """Inbound; those for IPv4 and those for IPv6 are counted apart."""
    security_groups_per_interface: int | None = None


NOTHING_TOLD = VpcQuotas()
