"""What the account holds for WAFv2, WAF Classic and Shield."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from albc.local.aws.ids import uuid_id
from albc.local.aws.options import AccountOptions


@dataclass(frozen=True, slots=True)
class WebAcl:
    """A web ACL; its rules are kept, and not carried out."""

    name: str
    acl_id: str
    arn: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    """The rest of WAFv2's `WebACL` shape."""


class Firewalls:
    """Regional web ACLs by ARN (WAFv2) and by id (WAF Classic), and which load balancer has which."""

    def __init__(self, options: AccountOptions) -> None:
        self._options = options
        self.web_acls: dict[str, WebAcl] = {}
        self.classic_acls: dict[str, str] = {}
        """WAF Classic: id → name."""
        self.associations: dict[str, str] = {}
        """Load balancer ARN → ARN of its web ACL."""
        self.classic_associations: dict[str, str] = {}
        """Load balancer ARN → id of its WAF Classic web ACL."""
        for name in options.web_acls:
            self.add(name, {"DefaultAction": {"Allow": {}}})
            self.classic_acls[uuid_id("classic-web-acl", options.account_id, name)] = name

    def add(self, name: str, settings: Mapping[str, Any]) -> WebAcl:
        """Make a web ACL; its id is a digest of its name."""
        acl_id = uuid_id("web-acl", self._options.account_id, self._options.region, name)
        arn = self._options.arn("wafv2", f"regional/webacl/{name}/{acl_id}")
        self.web_acls[arn] = WebAcl(name, acl_id, arn, settings)
        return self.web_acls[arn]


@dataclass(frozen=True, slots=True)
class Protection:
    """A Shield Advanced protection."""

    protection_id: str
    name: str
    resource_arn: str


@dataclass(slots=True)
class Shield:
    """The subscription and the protections, by the ARN of what they protect."""

    subscribed: bool
    protections: dict[str, Protection] = field(default_factory=dict)

    def protect(self, name: str, resource_arn: str) -> Protection:
        protection = Protection(uuid_id("protection", resource_arn), name, resource_arn)
        self.protections[resource_arn] = protection
        return protection
