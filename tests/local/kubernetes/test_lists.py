"""Lists: selectors, pages, versions, forms."""

from typing import Any

import pytest

Api = Any
Object = dict[str, Any]


@pytest.fixture
def animals(api: Api) -> Api:
    """Four ConfigMaps with labels."""
    for name, labels in (
        ("ant", {"legs": "six", "wings": "no"}),
        ("bee", {"legs": "six", "wings": "yes"}),
        ("cat", {"legs": "four"}),
        ("dog", {"legs": "four", "tame": "very"}),
    ):
        api.create("configmaps", {"metadata": {"name": name, "labels": labels}})
    return api


def names(answer: Any) -> list[str]:
    """Of the listed animals; some clusters put a ConfigMap of their own into every namespace."""
    return [
        item["metadata"]["name"] for item in answer.json()["items"] if item["metadata"]["name"] != "kube-root-ca.crt"
    ]


def test_a_list_is_ordered_by_name(animals: Api) -> None:
    assert names(animals.get("configmaps")) == ["ant", "bee", "cat", "dog"]


def test_a_list_has_a_kind_and_a_version(animals: Api) -> None:
    found = animals.get("configmaps").json()
    assert (found["kind"], found["apiVersion"]) == ("ConfigMapList", "v1")
    assert int(found["metadata"]["resourceVersion"]) > 0


def test_an_empty_list_has_no_items(api: Api) -> None:
    assert api.get("secrets", labelSelector="never=there").json()["items"] == []


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("legs=six", ["ant", "bee"]),
        ("legs==four", ["cat", "dog"]),
        ("legs!=six", ["cat", "dog"]),
        ("legs=six,wings=yes", ["bee"]),
        ("wings", ["ant", "bee"]),
        ("legs,!wings", ["cat", "dog"]),
        ("legs in (six,four),wings notin (yes)", ["ant", "cat", "dog"]),
        ("wings in (yes)", ["bee"]),
        ("tame=", []),
    ],
)
def test_labels_choose(animals: Api, selector: str, expected: list[str]) -> None:
    assert names(animals.get("configmaps", labelSelector=selector)) == expected


def test_a_label_selector_that_cannot_be_read_is_refused(api: Api) -> None:
    assert api.get("configmaps", labelSelector="a in (b").status_code == 400


def test_a_name_can_be_chosen_by_field(animals: Api) -> None:
    assert names(animals.get("configmaps", fieldSelector="metadata.name=cat")) == ["cat"]


def test_a_name_can_be_excluded_by_field(animals: Api) -> None:
    assert names(animals.get("configmaps", fieldSelector="metadata.name!=cat")) == ["ant", "bee", "dog"]


def test_only_some_fields_can_be_chosen_by(api: Api) -> None:
    refusal = api.get("configmaps", fieldSelector="data.a=b")
    assert refusal.status_code == 400
    assert "field label not supported" in refusal.json()["message"]


def test_pods_can_be_chosen_by_their_node(api: Api) -> None:
    containers = [{"name": "c", "image": "echo"}]
    api.create("pods", {"metadata": {"name": "here"}, "spec": {"nodeName": "far-away", "containers": containers}})
    assert names(api.get("pods", fieldSelector="spec.nodeName=far-away")) == ["here"]
    assert names(api.get("pods", fieldSelector="spec.nodeName=elsewhere")) == []


def test_a_list_of_all_namespaces_holds_every_namespace(animals: Api) -> None:
    found = animals.http.get("/api/v1/configmaps", params={"labelSelector": "tame=very"}).json()
    assert animals.namespace in [item["metadata"]["namespace"] for item in found["items"]]


def test_a_limit_cuts_a_list_into_pages(animals: Api) -> None:
    first = animals.get("configmaps", limit="3", labelSelector="legs").json()
    assert [item["metadata"]["name"] for item in first["items"]] == ["ant", "bee", "cat"]
    token = {"limit": "3", "labelSelector": "legs", "continue": first["metadata"]["continue"]}
    second = animals.get("configmaps", **token).json()
    assert [item["metadata"]["name"] for item in second["items"]] == ["dog"]
    assert not second["metadata"].get("continue")


