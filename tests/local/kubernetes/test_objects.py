"""Creating, reading and updating objects: identity, versions, generations, refusals."""

from typing import Any

import pytest

Api = Any
Object = dict[str, Any]


def test_a_created_object_has_an_identity_and_a_version(config_map: Object) -> None:
    assert config_map["metadata"]["uid"]
    assert config_map["metadata"]["resourceVersion"]
    assert config_map["metadata"]["creationTimestamp"].endswith("Z")


def test_creation_answers_201(api: Api) -> None:
    assert api.create("configmaps", {"metadata": {"name": "a"}}).status_code == 201


def test_a_created_object_can_be_read_back_as_it_was_answered(api: Api, config_map: Object) -> None:
    assert api.get("configmaps", "settings").json() == config_map


def test_a_second_object_of_the_same_name_is_refused(api: Api, config_map: Object) -> None:
    refusal = api.create("configmaps", {"metadata": {"name": "settings"}})
    assert refusal.status_code == 409
    assert refusal.json()["reason"] == "AlreadyExists"
    assert refusal.json()["message"] == 'configmaps "settings" already exists'


def test_an_object_that_is_not_there_is_not_found(api: Api) -> None:
    refusal = api.get("deployments.apps/v1", "nobody")
    assert refusal.status_code == 404
    status = refusal.json()
    assert (status["kind"], status["status"], status["reason"]) == ("Status", "Failure", "NotFound")
    assert status["message"] == 'deployments.apps "nobody" not found'
    assert status["details"] == {"name": "nobody", "group": "apps", "kind": "deployments"}


def test_the_server_makes_a_name_from_a_prefix(api: Api) -> None:
    made = api.create("configmaps", {"metadata": {"generateName": "copy-"}}).json()
    assert made["metadata"]["name"].startswith("copy-")
    assert len(made["metadata"]["name"]) == len("copy-") + 5


def test_names_made_from_one_prefix_differ(api: Api) -> None:
    names = {
        api.create("configmaps", {"metadata": {"generateName": "copy-"}}).json()["metadata"]["name"] for _ in range(5)
    }
    assert len(names) == 5


def test_an_object_needs_a_name(api: Api) -> None:
    refusal = api.create("configmaps", {"metadata": {}})
    assert refusal.status_code == 422
    assert "name or generateName is required" in refusal.json()["message"]


def test_an_object_cannot_be_created_with_a_version(api: Api) -> None:
    refusal = api.create("configmaps", {"metadata": {"name": "a", "resourceVersion": "1"}})
    assert refusal.status_code == 400
    assert refusal.json()["message"] == "resourceVersion should not be set on objects to be created"


def test_an_object_of_another_namespace_is_refused(api: Api) -> None:
    refusal = api.create("configmaps", {"metadata": {"name": "a", "namespace": "elsewhere"}})
    assert refusal.status_code == 400
    assert "does not match the namespace sent on the request" in refusal.json()["message"]


def test_an_object_in_a_namespace_that_is_not_there_is_refused(api: Api) -> None:
    api.namespace = "nowhere"
    refusal = api.create("configmaps", {"metadata": {"name": "a"}})
    assert refusal.status_code == 404
    assert refusal.json()["message"] == 'namespaces "nowhere" not found'


def test_an_object_of_another_kind_is_refused(api: Api) -> None:
    body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}}
    assert api.create("configmaps", body).status_code == 400


