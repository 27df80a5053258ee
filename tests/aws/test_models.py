"""Cutting EC2's model leaves everything that albc calls as it was."""

from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel

from albc.aws.models import EC2_OPERATIONS, CutLoader


@pytest.fixture(scope="module")
def cut() -> Any:
    return CutLoader().load_service_model("ec2", "service-2")


def test_exactly_the_listed_operations_are_left(cut: Any) -> None:
    assert set(cut["operations"]) == EC2_OPERATIONS


def test_every_operation_keeps_the_whole_of_its_input_and_output(cut: Any) -> None:
    whole = Loader().load_service_model("ec2", "service-2")
    for name in EC2_OPERATIONS:
        operation = ServiceModel(cut).operation_model(name)
        original = ServiceModel(whole).operation_model(name)
        assert _members(operation.input_shape) == _members(original.input_shape)
        assert _members(operation.output_shape) == _members(original.output_shape)


def test_other_services_are_left_alone() -> None:
    assert "DescribeAccountLimits" in CutLoader().load_service_model("elbv2", "service-2")["operations"]


def _members(shape: Any, depth: int = 6) -> Any:
    if shape is None or depth == 0:
        return None
    if shape.type_name == "structure":
        return {name: _members(member, depth - 1) for name, member in shape.members.items()}
    if shape.type_name == "list":
        return [_members(shape.member, depth - 1)]
    return shape.type_name
