"""Every field of a Classic Load Balancer exists in AWS's own model, in each request that carries it."""

from functools import cache

import botocore.session
import pytest

from albc.deploy.fields.classic import CLASSIC_LOAD_BALANCER

REQUESTS = [
    *(("CreateLoadBalancer", field.name) for field in CLASSIC_LOAD_BALANCER if field.created_with),
    *(
        ("".join(part.capitalize() for part in field.modified_by.split("_")), field.name)
        for field in CLASSIC_LOAD_BALANCER
        if field.modified_by
    ),
]


@cache
def members(operation: str) -> frozenset[str]:
    model = botocore.session.get_session().get_service_model("elb")
    return frozenset(model.operation_model(operation).input_shape.members)


@pytest.mark.parametrize(("operation", "field"), REQUESTS)
def test_a_field_has_the_name_that_aws_gives_it(operation: str, field: str) -> None:
    assert field in members(operation)


def test_a_create_request_lacks_nothing_that_aws_insists_on() -> None:
    model = botocore.session.get_session().get_service_model("elb")
    required = set(model.operation_model("CreateLoadBalancer").input_shape.required_members)

    assert required <= {field.name for field in CLASSIC_LOAD_BALANCER if field.created_with}
