"""A binding's targets follow its Pods: few calls, in the right order, and safe to interrupt anywhere."""

from typing import Any

import anyio
import pytest
from target_world import AT_ONCE, TargetWorld, node

from albc.errors import AlbcError, Invalid, NotFound, Unavailable
from albc.local.aws.faults import Fault, FaultKind
from albc.targets.pace import Pace
from albc.targets.reconciler import TargetSettings

pytestmark = pytest.mark.anyio

ONE, TWO, THREE = "127.19.0.1:8080", "127.19.0.2:8080", "127.19.0.3:8080"
WRITES = ("RegisterTargets", "DeregisterTargets")


@pytest.fixture
def world() -> TargetWorld:
    world = TargetWorld()
    world.pod("a", "127.19.0.1")
    world.pod("b", "127.19.0.2")
    world.slice_of("a", "b")
    return world


def fail(world: TargetWorld, operation: str, code: str, message: str = "", times: int = 1) -> None:
    world.account.faults.add(Fault(FaultKind.ERROR, operation=operation, code=code, message=message, times=times))


# Registration


async def test_all_pods_are_registered_in_one_call(world: TargetWorld) -> None:
    await world.settle()
    assert world.registered() == {ONE, TWO}
    assert len(world.called(*WRITES)) == 1


async def test_a_pod_is_deregistered_as_soon_as_it_is_told_to_go(world: TargetWorld) -> None:
    await world.settle()
    world.go("a")  # its slice still says that it is ready
    await world.settle()
    assert world.registered() == {TWO}


async def test_of_many_targets_only_the_difference_is_sent(world: TargetWorld) -> None:
    names = [f"p{number}" for number in range(250)]
    for number, name in enumerate(names):
        world.pod(name, f"127.19.1.{number + 1}")
    world.slice_of(*names)
    await world.settle()
    world.account.calls.clear()
    world.pod("new", "127.19.2.1")
    world.slice_of(*names[1:], "new")
    await world.settle()
    assert [[target["Id"] for target in each["Targets"]] for each in world.called(*WRITES)] == [
        ["127.19.1.1"],
        ["127.19.2.1"],
    ]
    assert world.called("DescribeTargetHealth") == []


async def test_a_target_that_drains_and_is_wanted_again_is_registered_again(world: TargetWorld) -> None:
    await world.settle()
    world.slice_of("b")
    await world.settle()
    world.slice_of("a", "b")
    await world.settle()
    assert world.registered() == {ONE, TWO}


async def test_pods_that_come_while_changes_are_gathered_go_in_the_same_call() -> None:
    world = TargetWorld(settings=TargetSettings(pace=Pace(gather_seconds=0.02)))
    world.pod("a", "127.19.0.1")
    world.pod("b", "127.19.0.2")
    world.slice_of("a")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(world.reconcile)
        await anyio.lowlevel.checkpoint()
        world.slice_of("a", "b")
    assert [len(each["Targets"]) for each in world.called(*WRITES)] == [2]


async def test_a_full_target_group_takes_no_more_than_its_cap() -> None:
    world = TargetWorld(settings=TargetSettings(pace=AT_ONCE, max_targets=2))
    for number in range(1, 5):
        world.pod(f"p{number}", f"127.19.0.{number}")
    world.slice_of("p1", "p2", "p3", "p4")
    done = await world.settle()
    assert world.registered() == {ONE, TWO}
    assert not done.again


async def test_nodes_are_the_targets_of_a_binding_of_type_instance(world: TargetWorld) -> None:
    arn = world.target_group("nodes", TargetType="instance")
    world.service(type="NodePort")
    world.binding(targetGroupARN=arn, targetType="instance")
    await world.settle()
    assert world.registered(arn) == {"i-0000000000000000a:30080"}


async def test_a_target_group_may_be_named_by_its_name(world: TargetWorld) -> None:
    world.binding(targetGroupARN="", targetGroupName="web")
    await world.settle()
    assert world.registered() == {ONE, TWO}


async def test_a_name_is_looked_up_once_until_its_binding_goes(world: TargetWorld) -> None:
    world.binding(targetGroupARN="", targetGroupName="web")
    await world.settle()
    world.slice_of("a")
    await world.settle()
    assert world.called("DescribeTargetGroups") == [{"Names": ["web"]}]
    await world.clean_up()
    world.binding(targetGroupARN="", targetGroupName="web")
    await world.settle()
    assert len(world.called("DescribeTargetGroups")) == 2


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"targetGroupARN": ""}, "must provide either TargetGroupARN or TargetGroupName"),
        ({"targetType": None}, "targetType is not specified: shop/web"),
        ({"targetType": "instance"}, "service type must be either 'NodePort' or 'LoadBalancer'"),
    ],
)
async def test_what_the_user_must_change_is_said(world: TargetWorld, spec: dict[str, Any], message: str) -> None:
    world.binding(**spec)
    with pytest.raises(Invalid, match=message):
        await world.reconcile()


