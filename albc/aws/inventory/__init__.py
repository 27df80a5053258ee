"""One view of all that a cluster owns in one account and Region, shared by all stacks.

`records` hold what is known, `writes` keep them true when we change something, `reads` ask AWS, and `inventory` decides
when.
"""

from albc.aws.inventory.inventory import Inventory, InventorySettings, InventoryStatistics
from albc.aws.inventory.records import StackKey

__all__ = ["Inventory", "InventorySettings", "InventoryStatistics", "StackKey"]
