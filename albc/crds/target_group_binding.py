"""`TargetGroupBinding`: the Pods or Nodes behind a Service as the targets of one target group (spec/targets.md §2).

The schema has no defaults and no CEL rules: what is left out, the admission webhook fills in.
"""

from typing import Literal

from pydantic import Field

from albc.crds.base import CRDModel, CustomResource
from albc.crds.schema import Int64, IntOrString, Selector, StatusCondition


class ServiceReference(CRDModel):
    name: str
    """A Service in the binding's namespace."""
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
    """Rules; each lets all of its peers reach all of its ports."""


class TargetGroupBindingSpec(CRDModel):
    target_group_arn: str = Field(default="", alias="targetGroupARN")
    """The target group; wins over the name. Cannot be changed."""
    target_group_name: str = ""
    """The target group by its name; the ARN is filled in."""
    multi_cluster_target_group: bool = False
    """Whether the target group is shared: only targets that this binding registered are removed."""
    target_type: Literal["instance", "ip"] | None = None
    """`ip`: Pods; `instance`: nodes. Filled in from AWS; cannot be changed."""
    target_group_protocol: Literal["HTTP", "HTTPS", "TCP", "TLS", "UDP", "TCP_UDP", "QUIC", "TCP_QUIC"] | None = None
    """Filled in from AWS."""
    service_ref: ServiceReference
    """Whose Pods, or whose node port on which nodes."""
    networking: Networking | None = None
    """Who may connect to the targets; left out, no rule of a security group is made."""
    node_selector: Selector | None = None
    """With `instance`: the nodes that are targets."""
    ip_address_type: Literal["ipv4", "ipv6"] | None = None
    """None is ipv4."""
    vpc_id: str = Field(default="", alias="vpcID")
    """VPC of the target group; filled in. Cannot be changed."""
    iam_role_arn_to_assume: str = ""
    """Role for the calls about this target group, as in another account."""
    assume_role_external_id: str = ""
    """External id that the role asks for."""


class TargetGroupBindingStatus(CRDModel):
    observed_generation: Int64 | None = None
    conditions: tuple[StatusCondition, ...] | None = None


class TargetGroupBinding(CustomResource):
    spec: TargetGroupBindingSpec
    status: TargetGroupBindingStatus = TargetGroupBindingStatus()
