"""Which changes count, and which keys they give."""

import pytest

from albc.engine.informer import Change
from albc.engine.store import ObjectKey
from albc.engine.watches import each_state, itself, meaningful
from albc.kube.objects import Service
from albc.kube.objects.core import ServiceSpec, ServiceStatus
from albc.kube.objects.meta import ObjectMeta


def service(**more: object) -> Service:
    return Service(metadata=ObjectMeta(name="a", namespace="shop", **more))  # type: ignore[arg-type]


OLD = service()


@pytest.mark.parametrize(
    ("new", "counts"),
    [
        (service(annotations={"a": "b"}), True),
        (service(deletion_timestamp="2026-01-01T00:00:00Z"), True),
        (Service(metadata=OLD.metadata, spec=ServiceSpec(type="LoadBalancer")), True),
        (service(labels={"a": "b"}), False),
        (service(resource_version="2"), False),
        (Service(metadata=OLD.metadata, status=ServiceStatus()), False),
    ],
    ids=["annotations", "deletion", "spec", "labels", "version", "status"],
)
def test_an_update_is_meaningful_if_a_person_made_it(new: Service, counts: bool) -> None:
    assert meaningful(Change("updated", new, OLD)) is counts


def test_additions_deletions_and_resyncs_are_meaningful() -> None:
    assert meaningful(Change("added", OLD))
    assert meaningful(Change("deleted", OLD, OLD))
    assert meaningful(Change("resynced", OLD, OLD))


def test_an_object_is_its_own_key() -> None:
    assert itself(Change("added", OLD)) == (ObjectKey("shop", "a"),)


def test_an_update_concerns_the_keys_that_the_object_has_left_too() -> None:
    def groups(obj: Service) -> list[str]:
        return list(obj.metadata.labels.values())

    keys = each_state(groups)
    moved = Change("updated", service(labels={"group": "new"}), service(labels={"group": "old"}))
    assert keys(moved) == {"new", "old"}
    assert keys(Change("added", service(labels={"group": "new"}))) == {"new"}
