"""Merge, JSON and strategic merge patches."""

from typing import Any

import pytest

Api = Any
Object = dict[str, Any]
MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
DEPLOYMENTS = "deployments.apps/v1"


@pytest.fixture
def deployment(api: Api) -> Object:
    """With two containers; paused, so that no controller touches it."""
    labels = {"app": "web"}
    containers = [
        {"name": "main", "image": "echo:1", "env": [{"name": "A", "value": "1"}], "ports": [{"containerPort": 80}]},
        {"name": "side", "image": "echo:1", "args": ["x"]},
    ]
    template = {"metadata": {"labels": labels}, "spec": {"containers": containers}}
    spec = {"replicas": 0, "paused": True, "selector": {"matchLabels": labels}, "template": template}
    made: Object = api.create(DEPLOYMENTS, {"metadata": {"name": "web"}, "spec": spec}).json()
    return made


def containers(obj: Object) -> list[Object]:
    found: list[Object] = obj["spec"]["template"]["spec"]["containers"]
    return found


def in_template(spec: Object) -> Object:
    return {"spec": {"template": {"spec": spec}}}


def test_a_merge_patch_adds_changes_and_removes(api: Api, config_map: Object) -> None:
    api.patch("configmaps", "settings", {"data": {"size": "big"}})
    patched = api.patch("configmaps", "settings", {"data": {"colour": None, "shape": "round"}}).json()
    assert patched["data"] == {"size": "big", "shape": "round"}


def test_a_merge_patch_replaces_lists(api: Api, deployment: Object) -> None:
    patched = api.patch(DEPLOYMENTS, "web", in_template({"containers": [{"name": "only", "image": "echo:2"}]}))
    assert [c["name"] for c in containers(patched.json())] == ["only"]


def test_a_merge_patch_with_an_old_version_is_a_conflict(api: Api, config_map: Object) -> None:
    version = config_map["metadata"]["resourceVersion"]
    api.patch("configmaps", "settings", {"data": {"size": "big"}})
    patch = {"metadata": {"resourceVersion": version}, "data": {"size": "small"}}
    assert api.patch("configmaps", "settings", patch).status_code == 409


def test_a_patch_of_something_that_is_not_there_is_not_found(api: Api) -> None:
    assert api.patch("configmaps", "nobody", {"data": {}}).status_code == 404


def test_a_patch_that_changes_nothing_keeps_the_version(api: Api, config_map: Object) -> None:
    patched = api.patch("configmaps", "settings", {"data": {"colour": "red"}}).json()
    assert patched["metadata"]["resourceVersion"] == config_map["metadata"]["resourceVersion"]


def test_a_patch_of_an_unknown_form_is_refused(api: Api, config_map: Object) -> None:
    answer = api.patch("configmaps", "settings", {}, "application/json")
    assert answer.status_code == 415
    assert MERGE in answer.json()["message"]


def test_a_patch_cannot_rename(api: Api, config_map: Object) -> None:
    assert api.patch("configmaps", "settings", {"metadata": {"name": "other"}}).status_code in (400, 422)


def test_a_json_patch_does_its_operations_in_order(api: Api, config_map: Object) -> None:
    operations = [
        {"op": "test", "path": "/data/colour", "value": "red"},
        {"op": "add", "path": "/data/size", "value": "big"},
        {"op": "remove", "path": "/data/colour"},
    ]
    assert api.patch("configmaps", "settings", operations, JSON_PATCH).json()["data"] == {"size": "big"}


def test_a_json_patch_whose_test_fails_does_nothing(api: Api, config_map: Object) -> None:
    operations = [
        {"op": "add", "path": "/data/size", "value": "big"},
        {"op": "test", "path": "/data/colour", "value": "blue"},
    ]
    answer = api.patch("configmaps", "settings", operations, JSON_PATCH)
    assert answer.status_code == 422
    assert api.get("configmaps", "settings").json() == config_map


def test_a_json_patch_of_a_path_that_is_not_there_is_refused(api: Api, config_map: Object) -> None:
    operations = [{"op": "remove", "path": "/data/nothing"}]
    assert api.patch("configmaps", "settings", operations, JSON_PATCH).status_code == 422


def test_a_json_patch_escapes_slashes(api: Api, config_map: Object) -> None:
    operations = [{"op": "add", "path": "/metadata/annotations", "value": {}},
                  {"op": "add", "path": "/metadata/annotations/example.com~1note", "value": "x"}]  # fmt: skip
    patched = api.patch("configmaps", "settings", operations, JSON_PATCH).json()
    assert patched["metadata"]["annotations"]["example.com/note"] == "x"


def test_a_json_patch_must_be_a_list(api: Api, config_map: Object) -> None:
    assert api.patch("configmaps", "settings", {"op": "add"}, JSON_PATCH).status_code == 400


def test_a_strategic_patch_merges_containers_by_name(api: Api, deployment: Object) -> None:
    patch = in_template({"containers": [{"name": "side", "image": "echo:2"}]})
    patched = containers(api.patch(DEPLOYMENTS, "web", patch, STRATEGIC).json())
    assert [(c["name"], c["image"]) for c in patched] == [("main", "echo:1"), ("side", "echo:2")]
    assert patched[1]["args"] == ["x"]


def test_a_strategic_patch_adds_a_container(api: Api, deployment: Object) -> None:
    patch = in_template({"containers": [{"name": "new", "image": "echo:1"}]})
    patched = containers(api.patch(DEPLOYMENTS, "web", patch, STRATEGIC).json())
    assert sorted(c["name"] for c in patched) == ["main", "new", "side"]


