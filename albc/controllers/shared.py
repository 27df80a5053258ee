"""What the controllers of all families use together, handed to each as one value. `assembly` makes it."""

from dataclasses import dataclass

from albc.aws.facts.account import FactsFromAWS
from albc.aws.inventory import Inventory
from albc.controllers.backend_security_group import SharedGroup
from albc.controllers.deployer import Deployer
from albc.controllers.stores import Stores
from albc.kube.client import Client
from albc.mapping.settings import MappingSettings


@dataclass(frozen=True)
class Shared:
    client: Client
    stores: Stores
    facts: FactsFromAWS
    inventory: Inventory
    deployer: Deployer
    group: SharedGroup
    """The security group that all load balancers share."""
    settings: MappingSettings
