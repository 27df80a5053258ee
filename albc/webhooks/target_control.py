"""The ALB target-control agent as a side-car of Pods that ask for it (spec/targets.md §4.7).

The configuration comes from an ALBTargetControlConfig; annotations of the Pod override single fields of it.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv6Address
from typing import Any, Final

from albc.crds.target_control import QUANTITY, ALBTargetControlConfigSpec
from albc.mapping.cidrs import parse_address
from albc.webhooks.pods import NewPod
from albc.webhooks.review import ALLOWED, Allowed, Denied, PatchOperation, Review, Verdict, typed

CHECK = "albTargetControlAgentInjector"
CONFIG_NAME = "aws-load-balancer-controller-alb-target-control-agent-config"
FALLBACK_NAMESPACE = "kube-system"
CONTAINER = "alb-target-control-agent"
POD_LABEL = "elbv2.k8s.aws/alb-target-control-agent-inject"
NAMESPACE_LABEL = "elbv2.k8s.aws/alb-target-control-agent-injection"
INJECTED = "elbv2.k8s.aws/alb-target-control-agent-injected"
OVERRIDE: Final = "elbv2.k8s.aws/alb-target-control-agent-"


class _BadOverride(ValueError):
    """An annotation's value; the message says what is allowed."""


@dataclass(frozen=True, slots=True)
class Agent:
    """The side-car, all settings known."""

    image: str
    data_address: str
    control_address: str
    destination_address: str
    max_concurrency: int
    tls_cert_path: str
    tls_key_path: str
    tls_security_policy: str
    protocol_version: str
    rust_log: str
    resources: Mapping[str, Any]


def wants_agent(review: Review, namespace_labels: Mapping[str, str]) -> bool:
    """The Pod's own label decides; without a word from it, its namespace's. A Pod that has an agent needs none."""
    pod = typed(review.object, NewPod)
    if any(container.name == CONTAINER for container in pod.spec.containers):
        return False
    match pod.metadata.labels.get(POD_LABEL):
        case "true":
            return True
        case "false":
            return False
        case _:
            return namespace_labels.get(NAMESPACE_LABEL) == "enabled"


def inject_agent(review: Review, config: ALBTargetControlConfigSpec | None) -> Verdict:
    """For a Pod of which `wants_agent` holds. Without a configuration it passes unchanged."""
    if config is None:
        return ALLOWED
    pod = typed(review.object, NewPod)
    try:
        agent = _overridden(_agent(config), pod.metadata.annotations)
    except _BadOverride as error:
        return Denied(str(error), CHECK)
    return Allowed(
        (
            {"op": "add", "path": "/spec/containers/-", "value": _container(agent)},
            _annotated(pod.metadata.annotations),
        )
    )


def _annotated(annotations: Mapping[str, str]) -> PatchOperation:
    if annotations:
        return {"op": "add", "path": f"/metadata/annotations/{INJECTED.replace('/', '~1')}", "value": "true"}
    return {"op": "add", "path": "/metadata/annotations", "value": {INJECTED: "true"}}


def _agent(config: ALBTargetControlConfigSpec) -> Agent:
    resources = config.resources.model_dump(mode="json", exclude_none=True) if config.resources else {}
    return Agent(
        config.image,
        config.data_address,
        config.control_address,
        config.destination_address,
        config.max_concurrency,
        config.tls_cert_path or "",
        config.tls_key_path or "",
        config.tls_security_policy or "",
        config.protocol_version or "",
        config.rust_log or "",
        resources,
    )


# Overrides


def _overridden(agent: Agent, annotations: Mapping[str, str]) -> Agent:
    """The first bad one, in this order, is told."""
    for suffix, (field, read) in _OVERRIDES.items():
        value = annotations.get(OVERRIDE + suffix)
        if value is not None:
            agent = replace(agent, **{field: read(value)})
    return replace(agent, resources=_resources(agent.resources, annotations))


