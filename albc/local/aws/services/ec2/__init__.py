"""EC2: the network around load balancers and nodes, and security groups."""

from albc.local.aws.services.ec2 import network, security_groups, tags
from albc.local.aws.services.operation import Operations

OPERATIONS: Operations = {**network.OPERATIONS, **security_groups.OPERATIONS, **tags.OPERATIONS}
