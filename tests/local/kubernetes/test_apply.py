"""Server-side apply: field managers, conflicts, force, what is no longer meant."""

from typing import Any

import pytest

Api = Any
Object = dict[str, Any]
DEPLOYMENTS = "deployments.apps/v1"


def intent(data: Object, name: str = "a") -> Object:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def service(ports: list[Object]) -> Object:
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": {"ports": ports}}


def managers(obj: Object) -> dict[tuple[str, str], Object]:
    return {(e["manager"], e["operation"]): e["fieldsV1"] for e in obj["metadata"]["managedFields"]}


def test_applying_creates_what_is_not_there(api: Api) -> None:
    answer = api.apply("configmaps", "a", intent({"x": "1"}))
    assert answer.status_code == 201
    assert answer.json()["data"] == {"x": "1"}


def test_applying_again_changes_nothing(api: Api) -> None:
    first = api.apply("configmaps", "a", intent({"x": "1"})).json()
    again = api.apply("configmaps", "a", intent({"x": "1"}))
    assert again.status_code == 200
    assert again.json()["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]


def test_the_manager_owns_what_it_applied(api: Api) -> None:
    applied = api.apply("configmaps", "a", intent({"x": "1"}), "alice").json()
    assert managers(applied)["alice", "Apply"] == {"f:data": {"f:x": {}}}


def test_applying_changes_what_the_manager_owns(api: Api) -> None:
    api.apply("configmaps", "a", intent({"x": "1"}), "alice")
    assert api.apply("configmaps", "a", intent({"x": "2"}), "alice").json()["data"] == {"x": "2"}


def test_what_the_manager_no_longer_means_goes(api: Api) -> None:
    api.apply("configmaps", "a", intent({"x": "1", "y": "1"}), "alice")
    assert api.apply("configmaps", "a", intent({"x": "1"}), "alice").json()["data"] == {"x": "1"}


def test_two_managers_share_an_object(api: Api) -> None:
    api.apply("configmaps", "a", intent({"x": "1"}), "alice")
    assert api.apply("configmaps", "a", intent({"y": "2"}), "bob").json()["data"] == {"x": "1", "y": "2"}


def test_what_another_manager_owns_stays_when_one_leaves(api: Api) -> None:
    api.apply("configmaps", "a", intent({"x": "1", "y": "1"}), "alice")
    api.apply("configmaps", "a", intent({"y": "1"}), "bob")
    assert api.apply("configmaps", "a", intent({}), "alice").json()["data"] == {"y": "1"}


def test_another_managers_field_is_a_conflict(api: Api) -> None:
    api.apply("configmaps", "a", intent({"x": "1"}), "alice")
    refusal = api.apply("configmaps", "a", intent({"x": "2"}), "bob")
    assert refusal.status_code == 409
    status = refusal.json()
    assert status["message"] == 'Apply failed with 1 conflict: conflict with "alice" using v1: .data.x'
    assert status["details"]["causes"] == [
        {"reason": "FieldManagerConflict", "message": 'conflict with "alice" using v1', "field": ".data.x"}
    ]


def test_every_conflict_is_named(api: Api) -> None:
    api.apply("configmaps", "a", intent({"x": "1", "y": "1"}), "alice")
    refusal = api.apply("configmaps", "a", intent({"x": "2", "y": "2"}), "bob").json()
    expected = 'Apply failed with 2 conflicts: conflicts with "alice" using v1:\n- .data.x\n- .data.y'
    assert refusal["message"] == expected


def test_a_refused_apply_changes_nothing(api: Api) -> None:
    before = api.apply("configmaps", "a", intent({"x": "1"}), "alice").json()
    api.apply("configmaps", "a", intent({"x": "2", "z": "3"}), "bob")
    assert api.get("configmaps", "a").json() == before


def test_force_takes_the_field_over(api: Api) -> None:
    api.apply("configmaps", "a", intent({"x": "1"}), "alice")
    forced = api.apply("configmaps", "a", intent({"x": "2"}), "bob", force="true").json()
    assert forced["data"] == {"x": "2"}
    assert [name for name, _ in managers(forced)] == ["bob"]


def test_the_same_value_is_no_conflict_and_is_owned_by_both(api: Api) -> None:
    api.apply("configmaps", "a", intent({"x": "1"}), "alice")
    shared = api.apply("configmaps", "a", intent({"x": "1"}), "bob").json()
    assert sorted(name for name, _ in managers(shared)) == ["alice", "bob"]


def test_an_update_takes_over_what_it_changes(api: Api) -> None:
    api.apply("configmaps", "a", intent({"x": "1", "y": "1"}), "alice")
    patched = api.patch("configmaps", "a", {"data": {"x": "2"}}, fieldManager="carol").json()
    assert managers(patched)["carol", "Update"] == {"f:data": {"f:x": {}}}
    assert managers(patched)["alice", "Apply"] == {"f:data": {"f:y": {}}}


def test_a_field_that_an_update_took_over_is_a_conflict(api: Api) -> None:
    api.apply("configmaps", "a", intent({"x": "1"}), "alice")
    api.patch("configmaps", "a", {"data": {"x": "2"}}, fieldManager="carol")
    refusal = api.apply("configmaps", "a", intent({"x": "1"}), "alice")
    assert refusal.status_code == 409
    assert 'conflict with "carol"' in refusal.json()["message"]


def test_a_creator_owns_what_it_created(api: Api) -> None:
    made = api.create("configmaps", {"metadata": {"name": "a"}, "data": {"x": "1"}}, fieldManager="dave").json()
    assert managers(made)["dave", "Update"]["f:data"]["f:x"] == {}


def test_items_of_a_list_are_owned_one_by_one(api: Api) -> None:
    api.apply("services", "s", service([{"name": "a", "port": 80}]), "alice")
    shared = api.apply("services", "s", service([{"name": "b", "port": 81}]), "bob").json()
    assert sorted(port["port"] for port in shared["spec"]["ports"]) == [80, 81]
    assert 'k:{"port":81,"protocol":"TCP"}' in managers(shared)["bob", "Apply"]["f:spec"]["f:ports"]


def test_an_item_that_is_no_longer_meant_goes_whole(api: Api) -> None:
    api.apply("services", "s", service([{"name": "a", "port": 80}, {"name": "b", "port": 81}]), "alice")
    left = api.apply("services", "s", service([{"name": "a", "port": 80}]), "alice").json()
    assert [port["port"] for port in left["spec"]["ports"]] == [80]


def test_a_list_that_is_one_value_is_owned_whole(api: Api) -> None:
    body = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": "e"},
        "addressType": "IPv4",
        "endpoints": [{"addresses": ["10.0.0.1"]}],
        "ports": [{"name": "x", "port": 80}],
    }
    api.apply("endpointslices.discovery.k8s.io/v1", "e", body, "alice")
    body["endpoints"] = [{"addresses": ["10.0.0.2"]}]
    refusal = api.apply("endpointslices.discovery.k8s.io/v1", "e", body, "bob")
    assert refusal.status_code == 409
    assert refusal.json()["details"]["causes"][0]["field"] == ".endpoints"


