"""Services: defaults, addresses, node ports, what may change, what is refused."""

from ipaddress import ip_address
from typing import Any

import pytest

Api = Any
Object = dict[str, Any]


def make(api: Api, name: str = "s", **spec: Any) -> Any:
    return api.create("services", {"metadata": {"name": name}, "spec": {"ports": [{"port": 80}], **spec}})


def causes(refusal: Any) -> dict[str, str]:
    assert refusal.status_code == 422, refusal.text
    return {cause["field"]: cause["message"] for cause in refusal.json()["details"]["causes"]}


def test_a_service_gets_its_defaults(api: Api) -> None:
    spec = make(api).json()["spec"]
    assert spec["type"] == "ClusterIP"
    assert spec["sessionAffinity"] == "None"
    assert spec["internalTrafficPolicy"] == "Cluster"
    assert spec["ipFamilyPolicy"] == "SingleStack"
    assert len(spec["ipFamilies"]) == 1
    assert spec["ports"] == [{"port": 80, "protocol": "TCP", "targetPort": 80}]


def test_a_service_gets_an_address_of_its_own(api: Api) -> None:
    first, second = make(api, "a").json()["spec"], make(api, "b").json()["spec"]
    assert first["clusterIPs"] == [first["clusterIP"]]
    assert first["clusterIP"] != second["clusterIP"]


def test_a_headless_service_has_no_address(api: Api) -> None:
    spec = make(api, clusterIP="None").json()["spec"]
    assert (spec["clusterIP"], spec["clusterIPs"]) == ("None", ["None"])


def test_an_address_that_another_service_has_is_refused(api: Api) -> None:
    taken = make(api, "a").json()["spec"]["clusterIP"]
    assert "already allocated" in causes(make(api, "b", clusterIP=taken))["spec.clusterIPs"]


def test_the_address_cannot_change(api: Api) -> None:
    given = make(api).json()["spec"]["clusterIP"]
    other = str(ip_address(given) + 1)
    refusal = api.patch("services", "s", {"spec": {"clusterIP": other, "clusterIPs": [other]}})
    assert refusal.status_code == 422
    assert "may not change once set" in refusal.json()["message"]


def test_an_update_without_the_address_keeps_it(api: Api) -> None:
    before = make(api).json()["spec"]["clusterIP"]
    body = {"metadata": {"name": "s"}, "spec": {"ports": [{"port": 81}]}}
    assert api.update("services", "s", body).json()["spec"]["clusterIP"] == before


@pytest.mark.parametrize("kind", ["NodePort", "LoadBalancer"])
def test_types_for_traffic_from_outside_get_node_ports(api: Api, kind: str) -> None:
    spec = make(api, type=kind).json()["spec"]
    assert 30000 <= spec["ports"][0]["nodePort"] <= 32767
    assert spec["externalTrafficPolicy"] == "Cluster"


def test_node_ports_differ(api: Api) -> None:
    ports = [{"name": "a", "port": 80}, {"name": "b", "port": 81}]
    spec = make(api, type="NodePort", ports=ports).json()["spec"]
    assert len({port["nodePort"] for port in spec["ports"]}) == 2


def test_a_load_balancer_can_do_without_node_ports(api: Api) -> None:
    spec = make(api, type="LoadBalancer", allocateLoadBalancerNodePorts=False).json()["spec"]
    assert "nodePort" not in spec["ports"][0]


def test_a_node_port_can_be_chosen(api: Api) -> None:
    free = make(api, "probe", type="NodePort").json()["spec"]["ports"][0]["nodePort"]
    api.delete("services", "probe")
    spec = make(api, type="NodePort", ports=[{"port": 80, "nodePort": free}]).json()["spec"]
    assert spec["ports"][0]["nodePort"] == free


def test_a_node_port_that_another_service_has_is_refused(api: Api) -> None:
    taken = make(api, "a", type="NodePort").json()["spec"]["ports"][0]["nodePort"]
    refusal = causes(make(api, "b", type="NodePort", ports=[{"port": 80, "nodePort": taken}]))
    assert "provided port is already allocated" in refusal["spec.ports[0].nodePort"]


def test_a_node_port_out_of_range_is_refused(api: Api) -> None:
    refusal = causes(make(api, type="NodePort", ports=[{"port": 80, "nodePort": 80}]))
    assert "not in the valid range" in refusal["spec.ports[0].nodePort"]


def test_an_update_without_the_node_port_keeps_it(api: Api) -> None:
    before = make(api, type="NodePort").json()["spec"]["ports"][0]["nodePort"]
    body = {"metadata": {"name": "s"}, "spec": {"type": "NodePort", "ports": [{"port": 80, "targetPort": 8080}]}}
    assert api.update("services", "s", body).json()["spec"]["ports"][0]["nodePort"] == before


def test_a_service_that_becomes_internal_gives_its_node_ports_back(api: Api) -> None:
    make(api, type="NodePort")
    spec = api.patch("services", "s", {"spec": {"type": "ClusterIP"}}).json()["spec"]
    assert "nodePort" not in spec["ports"][0]
    assert "externalTrafficPolicy" not in spec


