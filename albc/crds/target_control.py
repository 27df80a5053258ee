"""`ALBTargetControlConfig`: how the target control agent is injected beside a Pod's containers (spec/targets.md §3)."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from albc.crds.base import CRDModel, CustomResource
from albc.crds.schema import Int32, IntOrString

Address = Annotated[str, Field(pattern="^.+:[0-9]+$")]
QUANTITY = (
    r"^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))"
    r"(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$"
)
"""A resource quantity as the API server writes it into schemas."""
Quantity = Annotated[IntOrString, Field(json_schema_extra={"pattern": QUANTITY})]


class ResourceClaim(CRDModel):
    name: str
    request: str | None = None


class ResourceRequirements(CRDModel):
    claims: tuple[ResourceClaim, ...] | None = None
    limits: Mapping[str, Quantity] | None = None
    requests: Mapping[str, Quantity] | None = None


class ALBTargetControlConfigSpec(CRDModel):
    image: str
    """Image of the agent."""
    data_address: Address
    """Where the agent takes requests, `ADDRESS:PORT`."""
    control_address: Address
    """Where the load balancer asks the agent for requests to send, `ADDRESS:PORT`."""
    destination_address: Address
    """Where the application listens, `ADDRESS:PORT`."""
    max_concurrency: Annotated[Int32, Field(ge=0, le=1000)] = 1
    """Requests at the same time; 0 is none."""
    tls_cert_path: str | None = None
    """File in the agent's container."""
    tls_key_path: str | None = None
    """File in the agent's container."""
    tls_security_policy: str | None = None
    """TLS policy by AWS's name."""
    protocol_version: Literal["HTTP1", "HTTP2", "GRPC"] | None = None
    """As the target group has it."""
    rust_log: Literal["debug", "info", "error"] | None = None
    """How much the agent logs."""
    resources: ResourceRequirements | None = None
    """Of the agent's container."""


class ALBTargetControlConfig(CustomResource):
    spec: ALBTargetControlConfigSpec
