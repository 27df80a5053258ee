"""How class and Gateway configurations become one, and which target group settings hold for a route."""

from typing import Any

import pytest

from albc.crds.gateway import LoadBalancerConfigurationSpec, TargetGroupConfigurationSpec, TargetGroupProps
from albc.mapping.gateway.merging import merge_load_balancers, merge_props, props_for_route


def spec(**fields: Any) -> LoadBalancerConfigurationSpec:
    return LoadBalancerConfigurationSpec.model_validate(fields)


def props(**fields: Any) -> TargetGroupProps:
    return TargetGroupProps.model_validate(fields)


def attributes(**values: str) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in values.items()]


def test_one_side_alone_is_used_as_it_is() -> None:
    only = spec(scheme="internal", loadBalancerAttributes=attributes(b="1", a="2"))

    assert merge_load_balancers(only, None) == only
    assert merge_load_balancers(None, only) == only
    assert merge_load_balancers(None, None) == spec()


def test_the_class_wins_unless_it_says_otherwise() -> None:
    gateway = spec(scheme="internal", mergingMode="prefer-gateway")

    assert merge_load_balancers(spec(scheme="internet-facing"), gateway).scheme == "internet-facing"
    preferring = spec(scheme="internet-facing", mergingMode="prefer-gateway")
    assert merge_load_balancers(preferring, gateway).scheme == "internal"


def test_what_one_side_leaves_out_comes_from_the_other() -> None:
    merged = merge_load_balancers(spec(scheme="internal"), spec(ipAddressType="dualstack"))

    assert (merged.scheme, merged.ip_address_type) == ("internal", "dualstack")


def test_an_empty_list_is_something_that_was_said() -> None:
    assert merge_load_balancers(spec(sourceRanges=[]), spec(sourceRanges=["10.0.0.0/8"])).source_ranges == ()


def test_tags_are_joined_and_attributes_sorted_by_key() -> None:
    merged = merge_load_balancers(
        spec(tags={"a": "class"}, loadBalancerAttributes=attributes(z="class", b="class")),
        spec(tags={"a": "gateway", "b": "gateway"}, loadBalancerAttributes=attributes(z="gateway", a="gateway")),
    )

    assert merged.tags == {"a": "class", "b": "gateway"}
    assert [(a.key, a.value) for a in merged.load_balancer_attributes or ()] == [
        ("a", "gateway"),
        ("b", "class"),
        ("z", "class"),
    ]


def test_listeners_are_taken_whole_and_sorted() -> None:
    merged = merge_load_balancers(
        spec(listenerConfigurations=[{"protocolPort": "HTTPS:443", "sslPolicy": "strict"}]),
        spec(
            listenerConfigurations=[
                {"protocolPort": "HTTPS:443", "defaultCertificate": "arn:c"},
                {"protocolPort": "HTTP:80"},
            ]
        ),
    )

    found = merged.listener_configurations or ()
    assert [each.protocol_port for each in found] == ["HTTP:80", "HTTPS:443"]
    assert (found[1].ssl_policy, found[1].default_certificate) == ("strict", None)


def test_reserved_capacity_is_not_lost_between_two_configurations() -> None:
    merged = merge_load_balancers(spec(scheme="internal"), spec(minimumLoadBalancerCapacity={"capacityUnits": 200}))

    assert merged.minimum_load_balancer_capacity is not None
    assert merged.minimum_load_balancer_capacity.capacity_units == 200


def test_target_group_settings_are_taken_field_by_field_and_the_health_check_whole() -> None:
    merged = merge_props(
        props(targetType="ip", healthCheckConfig={"healthCheckPath": "/up"}, tags={"a": "high"}),
        props(targetType="instance", protocol="HTTPS", healthCheckConfig={"healthCheckInterval": 7}, tags={"b": "low"}),
    )

    assert merged is not None
    assert (merged.target_type, merged.protocol, merged.tags) == ("ip", "HTTPS", {"a": "high", "b": "low"})
    assert merged.health_check_config is not None
    assert merged.health_check_config.health_check_interval is None


def entry(name: str, /, **identifier: str) -> dict[str, Any]:
    return {"routeIdentifier": identifier, "targetGroupProps": {"targetGroupName": name}}


@pytest.mark.parametrize(
    ("entries", "chosen"),
    [
        ([entry("kind", kind="HTTPRoute")], "kind"),
        ([entry("kind", kind="HTTPRoute"), entry("space", kind="HTTPRoute", namespace="shop")], "space"),
        (
            [
                entry("space", kind="HTTPRoute", namespace="shop"),
                entry("exact", kind="HTTPRoute", namespace="shop", name="web"),
            ],
            "exact",
        ),
        ([entry("own", kind="HTTPRoute", name="web")], "own"),
        ([entry("first", kind="HTTPRoute"), entry("second", kind="HTTPRoute")], "first"),
        ([entry("other", kind="HTTPRoute", namespace="shop", name="other")], "default"),
        ([entry("other", kind="HTTPRoute", namespace="team")], "default"),
        ([entry("grpc", kind="GRPCRoute")], "default"),
        ([entry("nothing")], "default"),
        ([], "default"),
    ],
)
def test_the_entry_that_names_a_route_best_is_chosen(entries: list[dict[str, Any]], chosen: str) -> None:
    spec = TargetGroupConfigurationSpec.model_validate(
        {"defaultConfiguration": {"targetGroupName": "default"}, "routeConfigurations": entries}
    )

    found = props_for_route(spec, "HTTPRoute", "shop", "web")

    assert found is not None
    assert found.target_group_name == chosen


def test_a_routes_entry_stands_over_the_default() -> None:
    spec = TargetGroupConfigurationSpec.model_validate(
        {
            "defaultConfiguration": {"targetType": "ip", "protocol": "HTTPS"},
            "routeConfigurations": [
                {"routeIdentifier": {"kind": "HTTPRoute"}, "targetGroupProps": {"targetType": "instance"}}
            ],
        }
    )

    found = props_for_route(spec, "HTTPRoute", "shop", "web")

    assert found is not None
    assert (found.target_type, found.protocol) == ("instance", "HTTPS")
