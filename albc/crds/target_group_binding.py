"""`TargetGroupBinding`: the Pods or Nodes behind a Service as the targets of one target group (spec/targets.md §2).

The schema has no defaults and no CEL rules: what is left out, the admission webhook fills in.
"""

from typing import Literal

from pydantic import Field

from albc.crds.base import CRDModel, CustomResource
from albc.crds.schema import Int64, IntOrString, Selector, StatusCondition


class ServiceReference(CRDModel):
    name: str
    port: IntOrString
    """Number or name of a port of the Service."""


class IPBlock(CRDModel):
    cidr: str


class SecurityGroupPeer(CRDModel):
    group_id: str = Field(alias="groupID")


class NetworkingPeer(CRDModel):
    """Who may connect; a security group wins over a CIDR."""

    ip_block: IPBlock | None = None
    security_group: SecurityGroupPeer | None = None


class NetworkingPort(CRDModel):
    protocol: Literal["TCP", "UDP"] | None = None
    """None is TCP."""
    port: IntOrString | None = None
    """None is all ports."""


class NetworkingIngressRule(CRDModel):
    from_: tuple[NetworkingPeer, ...] = Field(alias="from")
    ports: tuple[NetworkingPort, ...]


class Networking(CRDModel):
    ingress: tuple[NetworkingIngressRule, ...] | None = None


class TargetGroupBindingSpec(CRDModel):
    target_group_arn: str = Field(default="", alias="targetGroupARN")
    target_group_name: str = ""
    multi_cluster_target_group: bool = False
    target_type: Literal["instance", "ip"] | None = None
    target_group_protocol: Literal["HTTP", "HTTPS", "TCP", "TLS", "UDP", "TCP_UDP", "QUIC", "TCP_QUIC"] | None = None
    service_ref: ServiceReference
    networking: Networking | None = None
    node_selector: Selector | None = None
    ip_address_type: Literal["ipv4", "ipv6"] | None = None
    """None is ipv4."""
    vpc_id: str = Field(default="", alias="vpcID")
    iam_role_arn_to_assume: str = ""
    assume_role_external_id: str = ""


class TargetGroupBindingStatus(CRDModel):
    observed_generation: Int64 | None = None
    conditions: tuple[StatusCondition, ...] | None = None


class TargetGroupBinding(CustomResource):
    spec: TargetGroupBindingSpec
    status: TargetGroupBindingStatus = TargetGroupBindingStatus()
