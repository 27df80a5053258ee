"""Deletion: at once, with finalizers, with preconditions, of collections; owners and dependents; namespaces."""

from typing import Any

import pytest

Api = Any
Object = dict[str, Any]


@pytest.fixture
def controllers(api: Api) -> None:
    """Skips on a bare API server: nobody there collects garbage or empties namespaces."""
    try:
        api.until("serviceaccounts", "default", lambda account: True)
    except pytest.fail.Exception:
        pytest.skip("the cluster has no controllers")


def owner(obj: Object, *, blocks: bool = False) -> Object:
    metadata = obj["metadata"]
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": metadata["name"], "uid": metadata["uid"]}
    return {**reference, "blockOwnerDeletion": blocks}


def child(api: Api, name: str, *owners: Object, **metadata: Any) -> Object:
    body = {"metadata": {"name": name, "ownerReferences": list(owners), **metadata}}
    made: Object = api.create("configmaps", body).json()
    return made


def test_a_deleted_object_is_gone(api: Api, config_map: Object) -> None:
    answer = api.delete("configmaps", "settings")
    assert answer.status_code == 200
    assert answer.json()["status"] == "Success"
    assert answer.json()["details"]["uid"] == config_map["metadata"]["uid"]
    assert api.get("configmaps", "settings").status_code == 404


def test_something_that_is_not_there_cannot_be_deleted(api: Api) -> None:
    assert api.delete("configmaps", "nobody").status_code == 404


def test_an_object_with_a_finalizer_stays_and_is_marked(api: Api) -> None:
    api.create("configmaps", {"metadata": {"name": "a", "finalizers": ["example.com/hold"]}})
    answer = api.delete("configmaps", "a")
    assert answer.status_code == 200
    found = api.get("configmaps", "a").json()
    assert found["metadata"]["deletionTimestamp"]
    assert found["metadata"]["finalizers"] == ["example.com/hold"]


def test_an_object_goes_with_its_last_finalizer(api: Api) -> None:
    api.create("configmaps", {"metadata": {"name": "a", "finalizers": ["example.com/hold", "example.com/too"]}})
    api.delete("configmaps", "a")
    api.patch("configmaps", "a", {"metadata": {"finalizers": ["example.com/too"]}})
    assert api.get("configmaps", "a").status_code == 200
    api.patch("configmaps", "a", {"metadata": {"finalizers": None}})
    assert api.get("configmaps", "a").status_code == 404


def test_no_finalizer_can_be_added_to_an_object_that_is_going(api: Api) -> None:
    api.create("configmaps", {"metadata": {"name": "a", "finalizers": ["example.com/hold"]}})
    api.delete("configmaps", "a")
    refusal = api.patch("configmaps", "a", {"metadata": {"finalizers": ["example.com/hold", "example.com/new"]}})
    assert refusal.status_code == 422
    assert "no new finalizers can be added if the object is being deleted" in refusal.json()["message"]


def test_the_time_of_deletion_is_not_moved_by_a_second_deletion(api: Api) -> None:
    api.create("configmaps", {"metadata": {"name": "a", "finalizers": ["example.com/hold"]}})
    api.delete("configmaps", "a")
    first = api.get("configmaps", "a").json()
    api.delete("configmaps", "a")
    assert api.get("configmaps", "a").json() == first


def test_an_object_that_is_going_can_still_be_changed(api: Api) -> None:
    api.create("configmaps", {"metadata": {"name": "a", "finalizers": ["example.com/hold"]}})
    api.delete("configmaps", "a")
    assert api.patch("configmaps", "a", {"data": {"x": "y"}}).json()["data"] == {"x": "y"}


def test_the_mark_of_deletion_cannot_be_taken_away(api: Api) -> None:
    api.create("configmaps", {"metadata": {"name": "a", "finalizers": ["example.com/hold"]}})
    api.delete("configmaps", "a")
    api.patch("configmaps", "a", {"metadata": {"deletionTimestamp": None}})
    assert api.get("configmaps", "a").json()["metadata"]["deletionTimestamp"]


def test_a_finalizer_needs_a_domain(api: Api) -> None:
    refusal = api.create("configmaps", {"metadata": {"name": "a", "finalizers": ["hold"]}})
    assert refusal.status_code == 422
    assert "neither a standard finalizer name nor is it fully qualified" in refusal.json()["message"]


def test_a_deletion_of_another_uid_is_a_conflict(api: Api, config_map: Object) -> None:
    refusal = api.delete("configmaps", "settings", {"preconditions": {"uid": "someone-else"}})
    assert refusal.status_code == 409
    assert "Precondition failed: UID in precondition: someone-else" in refusal.json()["message"]
    assert api.get("configmaps", "settings").status_code == 200


def test_a_deletion_of_another_version_is_a_conflict(api: Api, config_map: Object) -> None:
    refusal = api.delete("configmaps", "settings", {"preconditions": {"resourceVersion": "1"}})
    assert refusal.status_code == 409


def test_a_deletion_of_this_uid_and_version_is_done(api: Api, config_map: Object) -> None:
    metadata = config_map["metadata"]
    wanted = {"uid": metadata["uid"], "resourceVersion": metadata["resourceVersion"]}
    assert api.delete("configmaps", "settings", {"preconditions": wanted}).status_code == 200


def test_a_dry_run_deletes_nothing(api: Api, config_map: Object) -> None:
    assert api.delete("configmaps", "settings", dryRun="All").status_code == 200
    assert api.delete("configmaps", "settings", {"dryRun": ["All"]}).status_code == 200
    assert api.get("configmaps", "settings").json() == config_map


