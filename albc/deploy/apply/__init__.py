"""Carries out a plan. One module for each kind of resource, under the names of `albc.deploy.plan`.

`Applier.apply` is the only entrance.
"""

from albc.deploy.apply.applied import Applied, Failure, Waiting
from albc.deploy.apply.applier import Applier
from albc.deploy.apply.binding_store import BindingStore, WantedBinding

__all__ = ["Applied", "Applier", "BindingStore", "Failure", "Waiting", "WantedBinding"]
