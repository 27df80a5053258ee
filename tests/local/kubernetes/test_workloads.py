"""Pods, ReplicaSets, Deployments, EndpointSlices: what the controllers of a cluster make of them."""

import json
from typing import Any

import pytest

Api = Any
Object = dict[str, Any]
DEPLOYMENTS = "deployments.apps/v1"
REPLICA_SETS = "replicasets.apps/v1"
SLICES = "endpointslices.discovery.k8s.io/v1"
LABELS = {"app": "web"}


pytestmark = pytest.mark.embedded("its controllers run pods of the image echo at once")


def pod_spec(image: str = "echo:1", **rest: Any) -> Object:
    ports = [{"name": "http", "containerPort": 8080}]
    return {"containers": [{"name": "main", "image": image, "ports": ports}], **rest}


def deployment(replicas: int = 2, image: str = "echo:1", **spec: Any) -> Object:
    template = {"metadata": {"labels": LABELS}, "spec": pod_spec(image)}
    selector = {"matchLabels": LABELS}
    return {
        "metadata": {"name": "web"},
        "spec": {"replicas": replicas, "selector": selector, "template": template, **spec},
    }


def condition(obj: Object, kind: str) -> str:
    conditions = obj.get("status", {}).get("conditions", [])
    return next((c["status"] for c in conditions if c["type"] == kind), "")


def is_ready(pod: Object) -> bool:
    return condition(pod, "Ready") == "True"


def is_complete(found: Object) -> bool:
    status, wanted = found.get("status", {}), found["spec"]["replicas"]
    seen = status.get("observedGeneration") == found["metadata"]["generation"]
    counts = [status.get(name, 0) for name in ("replicas", "updatedReplicas", "availableReplicas")]
    return seen and counts == [wanted] * 3


def pods(api: Api) -> list[Object]:
    found: list[Object] = api.get("pods", labelSelector="app=web").json()["items"]
    return found


def test_a_pod_gets_a_node_an_address_and_becomes_ready(api: Api) -> None:
    api.create("pods", {"metadata": {"name": "p"}, "spec": pod_spec()})
    pod = api.until("pods", "p", is_ready)
    node = api.get("nodes", pod["spec"]["nodeName"]).json()
    assert pod["status"]["phase"] == "Running"
    assert pod["status"]["hostIP"] == node["status"]["addresses"][0]["address"]
    assert pod["status"]["podIP"] == pod["status"]["podIPs"][0]["ip"]
    assert pod["status"]["containerStatuses"][0]["ready"] is True


def test_pods_have_addresses_of_their_own(api: Api) -> None:
    for name in ("a", "b", "c", "d"):
        api.create("pods", {"metadata": {"name": name}, "spec": pod_spec()})
    addresses = {api.until("pods", name, is_ready)["status"]["podIP"] for name in ("a", "b", "c", "d")}
    assert len(addresses) == 4


def test_pods_are_spread_over_the_nodes(api: Api) -> None:
    for name in ("a", "b", "c"):
        api.create("pods", {"metadata": {"name": name}, "spec": pod_spec()})
    nodes = {api.until("pods", name, is_ready)["spec"]["nodeName"] for name in ("a", "b", "c")}
    assert len(nodes) > 1


def test_a_pod_goes_where_its_node_selector_sends_it(api: Api) -> None:
    selector = {"topology.kubernetes.io/zone": "us-west-2c"}
    api.create("pods", {"metadata": {"name": "p"}, "spec": pod_spec(nodeSelector=selector)})
    assert api.until("pods", "p", is_ready)["spec"]["nodeName"] == "node-c"


def test_a_pod_that_fits_nowhere_waits_and_says_so(api: Api) -> None:
    api.create("pods", {"metadata": {"name": "p"}, "spec": pod_spec(nodeSelector={"never": "there"})})
    pod = api.until("pods", "p", lambda found: condition(found, "PodScheduled") == "False")
    assert pod["status"]["phase"] == "Pending"


