"""What clients find out about a server before they begin."""

from typing import Any

import pytest

Api = Any
Object = dict[str, Any]
AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


@pytest.mark.parametrize("path", ["/healthz", "/livez", "/readyz"])
def test_the_server_says_that_it_is_well(api: Api, path: str) -> None:
    answer = api.http.get(path)
    assert (answer.status_code, answer.text) == (200, "ok")


def test_the_server_has_a_version(api: Api) -> None:
    version = api.http.get("/version").json()
    assert version["major"] == "1"
    assert version["gitVersion"].startswith("v1.")


def test_groups_have_a_preferred_version(api: Api) -> None:
    groups = {group["name"]: group for group in api.http.get("/apis").json()["groups"]}
    assert groups["apps"]["preferredVersion"] == {"groupVersion": "apps/v1", "version": "v1"}
    assert {"networking.k8s.io", "discovery.k8s.io", "coordination.k8s.io", "apiextensions.k8s.io"} <= groups.keys()


def test_one_group_can_be_asked_for(api: Api) -> None:
    assert api.http.get("/apis/apps").json()["kind"] == "APIGroup"
    assert api.http.get("/apis/never.example.com").status_code == 404


def test_resources_of_a_version_are_listed(api: Api) -> None:
    found = {r["name"]: r for r in api.http.get("/api/v1").json()["resources"]}
    assert found["services"]["shortNames"] == ["svc"]
    assert found["services"]["namespaced"] is True
    assert found["nodes"]["namespaced"] is False
    assert "services/status" in found
    assert {"create", "delete", "get", "list", "patch", "update", "watch"} <= set(found["pods"]["verbs"])


def test_a_scale_subresource_is_of_its_own_kind(api: Api) -> None:
    found = {r["name"]: r for r in api.http.get("/apis/apps/v1").json()["resources"]}
    scale = found["deployments/scale"]
    assert (scale["group"], scale["version"], scale["kind"]) == ("autoscaling", "v1", "Scale")


def test_everything_can_be_found_with_two_questions(api: Api) -> None:
    core = api.http.get("/api", headers={"Accept": AGGREGATED})
    rest = api.http.get("/apis", headers={"Accept": AGGREGATED}).json()
    assert core.headers["Content-Type"].startswith("application/json;g=apidiscovery.k8s.io")
    assert core.json()["kind"] == "APIGroupDiscoveryList"
    apps = next(item for item in rest["items"] if item["metadata"]["name"] == "apps")
    deployments = next(r for r in apps["versions"][0]["resources"] if r["resource"] == "deployments")
    assert deployments["responseKind"] == {"group": "apps", "version": "v1", "kind": "Deployment"}
    assert {s["subresource"] for s in deployments["subresources"]} == {"scale", "status"}


def test_an_unknown_path_is_not_found(api: Api) -> None:
    assert api.http.get("/never").status_code == 404
    assert api.http.get("/apis/apps/v9").status_code == 404


def test_every_version_has_an_openapi_document(api: Api) -> None:
    paths = api.http.get("/openapi/v3").json()["paths"]
    document = api.http.get(paths["apis/apps/v1"]["serverRelativeURL"]).json()
    deployment = document["components"]["schemas"]["io.k8s.api.apps.v1.Deployment"]
    kinds = deployment["x-kubernetes-group-version-kind"]
    assert kinds == [{"group": "apps", "kind": "Deployment", "version": "v1"}]
    assert "spec" in deployment["properties"]


def test_every_reference_of_a_document_leads_somewhere(api: Api) -> None:
    document = api.http.get("/openapi/v3/apis/networking.k8s.io/v1").json()
    schemas = document["components"]["schemas"]

    def references(value: Any) -> set[str]:
        if isinstance(value, dict):
            own = {value["$ref"].rpartition("/")[2]} if isinstance(value.get("$ref"), str) else set()
            return own.union(*map(references, value.values()))
        return set[str]().union(*map(references, value)) if isinstance(value, list) else set()

    assert references(schemas) <= schemas.keys()


def test_documents_say_which_lists_are_merged_by_which_key(api: Api) -> None:
    document = api.http.get("/openapi/v3/api/v1").json()
    ports = document["components"]["schemas"]["io.k8s.api.core.v1.ServiceSpec"]["properties"]["ports"]
    assert ports["x-kubernetes-patch-merge-key"] == "port"
    assert ports["x-kubernetes-list-map-keys"] == ["port", "protocol"]


def test_there_is_one_document_of_the_second_version(api: Api) -> None:
    document = api.http.get("/openapi/v2").json()
    assert document["swagger"] == "2.0"
    assert "io.k8s.api.core.v1.Service" in document["definitions"]


def test_who_am_i_is_answered(api: Api) -> None:
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    answer = api.create("selfsubjectreviews.authentication.k8s.io/v1", body)
    assert answer.status_code == 201
    assert "system:authenticated" in answer.json()["status"]["userInfo"]["groups"]


def test_may_i_is_answered(api: Api) -> None:
    body = {"spec": {"resourceAttributes": {"verb": "create", "resource": "pods", "namespace": api.namespace}}}
    answer = api.create("selfsubjectaccessreviews.authorization.k8s.io/v1", body)
    assert answer.json()["status"]["allowed"] is True