def _concurrency(value: str) -> int:
    number = int(value) if value.isascii() and value.isdigit() and len(value) < 10 else -1
    if not 0 <= number <= 1000:
        raise _BadOverride(f"invalid concurrency value: {value} (must be 0-1000)")
    return number


def _address(what: str, example: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        host, _, port = value.rpartition(":")
        literal = host[1:-1] if host.startswith("[") and host.endswith("]") else host
        allowed = IPv4Address if literal == host else IPv6Address
        if not isinstance(parse_address(literal), allowed) or not (port.isascii() and port.isdigit()):
            raise _BadOverride(f"invalid {what} address format: {value} (expected host:port format, e.g., {example})")
        return value

    return read


def _one_of(what: str, values: tuple[str, ...]) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value not in values:
            raise _BadOverride(f"invalid {what}: {value} (must be {', '.join(values[:-1])}, or {values[-1]})")
        return value

    return read


_OVERRIDES: Final[Mapping[str, tuple[str, Callable[[str], Any]]]] = {
    "image": ("image", str),
    "max-concurrency": ("max_concurrency", _concurrency),
    "data-address": ("data_address", _address("data", "0.0.0.0:80")),
    "control-address": ("control_address", _address("control", "0.0.0.0:3000")),
    "destination-address": ("destination_address", _address("destination", "127.0.0.1:8080")),
    "tls-cert-path": ("tls_cert_path", str),
    "tls-key-path": ("tls_key_path", str),
    "tls-security-policy": ("tls_security_policy", str),
    "protocol-version": ("protocol_version", _one_of("protocol version", ("HTTP1", "HTTP2", "GRPC"))),
    "rust-log": ("rust_log", _one_of("rust log level", ("debug", "info", "error"))),
}


def _resources(configured: Mapping[str, Any], annotations: Mapping[str, str]) -> Mapping[str, Any]:
    """Quantities that cannot be read are passed over, as the reference does."""
    amounts = {key: dict(configured.get(key, {})) for key in ("limits", "requests")}
    for resource in ("cpu", "memory"):
        for kind in ("request", "limit"):
            value = annotations.get(f"{OVERRIDE}{resource}-{kind}")
            if value is not None and re.match(QUANTITY, value):
                amounts[f"{kind}s"][resource] = value
    return {**configured, **{key: value for key, value in amounts.items() if value}}


# The container


def _container(agent: Agent) -> dict[str, Any]:
    environment = {
        "TARGET_CONTROL_DATA_ADDRESS": agent.data_address,
        "TARGET_CONTROL_CONTROL_ADDRESS": agent.control_address,
        "TARGET_CONTROL_DESTINATION_ADDRESS": agent.destination_address,
        "TARGET_CONTROL_MAX_CONCURRENCY": str(agent.max_concurrency),
    }
    optional = {
        "TARGET_CONTROL_TLS_CERT_PATH": agent.tls_cert_path,
        "TARGET_CONTROL_TLS_KEY_PATH": agent.tls_key_path,
        "TARGET_CONTROL_TLS_SECURITY_POLICY": agent.tls_security_policy,
        "TARGET_CONTROL_PROTOCOL_VERSION": agent.protocol_version,
        "RUST_LOG": agent.rust_log,
    }
    environment |= {name: value for name, value in optional.items() if value}
    container = {
        "name": CONTAINER,
        "image": agent.image,
        "env": [{"name": name, "value": value} for name, value in environment.items()],
        "ports": [
            {"name": "data", "containerPort": _port(agent.data_address), "protocol": "TCP"},
            {"name": "control", "containerPort": _port(agent.control_address), "protocol": "TCP"},
        ],
    }
    return {**container, "resources": agent.resources} if agent.resources else container


def _port(address: str) -> int:
    """0 for what the schema lets through and no port can be: the API server then refuses the Pod, and says why."""
    port = address.rpartition(":")[2]
    return int(port) if port.isascii() and port.isdigit() and len(port) < 6 else 0
