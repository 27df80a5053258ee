"""Equal parts of decoded objects are kept once, and nobody can tell."""

import json
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from albc.crds.resources import TARGET_GROUP_BINDINGS
from albc.engine.sharing import Sharing, reuse
from albc.kube.objects import ENDPOINT_SLICES, GATEWAYS, PODS, Pod

TEXTS = st.sampled_from(["a", "b", "shop", "eu-west-1a"])


SELECTED = {"namespaces": {"from": "Selector", "selector": {"matchLabels": {"team": "web"}}}}


def endpoint_slice(number: int) -> dict[str, Any]:
    return {
        "metadata": {"name": f"web-{number}", "namespace": "shop"},
        "endpoints": [{"addresses": [f"10.0.0.{number}"], "conditions": {"ready": True, "serving": True}}],
    }


def pod(**changes: Any) -> Pod:
    """Decoded, as from the server, so that no two texts are the same object."""
    body = {
        "metadata": {
            "name": "web-1",
            "namespace": "shop",
            "labels": {"app": "web-shop"},
            "finalizers": ["example.com/a"],
        },
        "spec": {
            "nodeName": "node-1",
            "containers": [{"name": "app", "ports": [{"name": "http", "containerPort": 80}]}],
        },
        "status": {
            "podIP": "10.0.0.1",
            "podIPs": [{"ip": "10.0.0.1"}],
            "conditions": [{"type": "Ready", "status": "True"}],
        },
    }
    return PODS.decode(json.dumps(body | changes))


@given(st.lists(st.tuples(TEXTS, TEXTS, st.dictionaries(TEXTS, TEXTS), st.lists(TEXTS)), max_size=5))
def test_objects_that_share_are_equal_to_what_they_were(pods: list[tuple[str, str, dict[str, str], list[str]]]) -> None:
    sharing = Sharing()
    for node, zone, labels, finalizers in pods:
        changes: dict[str, Any] = {
            "metadata": {"name": zone, "labels": labels, "finalizers": finalizers},
            "spec": {"nodeName": node},
        }
        assert sharing.share(pod(**changes)) == pod(**changes)


def test_texts_at_any_depth_are_shared() -> None:
    sharing = Sharing()
    one, other = sharing.share(pod()), sharing.share(pod())
    assert one.metadata.namespace is other.metadata.namespace
    assert one.metadata.labels["app"] is other.metadata.labels["app"]
    assert one.metadata.finalizers[0] is other.metadata.finalizers[0]
    assert one.spec.containers[0].ports[0].name is other.spec.containers[0].ports[0].name
    assert one.status.pod_ip is one.status.pod_ips[0].ip


def test_equal_parts_are_kept_once() -> None:
    sharing = Sharing()
    one, other = sharing.share(pod()), sharing.share(pod(status={"podIP": "10.0.0.2"}))
    assert one.spec.containers is other.spec.containers
    assert one.metadata.labels is other.metadata.labels
    assert one.status.pod_ip != other.status.pod_ip
    slices = [sharing.share(ENDPOINT_SLICES.decode(json.dumps(endpoint_slice(n)))) for n in range(2)]
    assert slices[0].endpoints[0].conditions is slices[1].endpoints[0].conditions


def test_parts_that_cannot_be_looked_up_are_left_as_they_are() -> None:
    body: dict[str, Any] = {
        "metadata": {"name": "web"},
        "spec": {
            "gatewayClassName": "alb",
            "listeners": [{"name": "http", "port": 80, "protocol": "HTTP", "allowedRoutes": SELECTED}],
        },
    }
    sharing = Sharing()
    for _ in range(2):
        assert sharing.share(GATEWAYS.convert(body)) == GATEWAYS.convert(body)


def test_an_update_keeps_the_parts_that_it_leaves_as_they_were() -> None:
    old = pod()
    new = reuse(pod(status={"podIP": "10.0.0.2"}), old)
    assert new == pod(status={"podIP": "10.0.0.2"})
    assert new.spec is old.spec
    assert new.metadata is old.metadata


def test_of_metadata_that_changed_the_rest_is_kept() -> None:
    old = pod()
    metadata = {**msgspec.to_builtins(old.metadata), "annotations": {"team": "web"}}
    new = reuse(pod(metadata=metadata), old)
    assert new.metadata.annotations == {"team": "web"}
    assert new.metadata.labels is old.metadata.labels


def test_other_objects_than_structs_are_left_alone() -> None:
    body: dict[str, Any] = {
        "metadata": {"name": "a", "namespace": "shop"},
        "spec": {"serviceRef": {"name": "web", "port": 80}, "targetGroupARN": "arn:aws:x"},
    }
    binding = TARGET_GROUP_BINDINGS.convert(body)
    assert Sharing().share(binding) is binding
    assert reuse(binding, TARGET_GROUP_BINDINGS.convert(body)) is binding
