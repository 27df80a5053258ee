"""Services of the class for Classic Load Balancers, in the small account of `tests.mapping.service.kit`.

Subnets 3 and 4 lead to an internet gateway, 1 and 2 do not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from albc.kube.objects import SERVICES, Service
from albc.mapping.service.classic.build import build
from albc.mapping.settings import MappingSettings
from albc.model.classic import ClassicListener, ClassicLoadBalancer
from albc.model.facts import ExistingLoadBalancer, Facts, RouteTable
from albc.model.problem import Built
from albc.model.security_group import SecurityGroup
from albc.model.stack import Stack
from tests.mapping.service.kit import FACTS as BARE
from tests.mapping.service.kit import PREFIX, SETTINGS

CLASS = "service.k8s.aws/clb"
UID = "0f0e0d0c-0b0a-4908-8706-050403020100"
NAME = "a0f0e0d0c0b0a4908870605040302010"
CERTIFICATE = "arn:aws:acm:eu-west-1:111122223333:certificate/c1"
HTTP = {"name": "http", "port": 80, "nodePort": 30080, "protocol": "TCP"}
HTTPS = {"name": "https", "port": 443, "nodePort": 31443, "protocol": "TCP"}

FACTS = replace(
    BARE,
    route_tables=(
        RouteTable(main=True, subnet_ids=(), has_internet_gateway=False),
        RouteTable(main=False, subnet_ids=("subnet-3", "subnet-4"), has_internet_gateway=True),
    ),
)


def service(
    *ports: Mapping[str, Any],
    annotations: Mapping[str, str] | None = None,
    finalizers: Sequence[str] = (),
    deleted: bool = False,
    **spec: Any,
) -> Service:
    """With port 80, unless something else is said. Annotations go without their prefix."""
    metadata: dict[str, Any] = {
        "name": "web",
        "namespace": "shop",
        "uid": UID,
        "annotations": {PREFIX + suffix: value for suffix, value in (annotations or {}).items()},
        "finalizers": list(finalizers),
    }
    if deleted:
        metadata["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    body = {"type": "LoadBalancer", "loadBalancerClass": CLASS, "ports": list(ports or [HTTP]), **spec}
    return SERVICES.convert({"metadata": metadata, "spec": body})


def annotated(*ports: Mapping[str, Any], **annotations: str) -> Service:
    """Annotations by what follows `aws-load-balancer-`, with underscores for dashes."""
    given = {f"aws-load-balancer-{name.replace('_', '-')}": value for name, value in annotations.items()}
    return service(*ports, annotations=given)


def existing(scheme: str = "internet-facing") -> Facts:
    """The account in which the Service has its load balancer."""
    found = ExistingLoadBalancer(arn="", kind="classic", scheme=scheme, subnet_ids=("subnet-3",), name=NAME)
    return replace(FACTS, existing=found)


def built(subject: Service, facts: Facts = FACTS, settings: MappingSettings = SETTINGS) -> Built:
    return build(subject, facts, settings)


def stack(subject: Service, facts: Facts = FACTS, settings: MappingSettings = SETTINGS) -> Stack:
    """The stack of a Service without fault."""
    result = built(subject, facts, settings)
    assert result.stack is not None, result.problems
    return result.stack


def balancer(subject: Service, facts: Facts = FACTS, settings: MappingSettings = SETTINGS) -> ClassicLoadBalancer:
    [only] = stack(subject, facts, settings).all(ClassicLoadBalancer)
    return only


def listener(subject: Service) -> ClassicListener:
    [only] = balancer(subject).listeners
    return only


def managed_group(subject: Service, settings: MappingSettings = SETTINGS) -> SecurityGroup:
    [only] = stack(subject, settings=settings).all(SecurityGroup)
    return only


def fault(subject: Service, facts: Facts = FACTS, settings: MappingSettings = SETTINGS) -> str:
    """The message of the one fault of a Service that cannot be built."""
    result = built(subject, facts, settings)
    assert result.stack is None
    [problem] = result.problems
    assert (problem.severity, problem.reason, problem.object.name) == ("error", "FailedBuildModel", "web")
    return problem.message


def warnings(subject: Service, facts: Facts = FACTS, settings: MappingSettings = SETTINGS) -> list[tuple[str, str]]:
    """Reason and message of the warnings on a Service that is in effect."""
    result = built(subject, facts, settings)
    assert result.stack is not None, result.problems
    assert {problem.severity for problem in result.problems} <= {"warning"}
    return [(problem.reason, problem.message) for problem in result.problems]
