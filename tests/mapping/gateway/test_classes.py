"""Whether a GatewayClass is accepted, and what its Gateways are told when it is not (spec/gateway.md §3.1)."""

import pytest

from albc.mapping.gateway.classes import class_status, processed_version
from albc.mapping.snapshot import NamespacedName
from albc.model.load_balancer import LoadBalancer
from tests.mapping.gateway.kit import (
    Plain,
    built,
    configured,
    gateway,
    gateway_class,
    http_route,
    lbc,
    service,
    snapshot,
    tgc,
)


def parameters(name: str = "class", **fields: str) -> Plain:
    return {
        "parametersRef": {
            "group": "gateway.k8s.aws",
            "kind": "LoadBalancerConfiguration",
            "namespace": "shop",
            "name": name,
            **fields,
        }
    }


def verdict(spec: Plain, *objects: Plain) -> tuple[str, str]:
    known = snapshot([gateway_class("alb", "alb", **spec), *objects])
    condition = class_status(known.gateway_classes[NamespacedName("", "alb")], known)
    assert condition.type == "Accepted"
    assert condition.observed_generation == 1
    return condition.status, condition.reason


def test_a_class_without_parameters_is_accepted() -> None:
    assert verdict({}) == ("True", "Accepted")


def test_a_class_with_its_configuration_is_accepted() -> None:
    assert verdict(parameters(), lbc("class")) == ("True", "Accepted")


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        (parameters("gone"), "NotFound"),
        (parameters(namespace=""), "InvalidParametersRef"),
        (parameters(kind="ConfigMap"), "InvalidParameters"),
        (parameters(group="example.net"), "InvalidParameters"),
    ],
)
def test_parameters_that_lead_nowhere_are_refused(spec: Plain, reason: str) -> None:
    assert verdict(spec, lbc("class")) == ("False", reason)


@pytest.mark.parametrize("default", [(), (tgc("base", service="web"),)])
def test_a_default_that_is_missing_or_bound_to_a_service_is_refused(default: tuple[Plain, ...]) -> None:
    configuration = lbc("class", defaultTargetGroupConfiguration={"name": "base"})

    assert verdict(parameters(), configuration, *default) == ("False", "Invalid")


def test_gateways_are_told_what_is_wrong_with_their_class() -> None:
    broken = gateway_class("alb", "alb", **parameters("gone"))

    result = built(broken, gateway())

    assert result.built.stack is None
    assert result.fault is not None
    assert "(gone,shop) not found" in result.fault.message


def test_the_processed_version_names_all_that_was_read() -> None:
    def version(spec: Plain, *objects: Plain) -> str:
        known = snapshot([gateway_class("alb", "alb", **spec), *objects])
        return processed_version(known.gateway_classes[NamespacedName("", "alb")], known)

    with_default = lbc("class", defaultTargetGroupConfiguration={"name": "base"})
    assert version({}) == ""
    assert version(parameters(), lbc("class")) == "rv-class"
    assert version(parameters(), with_default, tgc("base", service=None)) == "rv-class-rv-base"


def test_class_and_gateway_configurations_are_merged() -> None:
    result = built(
        gateway_class("alb", "alb", **parameters()),
        lbc("class", scheme="internet-facing"),
        lbc("edge", scheme="internal", ipAddressType="dualstack"),
        gateway(infrastructure=configured()),
        service(),
        http_route(),
    )

    assert result.built.stack is not None
    (balancer,) = result.built.stack.all(LoadBalancer)
    assert (balancer.scheme, balancer.ip_address_type) == ("internet-facing", "dualstack")


@pytest.mark.parametrize(
    "reference",
    [
        configured("gone"),
        {"parametersRef": {"group": "", "kind": "ConfigMap", "name": "edge"}},
    ],
)
def test_a_gateways_own_parameters_must_be_there_and_of_the_right_kind(reference: Plain) -> None:
    result = built(gateway(infrastructure=reference), lbc("edge"))

    assert result.fault is not None
    assert result.fault.reason == "InvalidParameters"