# Target groups do not wait for one another


async def test_a_slow_target_group_holds_up_no_other(world: TargetWorld) -> None:
    other = world.target_group("other")
    world.binding("other", targetGroupARN=other)
    call, slow = world.aws.call, anyio.Event()

    async def slowly(service: str, operation: str, **params: Any) -> Any:
        if params.get("TargetGroupArn") == world.arn:
            await slow.wait()
        return await call(service, operation, **params)

    world.aws.call = slowly
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(world.settle)
        await anyio.lowlevel.checkpoint()
        await world.settle("other")
        assert world.registered(other) == {ONE, TWO}
        assert world.registered() == set()
        slow.set()
    assert world.registered() == {ONE, TWO}


# Checkpoints


async def test_when_nothing_changed_aws_is_not_asked_even_after_a_restart(world: TargetWorld) -> None:
    await world.settle()
    world.restart()
    world.account.calls.clear()
    assert (await world.reconcile()).skipped
    assert list(world.account.calls) == []


async def test_a_failure_in_the_midst_leaves_no_checkpoint(world: TargetWorld) -> None:
    await world.settle()
    world.pod("c", "127.19.0.3")
    world.slice_of("b", "c")
    fail(world, "RegisterTargets", "AccessDenied")
    with pytest.raises(AlbcError):
        await world.reconcile()
    assert world.checkpoint == ""
    world.restart()
    await world.settle()
    assert world.registered() == {TWO, THREE}


async def test_who_takes_the_checkpoint_back_has_aws_asked_again(world: TargetWorld) -> None:
    await world.settle()
    world.by_hand("DeregisterTargets", ONE)
    binding = world.cluster.read("TargetGroupBinding", "web")
    binding["metadata"]["annotations"] = {}
    world.cluster.apply("TargetGroupBinding", binding)

    await world.settle()

    assert world.registered() == {ONE, TWO}


async def test_no_checkpoint_is_written_while_a_pod_waits_for_its_gate(world: TargetWorld) -> None:
    world.pod("a", "127.19.0.1", gate=True)
    world.slice_of("a")
    assert (await world.reconcile()).again == "monitor targetHealth"
    assert world.checkpoint == ""
    await world.settle()
    assert world.checkpoint != ""


# Readiness gates


async def test_a_gate_follows_the_health_of_its_target(world: TargetWorld) -> None:
    world.pod("a", "127.19.0.1", gate=True)
    world.slice_of("a", ready=False)
    await world.reconcile()
    assert world.condition("a") == ("False", "Elb.RegistrationInProgress")
    await world.settle()
    assert world.condition("a") == ("True", "")


async def test_gates_of_others_and_pods_without_ours_are_untouched(world: TargetWorld) -> None:
    theirs = {"type": "example.com/ready", "status": "False", "reason": "Theirs"}
    pod = world.cluster.read("Pod", "a")
    pod["spec"]["readinessGates"] = [
        {"conditionType": "example.com/ready"},
        {"conditionType": "target-health.elbv2.k8s.aws/web"},
    ]
    pod["status"]["conditions"].append(theirs)
    world.cluster.apply("Pod", pod)
    await world.settle()
    assert theirs in world.cluster.read("Pod", "a")["status"]["conditions"]
    assert world.condition("a") == ("True", "")
    assert world.condition("b") is None


async def test_an_open_gate_is_not_written_again(world: TargetWorld) -> None:
    world.pod("a", "127.19.0.1", gate=True)
    world.slice_of("a")
    await world.settle()
    world.cluster.calls.clear()
    world.restart()
    world.pod("b", "127.19.0.2", gate=True)
    world.slice_of("a", "b")
    await world.settle()
    assert {name for verb, kind, name in world.cluster.calls if kind == "Pod"} == {"b"}


async def test_a_gate_whose_condition_was_lost_is_set_again_after_a_restart(world: TargetWorld) -> None:
    world.pod("a", "127.19.0.1", gate=True)
    world.slice_of("a")
    await world.settle()
    pod = world.cluster.read("Pod", "a")
    pod["status"]["conditions"] = [{"type": "ContainersReady", "status": "True"}]
    world.cluster.apply("Pod", pod)
    world.restart()
    await world.settle()
    assert world.condition("a") == ("True", "")


