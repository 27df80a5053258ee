"""Gateways, ListenerSets and routes to one ALB or NLB each (spec/gateway.md, spec/gateway-crds.md).

`build.wants` and `build.build` are the way in; `classes.class_status` and `rule_configurations.acceptance` serve the
controllers of GatewayClasses and ListenerRuleConfigurations, `status` turns what was built into status objects.
"""