def test_an_unknown_propagation_is_refused(api: Api, config_map: Object) -> None:
    assert api.delete("configmaps", "settings", {"propagationPolicy": "Sideways"}).status_code == 422


def test_a_collection_is_deleted_by_its_labels(api: Api) -> None:
    for name, colour in (("a", "red"), ("b", "red"), ("c", "blue")):
        api.create("configmaps", {"metadata": {"name": name, "labels": {"colour": colour}}})
    assert api.delete("configmaps", labelSelector="colour=red").status_code == 200
    assert [i["metadata"]["name"] for i in api.get("configmaps", labelSelector="colour").json()["items"]] == ["c"]


def test_a_name_can_be_used_again(api: Api, config_map: Object) -> None:
    api.delete("configmaps", "settings")
    again = api.create("configmaps", {"metadata": {"name": "settings"}}).json()
    assert again["metadata"]["uid"] != config_map["metadata"]["uid"]


def test_an_owner_reference_must_be_whole(api: Api) -> None:
    body = {
        "metadata": {
            "name": "a",
            "ownerReferences": [{"apiVersion": "v1", "kind": "ConfigMap", "name": "b", "uid": ""}],
        }
    }
    assert api.create("configmaps", body).status_code == 422


def test_an_object_has_one_controller_at_most(api: Api, config_map: Object) -> None:
    first = {**owner(config_map), "controller": True}
    body = {"metadata": {"name": "a", "ownerReferences": [first, {**first, "uid": "another"}]}}
    refusal = api.create("configmaps", body)
    assert refusal.status_code == 422
    assert "Only one reference can have Controller set to true" in refusal.json()["message"]


def test_what_belongs_to_an_object_goes_with_it(api: Api, controllers: None, config_map: Object) -> None:
    child(api, "part", owner(config_map))
    api.delete("configmaps", "settings")
    api.until_gone("configmaps", "part")


def test_what_belongs_to_what_belongs_goes_too(api: Api, controllers: None, config_map: Object) -> None:
    part = child(api, "part", owner(config_map))
    child(api, "crumb", owner(part))
    api.delete("configmaps", "settings")
    api.until_gone("configmaps", "crumb")


def test_an_object_with_two_owners_stays_while_one_is_there(api: Api, controllers: None, config_map: Object) -> None:
    other = api.create("configmaps", {"metadata": {"name": "other"}}).json()
    child(api, "part", owner(config_map), owner(other))
    api.delete("configmaps", "settings")
    api.until("configmaps", "part", lambda part: len(part["metadata"]["ownerReferences"]) == 1)


def test_an_object_whose_owner_never_was_goes(api: Api, controllers: None) -> None:
    nobody = {"metadata": {"name": "nobody", "uid": "never-was"}}
    child(api, "part", owner(nobody))
    api.until_gone("configmaps", "part")


def test_orphans_stay_and_forget_their_owner(api: Api, controllers: None, config_map: Object) -> None:
    child(api, "part", owner(config_map))
    api.delete("configmaps", "settings", {"propagationPolicy": "Orphan"})
    api.until_gone("configmaps", "settings")
    api.until("configmaps", "part", lambda part: not part["metadata"].get("ownerReferences"))


def test_in_the_foreground_the_owner_waits_for_its_dependents(api: Api, controllers: None, config_map: Object) -> None:
    child(api, "part", owner(config_map, blocks=True), finalizers=["example.com/hold"])
    api.delete("configmaps", "settings", {"propagationPolicy": "Foreground"})
    assert "foregroundDeletion" in api.get("configmaps", "settings").json()["metadata"]["finalizers"]
    api.until("configmaps", "part", lambda part: "deletionTimestamp" in part["metadata"])
    assert api.get("configmaps", "settings").status_code == 200
    api.patch("configmaps", "part", {"metadata": {"finalizers": None}})
    api.until_gone("configmaps", "settings")


def test_a_deleted_namespace_is_emptied_and_goes(api: Api, controllers: None, config_map: Object) -> None:
    api.delete("namespaces", api.namespace)
    api.until_gone("namespaces", api.namespace)
    assert api.get("configmaps", "settings").status_code == 404


def test_nothing_can_be_created_in_a_namespace_that_is_going(api: Api) -> None:
    api.create("configmaps", {"metadata": {"name": "a", "finalizers": ["example.com/hold"]}})
    api.delete("namespaces", api.namespace)
    refusal = api.create("configmaps", {"metadata": {"name": "b"}})
    api.patch("configmaps", "a", {"metadata": {"finalizers": None}})
    assert refusal.status_code == 403
    assert refusal.json()["details"]["causes"][0]["reason"] == "NamespaceTerminating"


def test_a_namespace_that_is_going_says_so(api: Api) -> None:
    api.create("configmaps", {"metadata": {"name": "a", "finalizers": ["example.com/hold"]}})
    api.delete("namespaces", api.namespace)
    assert api.get("namespaces", api.namespace).json()["status"]["phase"] == "Terminating"
    api.patch("configmaps", "a", {"metadata": {"finalizers": None}})


def test_a_namespace_with_a_finalizer_of_its_own_waits_for_it(api: Api, controllers: None) -> None:
    api.patch("namespaces", api.namespace, {"metadata": {"finalizers": ["example.com/hold"]}})
    api.delete("namespaces", api.namespace)
    api.until("namespaces", api.namespace, lambda found: not found["spec"].get("finalizers"))
    api.patch("namespaces", api.namespace, {"metadata": {"finalizers": None}})
    api.until_gone("namespaces", api.namespace)
