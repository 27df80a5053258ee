"""The whole of a Service: what is built, what is left alone, and whose fault it is."""

import json

import pytest

from albc.mapping.service.build import build, wants
from albc.mapping.service.selection import FINALIZER
from albc.mapping.settings import MappingSettings
from albc.mapping.snapshot import Snapshot
from albc.model.facts import FactsRequest
from albc.model.listener import Listener
from albc.model.problem import ObjectRef
from albc.model.stack import StackID
from albc.model.target_group import TargetGroup
from tests.mapping.service.kit import FACTS, IP, PREFIX, SETTINGS, TCP_80, built, fault, service, stack, warnings

PROTECTED = {"aws-load-balancer-attributes": "deletion_protection.enabled=true"}


def test_the_stack_bears_the_services_name_and_prints_the_references_form() -> None:
    printed = stack(service(annotations=IP)).to_plain()

    assert printed["id"] == "shop/web"
    assert list(printed["resources"]) == [
        "AWS::EC2::SecurityGroup",
        "AWS::ElasticLoadBalancingV2::Listener",
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        "AWS::ElasticLoadBalancingV2::TargetGroup",
        "K8S::ElasticLoadBalancingV2::TargetGroupBinding",
    ]


def test_each_port_has_a_listener_and_a_target_group() -> None:
    ports = [{"name": f"p{number}", "port": number, "targetPort": 8080} for number in (443, 80, 8080)]

    built_stack = stack(service(*ports, annotations=IP))

    assert [one.id for one in built_stack.all(Listener)] == ["443", "80", "8080"]
    assert [one.id for one in built_stack.all(TargetGroup)] == ["shop/web:443", "shop/web:80", "shop/web:8080"]


def test_the_first_fault_in_the_order_of_building_is_told() -> None:
    wrong = {
        "aws-load-balancer-scheme": "x",
        "aws-load-balancer-ip-address-type": "x",
        "aws-load-balancer-subnets": "nowhere",
        "aws-load-balancer-enable-prefix-for-ipv6-source-nat": "x",
        "aws-load-balancer-attributes": "x",
        "aws-load-balancer-minimum-load-balancer-capacity": "u=1",
        "aws-load-balancer-disable-nlb-sg": "x",
        "aws-load-balancer-security-groups": "nobody",
        "aws-load-balancer-additional-resource-tags": "x",
        "aws-load-balancer-eip-allocations": "eipalloc-1",
        "aws-load-balancer-name": "n" * 33,
        "aws-load-balancer-inbound-sg-rules-on-private-link-traffic": "x",
        "aws-load-balancer-ssl-ports": "nope",
        "aws-load-balancer-quic-enabled-ports": "80",
        "actions.TCP-80": "x",
        "aws-load-balancer-healthcheck-protocol": "x",
        "aws-load-balancer-healthcheck-port": "nope",
        "aws-load-balancer-healthcheck-interval": "x",
        "aws-load-balancer-healthcheck-timeout": "x",
        "aws-load-balancer-healthcheck-healthy-threshold": "x",
        "aws-load-balancer-healthcheck-unhealthy-threshold": "x",
        "aws-load-balancer-target-group-attributes": "x",
        "aws-load-balancer-target-group-attributes.80": "x",
        "aws-load-balancer-proxy-protocol-per-target-group": "x",
        "aws-load-balancer-proxy-protocol": "x",
        "aws-load-balancer-multi-cluster-target-group": "x",
        "aws-load-balancer-listener-attributes.TCP-80": "x",
    }

    while wrong:
        first = next(iter(wrong))
        assert fault(service(annotations=wrong)).startswith(PREFIX + first)
        del wrong[first]


@pytest.mark.parametrize(
    ("annotation", "category"),
    [
        ({"aws-load-balancer-scheme": "x"}, "build_load_balancer_scheme_error"),
        ({"aws-load-balancer-ip-address-type": "x"}, "build_load_balancer_ip_address_type_error"),
        ({"aws-load-balancer-subnets": "nowhere"}, "build_load_balancer_subnets_error"),
        ({"aws-load-balancer-attributes": "x"}, "build_load_balancer_error"),
        ({"aws-load-balancer-security-groups": "nobody"}, "build_load_balancer_error"),
        ({"aws-load-balancer-ssl-ports": "nope"}, "build_listeners_error"),
        ({"aws-load-balancer-healthcheck-protocol": "x"}, "build_listeners_error"),
    ],
)
def test_a_fault_says_at_which_step_of_the_build_it_was_found(annotation: dict[str, str], category: str) -> None:
    [problem] = built(service(annotations=annotation)).problems

    assert problem.category == category


