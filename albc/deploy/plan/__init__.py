"""PURE: a stack and what there is of it, to a `Plan`. One module for each kind of resource.

`make_plan` is the only entrance; `albc plan`, the controllers and the tests all use it.
"""

from albc.deploy.plan.make import make_plan
from albc.deploy.plan.operation import Operation, Plan, ResourceID, Verb

__all__ = ["Operation", "Plan", "ResourceID", "Verb", "make_plan"]
