"""The annotations of a Service as typed values: the one place that knows their names and formats.

A value is parsed when a rule asks for it, not before, because whether a malformed value matters depends on others: a
valid `-scheme` hides a bad `-internal`, an ALPN policy counts only on TLS listeners (spec/service.md A4 to A6).
Called by the rules of this folder; the register in `annotations` says which rule reads which field.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from albc.mapping import go
from albc.mapping.annotations import Annotations
from albc.mapping.invalid import Invalid
from albc.mapping.service.forwards import Forwarding, decode_forwarding

PREFIX = "service.beta.kubernetes.io/"

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Field(Generic[T_co]):
    """One annotation: its name after the prefix, its format as documents print it, and how to read it."""

    name: str
    type: str
    parse: Callable[[Annotations, str], T_co | None]


@dataclass(frozen=True, slots=True)
class KeyedField(Generic[T_co]):
    """Annotations that exist once for each key: `NAME.KEY`."""

    name: str
    key: str
    """What stands for the key in documents, in capitals."""
    type: str
    parse: Callable[[Annotations, str], T_co | None]

    def at(self, key: str) -> Field[T_co]:
        return Field(f"{self.name}.{key}", self.type, self.parse)


class ServiceAnnotations:
    """One Service's annotations: `annotations[SCHEME]` is the value, or None where the annotation is absent."""

    __slots__ = ("raw",)

    def __init__(self, values: Mapping[str, str]) -> None:
        self.raw = Annotations(values, PREFIX)

    def __getitem__(self, field: Field[T]) -> T | None:
        """Raises `Invalid` if the value does not parse."""
        return field.parse(self.raw, field.name)

    def keys_of(self, family: KeyedField[Any]) -> tuple[str, ...]:
        """The keys for which the annotation is given, sorted."""
        start = f"{family.name}."
        return tuple(suffix.removeprefix(start) for suffix in self.raw.suffixes() if suffix.startswith(start))

    def invalid(self, field: Field[Any], rule: str, *, value: str | None = None) -> Invalid:
        """The fault that the annotation, or `value` as a part of it, breaks `rule`, which completes "the value …"."""
        return self.raw.invalid(field.name, rule, value=value)


def full_name(field: Field[Any]) -> str:
    """The annotation as users write it."""
    return PREFIX + field.name


def _string(name: str) -> Field[str]:
    return Field(name, "string", Annotations.string)


def _bool(name: str) -> Field[bool]:
    return Field(name, "bool", Annotations.bool)


def _int32(name: str) -> Field[int]:
    return Field(name, "int32", Annotations.int32)


def _list(name: str) -> Field[tuple[str, ...]]:
    return Field(name, "list", Annotations.string_list)


def _map(name: str) -> Field[dict[str, str]]:
    return Field(name, "map", Annotations.string_map)


def _bool_or_nothing(annotations: Annotations, suffix: str) -> bool | None:
    """A word that is no boolean is as if the annotation were absent."""
    raw = annotations.string(suffix)
    return None if raw is None else go.parse_bool(raw)


def _forwarding(annotations: Annotations, suffix: str) -> Forwarding | None:
    return annotations.json(suffix, decode_forwarding)


# Which load balancer
TYPE = _string("aws-load-balancer-type")
NAME = _string("aws-load-balancer-name")
SCHEME = _string("aws-load-balancer-scheme")
INTERNAL = _bool("aws-load-balancer-internal")
IP_ADDRESS_TYPE = _string("aws-load-balancer-ip-address-type")
LOAD_BALANCER_ATTRIBUTES = _map("aws-load-balancer-attributes")
ACCESS_LOG_ENABLED = _bool("aws-load-balancer-access-log-enabled")
ACCESS_LOG_S3_BUCKET_NAME = _string("aws-load-balancer-access-log-s3-bucket-name")
ACCESS_LOG_S3_BUCKET_PREFIX = _string("aws-load-balancer-access-log-s3-bucket-prefix")
CROSS_ZONE_ENABLED = _bool("aws-load-balancer-cross-zone-load-balancing-enabled")
MINIMUM_CAPACITY = _map("aws-load-balancer-minimum-load-balancer-capacity")
TAGS = _map("aws-load-balancer-additional-resource-tags")

