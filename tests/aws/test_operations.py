"""The list of AWS operations is what the code calls: no more, no less."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore import xform_name
from botocore.loaders import Loader

import albc
from albc.aws.operations import OPERATIONS, Feature, iam_actions, operations_of
from albc.aws.services import SERVICE_IDS

SOURCE = Path(albc.__file__).parent
NOT_OURS = ("local", "cli")
"""Rooms that call no real account by themselves."""


def method_names(service: str) -> frozenset[str]:
    """What a client of the service could be asked to do, in the words of botocore's clients."""
    operations = Loader().load_service_model(service, "service-2")["operations"]
    return frozenset(xform_name(name) for name in operations)


def texts_in_the_code() -> Iterator[str]:
    for file in SOURCE.rglob("*.py"):
        if file.relative_to(SOURCE).parts[0] in NOT_OURS:
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def test_every_operation_that_the_code_names_is_listed_and_no_other() -> None:
    possible = frozenset[str]().union(*(method_names(service) for service in SERVICE_IDS))
    listed = {xform_name(name) for service in SERVICE_IDS for name in operations_of(service)}

    assert possible.intersection(texts_in_the_code()) == listed, "albc/aws/operations.py is the place to add or remove"


@pytest.mark.parametrize("service", SERVICE_IDS)
def test_every_listed_operation_is_one_of_aws(service: str) -> None:
    assert {xform_name(name) for name in operations_of(service)} <= method_names(service)


def test_only_services_with_a_client_are_listed() -> None:
    assert {service for services in OPERATIONS.values() for service in services} == set(SERVICE_IDS)


def test_an_operation_belongs_to_one_feature() -> None:
    pairs = [
        (service, name) for services in OPERATIONS.values() for service, names in services.items() for name in names
    ]
    assert len(pairs) == len(set(pairs))


def test_policies_get_the_actions_in_iams_words() -> None:
    assert iam_actions([Feature.ROLES, Feature.TAGGING_API]) == ("sts:AssumeRole", "tag:GetResources")
    assert "elasticloadbalancing:CreateRule" in iam_actions()
