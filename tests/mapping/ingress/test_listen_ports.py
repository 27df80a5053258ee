"""Ports, sources and TLS of one member, and what holds for a port of a group (spec/ingress.md §9)."""

from typing import Any

import pytest

from albc.kube.objects import Ingress
from albc.model.listener import Listener
from albc.model.security_group import SecurityGroup
from tests.mapping.ingress.kit import (
    HTTP_AND_HTTPS,
    Thing,
    annotated,
    built,
    class_with,
    errors,
    fault,
    ingress,
    listener,
    path,
    rule,
    rules,
    settings,
    stack,
    warnings,
)


def ports(*things: Thing, **more: Any) -> dict[int, str]:
    return {each.port: each.protocol for each in stack(*things, **more).all(Listener)}


def member(name: str, **annotations: Any) -> Ingress:
    return ingress(
        name=name, annotations={"group.name": "edge", **{k.replace("_", "-"): v for k, v in annotations.items()}}
    )


HTTPS = {"listen_ports": '[{"HTTPS": 443}]', "certificate_arn": "arn:cert/own"}


def test_without_certificates_port_80_listens() -> None:
    assert ports(ingress()) == {80: "HTTP"}


def test_with_certificates_port_443_listens() -> None:
    assert ports(annotated(certificate_arn="arn:cert/own")) == {443: "HTTPS"}
    assert ports(ingress(), *class_with(certificateArn=["arn:cert/own"])) == {443: "HTTPS"}


def test_ports_may_stand_in_one_object_or_in_several() -> None:
    subject = annotated(listen_ports='[{"HTTP": 80, "HTTPS": 443}, null, {"HTTP": 8080}]', certificate_arn="x")

    assert ports(subject) == {80: "HTTP", 443: "HTTPS", 8080: "HTTP"}


def test_of_a_repeated_port_the_last_entry_counts() -> None:
    assert ports(annotated(listen_ports='[{"HTTP": 80}, {"HTTPS": 80}]', certificate_arn="x")) == {80: "HTTPS"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("80,443", "is not valid JSON"),
        ("[]", "at least one port"),
        ("null", "at least one port"),
        ('{"HTTP": 80}', "must be a list"),
        ('[{"HTTP": 0}]', "from 1 to 65535, not 0"),
        ('[{"HTTP": 65536}]', "from 1 to 65535, not 65536"),
        ('[{"HTTP": null}]', "from 1 to 65535, not 0"),
        ('[{"HTTP": "80"}]', "whole number"),
        ('[{"http": 80}]', 'HTTP or HTTPS for port 80, not "http"'),
        ('[{"TCP": 0}]', "from 1 to 65535"),
    ],
)
def test_unusable_ports_are_told(text: str, told: str) -> None:
    message = fault(annotated(listen_ports=text))

    assert message.startswith("alb.ingress.kubernetes.io/listen-ports")
    assert told in message


def test_no_port_at_all_gives_a_load_balancer_without_listeners_and_a_warning() -> None:
    subject = annotated(listen_ports="[{}]")

    assert ports(subject) == {}
    assert "NoListener" in [warning.reason for warning in warnings(subject)]


@pytest.mark.parametrize(
    "cidr", ["10.0.0.0", "10.0.0.0/33", "10.0.0/8", "::/129", "x/8", "10.0.0.0/8 x", "fe80::%1/64"]
)
def test_what_is_no_cidr_is_refused(cidr: str) -> None:
    assert f'"{cidr}" is no CIDR block' in fault(annotated(inbound_cidrs=cidr))
    assert "IngressClassParams params" in fault(ingress(), *class_with(inboundCIDRs=[cidr]))


def test_a_cidr_may_have_host_bits_and_is_kept_as_written() -> None:
    [group] = stack(annotated(inbound_cidrs="10.1.2.3/8")).all(SecurityGroup)

    assert group.ingress[0].ip_ranges[0].cidr_ip == "10.1.2.3/8"


def test_the_class_goes_before_the_annotations() -> None:
    things = class_with(inboundCIDRs=["10.0.0.0/8"], sslPolicy="ours", certificateArn=["arn:cert/ours"])
    found = stack(annotated(inbound_cidrs="nonsense", ssl_policy="mine", certificate_arn="arn:cert/mine"), *things)

    assert listener(found, 443).certificates == ("arn:cert/ours",)
    assert listener(found, 443).ssl_policy == "ours"


def test_the_ssl_policy_has_a_default_and_an_empty_one_is_a_value() -> None:
    assert listener(stack(annotated(**HTTPS)), 443).ssl_policy == "ELBSecurityPolicy-2016-08"
    flag = settings(default_ssl_policy="newer")
    assert listener(stack(annotated(**HTTPS), settings=flag), 443).ssl_policy == "newer"
    assert listener(stack(annotated(**HTTPS, ssl_policy="")), 443).ssl_policy == ""


