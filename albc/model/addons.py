"""What protects a load balancer: web ACLs and Shield Advanced."""

from dataclasses import dataclass
from typing import ClassVar

from albc.model.reference import Token
from albc.model.wire import Omit, hidden, wire


@dataclass(frozen=True, slots=True, kw_only=True)
class WAFv2Association:
    """An empty ARN means that nothing may be associated."""

    type: ClassVar[str] = "AWS::WAFv2::WebACLAssociation"

    id: str = hidden("LoadBalancer")
    web_acl_arn: str = wire("webACLARN", omit=Omit.NEVER)
    resource_arn: Token = wire("resourceARN", omit=Omit.NEVER)


@dataclass(frozen=True, slots=True, kw_only=True)
class WAFRegionalAssociation:
    """An empty id means that nothing may be associated."""

    type: ClassVar[str] = "AWS::WAFRegional::WebACLAssociation"

    id: str = hidden("LoadBalancer")
    web_acl_id: str = wire("webACLID", omit=Omit.NEVER)
    resource_arn: Token = wire("resourceARN", omit=Omit.NEVER)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShieldProtection:
    type: ClassVar[str] = "AWS::Shield::Protection"

    id: str = hidden("LoadBalancer")
    enabled: bool
    resource_arn: Token = wire("resourceARN", omit=Omit.NEVER)