def test_a_pod_is_ready_only_when_its_readiness_gates_are(api: Api) -> None:
    gates = [{"conditionType": "example.com/registered"}]
    api.create("pods", {"metadata": {"name": "p"}, "spec": pod_spec(readinessGates=gates)})
    waiting = api.until("pods", "p", lambda pod: condition(pod, "ContainersReady") == "True")
    assert condition(waiting, "Ready") == "False"
    registered = {"type": "example.com/registered", "status": "True"}
    patch = {"status": {"conditions": [registered]}}
    api.patch("pods", "p/status", patch, "application/strategic-merge-patch+json")
    api.until("pods", "p", is_ready)


def test_a_gate_that_closes_makes_the_pod_unready(api: Api) -> None:
    gates = [{"conditionType": "example.com/registered"}]
    api.create("pods", {"metadata": {"name": "p"}, "spec": pod_spec(readinessGates=gates)})
    strategic = "application/strategic-merge-patch+json"
    for status in ("True", "False"):
        gate = {"type": "example.com/registered", "status": status}
        api.until("pods", "p", lambda pod: condition(pod, "ContainersReady") == "True")
        api.patch("pods", "p/status", {"status": {"conditions": [gate]}}, strategic)
        api.until("pods", "p", lambda pod, status=status: condition(pod, "Ready") == status)


def test_a_deleted_pod_is_marked_and_then_goes(api: Api) -> None:
    api.create("pods", {"metadata": {"name": "p"}, "spec": pod_spec()})
    api.until("pods", "p", is_ready)
    answer = api.delete("pods", "p").json()
    assert answer["metadata"]["deletionGracePeriodSeconds"] == 30
    api.until_gone("pods", "p")


def test_a_pod_deleted_without_grace_goes_at_once(api: Api) -> None:
    api.create("pods", {"metadata": {"name": "p"}, "spec": pod_spec()})
    api.until("pods", "p", is_ready)
    api.delete("pods", "p", {"gracePeriodSeconds": 0})
    assert api.get("pods", "p").status_code == 404


def test_an_evicted_pod_goes(api: Api) -> None:
    api.create("pods", {"metadata": {"name": "p"}, "spec": pod_spec()})
    api.until("pods", "p", is_ready)
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "p"}}
    assert api.http.post(api.path("pods", "p/eviction"), json=eviction).status_code == 201
    api.until_gone("pods", "p")


def test_little_of_a_pod_can_change(api: Api) -> None:
    api.create("pods", {"metadata": {"name": "p"}, "spec": pod_spec()})
    assert api.patch("pods", "p", {"spec": {"restartPolicy": "Never"}}).status_code == 422
    containers = [{"name": "main", "image": "echo:2"}]
    strategic = "application/strategic-merge-patch+json"
    assert api.patch("pods", "p", {"spec": {"containers": containers}}, strategic).status_code == 200


def test_a_deployment_makes_its_pods(api: Api) -> None:
    api.create(DEPLOYMENTS, deployment(3))
    found = api.until(DEPLOYMENTS, "web", is_complete)
    assert condition(found, "Available") == "True"
    assert len(pods(api)) == 3


def test_pods_of_a_deployment_are_owned_by_its_replica_set(api: Api) -> None:
    api.create(DEPLOYMENTS, deployment(1))
    api.until(DEPLOYMENTS, "web", is_complete)
    (replica_set,) = api.get(REPLICA_SETS).json()["items"]
    (pod,) = pods(api)
    assert replica_set["metadata"]["ownerReferences"][0]["kind"] == "Deployment"
    assert pod["metadata"]["ownerReferences"][0]["uid"] == replica_set["metadata"]["uid"]
    assert pod["metadata"]["labels"].keys() == {"app", "pod-template-hash"}


def test_a_scaled_deployment_has_that_many_pods(api: Api) -> None:
    api.create(DEPLOYMENTS, deployment(1))
    api.until(DEPLOYMENTS, "web", is_complete)
    scale = api.get(DEPLOYMENTS, "web/scale").json()
    scale["spec"]["replicas"] = 4
    assert api.update(DEPLOYMENTS, "web/scale", scale).json()["spec"]["replicas"] == 4
    api.until(DEPLOYMENTS, "web", lambda found: found["spec"]["replicas"] == 4 and is_complete(found))
    assert len(pods(api)) == 4