async def test_a_restart_while_a_gate_is_shut_opens_it_all_the_same(world: TargetWorld) -> None:
    world.pod("a", "127.19.0.1", gate=True)
    world.slice_of("a")
    await world.reconcile()
    world.restart()
    await world.settle()
    assert world.condition("a") == ("True", "")


async def test_a_pod_of_several_target_groups_has_a_gate_for_each(world: TargetWorld) -> None:
    other = world.target_group("other")
    world.binding("other", targetGroupARN=other)
    pod = world.cluster.read("Pod", "a")
    pod["spec"]["readinessGates"] = [
        {"conditionType": f"target-health.elbv2.k8s.aws/{name}"} for name in ("web", "other")
    ]
    world.cluster.apply("Pod", pod)
    await world.settle("web")
    assert (world.condition("a"), world.condition("a", "other")) == (("True", ""), None)
    await world.settle("other")
    assert world.condition("a", "other") == ("True", "")


async def test_a_pod_that_is_another_by_now_holds_nobody_up(world: TargetWorld) -> None:
    world.pod("a", "127.19.0.1", gate=True)
    world.slice_of("a")
    patch_status = world.cluster.patch_status

    async def replaced_meanwhile(*args: Any, **more: Any) -> Any:
        world.pod("a", "127.19.0.1", gate=True)
        return await patch_status(*args, **more)

    world.cluster.patch_status = replaced_meanwhile  # type: ignore[method-assign]  # it happens between read and write
    done = await world.reconcile()
    assert not done.again
    assert world.condition("a") is None


# What goes


async def test_without_its_service_a_binding_has_no_targets_and_says_so(world: TargetWorld) -> None:
    world.pod("a", "127.19.0.1", gate=True)
    world.slice_of("a", "b")
    await world.settle()
    world.cluster.remove("Service", "web")
    done = await world.reconcile()
    assert done.warnings == (("BackendNotFound", 'backend not found: services "web" not found'),)
    assert world.registered() == set()
    assert world.checkpoint == ""


async def test_when_a_binding_goes_its_targets_go_and_its_gates_open(world: TargetWorld) -> None:
    world.pod("a", "127.19.0.1", gate=True)
    world.slice_of("a", "b")
    await world.reconcile()
    await world.clean_up()
    assert world.registered() == set()
    gate = world.cluster.read("Pod", "a")["status"]["conditions"][-1]
    assert (gate["status"], gate["message"]) == ("True", "Target Group Binding is deleted")


@pytest.mark.parametrize("code", ["TargetGroupNotFound", "InvalidTarget", "ValidationError"])
async def test_a_binding_can_go_when_its_target_group_is_gone(world: TargetWorld, code: str) -> None:
    await world.settle()
    fail(world, "DeregisterTargets", code)
    await world.clean_up()


async def test_a_binding_stays_when_its_targets_cannot_be_deregistered(world: TargetWorld) -> None:
    await world.settle()
    fail(world, "DeregisterTargets", "AccessDenied")
    with pytest.raises(AlbcError, match="AccessDenied"):
        await world.clean_up()


# Security groups


def networking(*ports: int) -> dict[str, Any]:
    rule = {
        "from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}],
        "ports": [{"protocol": "TCP", "port": port} for port in ports],
    }
    return {"ingress": [rule]}


async def test_pods_that_cannot_be_reached_are_registered_and_the_reason_is_told(world: TargetWorld) -> None:
    world.binding(networking=networking(8080))
    fail(world, "AuthorizeSecurityGroupIngress", "UnauthorizedOperation", "no")
    done = await world.reconcile()
    assert [reason for reason, _ in done.warnings] == ["FailedNetworkReconcile"]
    assert done.again == "networking reconciliation"
    assert world.registered() == {ONE, TWO}
    assert world.checkpoint == ""


async def test_nodes_that_cannot_be_reached_are_not_registered(world: TargetWorld) -> None:
    arn = world.target_group("nodes", TargetType="instance")
    world.service(type="NodePort")
    world.binding(targetGroupARN=arn, targetType="instance", networking=networking(30080))
    fail(world, "AuthorizeSecurityGroupIngress", "UnauthorizedOperation", "no")
    with pytest.raises(AlbcError):
        await world.reconcile()
    assert world.registered(arn) == set()


# Advice


async def test_pods_with_too_little_time_to_end_are_told_with_the_numbers(world: TargetWorld) -> None:
    world.pod("a", "127.19.0.1", spec={"terminationGracePeriodSeconds": 20})
    world.pod("b", "127.19.0.2", spec={})
    done = await world.reconcile()
    ((reason, message),) = done.warnings
    assert reason == "GracePeriodTooShort"
    assert "pod shop/a is killed 20 s after its deletion" in message
    assert "lets requests run on for 300 s (deregistration_delay.timeout_seconds)" in message


