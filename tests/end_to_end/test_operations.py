"""What an operator sees when things break: each chapter of docs/operations.md, on albc as the chart installs it."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from typing import Any

import anyio
import pytest
from installed import Installed, Replica, installed_world
from world import KINDS

from albc.local.aws import AccountOptions, Fault, FaultKind, Quotas
from albc.local.demo.kinds import hostname_of

pytestmark = pytest.mark.anyio

PREFIX = "alb.ingress.kubernetes.io/"
RULES = 5
"""That the account allows for a load balancer."""
APP = """
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: echo}]}}
"""


def member(group: str, name: str, **annotations: str) -> dict[str, Any]:
    """An Ingress of the group with one rule, for its own host."""
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    annotations = {"group.name": group, "target-type": "ip", **annotations}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {
            "name": name,
            "namespace": "shop",
            "annotations": {PREFIX + key: value for key, value in annotations.items()},
        },
        "spec": {
            "ingressClassName": "alb",
            "rules": [
                {
                    "host": f"{name}.example.com",
                    "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]},
                }
            ],
        },
    }


def lines(log: str, words: str) -> list[str]:
    return [line for line in log.splitlines() if words in line]


async def warnings(world: Installed, name: str) -> list[Mapping[str, Any]]:
    return [event for event in await world.events("Ingress", name) if event["type"] == "Warning"]


@pytest.fixture(scope="module")
async def world(anyio_backend: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Installed]:
    """One replica, with one Ingress in hand."""
    account = AccountOptions(quotas=Quotas(rules_per_application_load_balancer=RULES))
    async with installed_world(tmp_path_factory.mktemp("operations"), account=account) as found:
        await found.start_replica()
        await found.apply_yaml(APP)
        await found.apply(member("first", "first"))
        await found.reconciled("Ingress", "shop", "first")
        yield found


@pytest.fixture
def replica(world: Installed) -> Replica:
    return world.replicas[-1]


async def test_when_the_leader_is_killed_amid_a_hundred_changes_the_other_finishes_them(
    anyio_backend: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with installed_world(tmp_path_factory.mktemp("replicas")) as world:
        first = await world.start_replica()
        assert await world.leader() is first
        second = await world.start_replica()
        await world.apply_yaml(APP)

        for number in range(100):  # a webhook that fails would refuse the change
            await world.apply(member(f"group-{number % 10}", f"web-{number}"))
            if number == 50:
                await world.kill_replica(first)

        async def taken_over() -> bool:
            return bool((await second.state())["engine"]["leader"]["leading"])

        await world.until(taken_over, "the lease has run out, and the other replica has it")

        async def all_told() -> bool:
            ingresses = (await world.client.list(KINDS["Ingress"])).items
            return len(ingresses) == 100 and all(map(hostname_of, ingresses))

        await world.until(all_told, "every Ingress has its load balancer")
        calls = Counter(call.operation for call in world.stack.account.calls if call.outcome == "ok")
        assert (calls["CreateLoadBalancer"], calls["CreateTargetGroup"], calls["CreateRule"]) == (10, 100, 100)
        assert len(lines(second.log(), "successfully acquired lease")) == 1
        assert "Traceback" not in first.log() + second.log()


async def test_a_restart_of_the_api_server_loses_nothing_and_is_told_in_two_lines(
    world: Installed, replica: Replica
) -> None:
    before = len(replica.log())
    world.stack.cluster.restart(1.0)
    await anyio.sleep(1.2)  # while it is down
    await world.apply(member("first", "after-restart"))
    await world.reconciled("Ingress", "shop", "after-restart")

    async def told() -> list[str]:
        return lines(replica.log()[before:], "watches resumed")

    await world.until(told, "the log says that it is over")
    said = replica.log()[before:]
    assert len(lines(said, "watches interrupted")) == 1
    assert len(lines(said, "cannot list or watch")) == 0
    assert "Traceback" not in said


async def test_watches_that_are_cut_and_refused_with_410_lose_nothing(world: Installed, replica: Replica) -> None:
    await world.stop_replica(replica)  # what has been interrupted of late comes back the more slowly
    replica = await world.start_replica()
    before = len(replica.log())
    world.stack.cluster.expire_history()
    world.stack.cluster.cut_watches()
    await world.apply(member("first", "after-410"))
    await world.reconciled("Ingress", "shop", "after-410")

    async def told() -> list[str]:
        return lines(replica.log()[before:], "watches resumed")

    await world.until(told, "the log says that it is over")
    assert "listed_anew=0" not in (await told())[0]


async def test_the_state_tells_what_is_known_of_aws_and_what_was_asked(world: Installed, replica: Replica) -> None:
    async def looked() -> bool:
        return bool((await replica.state())["inventory"]["load_balancers"])

    await world.until(looked, "the inventory has been listed")
    state = await replica.state()
    assert state["inventory"]["listed_seconds_ago"] is not None
    assert state["aws"]["calls"] > 0
    assert "Elastic Load Balancing v2" in {each["limit"]["service_id"] for each in state["aws"]["limits"]}
    assert state["roles"] == []


async def test_throttling_by_aws_shows_in_log_and_metrics_and_in_no_event(world: Installed, replica: Replica) -> None:
    world.stack.account.faults.add(Fault(FaultKind.THROTTLE, operation="CreateTargetGroup", times=3))
    await world.apply(member("slow", "slow"))
    await world.reconciled("Ingress", "shop", "slow")

    assert len(lines(replica.log(), "throttled by AWS")) == 1
    assert await replica.metric("aws_api_requests_total", error_code="ThrottlingException") == 3
    assert await warnings(world, "slow") == []


async def test_a_call_that_stays_throttled_is_counted_and_the_key_comes_back(
    world: Installed, replica: Replica
) -> None:
    world.stack.account.faults.add(Fault(FaultKind.THROTTLE, operation="CreateRule", times=10))
    await world.stop_replica(replica)
    replica = await world.start_replica("--aws-max-retries=2")
    await world.apply(member("slower", "slower"))
    await world.reconciled("Ingress", "shop", "slower")

    assert await replica.metric("aws_api_call_throttled_errors_total", operation="CreateRule") > 0
    assert await replica.metric("workqueue_retries_total", name="ingress") > 0
    assert await warnings(world, "slower") == []


async def test_a_broken_member_is_told_and_the_others_go_on(world: Installed, replica: Replica) -> None:
    await world.apply(member("together", "broken", **{"target-type": "pod"}), member("together", "sound"))
    await world.reconciled("Ingress", "shop", "sound")

    async def told() -> list[Mapping[str, Any]]:
        return await warnings(world, "broken")

    await world.until(told, "an event on the broken member")
    assert 'target-type: the value "pod" must be one of instance, ip' in (await told())[0]["message"]
    assert await warnings(world, "sound") == []
    for category in ("build_model_error", "build_listener_rule_error"):
        labels = {"controller": "ingress", "error_category": category}
        assert await replica.metric("awslbc_controller_reconcile_errors_total", **labels) >= 1
    await world.delete(member("together", "broken"))


async def test_who_is_one_too_many_for_a_quota_is_told_and_the_others_are_served(
    world: Installed, replica: Replica
) -> None:
    names = [f"full-{number}" for number in range(RULES + 1)]
    await world.apply(*(member("full", name, **{"group.order": str(n)}) for n, name in enumerate(names, 1)))

    async def without_room() -> list[str]:
        """Rules are made at the same time: who comes last at AWS is not said."""
        return [name for name in names if not await world.successes("Ingress", "shop", name)]

    async def all_but_one() -> bool:
        return len(await without_room()) == 1

    await world.until(all_but_one, "all but one are served")
    [loser] = await without_room()

    async def told() -> list[Mapping[str, Any]]:
        return await warnings(world, loser)

    await world.until(told, "an event on the one that found no room")
    [event] = await told()
    assert event["reason"] == "FailedDeployModel"
    assert "(TooManyRules); raise this quota of the AWS account, or use less of it" in event["message"]
    assert [await warnings(world, name) for name in names if name != loser] == [[]] * RULES
    assert await replica.metric("aws_api_call_service_limit_exceeded_errors_total", error_code="TooManyRules") <= 2
    await world.delete(member("full", loser))


async def test_what_was_deleted_by_hand_is_made_again_after_a_restart_and_the_log_says_what(
    world: Installed, replica: Replica
) -> None:
    await world.apply(member("hands", "hands"))
    await world.reconciled("Ingress", "shop", "hands")
    call = world.stack.account.call

    def balancer() -> Mapping[str, Any] | None:
        found = call("elbv2", "DescribeLoadBalancers", {})["LoadBalancers"]
        return next((one for one in found if "k8s-hands-" in one["LoadBalancerName"]), None)

    def rules() -> list[str]:
        if (one := balancer()) is None:
            return []
        listeners = call("elbv2", "DescribeListeners", {"LoadBalancerArn": one["LoadBalancerArn"]})["Listeners"]
        if not listeners:
            return []
        found = call("elbv2", "DescribeRules", {"ListenerArn": listeners[0]["ListenerArn"]})["Rules"]
        return [rule["RuleArn"] for rule in found if not rule["IsDefault"]]

    def inbound() -> dict[str, list[Any]]:
        groups = call("ec2", "DescribeSecurityGroups", {})["SecurityGroups"]
        return {group["GroupId"]: group["IpPermissions"] for group in groups if "k8s-hands-" in group["GroupName"]}

    async def again(what: str) -> None:
        nonlocal replica
        await world.stop_replica(replica)
        replica = await world.start_replica()

        async def repaired() -> bool:
            return bool(rules()) and all(inbound().values())

        await world.until(repaired, what)

    call("elbv2", "DeleteRule", {"RuleArn": rules()[0]})
    for id, permissions in inbound().items():
        call("ec2", "RevokeSecurityGroupIngress", {"GroupId": id, "IpPermissions": permissions})
    await again("the rule and the inbound rule are back")
    for action in ("create_rule", "authorize_security_group_ingress"):
        [line] = [line for line in lines(replica.log(), f"action={action}") if "stackID=hands" in line]
        assert "because=" in line

    call("elbv2", "DeleteLoadBalancer", {"LoadBalancerArn": (balancer() or {})["LoadBalancerArn"]})
    await again("the load balancer is back")
    assert lines(replica.log(), "action=create_load_balancer")


async def test_targets_that_were_taken_out_by_hand_come_back_once_their_checkpoint_is_removed(
    world: Installed,
) -> None:
    call = world.stack.account.call

    def targets(arn: str) -> list[Any]:
        found = call("elbv2", "DescribeTargetHealth", {"TargetGroupArn": arn})["TargetHealthDescriptions"]
        return [each["Target"] for each in found if each["TargetHealth"]["State"] != "draining"]

    def behind() -> str:
        found = call("elbv2", "DescribeTargetGroups", {})["TargetGroups"]
        return next((group["TargetGroupArn"] for group in found if len(targets(group["TargetGroupArn"])) == 2), "")

    async def some() -> str:
        return behind()

    await world.until(some, "a target group with both pods")
    arn = behind()
    call("elbv2", "DeregisterTargets", {"TargetGroupArn": arn, "Targets": targets(arn)})

    done = await anyio.to_thread.run_sync(
        lambda: world.kubectl("annotate", "targetgroupbindings", "--all", "-n", "shop", "elbv2.k8s.aws/checkpoint-")
    )
    assert done.returncode == 0, done.stderr

    async def back() -> bool:
        return len(targets(arn)) == 2

    await world.until(back, "both targets are registered again")