def test_a_strategic_patch_deletes_by_directive(api: Api, deployment: Object) -> None:
    patch = in_template({"containers": [{"name": "side", "$patch": "delete"}]})
    assert [c["name"] for c in containers(api.patch(DEPLOYMENTS, "web", patch, STRATEGIC).json())] == ["main"]


def test_a_strategic_patch_replaces_a_list_by_directive(api: Api, deployment: Object) -> None:
    patch = in_template({"containers": [{"$patch": "replace"}, {"name": "only", "image": "echo:1"}]})
    assert [c["name"] for c in containers(api.patch(DEPLOYMENTS, "web", patch, STRATEGIC).json())] == ["only"]


def test_a_strategic_patch_orders_a_list_by_directive(api: Api, deployment: Object) -> None:
    order = [{"name": "side"}, {"name": "main"}]
    patch = in_template({"$setElementOrder/containers": order, "containers": [{"name": "side", "image": "echo:2"}]})
    assert [c["name"] for c in containers(api.patch(DEPLOYMENTS, "web", patch, STRATEGIC).json())] == ["side", "main"]


def test_a_strategic_patch_merges_lists_within_lists(api: Api, deployment: Object) -> None:
    patch = in_template({"containers": [{"name": "main", "env": [{"name": "B", "value": "2"}]}]})
    patched = containers(api.patch(DEPLOYMENTS, "web", patch, STRATEGIC).json())
    assert sorted(env["name"] for env in patched[0]["env"]) == ["A", "B"]


def test_a_strategic_patch_replaces_lists_without_a_key(api: Api, deployment: Object) -> None:
    patch = in_template({"containers": [{"name": "side", "args": ["y", "z"]}]})
    assert containers(api.patch(DEPLOYMENTS, "web", patch, STRATEGIC).json())[1]["args"] == ["y", "z"]


def test_a_strategic_patch_merges_ports_of_a_service_by_number(api: Api) -> None:
    ports = [{"name": "a", "port": 80}, {"name": "b", "port": 81}]
    api.create("services", {"metadata": {"name": "s"}, "spec": {"ports": ports}})
    patch = {"spec": {"ports": [{"port": 81, "targetPort": 9000}]}}
    patched = api.patch("services", "s", patch, STRATEGIC).json()["spec"]["ports"]
    assert {port["port"]: port["targetPort"] for port in patched} == {80: 80, 81: 9000}


def test_a_strategic_patch_adds_to_and_deletes_from_a_list_of_words(api: Api) -> None:
    api.create("configmaps", {"metadata": {"name": "a", "finalizers": ["example.com/a", "example.com/b"]}})
    patch = {
        "metadata": {
            "$deleteFromPrimitiveList/finalizers": ["example.com/a"],
            "finalizers": ["example.com/c"],
        }
    }
    patched = api.patch("configmaps", "a", patch, STRATEGIC).json()
    api.patch("configmaps", "a", {"metadata": {"finalizers": None}})
    assert sorted(patched["metadata"]["finalizers"]) == ["example.com/b", "example.com/c"]


def test_a_strategic_patch_retains_the_keys_that_it_names(api: Api, deployment: Object) -> None:
    strategy = {"$retainKeys": ["type"], "type": "Recreate"}
    patched = api.patch(DEPLOYMENTS, "web", {"spec": {"strategy": strategy}}, STRATEGIC).json()
    assert patched["spec"]["strategy"] == {"type": "Recreate"}


def test_a_strategic_patch_replaces_a_map_by_directive(api: Api, deployment: Object) -> None:
    api.patch(DEPLOYMENTS, "web", {"metadata": {"labels": {"a": "b"}}})
    patch = {"metadata": {"labels": {"$patch": "replace", "c": "d"}}}
    assert api.patch(DEPLOYMENTS, "web", patch, STRATEGIC).json()["metadata"]["labels"] == {"c": "d"}


def test_a_patch_is_judged_like_any_write(api: Api, deployment: Object) -> None:
    refusal = api.patch(DEPLOYMENTS, "web", {"spec": {"replicas": -1}})
    assert refusal.status_code == 422
    assert refusal.json()["details"]["causes"][0]["field"] == "spec.replicas"


def test_a_patch_of_the_desired_state_counts_a_generation(api: Api, deployment: Object) -> None:
    before = deployment["metadata"]["generation"]
    patched = api.patch(DEPLOYMENTS, "web", {"spec": {"minReadySeconds": 5}}).json()
    assert patched["metadata"]["generation"] == before + 1


def test_a_patch_of_labels_counts_no_generation(api: Api, deployment: Object) -> None:
    before = deployment["metadata"]["generation"]
    patched = api.patch(DEPLOYMENTS, "web", {"metadata": {"labels": {"a": "b"}}}).json()
    assert patched["metadata"]["generation"] == before


def test_a_patch_of_the_object_leaves_the_status_alone(api: Api, deployment: Object) -> None:
    patched = api.patch(DEPLOYMENTS, "web", {"status": {"replicas": 99}}).json()
    assert patched.get("status", {}).get("replicas", 0) != 99


def test_a_patch_of_the_status_leaves_the_object_alone(api: Api, deployment: Object) -> None:
    body = {"spec": {"replicas": 9}, "status": {"observedGeneration": 77}}
    patched = api.patch(DEPLOYMENTS, "web/status", body).json()
    assert patched["spec"]["replicas"] == 0
    assert patched["status"]["observedGeneration"] == 77


def test_many_patches_without_versions_all_arrive(api: Api, config_map: Object) -> None:
    for number in range(10):
        api.patch("configmaps", "settings", {"data": {f"key-{number}": "x"}})
    assert len(api.get("configmaps", "settings").json()["data"]) == 11
