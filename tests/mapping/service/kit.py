"""Services that a user could have written, and a small account to put them in.

The VPC has a private and a public subnet in each of two zones, all with IPv6, and two security groups, `web` and
`sg-db` by their Name tags, beside the shared backend group.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from small_vpc import SMALL_VPC

from albc.kube.objects import SERVICES, Service
from albc.mapping.service.build import build
from albc.mapping.settings import MappingSettings
from albc.mapping.snapshot import NamespacedName, Snapshot
from albc.model.facts import ExistingLoadBalancer, Facts, SecurityGroupFact
from albc.model.listener import Listener
from albc.model.load_balancer import LoadBalancer
from albc.model.problem import Built, Problem
from albc.model.security_group import SecurityGroup
from albc.model.stack import Stack
from albc.model.target_group import TargetGroup
from albc.model.target_group_binding import TargetGroupBinding

PREFIX = "service.beta.kubernetes.io/"
CLASS = "service.k8s.aws/nlb"
BACKEND_GROUP = "sg-0b"

SETTINGS = MappingSettings(cluster_name="demo", vpc_id="vpc-1", region="eu-west-1")
IP = {"aws-load-balancer-nlb-target-type": "ip"}
TCP_80 = {"port": 80, "targetPort": 8080, "nodePort": 30080}


def service(
    *ports: Mapping[str, Any],
    name: str = "web",
    uid: str = "",
    annotations: Mapping[str, str] | None = None,
    finalizers: Sequence[str] = (),
    deleted: bool = False,
    **spec: Any,
) -> Service:
    """A Service of our class with port 80, unless something else is said. Annotations go without their prefix."""
    metadata: dict[str, Any] = {
        "name": name,
        "namespace": "shop",
        "uid": uid or f"uid-{name}",
        "annotations": {PREFIX + suffix: value for suffix, value in (annotations or {}).items()},
        "finalizers": list(finalizers),
    }
    if deleted:
        metadata["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    body = {"type": "LoadBalancer", "loadBalancerClass": CLASS, "ports": list(ports or [TCP_80]), **spec}
    return SERVICES.convert({"metadata": metadata, "spec": body})


FACTS = replace(
    SMALL_VPC,
    security_groups=(
        SecurityGroupFact(id="sg-0a", vpc_id="vpc-1", name_tag="web"),
        SecurityGroupFact(id="sg-0d", vpc_id="vpc-1", name_tag="sg-db"),
    ),
    backend_security_group=BACKEND_GROUP,
)


def existing(scheme: str = "internal", *, groups: Sequence[str] = ("sg-0a",), name: str = "k8s-old") -> Facts:
    """The account in which the Service's load balancer exists, in one private subnet."""
    arn = "arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/net/k8s-old/1"
    found = ExistingLoadBalancer(
        arn=arn, kind="network", scheme=scheme, subnet_ids=("subnet-2",), security_groups=tuple(groups), name=name
    )
    return replace(FACTS, existing=found)


def built(subject: Service, *others: Service, facts: Facts = FACTS, settings: MappingSettings = SETTINGS) -> Built:
    services = {NamespacedName(each.namespace, each.name): each for each in (subject, *others)}
    return build(subject, Snapshot(services=services), facts, settings)


def stack(subject: Service, *others: Service, facts: Facts = FACTS, settings: MappingSettings = SETTINGS) -> Stack:
    """The stack of a Service without fault."""
    result = built(subject, *others, facts=facts, settings=settings)
    assert result.stack is not None, result.problems
    return result.stack


def fault(subject: Service, *others: Service, facts: Facts = FACTS, settings: MappingSettings = SETTINGS) -> str:
    """The message of the one fault of a Service that cannot be built."""
    result = built(subject, *others, facts=facts, settings=settings)
    assert result.stack is None
    [problem] = result.problems
    assert (problem.severity, problem.object.kind, problem.object.name) == ("error", "Service", subject.name)
    return problem.message


def warnings(
    subject: Service, *others: Service, facts: Facts = FACTS, settings: MappingSettings = SETTINGS
) -> list[Problem]:
    """The warnings on a Service that is in effect."""
    result = built(subject, *others, facts=facts, settings=settings)
    assert result.stack is not None, result.problems
    assert {problem.severity for problem in result.problems} <= {"warning"}
    return list(result.problems)


def load_balancer(built_stack: Stack) -> LoadBalancer:
    [only] = built_stack.all(LoadBalancer)
    return only


def managed_group(built_stack: Stack) -> SecurityGroup:
    [only] = built_stack.all(SecurityGroup)
    return only


def listener(built_stack: Stack, port: int = 80) -> Listener:
    found = built_stack.get(Listener, str(port))
    assert found is not None
    return found


def target_group(built_stack: Stack, port: int = 80, name: str = "web") -> TargetGroup:
    found = built_stack.get(TargetGroup, f"shop/{name}:{port}")
    assert found is not None
    return found


def binding(built_stack: Stack, port: int = 80, name: str = "web") -> TargetGroupBinding:
    found = built_stack.get(TargetGroupBinding, f"shop/{name}:{port}")
    assert found is not None
    return found
