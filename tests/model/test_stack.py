"""A stack prints as the reference's does, byte for byte."""

import json

from albc.model.actions import AuthenticateOIDC, FixedResponse, Forward, TargetGroupTuple
from albc.model.conditions import HostHeader, PathPattern
from albc.model.listener import Listener, ListenerAttribute, ListenerRule, Rewrite, RewriteTransform
from albc.model.load_balancer import LoadBalancer, SubnetMapping
from albc.model.reference import Ref, SecretText
from albc.model.security_group import IPPermission, IPRange, SecurityGroup
from albc.model.stack import Resource, Stack, StackID
from albc.model.target_group_binding import (
    FrontendNLBTargets,
    NetworkingIngressRule,
    NetworkingPeer,
    NetworkingPort,
    ServiceReference,
    TargetGroupBinding,
)

GROUP = SecurityGroup(
    group_name="k8s-shop-web-0123456789",
    description="[k8s] Managed SecurityGroup for LoadBalancer",
    ingress=(IPPermission(ip_protocol="tcp", from_port=80, to_port=80, ip_ranges=(IPRange(cidr_ip="0.0.0.0/0"),)),),
)
ALB = LoadBalancer(
    name="k8s-shop-web-abcdef0123",
    kind="application",
    scheme="internal",
    ip_address_type="ipv4",
    subnet_mapping=(SubnetMapping(subnet_id="subnet-1"), SubnetMapping(subnet_id="subnet-2")),
    security_groups=(GROUP.group_id, "sg-backend"),
)
LISTENER = Listener(
    id="80",
    load_balancer_arn=ALB.arn,
    port=80,
    protocol="HTTP",
    default_actions=(FixedResponse(content_type="text/plain", status_code="404"),),
    listener_attributes=(ListenerAttribute(key="routing.http.response.server.enabled", value="false"),),
)
RULE = ListenerRule(
    id="80:1",
    listener_arn=LISTENER.arn,
    priority=1,
    actions=(
        Forward(
            target_groups=(
                TargetGroupTuple(
                    target_group_arn=Ref(
                        "AWS::ElasticLoadBalancingV2::TargetGroup", "shop/web-api:http", "targetGroupARN"
                    )
                ),
            )
        ),
    ),
    conditions=(PathPattern(values=("/api",)),),
    tags={"team": "shop"},
)


def printed(*resources: Resource) -> str:
    return Stack.of(StackID("shop", "web"), resources).to_json()


def test_the_order_of_addition_does_not_show() -> None:
    forwards = printed(GROUP, ALB, LISTENER, RULE, FrontendNLBTargets())
    assert printed(FrontendNLBTargets(), RULE, LISTENER, ALB, GROUP) == forwards


def test_a_load_balancer_refers_to_its_managed_security_group() -> None:
    assert printed(ALB) == (
        '{"id":"shop/web","resources":{"AWS::ElasticLoadBalancingV2::LoadBalancer":{"LoadBalancer":{"spec":{'
        '"name":"k8s-shop-web-abcdef0123","type":"application","scheme":"internal","ipAddressType":"ipv4",'
        '"subnetMapping":[{"subnetID":"subnet-1"},{"subnetID":"subnet-2"}],"securityGroups":['
        '{"$ref":"#/resources/AWS::EC2::SecurityGroup/ManagedLBSecurityGroup/status/groupID"},"sg-backend"]}}}}}'
    )


def test_listener_attributes_have_capital_keys() -> None:
    assert '"listenerAttributes":[{"Key":"routing.http.response.server.enabled","Value":"false"}]' in printed(LISTENER)


def test_a_rule_prints_actions_conditions_and_tags() -> None:
    assert printed(RULE).endswith(
        '"priority":1,"actions":[{"type":"forward","forwardConfig":{"targetGroups":[{"targetGroupARN":{"$ref":'
        '"#/resources/AWS::ElasticLoadBalancingV2::TargetGroup/shop/web-api:http/status/targetGroupARN"}}]}}],'
        '"conditions":[{"field":"path-pattern","pathPatternConfig":{"values":["/api"]}}],"tags":{"team":"shop"}}}}}}'
    )


def test_the_frontend_nlb_state_stands_even_when_empty() -> None:
    assert printed(FrontendNLBTargets()) == (
        '{"id":"shop/web","resources":{"FrontendNLBTargetGroup":{"FrontendNLBTargetGroup":{"TargetGroups":{}}}}}'
    )


