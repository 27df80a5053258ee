"""What a line of a watch says, for kinds of msgspec and of Pydantic."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from albc.crds.resources import TARGET_GROUP_BINDINGS
from albc.engine.store import ObjectKey
from albc.engine.watch_events import Bookmark, Deleted, Failure, Present, Reader, Unreadable
from albc.errors import Gone, Unavailable
from albc.kube.objects import PODS, SERVICES

SERVICE: dict[str, Any] = {"metadata": {"name": "web", "namespace": "shop", "resourceVersion": "7"}}
BINDING: dict[str, Any] = {
    **SERVICE,
    "spec": {"serviceRef": {"name": "web", "port": 80}, "targetGroupARN": "arn:aws:x"},
}
KINDS = pytest.mark.parametrize(("resource", "body"), [(SERVICES, SERVICE), (TARGET_GROUP_BINDINGS, BINDING)])


def line(kind: str, obj: Any) -> bytes:
    return json.dumps({"type": kind, "object": obj}).encode()


@KINDS
@pytest.mark.parametrize("kind", ["ADDED", "MODIFIED"])
def test_an_object_that_is_there_has_the_type_of_its_kind(resource: Any, body: Any, kind: str) -> None:
    event = Reader(resource).event(line(kind, body))
    assert isinstance(event, Present)
    assert event.object == resource.convert(body)


@KINDS
def test_a_deletion_brings_the_last_state(resource: Any, body: Any) -> None:
    event = Reader(resource).event(line("DELETED", body))
    assert isinstance(event, Deleted)
    assert event.object == resource.convert(body)


@KINDS
@pytest.mark.parametrize(("kind", "deleted"), [("ADDED", False), ("MODIFIED", False), ("DELETED", True)])
def test_of_an_object_that_is_not_of_its_kind_it_is_known_which_one_it_is(
    resource: Any, body: Any, kind: str, deleted: bool
) -> None:
    event = Reader(resource).event(line(kind, {**body, "spec": {"ports": "none"}}))
    assert isinstance(event, Unreadable)
    assert (event.key, event.resource_version, event.deleted) == (ObjectKey("shop", "web"), "7", deleted)
    assert "\n" not in event.reason


@KINDS
def test_a_listed_object_is_read_as_one_that_is_told(resource: Any, body: Any) -> None:
    reader = Reader(resource)
    assert reader.object(msgspec.Raw(json.dumps(body).encode())) == resource.convert(body)
    unreadable = reader.object(msgspec.Raw(json.dumps({**body, "spec": []}).encode()))
    assert isinstance(unreadable, Unreadable)
    assert not unreadable.deleted


@KINDS
def test_a_bookmark_says_from_where_to_go_on_and_whether_the_list_is_complete(resource: Any, body: Any) -> None:
    reader = Reader(resource)
    end = {"annotations": {"k8s.io/initial-events-end": "true"}}
    assert reader.event(line("BOOKMARK", {"metadata": {"resourceVersion": "9"}})) == Bookmark("9", ends_list=False)
    assert reader.event(line("BOOKMARK", {"metadata": {"resourceVersion": "9", **end}})) == Bookmark("9", True)


def test_an_error_says_what_it_means() -> None:
    event = Reader(SERVICES).event(line("ERROR", {"kind": "Status", "code": 410, "message": "too old"}))
    assert isinstance(event, Failure)
    assert isinstance(event.error, Gone)


@pytest.mark.parametrize("obj", [{"metadata": {}}, "gone", None])
def test_an_event_that_nobody_knows_is_a_failure(obj: Any) -> None:
    assert isinstance(Reader(SERVICES).event(line("NEWS", obj)), Failure)


@pytest.mark.parametrize(
    "text", [b'{"type":' * 20_000, b'{"type":"\xff","object":{}}', b"null", b"garbage", b'{"type":"ADDED"}', b""]
)
def test_what_is_no_event_is_no_answer_of_an_api_server(text: bytes) -> None:
    with pytest.raises(Unavailable):
        Reader(SERVICES).event(text)


def test_an_object_without_a_name_that_can_be_read_is_no_answer_of_an_api_server() -> None:
    with pytest.raises(Unavailable):
        Reader(SERVICES).event(line("ADDED", {"metadata": {"name": 7}}))


@given(st.permutations(["type", "object", "extra"]))
def test_the_order_of_an_events_fields_does_not_matter(order: list[str]) -> None:
    fields = {"type": "MODIFIED", "object": SERVICE, "extra": 1}
    event = Reader(SERVICES).event(json.dumps({name: fields[name] for name in order}).encode())
    assert event == Reader(SERVICES).event(line("MODIFIED", SERVICE))


def test_the_environment_of_a_pod_is_kept_only_where_it_asks_for_server_ids() -> None:
    containers = [{"name": "app", "env": [{"name": "TOKEN", "value": "secret"}]}]
    annotations = {"service.beta.kubernetes.io/aws-load-balancer-quic-enabled-containers": "app"}

    def environment(**metadata: Any) -> int:
        pod = {
            "metadata": {"name": "web", **metadata},
            "spec": {"containers": containers, "initContainers": containers},
        }
        event = Reader(PODS).event(line("ADDED", pod))
        assert isinstance(event, Present)
        spec = event.object.spec
        return sum(len(container.env) for container in (*spec.containers, *spec.init_containers))

    assert environment() == 0
    assert environment(annotations=annotations) == 2
