"""The annotations of a Classic Load Balancer's Service as typed values: the in-tree provider's names and formats.

Formats differ from those of Network Load Balancers (spec/service.md B2): maps are cut at every comma and equals sign,
numbers and truth values have an error text of their own, and an attribute that is empty counts as absent.
Called by the rules of this folder; the register in `annotations` says which rule reads which field.
"""

from collections.abc import Callable
from typing import TypeVar

from albc.mapping import go
from albc.mapping.annotations import Annotations
from albc.mapping.invalid import Invalid
from albc.mapping.service.parsed import Field

T = TypeVar("T")


def _map(annotations: Annotations, suffix: str) -> dict[str, str] | None:
    """`k=v,k=v`; of `k=v=w` the value is `v`, what has no key is skipped."""
    if (raw := annotations.string(suffix)) is None:
        return None
    pairs = [item.strip(go.SPACE).split("=") for item in raw.strip(go.SPACE).split(",")]
    return {pair[0].strip(go.SPACE): pair[1].strip(go.SPACE) if len(pair) > 1 else "" for pair in pairs if pair[0]}


def _text(annotations: Annotations, suffix: str) -> str | None:
    return annotations.string(suffix) or None


def _attribute(read: Callable[[str], T | None]) -> Callable[[Annotations, str], T | None]:
    def parse(annotations: Annotations, suffix: str) -> T | None:
        if not (raw := annotations.string(suffix)):
            return None
        if (value := read(raw)) is None:
            raise Invalid(f"error parsing service annotation: {annotations.prefix}{suffix}={raw}")
        return value

    return parse


def _number(text: str) -> int | None:
    return go.parse_int(text, 64)


def _bool_attribute(name: str) -> Field[bool]:
    return Field(name, "bool", _attribute(go.parse_bool))


def _int_attribute(name: str) -> Field[int]:
    return Field(name, "int64", _attribute(_number))


def _threshold(name: str) -> Field[int]:
    def parse(annotations: Annotations, suffix: str) -> int | None:
        if not (raw := annotations.string(suffix)):
            return None
        if (value := _number(raw)) is None:
            raise Invalid(f"failed parsing health check annotation value: {annotations.prefix}{suffix}={raw}")
        return value

    return Field(name, "int64", parse)


def _string(name: str) -> Field[str]:
    return Field(name, "string", _text)


# Which load balancer
TYPE = Field("aws-load-balancer-type", "string", Annotations.string)
TARGET_TYPE = Field("aws-load-balancer-nlb-target-type", "string", Annotations.string)
IP_ADDRESS_TYPE = Field("aws-load-balancer-ip-address-type", "string", Annotations.string)
INTERNAL = _string("aws-load-balancer-internal")
SCHEME = Field("aws-load-balancer-scheme", "string", Annotations.string)
SUBNETS = Field("aws-load-balancer-subnets", "list", Annotations.string_list)
TAGS = Field("aws-load-balancer-additional-resource-tags", "map", _map)

# Who may reach it
SECURITY_GROUPS = Field("aws-load-balancer-security-groups", "list", Annotations.string_list)
EXTRA_SECURITY_GROUPS = Field("aws-load-balancer-extra-security-groups", "list", Annotations.string_list)
MANAGE_NODE_RULES = Field("aws-load-balancer-manage-backend-security-group-rules", "bool", Annotations.bool)
SOURCE_RANGES = Field("load-balancer-source-ranges", "list", Annotations.string)

# Listeners
CERTIFICATE = _string("aws-load-balancer-ssl-cert")
TLS_PORTS = Field("aws-load-balancer-ssl-ports", "list", Annotations.string_list)
SSL_POLICY = _string("aws-load-balancer-ssl-negotiation-policy")
BACKEND_PROTOCOL = _string("aws-load-balancer-backend-protocol")
PROXY_PROTOCOL = _string("aws-load-balancer-proxy-protocol")

# Attributes, in the order in which they are looked at
ACCESS_LOG_EMIT_INTERVAL = _int_attribute("aws-load-balancer-access-log-emit-interval")
ACCESS_LOG_ENABLED = _bool_attribute("aws-load-balancer-access-log-enabled")
ACCESS_LOG_S3_BUCKET_NAME = _string("aws-load-balancer-access-log-s3-bucket-name")
ACCESS_LOG_S3_BUCKET_PREFIX = _string("aws-load-balancer-access-log-s3-bucket-prefix")
DRAINING_ENABLED = _bool_attribute("aws-load-balancer-connection-draining-enabled")
DRAINING_TIMEOUT = _int_attribute("aws-load-balancer-connection-draining-timeout")
IDLE_TIMEOUT = _int_attribute("aws-load-balancer-connection-idle-timeout")
CROSS_ZONE_ENABLED = _bool_attribute("aws-load-balancer-cross-zone-load-balancing-enabled")

# Instances and their health
TARGET_NODE_LABELS = Field("aws-load-balancer-target-node-labels", "map", _map)
HEALTH_CHECK_PROTOCOL = _string("aws-load-balancer-healthcheck-protocol")
HEALTH_CHECK_PORT = _string("aws-load-balancer-healthcheck-port")
HEALTH_CHECK_PATH = _string("aws-load-balancer-healthcheck-path")
HEALTHY_THRESHOLD = _threshold("aws-load-balancer-healthcheck-healthy-threshold")
UNHEALTHY_THRESHOLD = _threshold("aws-load-balancer-healthcheck-unhealthy-threshold")
HEALTH_CHECK_TIMEOUT = _threshold("aws-load-balancer-healthcheck-timeout")
HEALTH_CHECK_INTERVAL = _threshold("aws-load-balancer-healthcheck-interval")
