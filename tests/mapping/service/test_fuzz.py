"""Whatever a user writes: a stack or a problem, never a crash, and the same one every time."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from albc.mapping.service import parsed
from albc.mapping.service.build import build, wants
from albc.mapping.service.parsed import Field, KeyedField
from albc.mapping.settings import MappingSettings
from albc.mapping.snapshot import NamespacedName, Snapshot
from albc.model.facts import Facts
from tests.mapping.service.kit import FACTS, existing, service

ACTION = '{"type":"forward","forwardConfig":{"targetGroups":[{"serviceName":"web","servicePort":80,"weight":1}]}}'
TO_ARN = '{"type":"forward","forwardConfig":{"targetGroups":[{"targetGroupARN":"arn:tg"}],"baseServiceWeight":3}}'
BOOLEANS = ("true", "false")
PORT_LISTS = ("80", "443", "web", "80,443")

FITTING: Mapping[Field[Any] | KeyedField[Any], Sequence[str]] = {
    parsed.TYPE: ("nlb-ip", "external", "nlb"),
    parsed.NAME: ("mine",),
    parsed.SCHEME: ("internal", "internet-facing"),
    parsed.INTERNAL: BOOLEANS,
    parsed.IP_ADDRESS_TYPE: ("ipv4", "dualstack"),
    parsed.SUBNETS: ("subnet-1,subnet-2", "internal-elb-b"),
    parsed.EIP_ALLOCATIONS: ("eipalloc-1,eipalloc-2",),
    parsed.PRIVATE_IPV4_ADDRESSES: ("10.0.1.9,10.0.2.9",),
    parsed.IPV6_ADDRESSES: ("2001:db8:0:1::9,2001:db8:0:2::9",),
    parsed.SOURCE_NAT_SWITCH: ("on", "off"),
    parsed.SOURCE_NAT_PREFIXES: ("auto_assigned,auto_assigned",),
    parsed.SECURITY_GROUPS: ("web", "sg-0a,sg-db", ","),
    parsed.DISABLE_SECURITY_GROUPS: BOOLEANS,
    parsed.MANAGE_BACKEND_RULES: BOOLEANS,
    parsed.PRIVATE_LINK_RULES: ("on", "off"),
    parsed.SOURCE_RANGES: ("10.1.0.0/16", "0.0.0.0/0,192.0.2.0/24"),
    parsed.PREFIX_LISTS: ("pl-1", ","),
    parsed.PATH_MTU_DISCOVERY: ("on",),
    parsed.CERTIFICATES: ("arn:aws:acm:eu-west-1:1:certificate/1",),
    parsed.TLS_PORTS: PORT_LISTS,
    parsed.QUIC_PORTS: PORT_LISTS,
    parsed.BACKEND_PROTOCOL: ("ssl", "tcp"),
    parsed.ALPN_POLICY: ("HTTP2Only", "None"),
    parsed.MERGE_TCP_AND_UDP: BOOLEANS,
    parsed.LISTENER_ATTRIBUTES: ("a=1",),
    parsed.ACTIONS: (ACTION, TO_ARN),
    parsed.TARGET_TYPE: ("ip", "instance"),
    parsed.PROXY_PROTOCOL: ("*",),
    parsed.PROXY_PROTOCOL_PORTS: PORT_LISTS,
    parsed.TARGET_GROUP_ATTRIBUTES: ("preserve_client_ip.enabled=true", "proxy_protocol_v2.enabled="),
    parsed.PORT_TARGET_GROUP_ATTRIBUTES: ("preserve_client_ip.enabled=false",),
    parsed.HEALTH_CHECK_PROTOCOL: ("tcp", "http", "HTTPS"),
    parsed.HEALTH_CHECK_PORT: ("traffic-port", "80", "9000", "web"),
    parsed.HEALTH_CHECK_INTERVAL: ("30",),
    parsed.HEALTH_CHECK_TIMEOUT: ("20",),
    parsed.HEALTHY_THRESHOLD: ("5",),
    parsed.UNHEALTHY_THRESHOLD: ("5",),
    parsed.MINIMUM_CAPACITY: ("CapacityUnits=5",),
    parsed.MULTI_CLUSTER: BOOLEANS,
}
"""Values that make sense; where a field has none here, any `key=value` does."""

JUNK = st.sampled_from(["", ",", "*", "=", "\\", "true", "0", "-1", "99999999999", "{}"]) | st.text(max_size=12)
KEYS = st.sampled_from(["80", "443", "TCP-80", "UDP-80", "TLS-443", "TCP_UDP-80", "http", "QUIC-443"])
FIELDS = [value for value in vars(parsed).values() if isinstance(value, Field | KeyedField)]


@st.composite
def annotations(draw: st.DrawFn) -> Mapping[str, str]:
    chosen = draw(st.lists(st.sampled_from(FIELDS), max_size=6))
    if draw(st.booleans()):
        chosen.append(parsed.TARGET_TYPE)
    values: dict[str, str] = {}
    for field in chosen:
        name = f"{field.name}.{draw(KEYS)}" if isinstance(field, KeyedField) else field.name
        fits = draw(st.integers(0, 9)) > 0
        values[name] = draw(st.sampled_from(FITTING.get(field, ("key=value",))) if fits else JUNK)
    return values


PORTS = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.sampled_from(["", "web"]),
            "port": st.sampled_from([80, 443, 8443]),
            "protocol": st.sampled_from(["TCP", "TCP", "UDP", "SCTP"]),
            "targetPort": st.sampled_from([0, 8080, "web"]),
            "nodePort": st.sampled_from([30080, 30080, 30080, 0]),
        }
    ),
    min_size=1,
    max_size=3,
)
SPECS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["LoadBalancer", "LoadBalancer", "NodePort", "ClusterIP"]),
        "externalTrafficPolicy": st.sampled_from(["", "Local"]),
        "healthCheckNodePort": st.sampled_from([32000, 32000, 0]),
        "ipFamilies": st.sampled_from([["IPv4"], ["IPv4"], ["IPv4", "IPv6"]]),
        "loadBalancerSourceRanges": st.sampled_from([[], ["10.0.0.0/8"]]),
    }
)
SETTINGS = st.builds(
    MappingSettings,
    cluster_name=st.just("demo"),
    enable_tcp_udp_listener=st.booleans(),
    enable_backend_security_group=st.booleans(),
    disable_restricted_sg_rules=st.booleans(),
    nlb_health_check_advanced_config=st.booleans(),
    default_target_type=st.sampled_from(["instance", "ip"]),
)
ACCOUNTS = st.sampled_from(
    [FACTS, FACTS, FACTS, existing(), existing("internet-facing", groups=()), replace(FACTS, subnets=())]
)


@settings(max_examples=400)
@given(annotations(), PORTS, SPECS, SETTINGS, ACCOUNTS)
def test_every_service_makes_a_stack_or_one_problem(
    notes: Mapping[str, str], ports: list[dict[str, Any]], spec: dict[str, Any], flags: MappingSettings, known: Facts
) -> None:
    subject = service(*ports, annotations=notes, **spec)
    snapshot = Snapshot(services={NamespacedName("shop", "web"): subject})

    wants(subject, snapshot, flags)
    result = build(subject, snapshot, known, flags)

    errors = [problem for problem in result.problems if problem.severity == "error"]
    assert (result.stack is None) == (len(errors) == 1)
    assert all(problem.message for problem in result.problems)
    if result.stack is not None:
        json.loads(result.stack.to_json())


@settings(max_examples=100)
@given(annotations(), PORTS, SETTINGS, st.randoms(use_true_random=False))
def test_the_order_of_maps_and_facts_changes_nothing(
    notes: Mapping[str, str], ports: list[dict[str, Any]], flags: MappingSettings, shuffle: Any
) -> None:
    shuffled_notes = list(notes.items())
    subnets = list(FACTS.subnets)
    shuffle.shuffle(shuffled_notes)
    shuffle.shuffle(subnets)
    one, other = service(*ports, annotations=notes), service(*ports, annotations=dict(shuffled_notes))

    assert build(one, Snapshot(), FACTS, flags) == build(
        other, Snapshot(), replace(FACTS, subnets=tuple(subnets)), flags
    )
