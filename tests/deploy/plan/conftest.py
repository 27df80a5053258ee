"""A view of AWS as it is when a stack has been deployed, made without AWS."""

from collections.abc import Callable
from typing import Any

import pytest

from albc.deploy.fields.field import create_request
from albc.deploy.fields.listeners import LISTENER
from albc.deploy.fields.load_balancers import LOAD_BALANCER
from albc.deploy.fields.rules import RULE
from albc.deploy.fields.security_groups import SECURITY_GROUP, wanted_permission
from albc.deploy.fields.target_groups import TARGET_GROUP
from albc.deploy.plan.bindings import spec_of
from albc.deploy.plan.scope import Scope
from albc.deploy.settings import DeploySettings
from albc.deploy.values import resolved
from albc.model.inventory import (
    ActualBinding,
    ActualListener,
    ActualLoadBalancer,
    ActualRule,
    ActualSecurityGroup,
    ActualTargetGroup,
    InventoryView,
)
from albc.model.listener import Listener, ListenerRule
from albc.model.load_balancer import LoadBalancer
from albc.model.reference import Ref
from albc.model.security_group import SecurityGroup
from albc.model.stack import Stack
from albc.model.target_group import TargetGroup
from albc.model.target_group_binding import TargetGroupBinding

PREFIX = "ingress.k8s.aws"
ARN = "arn:aws:elasticloadbalancing:us-west-2:123456789012"


class Deployed:
    """Deploys a stack into a value."""

    def __init__(self, stack: Stack, settings: DeploySettings, prefix: str) -> None:
        self.stack = stack
        self.settings = settings
        self.known: dict[Ref, str] = {}
        for group in stack.all(SecurityGroup):
            self.known[group.group_id] = f"sg-{group.id}"
        for target_group in stack.all(TargetGroup):
            self.known[target_group.arn] = f"{ARN}:targetgroup/{target_group.name}/1"
        for balancer in stack.all(LoadBalancer):
            self.known[balancer.arn] = f"{ARN}:loadbalancer/app/{balancer.name}/1"
            self.known[balancer.dns_name] = f"{balancer.name}.example"
        for listener in stack.all(Listener):
            self.known[listener.arn] = f"{ARN}:listener/app/x/1/{listener.id}"
        self.scope = Scope(stack=stack.id, tag_prefix=prefix, settings=settings, known=self.known)

    def view(self) -> InventoryView:
        return InventoryView(
            stack=self.stack.id,
            tag_prefix=self.scope.tag_prefix,
            security_groups=tuple(map(self.security_group, self.stack.all(SecurityGroup))),
            target_groups=tuple(map(self.target_group, self.stack.all(TargetGroup))),
            load_balancers=tuple(map(self.load_balancer, self.stack.all(LoadBalancer))),
            bindings=tuple(map(self.binding, self.stack.all(TargetGroupBinding))),
        )

    def security_group(self, group: SecurityGroup) -> ActualSecurityGroup:
        aws = self._told(SECURITY_GROUP, group)
        permissions = [wanted_permission(permission)[1] for permission in resolved(group.ingress, self.known)]
        return ActualSecurityGroup(
            id=self.known[group.group_id],
            aws={**aws, "GroupId": self.known[group.group_id], "IpPermissions": permissions},
            tags=self.scope.tags(group.id, group.tags),
        )

    def target_group(self, group: TargetGroup) -> ActualTargetGroup:
        aws = self._told(TARGET_GROUP, group)
        return ActualTargetGroup(
            arn=self.known[group.arn],
            aws={**aws, "TargetGroupName": aws["Name"]},
            tags=self.scope.tags(group.id, group.tags),
            attributes={attribute.key: attribute.value for attribute in group.attributes},
        )

    def load_balancer(self, balancer: LoadBalancer) -> ActualLoadBalancer:
        aws = self._told(LOAD_BALANCER, balancer)
        aws["AvailabilityZones"] = [{"SubnetId": mapping["SubnetId"]} for mapping in aws.pop("SubnetMappings", ())]
        arn = self.known[balancer.arn]
        return ActualLoadBalancer(
            arn=arn,
            aws={
                **aws,
                "LoadBalancerArn": arn,
                "LoadBalancerName": aws["Name"],
                "DNSName": self.known[balancer.dns_name],
                "State": {"Code": "active"},
            },
            tags=self.scope.tags(balancer.id, balancer.tags),
            attributes={attribute.key: attribute.value for attribute in balancer.load_balancer_attributes},
            listeners=tuple(self.listener(one) for one in self.stack.all(Listener)),
        )

    def listener(self, listener: Listener) -> ActualListener:
        rules = [rule for rule in self.stack.all(ListenerRule) if rule.listener_arn == listener.arn]
        return ActualListener(
            arn=self.known[listener.arn],
            aws=self._told(LISTENER, listener),
            tags=self.scope.tags(listener.id, listener.tags),
            attributes={attribute.key: attribute.value for attribute in listener.listener_attributes},
            certificates=tuple(sorted(set(map(str, listener.certificates)))),
            rules=tuple(map(self.rule, rules)),
        )

    def rule(self, rule: ListenerRule) -> ActualRule:
        arn = f"{ARN}:listener-rule/app/x/1/{rule.id}"
        return ActualRule(
            arn=arn,
            aws={**self._told(RULE, rule), "RuleArn": arn, "Priority": str(rule.priority)},
            tags=self.scope.tags(rule.id, rule.tags),
        )

    def binding(self, binding: TargetGroupBinding) -> ActualBinding:
        return ActualBinding(
            namespace=binding.namespace,
            name=binding.name,
            labels={**binding.labels, **self.scope.labels()},
            annotations=binding.annotations,
            spec=spec_of(resolved(binding, self.known)),
        )

    def _told(self, kind: Any, model: Any) -> dict[str, Any]:
        """AWS's description; every name is the request's."""
        request: dict[str, Any] = resolved(create_request(kind, model, self.settings), self.known)
        return request


@pytest.fixture
def settings() -> DeploySettings:
    return DeploySettings(cluster_name="prod", vpc_id="vpc-1")


@pytest.fixture
def deployed(settings: DeploySettings) -> Callable[..., InventoryView]:
    """The view after a stack has been deployed."""

    def deployed(stack: Stack, prefix: str = PREFIX) -> InventoryView:
        return Deployed(stack, settings, prefix).view()

    return deployed
