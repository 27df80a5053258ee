"""Whatever a user writes: a stack or a problem, never a crash, and the same one every time."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from albc.mapping.service.classic import parsed
from albc.mapping.service.classic.build import build, wants
from albc.mapping.service.parsed import Field
from albc.mapping.settings import MappingSettings
from albc.model.facts import Facts
from tests.mapping.service.classic.kit import CERTIFICATE, FACTS, existing, service

FITTING: Mapping[Field[Any], tuple[str, ...]] = {
    parsed.TYPE: ("clb", ""),
    parsed.TARGET_TYPE: ("instance",),
    parsed.IP_ADDRESS_TYPE: ("ipv4",),
    parsed.SCHEME: ("internal", "internet-facing"),
    parsed.SUBNETS: ("subnet-1,subnet-2", "elb-a"),
    parsed.SECURITY_GROUPS: ("web", "sg-0a,sg-db", ","),
    parsed.EXTRA_SECURITY_GROUPS: ("sg-0d", "web"),
    parsed.MANAGE_NODE_RULES: ("true", "false"),
    parsed.SOURCE_RANGES: ("10.0.0.0/8", "0.0.0.0/0,192.0.2.7/24"),
    parsed.CERTIFICATE: (CERTIFICATE,),
    parsed.TLS_PORTS: ("80", "web,443", "*"),
    parsed.BACKEND_PROTOCOL: ("http", "https", "ssl", "tcp"),
    parsed.PROXY_PROTOCOL: ("*",),
    parsed.ACCESS_LOG_EMIT_INTERVAL: ("5", "60"),
    parsed.ACCESS_LOG_ENABLED: ("true", "false"),
    parsed.DRAINING_ENABLED: ("true",),
    parsed.CROSS_ZONE_ENABLED: ("true",),
    parsed.HEALTH_CHECK_PROTOCOL: ("http", "TCP", "ssl"),
    parsed.HEALTH_CHECK_PORT: ("traffic-port", "8080"),
    parsed.HEALTH_CHECK_PATH: ("/up",),
    parsed.HEALTHY_THRESHOLD: ("3",),
    parsed.UNHEALTHY_THRESHOLD: ("3",),
    parsed.HEALTH_CHECK_TIMEOUT: ("4",),
    parsed.HEALTH_CHECK_INTERVAL: ("30",),
}
"""Values that make sense; where a field has none here, `30` does."""

JUNK = st.sampled_from(["", ",", "*", "=", "\\", "true", "0", "-1", "99999999999", "{}", "::/0"]) | st.text(max_size=12)
FIELDS = [value for value in vars(parsed).values() if isinstance(value, Field)]


@st.composite
def annotations(draw: st.DrawFn) -> Mapping[str, str]:
    chosen = draw(st.lists(st.sampled_from(FIELDS), max_size=6))
    return {
        field.name: draw(st.sampled_from(FITTING.get(field, ("30",))) if draw(st.integers(0, 9)) else JUNK)
        for field in chosen
    }


PORTS = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.sampled_from(["", "web"]),
            "port": st.sampled_from([80, 443, 8443]),
            "protocol": st.sampled_from(["TCP"] * 8 + ["UDP"]),
            "nodePort": st.sampled_from([30080, 30081, 30080, 0]),
        }
    ),
    min_size=1,
    max_size=3,
)
SPECS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "externalTrafficPolicy": st.sampled_from(["", "Local"]),
        "healthCheckNodePort": st.sampled_from([32000, 0]),
        "ipFamilies": st.sampled_from([["IPv4"], ["IPv4"], ["IPv4", "IPv6"], ["IPv6"]]),
        "loadBalancerSourceRanges": st.sampled_from([[], ["10.0.0.0/8"], [" 10.0.0.0/8 "], ["::/0"], ["x"]]),
    }
)
SETTINGS = st.builds(
    MappingSettings,
    cluster_name=st.just("demo"),
    classic_elb_security_group=st.sampled_from(["", "sg-all"]),
    classic_shared_health_probe=st.booleans(),
    default_tags=st.sampled_from([{}, {"team": "ops"}]),
)
ACCOUNTS = st.sampled_from([FACTS, FACTS, existing(), existing("internal"), replace(FACTS, subnets=())])


@settings(max_examples=300)
@given(annotations(), PORTS, SPECS, SETTINGS, ACCOUNTS)
def test_every_service_makes_a_stack_or_one_problem(
    notes: Mapping[str, str], ports: list[dict[str, Any]], spec: dict[str, Any], flags: MappingSettings, known: Facts
) -> None:
    subject = service(*ports, annotations=notes, **spec)

    wants(subject, flags)
    result = build(subject, known, flags)

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
    shuffled, subnets, groups = list(notes.items()), list(FACTS.subnets), list(FACTS.security_groups)
    for items in (shuffled, subnets, groups):
        shuffle.shuffle(items)
    other = replace(FACTS, subnets=tuple(subnets), security_groups=tuple(groups))

    assert build(service(*ports, annotations=notes), FACTS, flags) == build(
        service(*ports, annotations=dict(shuffled)), other, flags
    )
