"""One view of all that a cluster owns in one account and Region, shared by all stacks.

`records` hold what is known, on shelves by stack, `writes` keep them true when we change something, `listing` and
`details` ask AWS with the calls of `reads`, and `inventory` decides when.
"""

from albc.aws.inventory.inventory import Inventory
from albc.aws.inventory.settings import InventorySettings, InventoryStatistics
from albc.aws.inventory.shelf import StackKey

__all__ = ["Inventory", "InventorySettings", "InventoryStatistics", "StackKey"]