def test_a_body_that_is_no_json_is_refused(api: Api) -> None:
    answer = api.http.post(api.path("configmaps"), content=b"{", headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["reason"] == "BadRequest"


def test_a_body_may_be_yaml(api: Api) -> None:
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: written\ndata:\n  a: b\n"
    answer = api.http.post(api.path("configmaps"), content=text, headers={"Content-Type": "application/yaml"})
    assert answer.status_code == 201
    assert answer.json()["data"] == {"a": "b"}


def test_a_body_of_an_unknown_form_is_refused(api: Api) -> None:
    answer = api.http.post(api.path("configmaps"), content=b"<a/>", headers={"Content-Type": "text/xml"})
    assert answer.status_code == 415
    assert answer.json()["reason"] == "UnsupportedMediaType"


def test_an_answer_of_an_unknown_form_is_refused(api: Api, config_map: Object) -> None:
    answer = api.get("configmaps", "settings", accept="text/xml")
    assert answer.status_code == 406
    assert answer.json()["reason"] == "NotAcceptable"


def test_an_update_gives_a_new_version(api: Api, config_map: Object) -> None:
    config_map["data"] = {"colour": "blue"}
    updated = api.update("configmaps", "settings", config_map).json()
    assert updated["data"] == {"colour": "blue"}
    assert int(updated["metadata"]["resourceVersion"]) > int(config_map["metadata"]["resourceVersion"])


def test_an_update_that_changes_nothing_keeps_the_version(api: Api, config_map: Object) -> None:
    updated = api.update("configmaps", "settings", config_map).json()
    assert updated["metadata"]["resourceVersion"] == config_map["metadata"]["resourceVersion"]


def test_an_update_of_an_old_version_is_a_conflict(api: Api, config_map: Object) -> None:
    api.patch("configmaps", "settings", {"data": {"size": "big"}})
    refusal = api.update("configmaps", "settings", config_map)
    assert refusal.status_code == 409
    assert refusal.json()["reason"] == "Conflict"
    assert refusal.json()["message"] == (
        'Operation cannot be fulfilled on configmaps "settings": the object has been modified; please apply your '
        "changes to the latest version and try again"
    )


def test_an_update_without_a_version_wins(api: Api, config_map: Object) -> None:
    api.patch("configmaps", "settings", {"data": {"size": "big"}})
    updated = api.update("configmaps", "settings", {"metadata": {"name": "settings"}, "data": {"a": "b"}})
    assert updated.status_code == 200
    assert updated.json()["data"] == {"a": "b"}


def test_an_update_of_something_that_is_not_there_is_not_found(api: Api) -> None:
    assert api.update("configmaps", "nobody", {"metadata": {"name": "nobody"}}).status_code == 404


def test_an_update_with_another_uid_is_a_conflict(api: Api, config_map: Object) -> None:
    config_map["metadata"]["uid"] = "00000000-0000-0000-0000-000000000000"
    assert api.update("configmaps", "settings", config_map).status_code == 409


def test_a_name_other_than_that_of_the_path_is_refused(api: Api, config_map: Object) -> None:
    config_map["metadata"]["name"] = "other"
    refusal = api.update("configmaps", "settings", config_map)
    assert refusal.status_code == 400
    expected = "the name of the object (other) does not match the name on the URL (settings)"
    assert refusal.json()["message"] == expected


def test_the_creation_time_cannot_be_changed(api: Api, config_map: Object) -> None:
    config_map["metadata"]["creationTimestamp"] = "2001-01-01T00:00:00Z"
    updated = api.update("configmaps", "settings", config_map)
    assert updated.json()["metadata"]["creationTimestamp"] != "2001-01-01T00:00:00Z"


@pytest.mark.parametrize("name", ["Settings", "set_tings", "-settings", "settings-", "a" * 254])
def test_a_name_that_is_no_dns_subdomain_is_refused(api: Api, name: str) -> None:
    refusal = api.create("configmaps", {"metadata": {"name": name}})
    assert refusal.status_code == 422
    assert refusal.json()["details"]["causes"][0]["field"] == "metadata.name"


def test_a_label_value_must_have_the_form_of_one(api: Api) -> None:
    refusal = api.create("configmaps", {"metadata": {"name": "a", "labels": {"x": "has space"}}})
    assert refusal.status_code == 422
    assert refusal.json()["details"]["causes"][0]["field"] == "metadata.labels"


def test_a_label_key_must_have_the_form_of_one(api: Api) -> None:
    assert api.create("configmaps", {"metadata": {"name": "a", "labels": {"-x": "y"}}}).status_code == 422


def test_annotations_may_hold_any_text_up_to_a_limit(api: Api) -> None:
    fine = api.create("configmaps", {"metadata": {"name": "a", "annotations": {"note": "any text, ümlauts, {}"}}})
    assert fine.status_code == 201
    too_much = api.create("configmaps", {"metadata": {"name": "b", "annotations": {"note": "x" * 262145}}})
    assert too_much.status_code == 422


def test_a_dry_run_answers_as_if_and_changes_nothing(api: Api) -> None:
    answer = api.create("configmaps", {"metadata": {"name": "trial"}}, dryRun="All")
    assert answer.status_code == 201
    assert answer.json()["metadata"]["uid"]
    assert api.get("configmaps", "trial").status_code == 404


def test_a_dry_run_of_an_update_changes_nothing(api: Api, config_map: Object) -> None:
    answer = api.patch("configmaps", "settings", {"data": {"colour": "blue"}}, dryRun="All")
    assert answer.json()["data"]["colour"] == "blue"
    assert api.get("configmaps", "settings").json() == config_map


def test_an_unknown_dry_run_is_refused(api: Api) -> None:
    assert api.create("configmaps", {"metadata": {"name": "a"}}, dryRun="Some").status_code == 422


def test_an_unknown_field_is_refused_when_validation_is_strict(api: Api) -> None:
    body = {"metadata": {"name": "a"}, "dta": {}}
    refusal = api.create("configmaps", body, fieldValidation="Strict")
    assert refusal.status_code == 400
    assert 'unknown field "dta"' in refusal.json()["message"]


def test_an_unknown_field_is_warned_of_when_validation_warns(api: Api) -> None:
    answer = api.create("configmaps", {"metadata": {"name": "a"}, "dta": {}}, fieldValidation="Warn")
    assert answer.status_code == 201
    assert "dta" not in answer.json()
    assert 'unknown field \\"dta\\"' in answer.headers["Warning"]


@pytest.mark.parametrize(
    "spec",
    [
        {"securityContext": {"runAsNonRot": True}},
        {"containers": [{"name": "c", "image": "i", "securityContext": {"capabilities": {"dropp": ["ALL"]}}}]},
        {"containers": [{"name": "c", "image": "i", "lifecycle": {"preStop": {"sleep": {"second": 1}}}}]},
        {"affinity": {"nodeAffinity": {"required": {}}}},
        {"topologySpreadConstraints": [{"maxScrew": 1}]},
        {"volumes": [{"name": "v", "projected": {"sources": [{"configMop": {}}]}}]},
    ],
    ids=lambda spec: next(iter(spec)),
)
def test_an_unknown_field_is_found_however_deep_it_is(api: Api, spec: dict[str, Any]) -> None:
    body = {"metadata": {"name": "a"}, "spec": {"containers": [{"name": "c", "image": "i"}], **spec}}
    refusal = api.create("pods", body, fieldValidation="Strict")
    assert refusal.status_code == 400
    assert "strict decoding error: unknown field" in refusal.json()["message"]


JSON = {"Content-Type": "application/json"}
TWICE = b'{"metadata": {"name": "a"}, "data": {"a": "1", "b": "2", "a": "3"}, "data": {"c": "4"}}'


def test_a_field_that_comes_twice_is_refused_when_validation_is_strict(api: Api) -> None:
    refusal = api.http.post(api.path("configmaps"), content=TWICE, headers=JSON, params={"fieldValidation": "Strict"})
    assert refusal.status_code == 400
    assert 'duplicate field "data.a"' in refusal.json()["message"]
    assert 'duplicate field "data"' in refusal.json()["message"]


def test_a_field_that_comes_twice_is_warned_of_when_validation_warns(api: Api) -> None:
    answer = api.http.post(api.path("configmaps"), content=TWICE, headers=JSON, params={"fieldValidation": "Warn"})
    assert answer.status_code == 201
    assert any("duplicate field" in warning for warning in answer.headers.get_list("Warning"))


def test_a_patch_is_searched_for_duplicate_fields_too(api: Api) -> None:
    api.create("configmaps", {"metadata": {"name": "a"}})
    refusal = api.http.patch(
        api.path("configmaps", "a"),
        content=b'{"data": {"a": "1", "a": "2"}}',
        headers={"Content-Type": "application/merge-patch+json"},
        params={"fieldValidation": "Strict"},
    )
    assert refusal.status_code == 400
    assert 'duplicate field "data.a"' in refusal.json()["message"]


def test_an_unknown_field_is_dropped_in_silence_when_validation_ignores(api: Api) -> None:
    answer = api.create("configmaps", {"metadata": {"name": "a"}, "dta": {}}, fieldValidation="Ignore")
    assert answer.status_code == 201
    assert "Warning" not in answer.headers


def test_a_value_of_the_wrong_type_is_refused(api: Api) -> None:
    refusal = api.create("configmaps", {"metadata": {"name": "a"}, "data": {"number": 5}})
    assert refusal.status_code == 400
    assert "cannot unmarshal number" in refusal.json()["message"]


def test_an_unknown_resource_of_a_known_group_is_not_found(api: Api) -> None:
    answer = api.http.get("/api/v1/namespaces/default/gadgets")
    assert answer.status_code == 404


def test_a_verb_that_a_resource_has_not_is_refused(api: Api) -> None:
    answer = api.http.delete("/api/v1/namespaces")
    assert answer.status_code == 405
    assert answer.json()["reason"] == "MethodNotAllowed"


def test_an_immutable_config_map_cannot_be_changed(api: Api) -> None:
    api.create("configmaps", {"metadata": {"name": "a"}, "data": {"x": "y"}, "immutable": True})
    refusal = api.patch("configmaps", "a", {"data": {"x": "z"}})
    assert refusal.status_code == 422
    assert "field is immutable when `immutable` is set" in refusal.json()["message"]


def test_text_in_a_secret_becomes_base64(api: Api) -> None:
    made = api.create("secrets", {"metadata": {"name": "a"}, "stringData": {"word": "mellon"}}).json()
    assert made["data"] == {"word": "bWVsbG9u"}
    assert "stringData" not in made
    assert made["type"] == "Opaque"


def test_a_tls_secret_needs_its_keys(api: Api) -> None:
    refusal = api.create("secrets", {"metadata": {"name": "a"}, "type": "kubernetes.io/tls", "data": {"tls.crt": ""}})
    assert refusal.status_code == 422
    assert [cause["field"] for cause in refusal.json()["details"]["causes"]] == ["data[tls.key]"]


def test_the_type_of_a_secret_cannot_change(api: Api) -> None:
    api.create("secrets", {"metadata": {"name": "a"}})
    assert api.patch("secrets", "a", {"type": "other"}).status_code == 422


def test_a_namespace_bears_its_name_as_a_label(api: Api) -> None:
    found = api.get("namespaces", api.namespace).json()
    assert found["metadata"]["labels"]["kubernetes.io/metadata.name"] == api.namespace
    assert found["status"]["phase"] == "Active"


def test_every_fault_of_an_object_is_listed(api: Api) -> None:
    refusal = api.create("services", {"metadata": {"name": "a"}, "spec": {"ports": [{"port": 0}, {"port": 70000}]}})
    fields = {cause["field"] for cause in refusal.json()["details"]["causes"]}
    assert {"spec.ports[0].port", "spec.ports[1].port", "spec.ports[0].name", "spec.ports[1].name"} <= fields


def test_a_lease_keeps_microseconds(api: Api) -> None:
    spec = {"holderIdentity": "me", "leaseDurationSeconds": 15, "renewTime": "2026-01-02T03:04:05.678901Z"}
    api.create("leases.coordination.k8s.io/v1", {"metadata": {"name": "lock"}, "spec": spec})
    assert api.get("leases.coordination.k8s.io/v1", "lock").json()["spec"] == spec


def test_a_lease_needs_a_version_to_be_updated(api: Api) -> None:
    api.create("leases.coordination.k8s.io/v1", {"metadata": {"name": "lock"}, "spec": {}})
    refusal = api.update("leases.coordination.k8s.io/v1", "lock", {"metadata": {"name": "lock"}, "spec": {}})
    assert refusal.status_code == 422
    assert "must be specified for an update" in refusal.json()["message"]


def test_a_lease_needs_a_positive_duration(api: Api) -> None:
    body = {"metadata": {"name": "lock"}, "spec": {"leaseDurationSeconds": 0}}
    assert api.create("leases.coordination.k8s.io/v1", body).status_code == 422


def test_both_groups_of_events_show_one_event(api: Api) -> None:
    about = {"kind": "Pod", "name": "p", "namespace": api.namespace}
    body = {
        "metadata": {"name": "e"},
        "involvedObject": about,
        "reason": "Tested",
        "message": "hello",
        "type": "Normal",
    }
    assert api.create("events", body).status_code == 201
    other = api.get("events.events.k8s.io/v1", "e").json()
    assert (other["note"], other["regarding"]["name"], other["apiVersion"]) == ("hello", "p", "events.k8s.io/v1")