def test_the_pages_of_a_list_are_of_one_moment(animals: Api) -> None:
    first = animals.get("configmaps", limit="2", labelSelector="legs").json()
    animals.create("configmaps", {"metadata": {"name": "cow", "labels": {"legs": "four"}}})
    animals.delete("configmaps", "dog")
    token = {"labelSelector": "legs", "continue": first["metadata"]["continue"]}
    second = animals.get("configmaps", **token).json()
    assert [item["metadata"]["name"] for item in second["items"]] == ["cat", "dog"]
    assert second["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]


def test_a_page_tells_how_many_items_are_left(animals: Api) -> None:
    page = animals.get("configmaps", limit="1").json()
    assert page["metadata"]["remainingItemCount"] >= 3


def test_a_page_of_chosen_items_does_not_tell_how_many_are_left(animals: Api) -> None:
    page = animals.get("configmaps", limit="1", labelSelector="legs").json()
    assert "remainingItemCount" not in page["metadata"]


def test_a_token_that_is_none_is_refused(api: Api) -> None:
    assert api.get("configmaps", **{"continue": "nonsense"}).status_code == 400


def test_a_list_of_a_past_version_shows_what_was_there(animals: Api) -> None:
    before = animals.get("configmaps").json()["metadata"]["resourceVersion"]
    animals.delete("configmaps", "ant")
    past = animals.get("configmaps", resourceVersion=before, resourceVersionMatch="Exact")
    assert names(past) == ["ant", "bee", "cat", "dog"]


def test_a_list_not_older_than_a_version_shows_what_is_there(animals: Api) -> None:
    before = animals.get("configmaps").json()["metadata"]["resourceVersion"]
    animals.delete("configmaps", "ant")
    now = animals.get("configmaps", resourceVersion=before, resourceVersionMatch="NotOlderThan")
    assert int(now.json()["metadata"]["resourceVersion"]) >= int(before)


def test_a_version_match_without_a_version_is_refused(api: Api) -> None:
    refusal = api.get("configmaps", resourceVersionMatch="Exact")
    assert refusal.status_code == 422
    assert "resourceVersionMatch is forbidden unless resourceVersion is provided" in refusal.json()["message"]


def test_an_unknown_version_match_is_refused(api: Api) -> None:
    assert api.get("configmaps", resourceVersion="1", resourceVersionMatch="Roughly").status_code == 422


def test_a_version_that_is_no_number_is_refused(api: Api) -> None:
    assert api.get("configmaps", resourceVersion="yesterday").status_code in (400, 422)


TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"


def test_a_table_has_columns_and_a_row_for_each_object(animals: Api) -> None:
    table = animals.get("configmaps", accept=TABLE, labelSelector="legs").json()
    assert table["kind"] == "Table"
    assert [column["name"] for column in table["columnDefinitions"]] == ["Name", "Data", "Age"]
    assert [row["cells"][0] for row in table["rows"]] == ["ant", "bee", "cat", "dog"]


def test_rows_of_a_table_carry_the_metadata_of_their_objects(animals: Api) -> None:
    row = animals.get("configmaps", accept=TABLE, labelSelector="legs").json()["rows"][0]
    assert row["object"]["kind"] == "PartialObjectMetadata"
    assert row["object"]["metadata"]["name"] == "ant"


@pytest.mark.parametrize(("include", "present"), [("None", False), ("Object", True)])
def test_rows_of_a_table_carry_what_was_asked_for(animals: Api, include: str, present: bool) -> None:
    table = animals.get("configmaps", accept=TABLE, includeObject=include, labelSelector="legs").json()
    objects = [row.get("object") for row in table["rows"]]
    assert [bool(obj and obj.get("kind") == "ConfigMap") for obj in objects] == [present] * 4


def test_metadata_alone_can_be_listed(animals: Api) -> None:
    accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
    found = animals.get("configmaps", accept=accept, labelSelector="legs").json()
    assert found["kind"] == "PartialObjectMetadataList"
    assert found["items"][0]["metadata"]["name"] == "ant"
    assert "data" not in found["items"][0]


def test_metadata_alone_of_one_object_can_be_read(animals: Api) -> None:
    accept = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
    found = animals.get("configmaps", "ant", accept=accept).json()
    assert found["kind"] == "PartialObjectMetadata"
    assert found["metadata"]["labels"]["legs"] == "six"


def test_the_first_acceptable_form_is_chosen(animals: Api) -> None:
    accept = f"application/vnd.unknown,{TABLE},application/json"
    assert animals.get("configmaps", accept=accept).json()["kind"] == "Table"
