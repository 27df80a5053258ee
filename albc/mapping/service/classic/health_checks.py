"""The one health check of a Classic Load Balancer (spec/service.md B7). Called by `build`.

With `externalTrafficPolicy: Local` each node tells at a port of its own whether it has a Pod; otherwise the first
listener's node port is tried, or kube-proxy is asked where the flag --classic-shared-health-probe is set.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from albc.kube.objects import Service
from albc.mapping import go
from albc.mapping.invalid import Invalid
from albc.mapping.service.classic.parsed import (
    BACKEND_PROTOCOL,
    HEALTH_CHECK_INTERVAL,
    HEALTH_CHECK_PATH,
    HEALTH_CHECK_PORT,
    HEALTH_CHECK_PROTOCOL,
    HEALTH_CHECK_TIMEOUT,
    HEALTHY_THRESHOLD,
    UNHEALTHY_THRESHOLD,
)
from albc.mapping.service.parsed import ServiceAnnotations, full_name
from albc.mapping.settings import MappingSettings
from albc.model.classic import ClassicHealthCheck

TRAFFIC_PORT = "traffic-port"
_PROTOCOLS = ("TCP", "SSL", "HTTP", "HTTPS")
_PORTS = range(1, 65536)


@dataclass(frozen=True, slots=True)
class _Endpoint:
    protocol: str
    port: int
    path: str = ""


def health_check(
    service: Service, annotations: ServiceAnnotations, instance_port: int, name: str, settings: MappingSettings
) -> ClassicHealthCheck:
    """`instance_port` is the first listener's, `name` the load balancer's."""
    is_local = service.spec.external_traffic_policy == "Local" and service.spec.health_check_node_port != 0
    default = _default(service, annotations, instance_port, settings, is_local=is_local)
    try:
        return _checked(annotations, _endpoint(annotations, default), name)
    except Invalid as fault:
        if not is_local:
            raise
        raise Invalid(
            f"Failed to ensure health check for localized service {name} on node port "
            f'{service.spec.health_check_node_port}: "{fault.message}"'
        ) from None


def _default(
    service: Service,
    annotations: ServiceAnnotations,
    instance_port: int,
    settings: MappingSettings,
    *,
    is_local: bool,
) -> _Endpoint:
    if is_local:
        to_traffic = annotations[HEALTH_CHECK_PORT] == TRAFFIC_PORT
        port = instance_port if to_traffic else service.spec.health_check_node_port
        return _Endpoint("HTTP", port, "/healthz")
    if settings.classic_shared_health_probe:
        return _Endpoint("HTTP", settings.classic_shared_health_probe_port, settings.classic_shared_health_probe_path)
    secure = (annotations[BACKEND_PROTOCOL] or "").lower() in ("https", "ssl")
    return _Endpoint("SSL" if secure else "TCP", instance_port)


def _endpoint(annotations: ServiceAnnotations, default: _Endpoint) -> _Endpoint:
    protocol = (annotations[HEALTH_CHECK_PROTOCOL] or default.protocol).upper()
    if protocol not in _PROTOCOLS:
        raise Invalid(
            f"unsupported health check protocol {annotations[HEALTH_CHECK_PROTOCOL]}; "
            f"{full_name(HEALTH_CHECK_PROTOCOL)} must be one of {', '.join(_PROTOCOLS)}"
        )
    port = default.port
    asked = annotations[HEALTH_CHECK_PORT]
    if asked not in (None, TRAFFIC_PORT):
        number = go.parse_int(asked, 64)
        if number is None or number not in _PORTS:
            raise annotations.invalid(
                HEALTH_CHECK_PORT, f"must be {TRAFFIC_PORT} or a number between {_PORTS[0]} and {_PORTS[-1]}"
            )
        port = number
    path = ""
    if protocol in ("HTTP", "HTTPS"):
        path = annotations[HEALTH_CHECK_PATH] or default.path or "/"
        if not path.startswith("/"):
            raise annotations.invalid(HEALTH_CHECK_PATH, 'must begin with "/"')
    return _Endpoint(protocol, port, path)


def _checked(annotations: ServiceAnnotations, endpoint: _Endpoint, name: str) -> ClassicHealthCheck:
    try:
        check = ClassicHealthCheck(
            target=f"{endpoint.protocol}:{endpoint.port}{endpoint.path}",
            healthy_threshold=_or(annotations[HEALTHY_THRESHOLD], 2),
            unhealthy_threshold=_or(annotations[UNHEALTHY_THRESHOLD], 6),
            timeout=_or(annotations[HEALTH_CHECK_TIMEOUT], 5),
            interval=_or(annotations[HEALTH_CHECK_INTERVAL], 10),
        )
        if errors := list(_out_of_bounds(check)):
            raise Invalid(
                "some of the load balancer health check parameters are invalid: HealthCheck validation errors: "
                + "; ".join(errors)
            )
    except Invalid as fault:
        raise Invalid(f'cannot update health check for load balancer "{name}": "{fault.message}"') from None
    return check


def _or(value: int | None, default: int) -> int:
    return default if value is None else value


def _out_of_bounds(check: ClassicHealthCheck) -> Iterator[str]:
    """AWS's bounds."""
    bounds = {
        "HealthyThreshold": (check.healthy_threshold, 2, 10),
        "Interval": (check.interval, 5, 300),
        "Timeout": (check.timeout, 2, 60),
        "UnhealthyThreshold": (check.unhealthy_threshold, 2, 10),
    }
    for name, (value, least, most) in bounds.items():
        if value < least:
            yield f"{name} must be at least {least}"
        elif value > most:
            yield f"{name} must be at most {most}"
    if check.timeout >= check.interval:
        yield f"Timeout ({check.timeout}) must be less than Interval ({check.interval})"