def test_a_stack_of_an_explicit_group_has_no_namespace_in_its_id() -> None:
    assert Stack(StackID("", "shared")).to_json() == '{"id":"shared","resources":{}}'


def test_a_given_certificate_prints_as_a_reference_to_nothing() -> None:
    listener = Listener(
        id="443", load_balancer_arn=ALB.arn, port=443, protocol="HTTPS", certificates=("arn:aws:acm:…",)
    )
    assert '"certificates":[{"certificateARN":{"$ref":"#/resources///status/certificateARN"}}]' in printed(listener)


def test_secrets_are_redacted_in_json_and_in_repr() -> None:
    action = AuthenticateOIDC(
        issuer="https://id",
        authorization_endpoint="https://id/a",
        token_endpoint="https://id/t",
        user_info_endpoint="https://id/u",
        client_id=SecretText("hush"),
        client_secret=SecretText("hush"),
    )
    rule = ListenerRule(id="443:1", listener_arn="arn", priority=1, actions=(action,), conditions=())
    assert "hush" not in printed(rule)
    assert '"clientID":"[REDACTED]","clientSecret":"[REDACTED]"' in printed(rule)
    assert "hush" not in repr(rule)


def test_texts_are_escaped_as_go_does() -> None:
    fixed = FixedResponse(message_body="<b>a & b</b>\u2028ü", status_code="200")
    rule = ListenerRule(id="80:1", listener_arn="arn", priority=1, actions=(fixed,), conditions=())
    assert r'"messageBody":"\u003cb\u003ea \u0026 b\u003c/b\u003e\u2028ü"' in printed(rule)


def test_what_is_set_behind_a_pointer_prints_even_when_empty_or_zero() -> None:
    fixed = FixedResponse(message_body="", status_code="200")
    zero = Forward(target_groups=(TargetGroupTuple(target_group_arn="arn", weight=0),))
    rule = ListenerRule(id="80:1", listener_arn="arn", priority=1, actions=(fixed, zero), conditions=())
    assert '"messageBody":""' in printed(rule)
    assert '"weight":0' in printed(rule)


def test_a_transform_names_its_configuration_by_its_type() -> None:
    transform = RewriteTransform(type="url-rewrite", rewrites=(Rewrite(regex="^/a", replace="/b"),))
    rule = ListenerRule(
        id="80:1",
        listener_arn="arn",
        priority=1,
        actions=(),
        conditions=(HostHeader(values=("a.example.com",)),),
        transforms=(transform,),
    )
    assert (
        '"transforms":[{"type":"url-rewrite","urlRewriteConfig":{"rewrites":[{"regex":"^/a","replace":"/b"}]}}]'
        in printed(rule)
    )


def test_a_binding_prints_metadata_and_spec_apart() -> None:
    binding = TargetGroupBinding(
        id="shop/web-api:http",
        name="k8s-shop-api-1",
        namespace="shop",
        target_group_arn="arn",
        target_type="ip",
        service_ref=ServiceReference(name="api", port="http"),
        networking=(
            NetworkingIngressRule(
                from_=(NetworkingPeer(security_group="sg-1"),), ports=(NetworkingPort(protocol="TCP", port=8080),)
            ),
        ),
    )
    (body,) = json.loads(printed(binding))["resources"]["K8S::ElasticLoadBalancingV2::TargetGroupBinding"].values()
    assert body["spec"]["template"] == {
        "metadata": {"name": "k8s-shop-api-1", "namespace": "shop"},
        "spec": {
            "targetGroupARN": "arn",
            "targetType": "ip",
            "serviceRef": {"name": "api", "port": "http"},
            "networking": {
                "ingress": [
                    {
                        "from": [{"securityGroup": {"groupID": "sg-1"}}],
                        "ports": [{"protocol": "TCP", "port": 8080}],
                    }
                ]
            },
        },
    }


def test_the_first_resource_of_an_id_stays() -> None:
    other = Listener(id="80", load_balancer_arn="arn:other", port=80, protocol="TCP")
    stack = Stack.of(StackID("", "x"), [LISTENER, other])
    assert stack.get(Listener, "80") is LISTENER
    assert len(stack.resources) == 1