def test_a_deleted_pod_of_a_deployment_is_replaced(api: Api) -> None:
    api.create(DEPLOYMENTS, deployment(1))
    api.until(DEPLOYMENTS, "web", is_complete)
    first = pods(api)[0]["metadata"]["name"]
    api.delete("pods", first)
    api.until_gone("pods", first)
    api.until(DEPLOYMENTS, "web", is_complete)
    assert [pod["metadata"]["name"] for pod in pods(api)] != [first]


def test_a_new_template_replaces_the_pods(api: Api) -> None:
    api.create(DEPLOYMENTS, deployment(3))
    api.until(DEPLOYMENTS, "web", is_complete)
    api.update(DEPLOYMENTS, "web", deployment(3, "echo:2"))
    api.until(DEPLOYMENTS, "web", is_complete)
    current = [pod for pod in pods(api) if "deletionTimestamp" not in pod["metadata"]]
    assert [pod["spec"]["containers"][0]["image"] for pod in current] == ["echo:2"] * 3


def test_a_rolling_update_never_has_fewer_ready_pods_than_allowed(api: Api) -> None:
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
    api.create(DEPLOYMENTS, deployment(3, strategy=strategy))
    api.until(DEPLOYMENTS, "web", is_complete)
    start = api.get("pods").json()["metadata"]["resourceVersion"]
    ready = {pod["metadata"]["name"] for pod in pods(api)}
    api.update(DEPLOYMENTS, "web", deployment(3, "echo:2", strategy=strategy))
    api.until(DEPLOYMENTS, "web", is_complete)
    counts = []
    for event in api.watch("pods", resourceVersion=start, labelSelector="app=web"):
        pod = event["object"]
        serving = event["type"] != "DELETED" and is_ready(pod) and "deletionTimestamp" not in pod["metadata"]
        (ready.add if serving else ready.discard)(pod["metadata"]["name"])
        counts.append(len(ready))
    assert min(counts) >= 3
    assert max(counts) <= 4


def test_an_old_template_that_comes_back_gets_its_replica_set_back(api: Api) -> None:
    for image in ("echo:1", "echo:2", "echo:1"):
        body = deployment(1, image)
        if api.update(DEPLOYMENTS, "web", body).status_code == 404:
            api.create(DEPLOYMENTS, body)
        api.until(DEPLOYMENTS, "web", is_complete)
    assert len(api.get(REPLICA_SETS).json()["items"]) == 2
    found = api.get(DEPLOYMENTS, "web").json()
    assert found["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "3"


def test_a_deleted_deployment_takes_its_pods_with_it(api: Api) -> None:
    api.create(DEPLOYMENTS, deployment(1))
    api.until(DEPLOYMENTS, "web", is_complete)
    name = pods(api)[0]["metadata"]["name"]
    api.delete(DEPLOYMENTS, "web")
    api.until_gone("pods", name)


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"replicas": -1}, "spec.replicas"),
        ({"selector": {"matchLabels": {"app": "other"}}}, "spec.template.metadata.labels"),
        ({"strategy": {"type": "Sudden"}}, "spec.strategy.type"),
        ({"strategy": {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}}},
         "spec.strategy.rollingUpdate.maxUnavailable"),
    ],
)  # fmt: skip
def test_a_faulty_deployment_is_refused_by_its_path(api: Api, spec: Object, field: str) -> None:
    refusal = api.create(DEPLOYMENTS, deployment(**spec))
    assert refusal.status_code == 422, refusal.text
    assert field in {cause["field"] for cause in refusal.json()["details"]["causes"]}


def test_the_selector_of_a_deployment_cannot_change(api: Api) -> None:
    api.create(DEPLOYMENTS, deployment(0))
    refusal = api.patch(DEPLOYMENTS, "web", {"spec": {"selector": {"matchLabels": {"more": "labels"}}}})
    assert refusal.status_code == 422
    assert "field is immutable" in refusal.json()["message"]


# -- EndpointSlices ----------------------------------------------------------------------------------------------------


@pytest.fixture
def service(api: Api) -> Object:
    """A Service for the pods of the Deployment, by the name of their port."""
    ports = [{"name": "web", "port": 80, "targetPort": "http"}]
    body = {"metadata": {"name": "web"}, "spec": {"selector": LABELS, "ports": ports}}
    made: Object = api.create("services", body).json()
    return made


