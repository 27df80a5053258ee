"""Cutting the models leaves everything that albc calls as it was."""

from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel

from albc.aws.models import CUT, CutLoader
from albc.aws.operations import operations_of


@pytest.fixture(scope="module")
def loader() -> CutLoader:
    return CutLoader()


@pytest.mark.parametrize("service", sorted(CUT))
def test_exactly_the_operations_that_we_call_are_left(loader: CutLoader, service: str) -> None:
    assert set(loader.load_service_model(service, "service-2")["operations"]) == operations_of(service)


@pytest.mark.parametrize("service", sorted(CUT))
def test_every_operation_keeps_the_whole_of_its_input_and_output(loader: CutLoader, service: str) -> None:
    cut = ServiceModel(loader.load_service_model(service, "service-2"))
    whole = ServiceModel(Loader().load_service_model(service, "service-2"))
    for name in operations_of(service):
        operation, original = cut.operation_model(name), whole.operation_model(name)
        assert _members(operation.input_shape) == _members(original.input_shape)
        assert _members(operation.output_shape) == _members(original.output_shape)


@pytest.mark.parametrize("service", ["sts", "sso", "sso-oidc"])
def test_what_credentials_are_got_from_is_left_whole(loader: CutLoader, service: str) -> None:
    assert loader.load_service_model(service, "service-2") == Loader().load_service_model(service, "service-2")


def _members(shape: Any, depth: int = 6) -> Any:
    if shape is None or depth == 0:
        return None
    if shape.type_name == "structure":
        return {name: _members(member, depth - 1) for name, member in shape.members.items()}
    if shape.type_name == "list":
        return [_members(shape.member, depth - 1)]
    return shape.type_name
