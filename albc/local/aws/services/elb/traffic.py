"""Classic Load Balancers as the data plane sees them: in the shapes of version 2, which it serves.

Each pair of instance port and protocol is a target group, the instances are its targets, and the one health check is
that of every group. What a probe finds comes back with `report`, and is told by DescribeInstanceHealth.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from albc.local.aws.state import State
from albc.local.aws.state.classic import ClassicListener, ClassicLoadBalancer

Item = Mapping[str, Any]

_FRONTS = {"HTTP": "HTTP", "HTTPS": "HTTPS", "TCP": "TCP", "SSL": "TLS"}
"""Protocol of a classic listener, in front or behind → that of version 2."""

_PROXY_PROTOCOL = "ProxyProtocolPolicyType"


def load_balancer(balancer: ClassicLoadBalancer) -> dict[str, Any]:
    seconds = balancer.attributes["ConnectionSettings"]["IdleTimeout"]
    return {
        "LoadBalancerArn": balancer.arn,
        "Address": balancer.address,
        "SecurityGroups": list(balancer.security_groups),
        "Attributes": {"idle_timeout.timeout_seconds": str(seconds), "routing.http2.enabled": "false"},
    }


def listeners(balancer: ClassicLoadBalancer) -> tuple[dict[str, Any], ...]:
    seconds = balancer.attributes["ConnectionSettings"]["IdleTimeout"]
    return tuple(
        {
            "ListenerArn": f"{balancer.arn}/{listener.load_balancer_port}",
            "Protocol": _FRONTS[listener.protocol],
            "Port": listener.load_balancer_port,
            "DefaultActions": [{"Type": "forward", "TargetGroupArn": _group_arn(balancer, listener)}],
            "Certificates": (
                [{"CertificateArn": listener.certificate, "IsDefault": True}] if listener.certificate else []
            ),
            "Attributes": {"tcp.idle_timeout.seconds": str(seconds)},
        }
        for listener in balancer.listeners.values()
    )


def target_groups(balancer: ClassicLoadBalancer) -> dict[str, Item]:
    """By ARN."""
    return {
        _group_arn(balancer, listener): {
            "TargetGroupArn": _group_arn(balancer, listener),
            "Protocol": _FRONTS[listener.instance_protocol],
            "Port": listener.instance_port,
            **_health_check(balancer.health_check),
            "Attributes": {"proxy_protocol_v1.enabled": str(_speaks_proxy(balancer, listener)).lower()},
        }
        for listener in balancer.listeners.values()
    }


def targets(state: State, balancer: ClassicLoadBalancer) -> Iterator[tuple[str, tuple[Item, ...]]]:
    """By the ARN of their group."""
    running = [
        (instance, state.network.instances[instance])
        for instance in balancer.instances
        if instance in state.network.instances
    ]
    for listener in balancer.listeners.values():
        yield (
            _group_arn(balancer, listener),
            tuple(
                {
                    "Id": instance,
                    "Port": listener.instance_port,
                    "AvailabilityZone": item["Placement"]["AvailabilityZone"],
                    "State": "registered",
                    "Address": item["PrivateIpAddress"],
                }
                for instance, item in running
            ),
        )


def report(state: State, group_arn: str, instance: str, *, healthy: bool) -> None:
    """Keep what a probe found; of instances that are not registered nothing is kept."""
    for balancer in state.classic.values():
        if group_arn.startswith(f"{balancer.arn}/") and instance in balancer.instances:
            balancer.reports = {**balancer.reports, instance: healthy}


def _group_arn(balancer: ClassicLoadBalancer, listener: ClassicListener) -> str:
    return f"{balancer.arn}/{listener.instance_port}/{listener.instance_protocol}"


def _health_check(check: Item) -> dict[str, Any]:
    protocol, _, rest = check["Target"].partition(":")
    port, slash, path = rest.partition("/")
    return {
        "HealthCheckProtocol": _FRONTS[protocol.upper()],
        "HealthCheckPort": port,
        "HealthCheckPath": slash + path,
        "HealthCheckIntervalSeconds": check["Interval"],
        "HealthCheckTimeoutSeconds": check["Timeout"],
        "HealthyThresholdCount": check["HealthyThreshold"],
        "UnhealthyThresholdCount": check["UnhealthyThreshold"],
        "Matcher": {"HttpCode": "200"},
    }


def _speaks_proxy(balancer: ClassicLoadBalancer, listener: ClassicListener) -> bool:
    names = balancer.backend_policies.get(listener.instance_port, ())
    return any(balancer.policies[name]["PolicyTypeName"] == _PROXY_PROTOCOL for name in names)