def test_labels_are_owned_one_by_one(api: Api) -> None:
    def labelled(labels: Object) -> Object:
        return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "labels": labels}}

    api.apply("configmaps", "a", labelled({"a": "1"}), "alice")
    both = api.apply("configmaps", "a", labelled({"b": "2"}), "bob").json()
    assert both["metadata"]["labels"] == {"a": "1", "b": "2"}
    alone = api.apply("configmaps", "a", labelled({}), "alice").json()
    assert alone["metadata"]["labels"] == {"b": "2"}


def test_finalizers_are_owned_one_by_one(api: Api) -> None:
    def held(*names: str) -> Object:
        return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "finalizers": list(names)}}

    api.apply("configmaps", "a", held("example.com/a"), "alice")
    both = api.apply("configmaps", "a", held("example.com/b"), "bob").json()
    left = api.apply("configmaps", "a", held(), "alice").json()
    api.apply("configmaps", "a", held(), "bob")
    assert sorted(both["metadata"]["finalizers"]) == ["example.com/a", "example.com/b"]
    assert left["metadata"]["finalizers"] == ["example.com/b"]


def test_the_server_fills_in_defaults_that_nobody_owns(api: Api) -> None:
    applied = api.apply("services", "s", service([{"port": 80}]), "alice").json()
    assert applied["spec"]["type"] == "ClusterIP"
    assert "f:type" not in managers(applied)["alice", "Apply"]["f:spec"]


