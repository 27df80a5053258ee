"""Every field that we name exists in AWS's own model, in each request that carries it."""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import botocore.session
import pytest
from botocore.model import ServiceModel

from albc.deploy.fields.certificates import CERTIFICATE
from albc.deploy.fields.field import Field
from albc.deploy.fields.listeners import LISTENER
from albc.deploy.fields.load_balancers import LOAD_BALANCER
from albc.deploy.fields.rules import RULE
from albc.deploy.fields.security_groups import SECURITY_GROUP
from albc.deploy.fields.target_groups import TARGET_GROUP

KINDS: dict[str, tuple[str, Iterable[Field[Any, Any]]]] = {
    "CreateSecurityGroup": ("ec2", SECURITY_GROUP),
    "CreateTargetGroup": ("elbv2", TARGET_GROUP),
    "CreateLoadBalancer": ("elbv2", LOAD_BALANCER),
    "CreateListener": ("elbv2", LISTENER),
    "CreateRule": ("elbv2", RULE),
    "RequestCertificate": ("acm", CERTIFICATE),
}


@cache
def model(service: str) -> ServiceModel:
    return botocore.session.get_session().get_service_model(service)


def members(service: str, operation: str) -> set[str]:
    shape = model(service).operation_model(operation).input_shape
    return set(shape.members)


def requests() -> Iterator[tuple[str, str, str]]:
    """(service, operation, field) for each field in each request."""
    for operation, (service, fields) in KINDS.items():
        for field in fields:
            if field.created_with:
                yield service, operation, field.name
            if field.modified_by:
                yield service, "".join(part.capitalize() for part in field.modified_by.split("_")), field.name


@pytest.mark.parametrize(("service", "operation", "field"), list(requests()))
def test_a_field_has_the_name_that_aws_gives_it(service: str, operation: str, field: str) -> None:
    assert field in members(service, operation)


@pytest.mark.parametrize("operation", KINDS)
def test_a_field_stands_in_its_list_once(operation: str) -> None:
    names = [field.name for field in KINDS[operation][1]]

    assert len(names) == len(set(names))


@pytest.mark.parametrize("operation", KINDS)
def test_a_create_request_lacks_nothing_that_aws_insists_on(operation: str) -> None:
    service, fields = KINDS[operation]
    given_by_the_plan = {"LoadBalancerArn", "ListenerArn"}
    required = set(model(service).operation_model(operation).input_shape.required_members)

    assert required <= {field.name for field in fields} | given_by_the_plan
