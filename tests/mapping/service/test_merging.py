"""TCP and UDP on one port: one TCP_UDP listener, or the first of the two."""

import pytest

from albc.mapping.settings import MappingSettings
from albc.model.listener import Listener
from tests.mapping.service.kit import IP, SETTINGS, fault, listener, service, stack, target_group, warnings

MERGE = "aws-load-balancer-enable-tcp-udp-listener"
TCP = {"name": "t", "port": 53, "targetPort": 5353, "protocol": "TCP"}
UDP = {"name": "u", "port": 53, "targetPort": 5354, "protocol": "UDP"}
GATE_ON = MappingSettings(cluster_name="demo", enable_tcp_udp_listener=True)


def test_a_pair_makes_one_listener_from_the_entry_that_stands_first() -> None:
    built = stack(service(UDP, TCP, annotations={**IP, MERGE: "true"}))

    assert [(one.port, one.protocol) for one in built.all(Listener)] == [(53, "TCP_UDP")]
    assert (target_group(built, 53).protocol, target_group(built, 53).port) == ("TCP_UDP", 5354)


@pytest.mark.parametrize("word", ["maybe", ""])
def test_a_word_that_is_no_boolean_leaves_it_to_the_gate(word: str) -> None:
    subject = service(TCP, UDP, annotations={**IP, MERGE: word})

    assert listener(stack(subject, settings=GATE_ON), 53).protocol == "TCP_UDP"
    assert listener(stack(subject, settings=SETTINGS), 53).protocol == "TCP"


def test_the_annotation_wins_over_the_gate() -> None:
    assert (
        listener(stack(service(TCP, UDP, annotations={**IP, MERGE: "false"}), settings=GATE_ON), 53).protocol == "TCP"
    )


def test_unmerged_the_second_port_of_a_number_is_dropped_with_a_warning() -> None:
    subject = service(UDP, TCP, annotations=IP)

    [warning] = warnings(subject)

    assert listener(stack(subject), 53).protocol == target_group(stack(subject), 53).protocol == "UDP"
    assert warning.reason == "PortDropped"
    assert "port 53/TCP gets no listener" in warning.message


def test_three_ports_of_one_number_cannot_be_merged() -> None:
    sctp = {"name": "s", "port": 53, "protocol": "SCTP"}

    assert "can only merge two ports" in fault(service(TCP, UDP, sctp, annotations={**IP, MERGE: "true"}))


def test_only_tcp_and_udp_can_be_merged() -> None:
    sctp = {"name": "s", "port": 53, "protocol": "SCTP"}

    assert "unsupported protocol for merging: SCTP" in fault(service(TCP, sctp, annotations={**IP, MERGE: "true"}))


def test_one_protocol_twice_cannot_be_merged() -> None:
    again = {**TCP, "name": "again"}

    assert "stands twice with protocol TCP" in fault(service(TCP, again, annotations={**IP, MERGE: "true"}))
