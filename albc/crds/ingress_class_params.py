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
    """`HTTP` or `HTTPS`, as the listener has it."""
    port: Int32 = 0
    listener_attributes: tuple[Attribute, ...] = ()
    """By AWS's keys; wins key by key over `listener-attributes.PROTO-PORT`."""


class MinimumLoadBalancerCapacity(CRDModel):
    capacity_units: Int32
    """Load balancer capacity units; 0 ends the reservation."""


class IPAMConfiguration(CRDModel):
    ipv4_ipam_pool_id: str | None = Field(default=None, alias="ipv4IPAMPoolId")
    """Pool of public addresses."""


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
    """In place of the annotation `load-balancer-name`."""
    certificate_arn: tuple[str, ...] = ()
    """In place of the annotation `certificate-arn`."""
    namespace_selector: Selector | None = None
    """Namespaces whose Ingresses may use the class; None is all."""
    group: IngressGroup | None = None
    """In place of the annotation `group.name`."""
    scheme: Literal["internal", "internet-facing"] | None = None
    """In place of the annotation `scheme`."""
    inbound_cidrs: tuple[str, ...] = Field(default=(), alias="inboundCIDRs")
    """In place of the annotation `inbound-cidrs`."""
    ssl_policy: str = ""
    """In place of the annotation `ssl-policy`."""
    ssl_redirect_port: str = ""
    """In place of the annotation `ssl-redirect`."""
    subnets: SubnetSelector | None = None
    """In place of the annotation `subnets`: by ids, or by tags; never both."""
    ip_address_type: Literal["ipv4", "dualstack", "dualstack-without-public-ipv4"] | None = None
    """In place of the annotation `ip-address-type`."""
    tags: tuple[Tag, ...] = ()
    """Win key by key over the annotation `tags`."""
    target_type: Literal["instance", "ip"] | None = None
    """In place of the annotation `target-type`, also of Services."""
    load_balancer_attributes: tuple[Attribute, ...] = ()
    """Win key by key over the annotation; of a group, those of the first member's class count."""
    listeners: tuple[ListenerParams, ...] = ()
    """Attributes of listeners, which this does not make; the first member's class on the port counts."""
    minimum_load_balancer_capacity: MinimumLoadBalancerCapacity | None = None
    """In place of the annotation; of a group, that of the first member's class counts."""
    ipam_configuration: IPAMConfiguration | None = None
    """In place of `ipam-ipv4-pool-id`; of a group, that of the first member's class counts."""
    prefix_lists_ids: tuple[str, ...] = Field(default=(), alias="prefixListsIDs")
    """In place of the annotation `security-group-prefix-lists`."""
    prefix_lists_ids_legacy: tuple[str, ...] = Field(default=(), alias="PrefixListsIDs")
    """An older spelling of the same field."""
    wafv2_acl_arn: str = Field(default="", alias="wafv2AclArn")
    """In place of the annotation `wafv2-acl-arn`."""
    wafv2_acl_name: str = Field(default="", alias="wafv2AclName")
    """In place of the annotation `wafv2-acl-name`."""

    @property
    def prefix_lists(self) -> tuple[str, ...]:
        return self.prefix_lists_ids or self.prefix_lists_ids_legacy


class IngressClassParams(CustomResource):
    spec: IngressClassParamsSpec = IngressClassParamsSpec()
