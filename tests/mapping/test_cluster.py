"""What of a cluster becomes a stack of its own."""

from dataclasses import replace
from typing import Any

from albc.kube.objects import SERVICES, Service
from albc.mapping.cluster import Unit, units
from albc.mapping.service.classic.selection import FINALIZER as CLASSIC_FINALIZER
from albc.mapping.service.selection import FINALIZER
from albc.mapping.settings import MappingSettings
from albc.mapping.snapshot import NamespacedName, Snapshot

SETTINGS = MappingSettings(cluster_name="demo")


def service(name: str, class_: str | None, *finalizers: str) -> Service:
    spec: dict[str, Any] = {"type": "LoadBalancer", "ports": [{"port": 80}], "loadBalancerClass": class_}
    metadata = {"name": name, "namespace": "shop", "uid": f"uid-{name}", "finalizers": list(finalizers)}
    return SERVICES.convert({"metadata": metadata, "spec": spec})


def found(*services: Service, settings: MappingSettings = SETTINGS) -> list[Unit]:
    held = {NamespacedName(one.namespace, one.name): one for one in services}
    return list(units(Snapshot(services=held), settings))


NETWORK, CLASSIC = service("a", "service.k8s.aws/nlb"), service("b", "service.k8s.aws/clb")


def test_a_service_is_about_the_kind_that_its_class_says() -> None:
    kinds = [(str(unit.stack), unit.load_balancer) for unit in found(NETWORK, CLASSIC, service("c", None))]

    assert kinds == [("shop/a", "network"), ("shop/b", "classic")]


def test_a_classic_one_has_the_name_by_which_it_is_found() -> None:
    assert [unit.classic_name for unit in found(NETWORK, CLASSIC)] == ["", "auidb"]


def test_a_service_that_changes_its_kind_is_two_stacks_for_a_while() -> None:
    leaving = service("a", "service.k8s.aws/clb", FINALIZER, CLASSIC_FINALIZER)

    both = found(leaving)

    assert {unit.load_balancer for unit in both} == {"network", "classic"}
    assert len({unit.key for unit in both}) == 2


def test_without_its_controller_no_service_is_looked_at() -> None:
    assert not found(NETWORK, CLASSIC, settings=replace(SETTINGS, enable_service_controller=False))
    kinds = [
        unit.load_balancer for unit in found(NETWORK, CLASSIC, settings=replace(SETTINGS, classic_load_balancer=False))
    ]
    assert kinds == ["network"]