def test_a_default_can_be_claimed_later(api: Api) -> None:
    api.apply("services", "s", service([{"port": 80}]), "alice")
    body = service([{"port": 80}])
    body["spec"]["sessionAffinity"] = "ClientIP"
    assert api.apply("services", "s", body, "bob").json()["spec"]["sessionAffinity"] == "ClientIP"


def test_apply_needs_a_manager(api: Api) -> None:
    refusal = api.patch("configmaps", "a", intent({}), "application/apply-patch+yaml")
    assert refusal.status_code == 422
    assert refusal.json()["details"]["causes"][0]["field"] == "fieldManager"


def test_only_apply_can_be_forced(api: Api, config_map: Object) -> None:
    assert api.patch("configmaps", "settings", {"data": {}}, force="true").status_code == 422


def test_an_intent_names_its_kind(api: Api) -> None:
    assert api.apply("configmaps", "a", {"metadata": {"name": "a"}}).status_code == 400


def test_an_intent_bears_no_managed_fields(api: Api) -> None:
    body = intent({})
    body["metadata"]["managedFields"] = [{"manager": "x", "operation": "Apply", "apiVersion": "v1"}]
    assert api.apply("configmaps", "a", body).status_code == 400


def test_an_intent_with_an_old_version_is_a_conflict(api: Api, config_map: Object) -> None:
    api.patch("configmaps", "settings", {"data": {"size": "big"}})
    body = intent({"z": "1"}, "settings")
    body["metadata"]["resourceVersion"] = config_map["metadata"]["resourceVersion"]
    assert api.apply("configmaps", "settings", body).status_code == 409


def test_an_intent_may_be_yaml(api: Api) -> None:
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  x: '1'\n"
    headers = {"Content-Type": "application/apply-patch+yaml"}
    answer = api.http.patch(
        api.path("configmaps", "a"), content=text, headers=headers, params={"fieldManager": "alice"}
    )
    assert answer.status_code == 201
    assert answer.json()["data"] == {"x": "1"}


def test_a_dry_run_finds_conflicts_and_changes_nothing(api: Api) -> None:
    before = api.apply("configmaps", "a", intent({"x": "1"}), "alice").json()
    assert api.apply("configmaps", "a", intent({"x": "2"}), "bob", dryRun="All").status_code == 409
    forced = api.apply("configmaps", "a", intent({"x": "2"}), "bob", dryRun="All", force="true")
    assert forced.json()["data"] == {"x": "2"}
    assert api.get("configmaps", "a").json() == before


def test_managed_fields_can_be_reset(api: Api) -> None:
    api.apply("configmaps", "a", intent({"x": "1"}), "alice")
    patched = api.patch("configmaps", "a", {"metadata": {"managedFields": [{}]}}).json()
    assert "managedFields" not in patched["metadata"]


@pytest.mark.parametrize("field", ["uid", "resourceVersion", "creationTimestamp", "generation"])
def test_nobody_owns_what_the_server_sets(api: Api, field: str) -> None:
    applied = api.apply("configmaps", "a", intent({"x": "1"}), "alice").json()
    assert f"f:{field}" not in managers(applied)["alice", "Apply"].get("f:metadata", {})


def test_the_status_is_owned_apart(api: Api) -> None:
    body: Object = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "s"},
        "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]},
    }
    api.apply("services", "s", body, "alice")
    status = {"loadBalancer": {"ingress": [{"hostname": "a.example.com"}]}}
    answer = api.apply("services", "s/status", {**body, "spec": {}, "status": status}, "lb")
    assert answer.status_code == 200
    (entry,) = [e for e in answer.json()["metadata"]["managedFields"] if e["manager"] == "lb"]
    assert entry["subresource"] == "status"
    assert answer.json()["status"] == status