async def test_the_same_advice_is_given_once(world: TargetWorld) -> None:
    world.pod("a", "127.19.0.1", spec={})
    assert len((await world.reconcile()).warnings) == 1
    world.pod("c", "127.19.0.3", spec={})
    world.slice_of("a", "b", "c")
    assert (await world.reconcile()).warnings == ()


async def test_pods_with_time_enough_need_no_advice(world: TargetWorld) -> None:
    assert (await world.reconcile()).warnings == ()


async def test_who_may_not_ask_for_the_delay_registers_all_the_same(world: TargetWorld) -> None:
    fail(world, "DescribeTargetGroupAttributes", "AccessDenied")
    assert (await world.reconcile()).warnings == ()
    assert world.registered() == {ONE, TWO}


# Shared target groups


async def test_targets_of_others_in_a_shared_target_group_are_never_deregistered(world: TargetWorld) -> None:
    world.binding(multiClusterTargetGroup=True)
    world.by_hand("RegisterTargets", "127.19.9.9:80")
    await world.settle()
    world.slice_of("b")
    await world.settle()
    assert world.registered() == {TWO, "127.19.9.9:80"}
    await world.clean_up()
    assert world.registered() == {"127.19.9.9:80"}


async def test_what_is_ours_is_written_down_before_it_is_registered(world: TargetWorld) -> None:
    world.binding(multiClusterTargetGroup=True)
    fail(world, "RegisterTargets", "AccessDenied")
    with pytest.raises(AlbcError):
        await world.reconcile()
    assert world.cluster.read("ConfigMap", "aws-lbc-targets-web")["data"] == {"targets": f"{ONE},{TWO}"}


async def test_while_the_list_of_ours_is_unknown_nothing_is_deregistered_and_it_is_written_anew(
    world: TargetWorld,
) -> None:
    world.binding(multiClusterTargetGroup=True)
    await world.settle()
    world.cluster.remove("ConfigMap", "aws-lbc-targets-web")
    world.restart()
    world.slice_of("b")
    await world.settle()
    assert world.registered() == {ONE, TWO}
    assert world.cluster.read("ConfigMap", "aws-lbc-targets-web")["data"] == {"targets": TWO}


async def test_a_restart_remembers_what_is_ours(world: TargetWorld) -> None:
    world.binding(multiClusterTargetGroup=True)
    await world.settle()
    world.restart()
    world.slice_of("b")
    await world.settle()
    assert world.registered() == {TWO}


async def test_the_list_of_ours_goes_with_the_binding_even_if_it_is_gone_already(world: TargetWorld) -> None:
    world.binding(multiClusterTargetGroup=True)
    await world.settle()
    await world.clean_up()
    assert not world.cluster.has("ConfigMap", "aws-lbc-targets-web")
    await world.clean_up()


async def test_a_target_group_of_one_cluster_needs_no_list(world: TargetWorld) -> None:
    await world.settle()
    await world.clean_up()
    assert [kind for _, kind, _ in world.cluster.calls if kind == "ConfigMap"] == []


async def test_an_empty_shared_binding_has_an_empty_list(world: TargetWorld) -> None:
    world.binding(multiClusterTargetGroup=True)
    world.slice_of()
    await world.settle()
    assert world.cluster.read("ConfigMap", "aws-lbc-targets-web")["data"] == {"targets": ""}


# Faults of the API server


async def test_a_checkpoint_that_cannot_be_written_is_an_error_that_names_the_binding(world: TargetWorld) -> None:
    world.cluster.apply(
        "TargetGroupBinding",
        {
            **world.cluster.read("TargetGroupBinding", "web"),
            "metadata": {"name": "web", "annotations": {"elbv2.k8s.aws/checkpoint": "old"}},
        },
    )
    world.cluster.down = True
    with pytest.raises(Unavailable, match="failed to update targetGroupBinding checkpoint: shop/web"):
        await world.reconcile()
    assert world.registered() == set()


async def test_fail_open_keeps_the_pods_of_a_node_that_fell_silent(world: TargetWorld) -> None:
    await world.settle()
    world.cluster.apply("Node", node("Unknown"), "")
    world.go("a")
    world.slice_of("a", "b", ready=False)
    await world.settle()
    assert world.registered() == {ONE, TWO}


async def test_an_unknown_target_group_name_is_not_found(world: TargetWorld) -> None:
    world.binding(targetGroupARN="", targetGroupName="nowhere")
    with pytest.raises(NotFound):
        await world.reconcile()
    await world.clean_up()
