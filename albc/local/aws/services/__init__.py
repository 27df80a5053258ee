"""The services of the account and their operations: only those that albc, the reference or a person trying them calls.

Each module has a table `OPERATIONS`; `protocol` cuts botocore's models down to what stands here.
"""

from collections.abc import Mapping

from albc.local.aws.services import sts
from albc.local.aws.services.elbv2 import OPERATIONS as ELBV2
from albc.local.aws.services.operation import Operations

SERVICES: Mapping[str, Operations] = {
    "elbv2": ELBV2,
    "sts": sts.OPERATIONS,
}
"""botocore's service name → operations."""
