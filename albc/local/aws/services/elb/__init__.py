"""Elastic Load Balancing of the first version: Classic Load Balancers; `traffic` shows them to the data plane."""

from albc.local.aws.services.elb import attributes, instances, listeners, load_balancers, policies, tags
from albc.local.aws.services.operation import Operations

OPERATIONS: Operations = {
    **load_balancers.OPERATIONS,
    **listeners.OPERATIONS,
    **policies.OPERATIONS,
    **instances.OPERATIONS,
    **attributes.OPERATIONS,
    **tags.OPERATIONS,
}
