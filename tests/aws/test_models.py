"""Cutting botocore's data leaves everything that albc calls as it was."""

import json
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.regions import EndpointResolver

from albc.aws.models import CUT, CutLoader
from albc.aws.operations import operations_of
from albc.aws.services import SERVICE_IDS

OF_CREDENTIALS = ("signin", "sso", "sso-oidc", "sts")
"""Services that the SDK asks for itself."""
EVERY = sorted({*SERVICE_IDS, *OF_CREDENTIALS})


@pytest.fixture(scope="module")
def loader() -> CutLoader:
    return CutLoader()


@pytest.fixture(scope="module")
def whole() -> Loader:
    return Loader()


@pytest.mark.parametrize("service", sorted(CUT))
def test_exactly_the_operations_that_we_call_are_left(loader: CutLoader, service: str) -> None:
    assert set(loader.load_service_model(service, "service-2")["operations"]) == operations_of(service)


@pytest.mark.parametrize("service", OF_CREDENTIALS)
def test_what_credentials_are_got_from_keeps_its_operations(loader: CutLoader, whole: Loader, service: str) -> None:
    left, all_ = (each.load_service_model(service, "service-2")["operations"] for each in (loader, whole))
    assert left.keys() == all_.keys()


@pytest.mark.parametrize("service", EVERY)
def test_an_operation_that_is_left_is_the_same(loader: CutLoader, whole: Loader, service: str) -> None:
    cut, original = (each.load_service_model(service, "service-2") for each in (loader, whole))
    assert cut["metadata"] == original["metadata"]
    assert ServiceModel(cut).client_context_parameters == ServiceModel(original).client_context_parameters
    for name in cut["operations"]:
        was, is_ = ServiceModel(original).operation_model(name), ServiceModel(cut).operation_model(name)
        assert _members(is_.input_shape) == _members(was.input_shape)
        assert _members(is_.output_shape) == _members(was.output_shape)
        assert [_members(shape) for shape in is_.error_shapes] == [_members(shape) for shape in was.error_shapes]
        assert is_.http == was.http


@pytest.mark.parametrize("service", EVERY)
def test_no_operation_keeps_its_description(loader: CutLoader, service: str) -> None:
    model = loader.load_service_model(service, "service-2")
    assert '"documentation": "' not in json.dumps([model["operations"], model["shapes"]])


@pytest.mark.parametrize("service", EVERY)
def test_every_region_has_the_endpoint_that_it_had(loader: CutLoader, whole: Loader, service: str) -> None:
    prefix = whole.load_service_model(service, "service-2")["metadata"]["endpointPrefix"]
    table = whole.load_data("endpoints")
    cut, original = EndpointResolver(loader.load_data("endpoints")), EndpointResolver(table)
    for region in [region for partition in table["partitions"] for region in partition["regions"]]:
        assert cut.construct_endpoint(prefix, region) == original.construct_endpoint(prefix, region)


def test_a_tenth_is_left(loader: CutLoader, whole: Loader) -> None:
    cut, original = (
        sum(len(json.dumps(each.load_service_model(service, "service-2"))) for service in SERVICE_IDS)
        + len(json.dumps(each.load_data("endpoints")))
        for each in (loader, whole)
    )
    assert cut < original / 10


def test_endpoints_of_services_that_nobody_asks_are_gone(loader: CutLoader) -> None:
    assert all("s3" not in partition["services"] for partition in loader.load_data("endpoints")["partitions"])


@pytest.mark.parametrize("name", ["partitions", "_retry", "sdk-default-configuration"])
def test_other_data_is_what_it_was(loader: CutLoader, whole: Loader, name: str) -> None:
    assert loader.load_data(name) == whole.load_data(name)


def _members(shape: Any, depth: int = 6) -> Any:
    """All of a shape that is sent, received or checked."""
    if shape is None or depth == 0:
        return None
    of_shape = (shape.type_name, shape.serialization, shape.metadata)
    match shape.type_name:
        case "structure":
            members = {name: _members(member, depth - 1) for name, member in shape.members.items()}
            return (*of_shape, list(members), members)
        case "list":
            return (*of_shape, _members(shape.member, depth - 1))
        case "map":
            return (*of_shape, _members(shape.key, depth - 1), _members(shape.value, depth - 1))
        case _:
            return of_shape
