"""How an NLB finds out whether a target is healthy (spec/service.md A11.4). Called by `target_groups`.

A Service with `externalTrafficPolicy: Local` has an endpoint of Kubernetes' own on each node that knows whether the
node has a Pod; instance targets are asked there unless an annotation says otherwise.
"""

from dataclasses import dataclass

from albc.kube.objects import Service
from albc.mapping import go
from albc.mapping.binding_network import TRAFFIC_PORT
from albc.mapping.invalid import Invalid
from albc.mapping.service.backends import Backend
from albc.mapping.service.parsed import (
    HEALTH_CHECK_INTERVAL,
    HEALTH_CHECK_PATH,
    HEALTH_CHECK_PORT,
    HEALTH_CHECK_PROTOCOL,
    HEALTH_CHECK_SUCCESS_CODES,
    HEALTH_CHECK_TIMEOUT,
    HEALTHY_THRESHOLD,
    UNHEALTHY_THRESHOLD,
    Field,
    ServiceAnnotations,
    full_name,
)
from albc.mapping.service_ports import find_port, target_port
from albc.mapping.settings import MappingSettings
from albc.model.target_group import HealthCheck, HealthCheckMatcher

_PROTOCOLS = ("TCP", "HTTP", "HTTPS")
_SUCCESS_CODES = "200-399"

PORTS = range(1, 65536)
INTERVALS = range(5, 301)
TIMEOUTS = range(2, 121)
THRESHOLDS = range(2, 11)
"""What CreateTargetGroup takes; beyond, AWS would refuse the target group later and say less."""


@dataclass(frozen=True, slots=True)
class _Defaults:
    protocol: str
    port: str
    path: str
    timeout_seconds: int
    threshold: int


_USUAL = _Defaults(protocol="TCP", port=TRAFFIC_PORT, path="/", timeout_seconds=10, threshold=3)
_INTERVAL_SECONDS = 10


def health_check(
    backend: Backend, target_type: str, base: Service, annotations: ServiceAnnotations, settings: MappingSettings
) -> HealthCheck:
    """`base` is the Service being mapped, whose annotations and ports count also for the targets of another."""
    defaults = _local(base) if is_local(backend.service, target_type) else _USUAL
    protocol = _protocol(annotations, defaults)
    port = _port(base, target_type, annotations, defaults)
    advanced = settings.nlb_health_check_advanced_config

    path = matcher = None
    if protocol != "TCP":
        path = annotations[HEALTH_CHECK_PATH]
        path = defaults.path if path is None else path
        if advanced:
            codes = annotations[HEALTH_CHECK_SUCCESS_CODES]
            matcher = HealthCheckMatcher(http_code=_SUCCESS_CODES if codes is None else codes)
    interval = _number(annotations, HEALTH_CHECK_INTERVAL, INTERVALS, default=_INTERVAL_SECONDS)
    timeout = defaults.timeout_seconds
    if advanced:
        timeout = _number(annotations, HEALTH_CHECK_TIMEOUT, TIMEOUTS, default=timeout)
    return HealthCheck(
        port=port,
        protocol=protocol,
        path=path,
        matcher=matcher,
        interval_seconds=interval,
        timeout_seconds=timeout,
        healthy_threshold_count=_number(annotations, HEALTHY_THRESHOLD, THRESHOLDS, default=defaults.threshold),
        unhealthy_threshold_count=_number(annotations, UNHEALTHY_THRESHOLD, THRESHOLDS, default=defaults.threshold),
    )


def is_local(service: Service, target_type: str) -> bool:
    """Whether nodes answer for their own Pods alone."""
    return (
        target_type == "instance"
        and service.spec.type == "LoadBalancer"
        and service.spec.external_traffic_policy == "Local"
    )


def _local(base: Service) -> _Defaults:
    port = str(base.spec.health_check_node_port)
    return _Defaults(protocol="HTTP", port=port, path="/healthz", timeout_seconds=6, threshold=2)


def _protocol(annotations: ServiceAnnotations, defaults: _Defaults) -> str:
    asked = annotations[HEALTH_CHECK_PROTOCOL]
    protocol = defaults.protocol if asked is None else asked.upper()
    if protocol not in _PROTOCOLS:
        raise annotations.invalid(HEALTH_CHECK_PROTOCOL, f"must be one of {', '.join(_PROTOCOLS)}")
    return protocol


def _port(base: Service, target_type: str, annotations: ServiceAnnotations, defaults: _Defaults) -> int | str:
    """`traffic-port`, or the number where targets listen: given, or that of a port of the Service."""
    asked = annotations[HEALTH_CHECK_PORT]
    text = defaults.port if asked is None else asked
    if text == TRAFFIC_PORT:
        return TRAFFIC_PORT
    number = go.parse_int(text, 32)
    if number is None:
        try:
            service_port = find_port(base, text)
        except Invalid as fault:
            raise fault.within(f"{full_name(HEALTH_CHECK_PORT)}: ") from None
        resolved = service_port.node_port if target_type == "instance" else target_port(service_port)
        if isinstance(resolved, str):
            raise annotations.invalid(
                HEALTH_CHECK_PORT,
                f'cannot be a port of the service whose targetPort is a name ("{resolved}") with ip targets; '
                "give the number that the Pods listen on",
            )
        number = resolved
    if number not in PORTS:
        if asked is None:
            raise Invalid(
                f"service {base.namespace}/{base.name} has externalTrafficPolicy Local but no healthCheckNodePort "
                f"between {PORTS[0]} and {PORTS[-1]}; set {full_name(HEALTH_CHECK_PORT)}"
            )
        raise annotations.invalid(HEALTH_CHECK_PORT, f"must be {TRAFFIC_PORT} or between {PORTS[0]} and {PORTS[-1]}")
    return number


def _number(annotations: ServiceAnnotations, field: Field[int], allowed: range, *, default: int) -> int:
    value = annotations[field]
    if value is None:
        return default
    if value not in allowed:
        raise annotations.invalid(field, f"must be between {allowed[0]} and {allowed[-1]}")
    return value
