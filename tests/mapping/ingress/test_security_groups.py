"""Security groups of the load balancer, and the one that targets let in (spec/ingress.md §11.4, §12)."""

from typing import Any

import pytest

from albc.kube.objects import Ingress
from albc.mapping.ingress.build import wants
from albc.model.reference import Ref
from albc.model.security_group import IPPermission, SecurityGroup
from albc.model.target_group_binding import TargetGroupBinding
from tests.mapping.ingress.kit import (
    SETTINGS,
    Thing,
    annotated,
    built,
    errors,
    fault,
    group_id,
    ingress,
    load_balancer,
    settings,
    snapshot,
    stack,
    warnings,
)

MANAGED = Ref("AWS::EC2::SecurityGroup", "ManagedLBSecurityGroup", "groupID")


def groups(*things: Thing, **more: Any) -> tuple[object, ...]:
    return load_balancer(stack(*things, **more)).security_groups


def source(*things: Thing, **more: Any) -> object:
    """The group that targets let in."""
    [binding] = stack(*things, **more).all(TargetGroupBinding)
    if binding.networking is None:
        return None
    [rule] = binding.networking
    return rule.from_[0].security_group


def permissions(*things: Thing, **more: Any) -> tuple[IPPermission, ...]:
    [group] = stack(*things, **more).all(SecurityGroup)
    return group.ingress


def test_without_groups_albc_makes_one_beside_the_shared_backend_group() -> None:
    assert groups(ingress()) == (MANAGED, "sg-0be")
    assert source(ingress()) == "sg-0be"


def test_without_the_backend_group_targets_let_the_managed_one_in() -> None:
    off = settings(enable_backend_security_group=False)

    assert groups(ingress(), settings=off) == (MANAGED,)
    assert source(ingress(), settings=off) == MANAGED


def test_a_backend_group_given_by_flag_is_used() -> None:
    assert groups(ingress(), settings=settings(backend_security_group="sg-mine")) == (MANAGED, "sg-mine")


def test_given_groups_stand_alone_and_leave_the_targets_to_the_user() -> None:
    subject = annotated(security_groups="web,sg-0d")
    built_stack = stack(subject)

    assert load_balancer(built_stack).security_groups == ("sg-0d", "sg-0a")
    assert not built_stack.all(SecurityGroup)
    assert source(subject) is None


def test_given_groups_may_be_managed_by_the_backend_group() -> None:
    subject = annotated(security_groups="web", manage_backend_security_group_rules="true")

    assert groups(subject) == ("sg-0a", "sg-0be")
    assert source(subject) == "sg-0be"
    by_flag = settings(enable_manage_backend_security_group_rules=True)
    assert groups(annotated(security_groups="web"), settings=by_flag) == ("sg-0a", "sg-0be")


def test_managing_needs_the_backend_group() -> None:
    subject = annotated(security_groups="web", manage_backend_security_group_rules="true")

    assert "needs the backend security group" in fault(subject, settings=settings(enable_backend_security_group=False))


def test_the_flag_is_only_read_beside_groups() -> None:
    assert groups(annotated(manage_backend_security_group_rules="maybe")) == (MANAGED, "sg-0be")
    assert "must be true or false" in fault(
        annotated(security_groups="web", manage_backend_security_group_rules="maybe")
    )


def test_an_empty_list_of_groups_is_as_none() -> None:
    assert groups(annotated(security_groups=",")) == (MANAGED, "sg-0be")


def test_an_unknown_group_is_named() -> None:
    assert "[nowhere]" in fault(annotated(security_groups="web,nowhere"))


def member(name: str, **annotations: str) -> Ingress:
    return ingress(
        name=name, annotations={"group.name": "edge", **{k.replace("_", "-"): v for k, v in annotations.items()}}
    )


@pytest.mark.parametrize("later", ["db", "db,web"])
def test_a_member_with_other_groups_is_left_out_whatever_their_order(later: str) -> None:
    result = built(member("a", security_groups="web,db"), member("b", security_groups=later), group="edge")

    assert [problem.object.name for problem in errors(result)] == ["b"]
    assert [ref.name for ref in result.left_out] == ["b"]


def test_the_names_of_the_managed_group() -> None:
    [single] = stack(ingress(name="web-front"), group="shop/web-front").all(SecurityGroup)
    [explicit] = stack(ingress(annotations={"group.name": "my-team.edge"}), group="my-team.edge").all(SecurityGroup)

    assert single.group_name == "k8s-shop-webfront-d3c102fcfb"
    assert explicit.group_name == "k8s-myteamedge-24fba04220"
    assert single.description == "[k8s] Managed SecurityGroup for LoadBalancer"


def _sources(found: tuple[IPPermission, ...]) -> list[tuple[int | None, str]]:
    return [
        (
            each.from_port,
            "".join(
                [
                    *(r.cidr_ip for r in each.ip_ranges),
                    *(r.cidr_ipv6 for r in each.ipv6_ranges),
                    *(p.list_id for p in each.prefix_lists),
                ]
            ),
        )
        for each in found
    ]


def test_anyone_may_connect_to_every_port_by_default() -> None:
    subject = annotated(listen_ports='[{"HTTP": 8080}, {"HTTP": 80}]')

    assert _sources(permissions(subject)) == [(80, "0.0.0.0/0"), (8080, "0.0.0.0/0")]


def test_ipv6_sources_are_for_dualstack_load_balancers() -> None:
    assert _sources(permissions(annotated(ip_address_type="dualstack"))) == [(80, "0.0.0.0/0"), (80, "::/0")]


def test_prefix_lists_alone_leave_no_room_for_addresses() -> None:
    assert _sources(permissions(annotated(security_group_prefix_lists="pl-2,pl-1"))) == [(80, "pl-1"), (80, "pl-2")]
    both = annotated(security_group_prefix_lists="pl-1", inbound_cidrs="10.0.0.0/8")
    assert _sources(permissions(both)) == [(80, "10.0.0.0/8"), (80, "pl-1")]


def test_ipv6_sources_alone_on_an_ipv4_load_balancer_are_warned_of() -> None:
    subject = annotated(inbound_cidrs="2001:db8::/32")

    assert permissions(subject) == ()
    [warning] = warnings(subject)
    assert (warning.reason, warning.severity) == ("NoInboundTraffic", "warning")


def test_the_backend_group_is_only_asked_for_where_it_is_used() -> None:
    def asked(subject: Ingress) -> bool:
        return wants(group_id("shop/web"), snapshot(subject), SETTINGS).backend_security_group

    assert asked(ingress())
    assert not asked(annotated(security_groups="web"))
    assert asked(annotated(security_groups="web", manage_backend_security_group_rules="true"))
