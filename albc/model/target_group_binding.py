"""The TargetGroupBinding that albc makes for a target group of a stack (spec/targets.md §8)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from albc.model.reference import Ref, Token
from albc.model.wire import Omit, hidden, to_wire, wire, wire_map


def _null_if_empty(items: tuple[Any, ...]) -> list[Any] | None:
    # The reference prints Go's nil slices here (spec/service.md A14).
    return [to_wire(item) for item in items] or None


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkingPeer:
    """Exactly one of a CIDR and a security group."""

    cidr: str | None = None
    security_group: Token | None = None

    def __wire__(self) -> dict[str, Any]:
        if self.cidr is not None:
            return {"ipBlock": {"cidr": self.cidr}}
        return {"securityGroup": {"groupID": to_wire(self.security_group)}}


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkingPort:
    protocol: str | None = wire(omit=Omit.NONE)
    port: int | str | None = wire(omit=Omit.NONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkingIngressRule:
    from_: tuple[NetworkingPeer, ...] = wire("from", omit=Omit.NEVER, as_=_null_if_empty)
    ports: tuple[NetworkingPort, ...] = wire(omit=Omit.NEVER, as_=_null_if_empty)


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSelectorRequirement:
    key: str
    operator: str
    values: tuple[str, ...] = wire(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSelector:
    match_labels: Mapping[str, str] = wire_map()
    match_expressions: tuple[NodeSelectorRequirement, ...] = wire(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceReference:
    name: str
    port: int | str


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetGroupBinding:
    type: ClassVar[str] = "K8S::ElasticLoadBalancingV2::TargetGroupBinding"

    id: str = hidden()
    """That of its target group."""
    name: str
    namespace: str
    labels: Mapping[str, str] = wire_map()
    annotations: Mapping[str, str] = wire_map()
    target_group_arn: Token = wire("targetGroupARN", omit=Omit.NEVER)
    target_type: str | None = wire(omit=Omit.NONE)
    service_ref: ServiceReference = wire(omit=Omit.NEVER)
    networking: tuple[NetworkingIngressRule, ...] | None = wire(
        omit=Omit.NONE, as_=lambda rules: {"ingress": to_wire(rules)} if rules else {}
    )
    node_selector: NodeSelector | None = wire(omit=Omit.NONE)
    ip_address_type: str | None = wire(omit=Omit.NONE)
    vpc_id: str = wire("vpcID", default="")
    multi_cluster_target_group: bool = wire(default=False)
    target_group_protocol: str | None = wire(omit=Omit.NONE)


_METADATA = ("name", "namespace", "labels", "annotations")


def binding_spec_wire(binding: TargetGroupBinding) -> dict[str, Any]:
    """`{"template": {"metadata": …, "spec": …}}`, the printed form of a binding's spec."""
    flat = to_wire(binding)
    metadata = {key: flat.pop(key) for key in _METADATA if key in flat}
    return {"template": {"metadata": metadata, "spec": flat}}


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontendNLBTarget:
    """The registration of an ALB as the target of a frontend NLB's target group."""

    name: str = wire("Name", omit=Omit.NEVER)
    arn: Ref = wire("ARN", omit=Omit.NEVER)
    port: int = wire("Port", omit=Omit.NEVER)
    target_arn: Token = wire("TargetARN", omit=Omit.NEVER)
    target_port: int = wire("TargetPort", omit=Omit.NEVER)


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontendNLBTargets:
    """The state resource that stands in every Ingress and Gateway stack, empty without a frontend NLB."""

    type: ClassVar[str] = "FrontendNLBTargetGroup"

    id: str = hidden("FrontendNLBTargetGroup")
    targets: tuple[FrontendNLBTarget, ...] = ()
