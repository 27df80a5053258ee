"""Manifests stand for a cluster: what its API server would add is there, what it would refuse is told."""

import json
from pathlib import Path
from typing import Any

import pytest

from albc.cli.manifests import Loaded, load
from albc.cli.usage import UsageError
from albc.kube.key import NamespacedName
from albc.mapping.settings import MappingSettings

SETTINGS = MappingSettings(cluster_name="demo", disable_ingress_class_annotation=True)
SERVICE = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "shop"}, "spec": {}}


def loaded(folder: Path, *objects: dict[str, Any], watch_namespace: str = "") -> Loaded:
    file = folder / "all.json"
    file.write_text(json.dumps({"kind": "List", "items": objects}), encoding="utf-8")
    return load([str(file)], watch_namespace)


def ingress(name: str, **metadata: Any) -> dict[str, Any]:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": name, "namespace": "shop", **metadata},
        "spec": {},
    }


def test_an_object_without_a_namespace_is_in_the_default_one(tmp_path: Path) -> None:
    found = loaded(tmp_path, {**SERVICE, "metadata": {"name": "web"}})
    assert list(found.snapshot.services) == [NamespacedName("default", "web")]


def test_a_namespace_that_no_manifest_holds_has_the_label_that_every_namespace_has(tmp_path: Path) -> None:
    found = loaded(tmp_path, SERVICE).snapshot.namespaces
    assert found[NamespacedName("", "shop")].metadata.labels == {"kubernetes.io/metadata.name": "shop"}


def test_a_namespace_with_labels_has_that_label_too(tmp_path: Path) -> None:
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": {"team": "a"}}}
    found = loaded(tmp_path, namespace).snapshot.namespaces
    assert found[NamespacedName("", "shop")].metadata.labels == {"team": "a", "kubernetes.io/metadata.name": "shop"}


def test_null_is_as_if_the_field_were_absent(tmp_path: Path) -> None:
    given = ingress("web", annotations=None, labels=None)
    found = loaded(tmp_path, {**given, "spec": {**given["spec"], "rules": None, "ingressClassName": None}})
    assert (found.problems, len(found.snapshot.ingresses)) == ((), 1)


def test_an_object_of_another_shape_than_its_kind_is_told_and_left_out(tmp_path: Path) -> None:
    found = loaded(tmp_path, ingress("web", annotations={"a": 1}), SERVICE)
    [problem] = found.problems
    assert (str(problem.object), problem.reason) == ("Ingress shop/web", "Invalid")
    assert (len(found.snapshot.ingresses), len(found.snapshot.services)) == (0, 1)


def test_what_the_webhooks_refuse_is_told_and_left_out(tmp_path: Path) -> None:
    refused = ingress("old", annotations={"kubernetes.io/ingress.class": "alb"})
    found = loaded(tmp_path, refused, ingress("new")).admitted(SETTINGS)
    assert [(problem.object.name, problem.reason) for problem in found.problems] == [("old", "Refused")]
    assert list(found.snapshot.ingresses) == [NamespacedName("shop", "new")]


def test_class_parameters_that_are_refused_are_left_out(tmp_path: Path) -> None:
    params = {
        "apiVersion": "elbv2.k8s.aws/v1beta1",
        "kind": "IngressClassParams",
        "metadata": {"name": "bits"},
        "spec": {"inboundCIDRs": ["10.0.0.1/8"]},
    }
    found = loaded(tmp_path, params).admitted(SETTINGS)
    assert [problem.object.name for problem in found.problems] == ["bits"]
    assert not found.snapshot.ingress_class_params


def test_the_texts_of_a_secret_are_its_data(tmp_path: Path) -> None:
    metadata = {"name": "oidc", "namespace": "shop"}
    data = {"clientID": "b2xk", "other": "eA=="}
    given = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data, "stringData": {"clientID": "me"}}
    [found] = loaded(tmp_path, given).snapshot.secrets.values()
    assert found.data == {"clientID": "bWU=", "other": "eA=="}


def test_only_the_watched_namespace_is_looked_at(tmp_path: Path) -> None:
    elsewhere = {**SERVICE, "metadata": {"name": "web", "namespace": "elsewhere"}}
    alb = {"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": {"name": "alb"}, "spec": {}}
    found = loaded(tmp_path, SERVICE, elsewhere, {**alb, "spec": {"controller": "x"}}, watch_namespace="shop").snapshot
    assert list(found.services) == [NamespacedName("shop", "web")]
    assert len(found.ingress_classes) == 1


def test_an_object_of_the_whole_cluster_is_in_no_namespace_whatever_is_written(tmp_path: Path) -> None:
    metadata = {"name": "alb", "namespace": "shop"}
    alb = {"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": metadata}
    found = loaded(tmp_path, {**alb, "spec": {"controller": "x"}}).snapshot
    assert list(found.ingress_classes) == [NamespacedName("", "alb")]


def test_an_edit_that_the_webhooks_refuse_leaves_what_was_there(tmp_path: Path) -> None:
    before = ingress("web", annotations={"a": "before"})
    refused = ingress("web", annotations={"kubernetes.io/ingress.class": "alb"})
    found = loaded(tmp_path, before, refused).admitted(SETTINGS)
    assert [problem.reason for problem in found.problems] == ["Refused"]
    [kept] = found.snapshot.ingresses.values()
    assert kept.metadata.annotations == {"a": "before"}


def test_manifests_nested_too_deeply_are_told_so(tmp_path: Path) -> None:
    file = tmp_path / "deep.json"
    file.write_text(json.dumps({**SERVICE, "spec": "HERE"}).replace('"HERE"', '{"a":' * 100_000 + "1" + "}" * 100_000))
    with pytest.raises(UsageError, match=r"deep\.json is nested too deeply"):
        load([str(file)])