# Where it stands
SUBNETS = _list("aws-load-balancer-subnets")
EIP_ALLOCATIONS = _list("aws-load-balancer-eip-allocations")
PRIVATE_IPV4_ADDRESSES = _list("aws-load-balancer-private-ipv4-addresses")
IPV6_ADDRESSES = _list("aws-load-balancer-ipv6-addresses")
SOURCE_NAT_SWITCH = _string("aws-load-balancer-enable-prefix-for-ipv6-source-nat")
SOURCE_NAT_PREFIXES = _list("aws-load-balancer-source-nat-ipv6-prefixes")

# Who may reach it
SECURITY_GROUPS = _list("aws-load-balancer-security-groups")
MANAGE_BACKEND_RULES = _bool("aws-load-balancer-manage-backend-security-group-rules")
DISABLE_SECURITY_GROUPS = _bool("aws-load-balancer-disable-nlb-sg")
PRIVATE_LINK_RULES = _string("aws-load-balancer-inbound-sg-rules-on-private-link-traffic")
SOURCE_RANGES = _list("load-balancer-source-ranges")
PREFIX_LISTS = _list("aws-load-balancer-security-group-prefix-lists")
PATH_MTU_DISCOVERY = _string("aws-load-balancer-enable-icmp-for-path-mtu-discovery")

# Listeners
CERTIFICATES = _list("aws-load-balancer-ssl-cert")
TLS_PORTS = _list("aws-load-balancer-ssl-ports")
SSL_POLICY = _string("aws-load-balancer-ssl-negotiation-policy")
BACKEND_PROTOCOL = _string("aws-load-balancer-backend-protocol")
ALPN_POLICY = _string("aws-load-balancer-alpn-policy")
MERGE_TCP_AND_UDP = Field("aws-load-balancer-enable-tcp-udp-listener", "bool", _bool_or_nothing)
QUIC_PORTS = _list("aws-load-balancer-quic-enabled-ports")
LISTENER_ATTRIBUTES = KeyedField(
    "aws-load-balancer-listener-attributes", "PROTOCOL-PORT", "map", Annotations.string_map
)
ACTIONS = KeyedField("actions", "PROTOCOL-PORT", "JSON", _forwarding)

# Target groups
TARGET_TYPE = _string("aws-load-balancer-nlb-target-type")
PROXY_PROTOCOL = _string("aws-load-balancer-proxy-protocol")
PROXY_PROTOCOL_PORTS = _list("aws-load-balancer-proxy-protocol-per-target-group")
TARGET_GROUP_ATTRIBUTES = _map("aws-load-balancer-target-group-attributes")
PORT_TARGET_GROUP_ATTRIBUTES = KeyedField(
    "aws-load-balancer-target-group-attributes", "PORT", "map", Annotations.string_map
)
HEALTH_CHECK_PROTOCOL = _string("aws-load-balancer-healthcheck-protocol")
HEALTH_CHECK_PORT = _string("aws-load-balancer-healthcheck-port")
HEALTH_CHECK_PATH = _string("aws-load-balancer-healthcheck-path")
HEALTH_CHECK_SUCCESS_CODES = _string("aws-load-balancer-healthcheck-success-codes")
HEALTH_CHECK_INTERVAL = _int32("aws-load-balancer-healthcheck-interval")
HEALTH_CHECK_TIMEOUT = _int32("aws-load-balancer-healthcheck-timeout")
HEALTHY_THRESHOLD = _int32("aws-load-balancer-healthcheck-healthy-threshold")
UNHEALTHY_THRESHOLD = _int32("aws-load-balancer-healthcheck-unhealthy-threshold")
TARGET_NODE_LABELS = _map("aws-load-balancer-target-node-labels")
MULTI_CLUSTER = _bool("aws-load-balancer-multi-cluster-target-group")
