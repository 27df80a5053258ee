"""What the inventory asks AWS, and how an answer becomes a record. Reading calls only."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import batched
from typing import Any, Final

from albc.aws.calls import Aws
from albc.aws.facts.parse import tag_map
from albc.aws.inventory.records import ListenerRecord, RuleRecord, Shape, attribute_map
from albc.aws.together import together
from albc.errors import NotFound
from albc.model.inventory import ActualProtection

PAGE_SIZE: Final = 100
"""A page of 100 load balancers holds the event loop for 12 ms, one of 400 for 47 ms."""
TAGS_AT_ONCE: Final = 20
