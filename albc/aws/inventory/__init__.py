"""One view of all that a cluster owns in one account and Region, shared by all stacks.

`records` hold what is known, `writes` keep them true when we change something, `listing` and `details` ask AWS with the
calls of `reads`, and `inventory` decides when.
"""

from albc.aws.inventory.inventory import Inventory
from albc.aws.inventory.records import StackKey
from albc.aws.inventory.settings import InventorySettings, InventoryStatistics

__all__ = ["Inventory", "InventorySettings", "InventoryStatistics", "StackKey"]