def test_a_local_load_balancer_gets_a_port_for_health_checks(api: Api) -> None:
    spec = make(api, type="LoadBalancer", externalTrafficPolicy="Local").json()["spec"]
    assert 30000 <= spec["healthCheckNodePort"] <= 32767
    assert spec["healthCheckNodePort"] != spec["ports"][0]["nodePort"]


def test_an_external_name_has_neither_address_nor_ports(api: Api) -> None:
    made = api.create(
        "services", {"metadata": {"name": "s"}, "spec": {"type": "ExternalName", "externalName": "a.example.com"}}
    )
    assert made.status_code == 201
    assert "clusterIP" not in made.json()["spec"]


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"ports": []}, "spec.ports"),
        ({"ports": [{"port": 0}]}, "spec.ports[0].port"),
        ({"ports": [{"port": 65536}]}, "spec.ports[0].port"),
        ({"ports": [{"port": 80, "protocol": "HTTP"}]}, "spec.ports[0].protocol"),
        ({"ports": [{"port": 80, "targetPort": 70000}]}, "spec.ports[0].targetPort"),
        ({"ports": [{"port": 80, "targetPort": "much-too-long-a-name"}]}, "spec.ports[0].targetPort"),
        ({"ports": [{"port": 80, "name": "Upper"}]}, "spec.ports[0].name"),
        ({"ports": [{"port": 80}, {"port": 81, "name": "b"}]}, "spec.ports[0].name"),
        ({"ports": [{"port": 80, "name": "a"}, {"port": 81, "name": "a"}]}, "spec.ports[1].name"),
        ({"ports": [{"port": 80, "name": "a"}, {"port": 80, "name": "b"}]}, "spec.ports[1]"),
        ({"type": "Balanced"}, "spec.type"),
        ({"sessionAffinity": "Cookie"}, "spec.sessionAffinity"),
        ({"type": "ExternalName"}, "spec.externalName"),
        ({"loadBalancerSourceRanges": ["10.0.0.0/8"]}, "spec.loadBalancerSourceRanges"),
        ({"type": "LoadBalancer", "loadBalancerSourceRanges": ["10.0.0.0"]}, "spec.loadBalancerSourceRanges[0]"),
        ({"loadBalancerClass": "example.com/lb"}, "spec.loadBalancerClass"),
        ({"externalTrafficPolicy": "Local"}, "spec.externalTrafficPolicy"),
        ({"type": "NodePort", "externalTrafficPolicy": "Near"}, "spec.externalTrafficPolicy"),
        ({"clusterIP": "300.1.1.1"}, "spec.clusterIPs[0]"),
        ({"type": "NodePort", "clusterIP": "None"}, "spec.clusterIPs[0]"),
        ({"selector": {"-bad": "x"}}, "spec.selector"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_faulty_field_is_refused_by_its_path(api: Api, spec: Object, field: str) -> None:
    assert field in causes(make(api, **spec))


@pytest.mark.parametrize("name", ["9lives", "Upper", "a.b", "a" * 64])
def test_the_name_of_a_service_is_a_dns_label(api: Api, name: str) -> None:
    refusal = make(api, name)
    if name == "9lives" and refusal.status_code == 201:
        pytest.skip("this version of Kubernetes lets names begin with a digit")
    assert "metadata.name" in causes(refusal)


def test_an_unknown_type_is_answered_with_the_known_ones(api: Api) -> None:
    expected = (
        'Unsupported value: "Balanced": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"'
    )
    assert causes(make(api, type="Balanced"))["spec.type"] == expected


def test_the_status_is_written_apart(api: Api) -> None:
    made = make(api, type="LoadBalancer").json()
    made["status"] = {"loadBalancer": {"ingress": [{"hostname": "lb.example.com"}]}}
    made["spec"]["ports"][0]["port"] = 99
    answer = api.update("services", "s/status", made).json()
    assert answer["status"]["loadBalancer"]["ingress"][0]["hostname"] == "lb.example.com"
    assert answer["spec"]["ports"][0]["port"] == 80


def test_a_write_of_the_service_does_not_touch_its_status(api: Api) -> None:
    make(api, type="LoadBalancer")
    status = {"loadBalancer": {"ingress": [{"hostname": "lb.example.com"}]}}
    api.patch("services", "s/status", {"status": status})
    patched = api.patch("services", "s", {"status": {"loadBalancer": {}}, "spec": {"ports": [{"port": 81}]}}).json()
    assert patched["status"] == status


def test_an_internal_service_takes_no_load_balancer_status(api: Api) -> None:
    make(api)
    status = {"loadBalancer": {"ingress": [{"hostname": "lb.example.com"}]}}
    refusal = causes(api.patch("services", "s/status", {"status": status}))
    assert "may only be used when `spec.type` is LoadBalancer" in refusal["status.loadBalancer.ingress"]


def test_the_class_of_a_load_balancer_cannot_change(api: Api) -> None:
    make(api, type="LoadBalancer", loadBalancerClass="example.com/a")
    refusal = causes(api.patch("services", "s", {"spec": {"loadBalancerClass": "example.com/b"}}))
    assert "may not change once set" in refusal["spec.loadBalancerClass"]


def test_affinity_by_client_address_lasts_three_hours(api: Api) -> None:
    spec = make(api, sessionAffinity="ClientIP").json()["spec"]
    assert spec["sessionAffinityConfig"]["clientIP"]["timeoutSeconds"] == 10800
