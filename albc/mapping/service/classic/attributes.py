"""Attributes of a Classic Load Balancer (spec/service.md B2, B8). Called by `build`.

Attributes are always named, with AWS's defaults, so that one taken back goes back to its default.
"""

from albc.mapping.service.classic.parsed import (
    ACCESS_LOG_EMIT_INTERVAL,
    ACCESS_LOG_ENABLED,
    ACCESS_LOG_S3_BUCKET_NAME,
    ACCESS_LOG_S3_BUCKET_PREFIX,
    CROSS_ZONE_ENABLED,
    DRAINING_ENABLED,
    DRAINING_TIMEOUT,
    IDLE_TIMEOUT,
)
from albc.mapping.service.parsed import Field, ServiceAnnotations, full_name
from albc.model.classic import AccessLog, ClassicAttributes, ConnectionDraining

_IDLE_SECONDS = 60
_SECONDS = range(1, 3601)
"""What AWS takes as a timeout; beyond, it would refuse the change later and say less."""


def attributes(annotations: ServiceAnnotations) -> ClassicAttributes:
    emit_interval = annotations[ACCESS_LOG_EMIT_INTERVAL]
    if emit_interval not in (None, 5, 60):
        raise annotations.invalid(ACCESS_LOG_EMIT_INTERVAL, "must be 5 or 60 minutes")
    log = AccessLog(
        enabled=annotations[ACCESS_LOG_ENABLED] or False,
        emit_interval=emit_interval,
        s3_bucket_name=annotations[ACCESS_LOG_S3_BUCKET_NAME],
        s3_bucket_prefix=annotations[ACCESS_LOG_S3_BUCKET_PREFIX],
    )
    if log.enabled and log.s3_bucket_name is None:
        raise annotations.invalid(ACCESS_LOG_ENABLED, f"needs {full_name(ACCESS_LOG_S3_BUCKET_NAME)}")
    draining = ConnectionDraining(
        enabled=annotations[DRAINING_ENABLED] or False, timeout=_seconds(annotations, DRAINING_TIMEOUT)
    )
    return ClassicAttributes(
        access_log=log,
        connection_draining=draining,
        idle_timeout=_seconds(annotations, IDLE_TIMEOUT) or _IDLE_SECONDS,
        cross_zone_enabled=annotations[CROSS_ZONE_ENABLED] or False,
    )


def _seconds(annotations: ServiceAnnotations, field: Field[int]) -> int | None:
    value = annotations[field]
    if value is not None and value not in _SECONDS:
        raise annotations.invalid(field, f"must be between {_SECONDS[0]} and {_SECONDS[-1]} seconds")
    return value
