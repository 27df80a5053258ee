"""`ALBTargetControlConfig`: how the target control agent is injected beside a Pod's containers (spec/targets.md §3)."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from albc.crds.base import CRDModel, CustomResource
from albc.crds.schema import Int32, IntOrString

Address = Annotated[str, Field(pattern="^.+:[0-9]+$")]
Quantity = Annotated[
    IntOrString,
    Field(
        json_schema_extra={
            "pattern": r"^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))"
            r"(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$"
        }
    ),
]


class ResourceClaim(CRDModel):
    name: str
    request: str | None = None


class ResourceRequirements(CRDModel):
    claims: tuple[ResourceClaim, ...] | None = None
    limits: Mapping[str, Quantity] | None = None
    requests: Mapping[str, Quantity] | None = None


class ALBTargetControlConfigSpec(CRDModel):
    image: str
    data_address: Address
    control_address: Address
    destination_address: Address
    max_concurrency: Annotated[Int32, Field(ge=0, le=1000)] = 1
    tls_cert_path: str | None = None
    tls_key_path: str | None = None
    tls_security_policy: str | None = None
    protocol_version: Literal["HTTP1", "HTTP2", "GRPC"] | None = None
    rust_log: Literal["debug", "info", "error"] | None = None
    resources: ResourceRequirements | None = None


class ALBTargetControlConfig(CustomResource):
    spec: ALBTargetControlConfigSpec
