"""Listeners and their rules."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from albc.model.actions import ACTION_TYPES, ActionConfig
from albc.model.conditions import CONDITION_FIELDS, Condition
from albc.model.reference import Ref, Token
from albc.model.wire import Omit, hidden, to_wire, wire, wire_map


def _actions(actions: tuple[ActionConfig, ...]) -> list[Any]:
    return [
        {"type": type_, name: to_wire(action)} for action in actions for type_, name in [ACTION_TYPES[type(action)]]
    ]


def _conditions(conditions: tuple[Condition, ...]) -> list[Any]:
    return [
        {"field": field, name: to_wire(condition)}
        for condition in conditions
        for field, name in [CONDITION_FIELDS[type(condition)]]
    ]


def _certificates(arns: tuple[Token, ...]) -> list[Any]:
    # The reference wraps a given ARN in a certificate without type and id, and prints a reference to that
    # (spec/aws.md §1.2); users who compare the two see the same.
    return [{"certificateARN": to_wire(arn if isinstance(arn, Ref) else Ref("", "", "certificateARN"))} for arn in arns]


def _listener_attributes(attributes: "tuple[ListenerAttribute, ...]") -> list[Any]:
    return [{"Key": attribute.key, "Value": attribute.value} for attribute in attributes]


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class ListenerAttribute:
    key: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MutualAuthentication:
    mode: str
    trust_store_arn: str | None = wire(omit=Omit.NONE)
    ignore_client_certificate_expiry: bool | None = wire(omit=Omit.NONE)
    advertise_trust_store_ca_names: str | None = wire(omit=Omit.NONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    type: ClassVar[str] = "AWS::ElasticLoadBalancingV2::Listener"

    id: str = hidden()
    """The port; for a frontend NLB `FrontendNlb-ls-PROTOCOL-PORT`."""
    load_balancer_arn: Token = wire("loadBalancerARN", omit=Omit.NEVER)
    port: int
    protocol: str
    default_actions: tuple[ActionConfig, ...] = wire(default=(), as_=_actions)
    certificates: tuple[Token, ...] = wire(default=(), as_=_certificates)
    """ARNs, the listener's default certificate first."""
    ssl_policy: str | None = wire(omit=Omit.NONE)
    alpn_policy: tuple[str, ...] = wire(default=())
    mutual_authentication: MutualAuthentication | None = wire(omit=Omit.NONE)
    tags: Mapping[str, str] = wire_map()
    listener_attributes: tuple[ListenerAttribute, ...] = wire(default=(), as_=_listener_attributes)

    @property
    def arn(self) -> Ref:
        return Ref(self.type, self.id, "listenerARN")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewrite:
    """What matches `regex` becomes `replace`."""

    regex: str = wire(omit=Omit.NEVER)
    replace: str = wire(omit=Omit.NEVER)


@dataclass(frozen=True, slots=True, kw_only=True)
class RewriteTransform:
    """Rewrites of the URL's path and query, or of the Host header."""

    type: Literal["url-rewrite", "host-header-rewrite"]
    rewrites: tuple[Rewrite, ...]

    def __wire__(self) -> dict[str, Any]:
        config = "urlRewriteConfig" if self.type == "url-rewrite" else "hostHeaderRewriteConfig"
        return {"type": self.type, config: {"rewrites": to_wire(self.rewrites)}}


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerRule:
    type: ClassVar[str] = "AWS::ElasticLoadBalancingV2::ListenerRule"

    id: str = hidden()
    """`PORT:PRIORITY`."""
    listener_arn: Token = wire("listenerARN", omit=Omit.NEVER)
    priority: int
    actions: tuple[ActionConfig, ...] = wire(omit=Omit.NEVER, as_=_actions)
    conditions: tuple[Condition, ...] = wire(omit=Omit.NEVER, as_=_conditions)
    transforms: tuple[RewriteTransform, ...] = wire(default=())
    tags: Mapping[str, str] = wire_map()