def endpoints(api: Api, count: int) -> list[Object]:
    """The endpoints of the Service as soon as `count` of them are ready."""
    params = {"watch": "true", "timeoutSeconds": "10", "labelSelector": "kubernetes.io/service-name=web"}
    with api.http.stream("GET", api.path(SLICES), params=params) as answer:
        for line in answer.iter_lines():
            found: list[Object] = json.loads(line)["object"].get("endpoints") or []
            if len([e for e in found if e["conditions"]["ready"]]) == count:
                return found
    pytest.fail(f"the Service never had {count} ready endpoints")


def test_a_service_without_pods_has_an_empty_slice(api: Api, service: Object) -> None:
    assert endpoints(api, 0) == []


def test_endpoints_follow_the_pods(api: Api, service: Object) -> None:
    api.create(DEPLOYMENTS, deployment(2))
    endpoints(api, 2)
    api.patch(DEPLOYMENTS, "web", {"spec": {"replicas": 1}})
    endpoints(api, 1)


def test_an_endpoint_says_which_pod_node_and_zone_it_is(api: Api, service: Object) -> None:
    api.create(DEPLOYMENTS, deployment(1))
    (endpoint,) = endpoints(api, 1)
    (pod,) = pods(api)
    node = api.get("nodes", pod["spec"]["nodeName"]).json()
    assert endpoint["addresses"] == [pod["status"]["podIP"]]
    assert endpoint["targetRef"]["uid"] == pod["metadata"]["uid"]
    assert endpoint["nodeName"] == pod["spec"]["nodeName"]
    assert endpoint["zone"] == node["metadata"]["labels"]["topology.kubernetes.io/zone"]


def test_a_named_port_becomes_the_pods_number(api: Api, service: Object) -> None:
    api.create(DEPLOYMENTS, deployment(1))
    endpoints(api, 1)
    (found,) = api.get(SLICES, labelSelector="kubernetes.io/service-name=web").json()["items"]
    assert found["ports"] == [{"name": "web", "port": 8080, "protocol": "TCP"}]


def test_a_pod_behind_a_closed_gate_is_there_but_not_ready(api: Api, service: Object) -> None:
    gates = [{"conditionType": "example.com/registered"}]
    api.create("pods", {"metadata": {"name": "p", "labels": LABELS}, "spec": pod_spec(readinessGates=gates)})
    endpoints(api, 0)
    (first,) = api.get(SLICES, labelSelector="kubernetes.io/service-name=web").json()["items"]
    found = api.until(SLICES, first["metadata"]["name"], lambda s: bool(s.get("endpoints")))
    assert found["endpoints"][0]["conditions"] == {"ready": False, "serving": False, "terminating": False}


def test_a_terminating_pod_is_marked_so_while_it_lasts(api: Api, service: Object) -> None:
    hook = {"preStop": {"sleep": {"seconds": 1}}}
    spec = pod_spec()
    spec["containers"][0]["lifecycle"] = hook
    api.create("pods", {"metadata": {"name": "p", "labels": LABELS}, "spec": spec})
    endpoints(api, 1)
    (found,) = api.get(SLICES, labelSelector="kubernetes.io/service-name=web").json()["items"]
    api.delete("pods", "p")
    going = api.until(SLICES, found["metadata"]["name"], lambda s: s["endpoints"][0]["conditions"]["terminating"])
    assert going["endpoints"][0]["conditions"] == {"ready": False, "serving": True, "terminating": True}


def test_slices_go_with_their_service(api: Api, service: Object) -> None:
    endpoints(api, 0)
    (found,) = api.get(SLICES).json()["items"]
    api.delete("services", "web")
    api.until_gone(SLICES, found["metadata"]["name"])


def test_a_service_without_a_selector_has_no_slices(api: Api) -> None:
    api.create("services", {"metadata": {"name": "bare"}, "spec": {"ports": [{"port": 80}]}})
    api.create("pods", {"metadata": {"name": "p", "labels": LABELS}, "spec": pod_spec()})
    api.until("pods", "p", is_ready)
    assert api.get(SLICES, labelSelector="kubernetes.io/service-name=bare").json()["items"] == []
