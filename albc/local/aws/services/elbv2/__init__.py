"""Elastic Load Balancing v2: Application and Network Load Balancers."""

from albc.local.aws.services.elbv2 import (
    attributes,
    capacity,
    certificates,
    listeners,
    load_balancers,
    network_settings,
    policies,
    rules,
    tags,
    target_groups,
    targets,
    trust_stores,
)
from albc.local.aws.services.operation import Operations

OPERATIONS: Operations = {
    **load_balancers.OPERATIONS,
    **network_settings.OPERATIONS,
    **capacity.OPERATIONS,
    **listeners.OPERATIONS,
    **certificates.OPERATIONS,
    **rules.OPERATIONS,
    **target_groups.OPERATIONS,
    **targets.OPERATIONS,
    **attributes.OPERATIONS,
    **tags.OPERATIONS,
    **policies.OPERATIONS,
    **trust_stores.OPERATIONS,
}