def test_a_service_without_fault_has_no_problems() -> None:
    assert built(service()).problems == ()


def test_a_fault_leaves_no_stack_so_that_what_serves_stays() -> None:
    result = built(service(annotations={"aws-load-balancer-scheme": "public"}))

    assert result.stack is None
    [problem] = result.problems
    assert problem.object == ObjectRef("Service", "shop", "web")
    assert (problem.reason, problem.severity) == ("FailedBuildModel", "error")


def test_a_service_that_is_not_ours_any_more_has_an_empty_stack() -> None:
    result = built(service(loadBalancerClass="other", finalizers=[FINALIZER]))

    assert result.stack is not None
    assert (result.stack.id, result.stack.resources) == (StackID("shop", "web"), ())


def test_a_protected_load_balancer_is_not_given_up() -> None:
    subject = service(annotations=PROTECTED, finalizers=[FINALIZER], deleted=True)

    assert "deletion_protection is enabled" in fault(subject)


def test_protection_says_nothing_where_nothing_of_ours_exists() -> None:
    result = built(service(annotations=PROTECTED, deleted=True))

    assert result.stack is not None


def test_a_malformed_attribute_does_not_keep_a_service_from_being_deleted() -> None:
    subject = service(annotations={"aws-load-balancer-attributes": "?"}, finalizers=[FINALIZER], deleted=True)

    assert built(subject).stack is not None


def test_a_service_of_another_type_has_its_load_balancer_and_is_told_that_it_has_no_status() -> None:
    [warning] = warnings(service(type="NodePort"))

    assert warning.reason == "NoStatus"


def test_a_type_annotation_that_the_class_overrules_is_told() -> None:
    [warning] = warnings(service(annotations={"aws-load-balancer-type": "nlb"}))

    assert '"nlb" does nothing' in warning.message


def test_a_service_without_ports_has_a_load_balancer_without_listeners() -> None:
    subject = service(type="ClusterIP", clusterIP="None", annotations=IP)
    without_ports = build(
        type(subject)(metadata=subject.metadata, spec=type(subject.spec)(load_balancer_class="service.k8s.aws/nlb")),
        Snapshot(),
        FACTS,
        SETTINGS,
    )

    assert without_ports.stack is not None
    assert not without_ports.stack.all(Listener)


def test_a_service_that_is_not_ours_asks_nothing() -> None:
    assert wants(service(loadBalancerClass="other"), Snapshot(), SETTINGS) == FactsRequest()


def test_named_subnets_are_asked_for_by_id_and_others_found_by_route() -> None:
    named = wants(service(annotations={"aws-load-balancer-subnets": "subnet-0a,edge"}), Snapshot(), SETTINGS)
    found = wants(service(), Snapshot(), SETTINGS)

    assert (named.subnet_ids, named.route_tables) == (frozenset({"subnet-0a"}), False)
    assert (found.subnet_ids, found.route_tables) == (frozenset(), True)


def test_a_malformed_annotation_of_one_rule_does_not_keep_another_from_asking() -> None:
    request = wants(service(annotations={"aws-load-balancer-disable-nlb-sg": "?"}), Snapshot(), SETTINGS)

    assert request.route_tables


def test_the_stack_is_the_same_bytes_whatever_the_order_of_ports_annotations_and_flags() -> None:
    tags = {"aws-load-balancer-additional-resource-tags": "a=1,b=2", "aws-load-balancer-attributes": "x=1,y=2"}
    gar = {"aws-load-balancer-attributes": "y=2,x=1", "aws-load-balancer-additional-resource-tags": "b=2,a=1"}
    ports = [{"name": "a", **TCP_80}, {"name": "b", "port": 443, "nodePort": 30443}]

    def printed(annotations: dict[str, str], order: list[dict[str, object]], defaults: dict[str, str]) -> str:
        settings = MappingSettings(cluster_name="demo", default_tags=defaults)
        plain = stack(service(*order, annotations=annotations), settings=settings).to_plain()
        # The rules of the managed group follow the ports of the Service, as in the reference; AWS takes them as a set.
        del plain["resources"]["AWS::EC2::SecurityGroup"]
        return json.dumps(plain)

    assert printed(tags, ports, {"m": "1", "n": "2"}) == printed(gar, ports[::-1], {"n": "2", "m": "1"})
