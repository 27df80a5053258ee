"""Fields of a Classic Load Balancer (spec/service.md part B). Listeners, subnets, policies and tags have calls of their
own; those of the create request among them stand here, too.
"""

from collections.abc import Mapping
from typing import Any

from albc.deploy.fields.field import Change, Field, told
from albc.deploy.values import given
from albc.model.classic import ClassicAttributes, ClassicHealthCheck, ClassicListener, ClassicLoadBalancer
from albc.model.inventory import ActualClassicLoadBalancer

Shape = Mapping[str, Any]


def listener_shape(listener: ClassicListener) -> Shape:
    """In AWS's form."""
    return given(
        Protocol=listener.protocol,
        LoadBalancerPort=listener.load_balancer_port,
        InstanceProtocol=listener.instance_protocol,
        InstancePort=listener.instance_port,
        SSLCertificateId=listener.ssl_certificate_id,
    )


def _health_check(check: ClassicHealthCheck) -> Shape:
    return {
        "Target": check.target,
        "Interval": check.interval,
        "Timeout": check.timeout,
        "UnhealthyThreshold": check.unhealthy_threshold,
        "HealthyThreshold": check.healthy_threshold,
    }


def _attributes(attributes: ClassicAttributes) -> Shape:
    log, draining = attributes.access_log, attributes.connection_draining
    return {
        "CrossZoneLoadBalancing": {"Enabled": attributes.cross_zone_enabled},
        "AccessLog": given(
            Enabled=log.enabled,
            S3BucketName=log.s3_bucket_name,
            EmitInterval=log.emit_interval,
            S3BucketPrefix=log.s3_bucket_prefix,
        ),
        "ConnectionDraining": given(Enabled=draining.enabled, Timeout=draining.timeout),
        "ConnectionSettings": {"IdleTimeout": attributes.idle_timeout},
    }


def _holds(wanted: Any, actual: Any) -> bool:
    """AWS tells more members than we name."""
    if isinstance(wanted, Mapping):
        return isinstance(actual, Mapping) and all(_holds(value, actual.get(name)) for name, value in wanted.items())
    return bool(wanted == actual)


CLASSIC_LOAD_BALANCER: tuple[Field[ClassicLoadBalancer, ActualClassicLoadBalancer], ...] = (
    Field(
        name="LoadBalancerName",
        wanted=lambda balancer, _: balancer.name,
        actual=lambda balancer: balancer.name,
        change=Change.IGNORE,
    ),
    Field(
        name="Scheme",
        # AWS cannot change it, and takes no word for its default.
        wanted=lambda balancer, _: "internal" if balancer.scheme == "internal" else None,
        actual=told("Scheme"),
        change=Change.IGNORE,
    ),
    Field(
        name="Subnets",
        wanted=lambda balancer, _: list(balancer.subnets),
        actual=told("Subnets"),
        change=Change.IGNORE,
    ),
    Field(
        name="Listeners",
        wanted=lambda balancer, _: [listener_shape(listener) for listener in balancer.listeners],
        actual=told("ListenerDescriptions"),
        change=Change.IGNORE,
    ),
    Field(
        name="SecurityGroups",
        wanted=lambda balancer, _: list(balancer.security_groups),
        actual=told("SecurityGroups"),
        same=lambda wanted, actual: set(wanted) == set(actual or ()),
        modified_by="apply_security_groups_to_load_balancer",
    ),
    Field(
        name="LoadBalancerAttributes",
        wanted=lambda balancer, _: _attributes(balancer.attributes),
        actual=lambda balancer: balancer.attributes,
        same=_holds,
        created_with=False,
        modified_by="modify_load_balancer_attributes",
    ),
    Field(
        name="HealthCheck",
        wanted=lambda balancer, _: _health_check(balancer.health_check),
        actual=told("HealthCheck"),
        same=_holds,
        created_with=False,
        modified_by="configure_health_check",
    ),
)
