"""Gateways, ListenerSets and routes to one ALB or NLB each (spec/gateway.md, spec/gateway-crds.md).

`wants` and `build` are the way in; `classes.class_status` and `rule_configurations.acceptance` serve the controllers
of GatewayClasses and ListenerRuleConfigurations, `status` turns what was built into status objects.
"""

from albc.mapping.gateway.build import build, wants
from albc.mapping.gateway.classes import class_status
from albc.mapping.gateway.outcome import BuiltGateway

__all__ = ["BuiltGateway", "build", "class_status", "wants"]