def test_http_listeners_have_no_tls() -> None:
    plain = listener(stack(ingress(annotations=HTTP_AND_HTTPS)))

    assert (plain.certificates, plain.ssl_policy) == ((), None)


def test_a_silent_member_takes_what_others_say() -> None:
    found = stack(member("a"), member("b", inbound_cidrs="10.0.0.0/8"), group="edge")

    [group] = found.all(SecurityGroup)
    assert [each.ip_ranges[0].cidr_ip for each in group.ingress] == ["10.0.0.0/8"]


def test_equal_sources_in_another_order_agree() -> None:
    found = stack(
        member("a", inbound_cidrs="10.0.0.0/8,192.168.0.0/16"),
        member("b", inbound_cidrs="192.168.0.0/16,10.0.0.0/8,10.0.0.0/8"),
        group="edge",
    )

    assert len(rules(found)) == 2


@pytest.mark.parametrize(
    ("what", "first", "second"),
    [
        ("protocol", {}, {"listen_ports": '[{"HTTPS": 80}]', "certificate_arn": "x"}),
        ("inbound-cidrs", {"inbound_cidrs": "10.0.0.0/8"}, {"inbound_cidrs": "0.0.0.0/0"}),
        ("security-group-prefix-lists", {"security_group_prefix_lists": "x"}, {"security_group_prefix_lists": "y"}),
    ],
)
def test_a_member_that_contradicts_leaves_the_port_to_the_earlier_one(
    what: str, first: dict[str, str], second: dict[str, str]
) -> None:
    result = built(member("a", **first), member("b", **second), group="edge")

    assert result.stack is not None
    assert len(rules(result.stack)) == 1
    [problem] = errors(result)
    assert problem.object.name == "b"
    assert f"{what} of port 80" in problem.message


@pytest.mark.parametrize(
    ("annotation", "first", "second"),
    [
        ("ssl_policy", "x", "y"),
        ("mutual_authentication", '[{"port": 443, "mode": "off"}]', '[{"port": 443, "mode": "passthrough"}]'),
    ],
)
def test_a_member_that_contradicts_over_tls_keeps_its_other_ports(annotation: str, first: str, second: str) -> None:
    both = {"listen_ports": HTTP_AND_HTTPS["listen-ports"], "certificate_arn": "x"}
    result = built(
        member("a", **HTTPS, **{annotation: first}), member("b", **both, **{annotation: second}), group="edge"
    )

    assert result.stack is not None
    assert (len(rules(result.stack, 443)), len(rules(result.stack, 80))) == (1, 1)
    assert [problem.object.name for problem in errors(result)] == ["b"]


def test_the_default_certificate_is_listed_again_where_it_is_named_again() -> None:
    assert listener(stack(annotated(certificate_arn="A,C,B,,A,C")), 443).certificates == ("A", "C", "B", "A")


def test_certificates_of_later_members_are_appended_once() -> None:
    found = stack(member("a", certificate_arn="A,B"), member("b", certificate_arn="B,C"), group="edge")

    assert listener(found, 443).certificates == ("A", "B", "C")


def test_https_without_any_certificate_is_told_before_aws_is_asked() -> None:
    message = fault(annotated(listen_ports='[{"HTTPS": 443}]'))

    assert "port 443 listens with HTTPS, but no certificate is named" in message


def test_a_member_without_certificate_may_use_those_of_others() -> None:
    found = stack(member("a", **HTTPS), member("b", listen_ports='[{"HTTPS": 443}]'), group="edge")

    assert len(rules(found, 443)) == 2


def test_members_on_other_ports_have_no_rules_there() -> None:
    other = ingress(rule(host="x.com"), name="b", annotations={"group.name": "edge", "listen-ports": '[{"HTTP": 81}]'})
    found = stack(member("a"), other, group="edge")

    assert (len(rules(found)), len(rules(found, 81))) == (1, 0)


def test_who_names_certificates_beside_an_earlier_member_is_told_whose_the_default_one_is() -> None:
    def member(name: str, certificate: str) -> Ingress:
        given = {"group.name": "edge", "listen-ports": '[{"HTTPS": 443}]', "certificate-arn": certificate}
        return ingress(rule(path(), host=f"{name}.com"), name=name, annotations=given)

    found = built(member("a", "arn:a"), member("b", "arn:b"), member("c", "arn:a"), group="edge")
    [warning] = found.problems
    assert (warning.object.name, warning.severity) == ("b", "warning")
    assert "the default certificate of port 443 is that of Ingress shop/a" in warning.message
