"""What each of our own calls changes in the records: the table `WRITES`, by service and operation.

An answer of AWS is taken where it tells the new state; else the request is. Attributes of what is new are AWS's
defaults. Called by `Inventory.wrote`.
"""

from collections.abc import Mapping
from typing import Final

from albc.aws.inventory.writes.certificates import CERTIFICATES
from albc.aws.inventory.writes.listeners import LISTENERS
from albc.aws.inventory.writes.load_balancers import LOAD_BALANCERS
from albc.aws.inventory.writes.security_groups import SECURITY_GROUPS
from albc.aws.inventory.writes.tags import TAGS
from albc.aws.inventory.writes.target_groups import TARGET_GROUPS
from albc.aws.inventory.writes.write import Call, Write

WRITES: Final[Mapping[Call, Write]] = {
    **SECURITY_GROUPS,
    **TARGET_GROUPS,
    **LOAD_BALANCERS,
    **LISTENERS,
    **TAGS,
    **CERTIFICATES,
}
