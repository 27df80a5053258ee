"""`IngressClassParams`: what an IngressClass settles for all its Ingresses (spec/ingress.md §3).

The types say what the API server holds objects to; what it cannot check (CIDRs, subnets by ids or by tags) the
admission webhook refuses.
"""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from albc.crds.base import CRDModel, CustomResource
from albc.crds.schema import Int32, Selector, cel

SubnetID = Annotated[str, Field(pattern="subnet-[0-9a-f]+")]


class IngressGroup(CRDModel):
    name: str
    """All Ingresses of the class belong to this IngressGroup."""


class SubnetSelector(CRDModel):
    """Subnets by id, or by tags; never both."""

    ids: Annotated[tuple[SubnetID, ...], Field(min_length=1)] | None = None
    tags: dict[str, tuple[str, ...]] | None = None
    """Values that are accepted for each tag key; a subnet must satisfy every key."""


class Tag(CRDModel):
    key: str
    value: str


class Attribute(CRDModel):
    """A load balancer or listener attribute."""

    key: str
    value: str


class ListenerParams(CRDModel):
    """Attributes of the listener on one port; it does not make a listener."""

    protocol: str = ""
    port: Int32 = 0
    listener_attributes: tuple[Attribute, ...] = ()


class MinimumLoadBalancerCapacity(CRDModel):
    capacity_units: Int32


class IPAMConfiguration(CRDModel):
    ipv4_ipam_pool_id: str | None = Field(default=None, alias="ipv4IPAMPoolId")


class IngressClassParamsSpec(CRDModel):
    """Where both a field and an annotation give a value, the field wins (spec/ingress.md §3 has the exceptions)."""

    model_config = ConfigDict(
        json_schema_extra=cel(
            (
                "!(has(self.prefixListsIDs) && has(self.PrefixListsIDs))",
                "cannot specify both 'prefixListsIDs' and 'PrefixListsIDs' fields",
            )
        )
    )

    load_balancer_name: str = ""
    certificate_arn: tuple[str, ...] = ()
    namespace_selector: Selector | None = None
    """Namespaces whose Ingresses may use the class; None is all."""
    group: IngressGroup | None = None
    scheme: Literal["internal", "internet-facing"] | None = None
    inbound_cidrs: tuple[str, ...] = Field(default=(), alias="inboundCIDRs")
    ssl_policy: str = ""
    ssl_redirect_port: str = ""
    subnets: SubnetSelector | None = None
    ip_address_type: Literal["ipv4", "dualstack", "dualstack-without-public-ipv4"] | None = None
    tags: tuple[Tag, ...] = ()
    target_type: Literal["instance", "ip"] | None = None
    load_balancer_attributes: tuple[Attribute, ...] = ()
    listeners: tuple[ListenerParams, ...] = ()
    minimum_load_balancer_capacity: MinimumLoadBalancerCapacity | None = None
    ipam_configuration: IPAMConfiguration | None = None
    prefix_lists_ids: tuple[str, ...] = Field(default=(), alias="prefixListsIDs")
    prefix_lists_ids_legacy: tuple[str, ...] = Field(default=(), alias="PrefixListsIDs")
    """An older spelling of the same field."""
    wafv2_acl_arn: str = Field(default="", alias="wafv2AclArn")
    wafv2_acl_name: str = Field(default="", alias="wafv2AclName")

    @property
    def prefix_lists(self) -> tuple[str, ...]:
        return self.prefix_lists_ids or self.prefix_lists_ids_legacy


class IngressClassParams(CustomResource):
    spec: IngressClassParamsSpec = IngressClassParamsSpec()
