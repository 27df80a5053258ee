"""Sets of fields."""

from hypothesis import given
from hypothesis import strategies as st

from albc.local.kubernetes.patch.fieldset import FieldPath, from_fields_v1, leaves, printed, to_fields_v1
from albc.local.kubernetes.types.notation import load

STEPS = st.sampled_from(["f:a", "f:b", 'k:{"name":"x"}', 'v:"y"'])
PATHS = st.lists(STEPS, min_size=1, max_size=4).map(tuple)


@given(st.frozensets(PATHS, max_size=12))
def test_a_set_survives_its_nested_form(paths: frozenset[FieldPath]) -> None:
    assert from_fields_v1(to_fields_v1(paths)) == paths


def test_what_the_server_sets_is_nobodys() -> None:
    metadata = {"name": "a", "namespace": "b", "uid": "c", "resourceVersion": "1", "labels": {"x": "y"}}
    found = leaves({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}, load().of("core", "ConfigMap"))
    assert set(found) == {("f:metadata", "f:labels", "f:x")}


def test_items_of_a_keyed_list_have_paths_of_their_own() -> None:
    service = {"spec": {"ports": [{"port": 80, "protocol": "TCP", "name": "web"}]}}
    found = leaves(service, load().of("core", "Service"))
    key = 'k:{"port":80,"protocol":"TCP"}'
    assert ("f:spec", "f:ports", key) in found
    assert found["f:spec", "f:ports", key, "f:name"] == "web"


def test_a_key_that_has_a_default_may_be_left_out() -> None:
    service = {"spec": {"ports": [{"port": 80}]}}
    assert ("f:spec", "f:ports", 'k:{"port":80,"protocol":"TCP"}') in leaves(service, load().of("core", "Service"))


def test_an_atomic_list_is_one_path() -> None:
    endpoints = {"endpoints": [{"addresses": ["10.0.0.1"]}]}
    found = leaves(endpoints, load().of("discovery", "EndpointSlice"))
    assert set(found) == {("f:endpoints",)}


def test_a_path_is_printed_as_people_write_it() -> None:
    path = ("f:spec", "f:containers", 'k:{"name":"web"}', "f:image")
    assert printed(path) == '.spec.containers[name="web"].image'
    assert printed(("f:metadata", "f:finalizers", 'v:"a"')) == '.metadata.finalizers[="a"]'
