"""Target group attributes: general, for one port, and the two annotations for proxy protocol."""

from collections.abc import Mapping

import pytest

from albc.mapping.service.target_groups import preserves_client_ip
from tests.mapping.service.kit import IP, TCP_80, fault, service, stack, target_group, warnings

ATTRIBUTES = "aws-load-balancer-target-group-attributes"
PROXY = "aws-load-balancer-proxy-protocol"
PROXY_PORTS = "aws-load-balancer-proxy-protocol-per-target-group"
V2 = "proxy_protocol_v2.enabled"

TWO = ({"name": "http", **TCP_80}, {"name": "https", "port": 443, "nodePort": 30443})


def attributes(annotations: Mapping[str, str], port: int = 80) -> dict[str, str]:
    group = target_group(stack(service(*TWO, annotations=annotations)), port)
    found = {attribute.key: attribute.value for attribute in group.attributes}
    assert list(found) == sorted(found)
    return found


def test_proxy_protocol_is_off_and_nothing_else_is_said() -> None:
    assert attributes({}) == {V2: "false"}


def test_unknown_attributes_and_empty_values_are_passed_on() -> None:
    assert attributes({ATTRIBUTES: "z=1,a="}) == {V2: "false", "a": "", "z": "1"}


def test_attributes_for_a_port_override_the_general_ones_there() -> None:
    given = {ATTRIBUTES: "a=1,b=2", f"{ATTRIBUTES}.443": "a=9,c=3"}

    assert attributes(given, 80) == {V2: "false", "a": "1", "b": "2"}
    assert attributes(given, 443) == {V2: "false", "a": "9", "b": "2", "c": "3"}


def test_an_empty_value_for_a_port_keeps_the_general_one() -> None:
    assert attributes({ATTRIBUTES: "a=1", f"{ATTRIBUTES}.80": "a="}) == {V2: "false", "a": "1"}


def test_proxy_protocol_can_be_turned_on_for_some_ports_and_is_off_for_the_others() -> None:
    given = {ATTRIBUTES: f"{V2}=true", PROXY_PORTS: " 443 , "}

    assert attributes(given, 443)[V2] == "true"
    assert attributes(given, 80)[V2] == "false"


def test_the_asterisk_turns_proxy_protocol_on_everywhere() -> None:
    assert attributes({PROXY: "*", PROXY_PORTS: "443", ATTRIBUTES: f"{V2}=false"})[V2] == "true"


def test_an_empty_proxy_protocol_attribute_leaves_the_key_out() -> None:
    assert attributes({ATTRIBUTES: f"{V2}="}) == {}


@pytest.mark.parametrize("word", ["", "true", "v2"])
def test_proxy_protocol_knows_one_word(word: str) -> None:
    assert "must be *" in fault(service(annotations={PROXY: word}))


def test_a_port_that_is_no_number_is_refused() -> None:
    assert 'the value "http" must be numbers of service ports' in fault(service(annotations={PROXY_PORTS: "80,http"}))


@pytest.mark.parametrize("suffix", [ATTRIBUTES, f"{ATTRIBUTES}.80"])
@pytest.mark.parametrize("value", ["on", ""])
def test_client_ip_preservation_must_be_a_boolean(suffix: str, value: str) -> None:
    message = fault(service(annotations={suffix: f"preserve_client_ip.enabled={value}"}))

    assert f'{suffix}: the value "{value}" of preserve_client_ip.enabled must be true or false' in message


@pytest.mark.parametrize(
    ("annotations", "expected"),
    [
        ({}, True),
        (IP, False),
        ({ATTRIBUTES: "preserve_client_ip.enabled=false"}, False),
        ({**IP, ATTRIBUTES: "preserve_client_ip.enabled=t"}, True),
    ],
)
def test_instances_see_their_clients_and_ips_do_not_unless_said_otherwise(
    annotations: Mapping[str, str], expected: bool
) -> None:
    assert preserves_client_ip(target_group(stack(service(annotations=annotations)))) is expected


@pytest.mark.parametrize(
    ("annotation", "told"),
    [
        ({f"{ATTRIBUTES}.http": "a=1"}, "write 80"),
        ({f"{ATTRIBUTES}.8080": "a=1"}, "the ports are 80, 443"),
        ({PROXY_PORTS: "080"}, "write 80"),
        ({PROXY_PORTS: "+443"}, "write 443"),
    ],
)
def test_a_port_that_is_not_meant_by_that_word_does_nothing_and_says_what_is(
    annotation: Mapping[str, str], told: str
) -> None:
    [warning] = warnings(service(*TWO, annotations=annotation))

    assert warning.message.endswith(told)
    assert next(iter(annotation)) in warning.message
