"""What becomes of the Ingresses themselves: events, finalizers, statuses, the plan annotation; on the local stack."""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from world import KINDS, World, running_world

pytestmark = pytest.mark.anyio

PREFIX = "alb.ingress.kubernetes.io/"
PLAN = f"{PREFIX}dry-run-plan"

COMMON = """
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: alb}
spec: {controller: ingress.k8s.aws/alb}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: shop}
spec: {ports: [{port: 80, targetPort: 8080}]}
"""


def ingress(name: str, class_name: str = "alb", **annotations: str) -> dict[str, Any]:
    """Everything of host NAME.example.com goes to Service cart. In annotations `_` is for `-`, and `__` for `.`."""
    named = {PREFIX + key.replace("__", ".").replace("_", "-"): value for key, value in annotations.items()}
    backend = {"service": {"name": "cart", "port": {"number": 80}}}
    paths = [{"path": "/", "pathType": "Prefix", "backend": backend}]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": name, "namespace": "shop", "annotations": {f"{PREFIX}target-type": "ip", **named}},
        "spec": {
            "ingressClassName": class_name,
            "rules": [{"host": f"{name}.example.com", "http": {"paths": paths}}],
        },
    }


@pytest.fixture(scope="module")
async def world(anyio_backend: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    flags = ("--feature-gates=IngressPlanAnnotation=true",)
    async with running_world(tmp_path_factory.mktemp("world"), *flags) as found:
        await found.apply_yaml(COMMON)
        yield found


async def reconciled(world: World, *ingresses: Mapping[str, Any]) -> None:
    for each in ingresses:
        await world.reconciled("Ingress", "shop", each["metadata"]["name"])


async def events(world: World, kind: str, name: str) -> list[Mapping[str, Any]]:
    found = (await world.client.list(KINDS["Event"])).items
    return [e for e in found if (e["involvedObject"]["kind"], e["involvedObject"]["name"]) == (kind, name)]


async def told(world: World, name: str, reason: str, words: str, kind: str = "Ingress") -> None:
    async def is_told() -> bool:
        found = await events(world, kind, name)
        return any(e["type"] == "Warning" and e["reason"] == reason and words in e["message"] for e in found)

    await world.until(is_told, f"{reason} with {words!r} on {name}, got {await events(world, kind, name)}")


def load_balancers(world: World) -> Mapping[str, Mapping[str, Any]]:
    """By the stack's tag."""
    found = world.stack.account.call("elbv2", "DescribeLoadBalancers", {})["LoadBalancers"]
    arns = [each["LoadBalancerArn"] for each in found]
    tags = world.stack.account.call("elbv2", "DescribeTags", {"ResourceArns": arns})["TagDescriptions"] if arns else []
    stacks = {
        each["ResourceArn"]: next(tag["Value"] for tag in each["Tags"] if tag["Key"] == "ingress.k8s.aws/stack")
        for each in tags
    }
    return {stacks[each["LoadBalancerArn"]]: each for each in found}


def attribute(world: World, stack: str, key: str) -> str:
    arn = load_balancers(world)[stack]["LoadBalancerArn"]
    call = world.stack.account.call("elbv2", "DescribeLoadBalancerAttributes", {"LoadBalancerArn": arn})
    return str(next(each["Value"] for each in call["Attributes"] if each["Key"] == key))


async def test_the_plan_stands_on_the_first_member_of_a_group_only(world: World) -> None:
    first = ingress("p1", group__name="plan", group__order="1")
    second = ingress("p2", group__name="plan", group__order="2", dry_run_plan="left here by somebody")
    await world.apply(first, second)
    await reconciled(world, first, second)

    async def shown() -> bool:
        both = [(await world.get("Ingress", "shop", name))["metadata"]["annotations"] for name in ("p1", "p2")]
        plan = json.loads(both[0].get(PLAN, "{}"))
        rules = plan.get("resources", {}).get("AWS::ElasticLoadBalancingV2::ListenerRule", {})
        return plan.get("id") == "plan" and len(rules) == 2 and PLAN not in both[1]

    await world.until(shown, "the plan with the rules of both stands on the first member")


async def test_a_bad_edit_leaves_the_load_balancers_settings_as_they_were_and_says_so(world: World) -> None:
    good, bad = ingress("s1", group__name="same"), ingress("s2", group__name="same")
    bad["metadata"]["annotations"][f"{PREFIX}load-balancer-attributes"] = "idle_timeout.timeout_seconds=77"
    await world.apply(good, bad)
    await reconciled(world, good, bad)

    await world.edit(
        "Ingress",
        "shop",
        "s2",
        {
            "metadata": {
                "annotations": {f"{PREFIX}load-balancer-attributes": "nonsense", f"{PREFIX}healthcheck-path": "/new"}
            }
        },
    )
    await told(world, "s2", "FailedBuildModel", "its last good state is served")
    of_good, of_bad = [await world.successes("Ingress", "shop", name) for name in ("s1", "s2")]
    await world.edit("Ingress", "shop", "s1", {"metadata": {"annotations": {f"{PREFIX}healthcheck-path": "/good"}}})
    await world.reconciled("Ingress", "shop", "s1", before=of_good)

    assert attribute(world, "same", "idle_timeout.timeout_seconds") == "77"
    assert await world.successes("Ingress", "shop", "s2") == of_bad, "nobody says that all is well with the bad one"


async def test_a_member_may_leave_although_another_one_is_faulty(world: World) -> None:
    good, bad = ingress("l1", group__name="leave"), ingress("l2", group__name="leave", scheme="outside")
    await world.apply(good, bad)
    await reconciled(world, good)
    await world.delete(good)
    assert (await world.get("Ingress", "shop", "l2"))["metadata"]["finalizers"] == ["group.ingress.k8s.aws/leave"]
    assert "leave" not in load_balancers(world), "nothing on it was of the other one"


async def test_who_leaves_takes_nothing_of_a_faulty_member_along_whose_state_is_not_known(world: World) -> None:
    good, bad = ingress("k1", group__name="keep"), ingress("k2", group__name="keep")
    await world.apply(good, bad)
    await reconciled(world, good, bad)
    await world.stop_controller()
    await world.edit("Ingress", "shop", "k2", {"metadata": {"annotations": {f"{PREFIX}scheme": "outside"}}})
    await world.start_controller("--feature-gates=IngressPlanAnnotation=true")
    await world.delete(good)

    arn = load_balancers(world)["keep"]["LoadBalancerArn"]
    account = world.stack.account
    [listener] = account.call("elbv2", "DescribeListeners", {"LoadBalancerArn": arn})["Listeners"]
    rules = account.call("elbv2", "DescribeRules", {"ListenerArn": listener["ListenerArn"]})["Rules"]
    assert ["k2.example.com" in str(rule["Conditions"]) for rule in rules if not rule["IsDefault"]] == [True]


async def test_a_member_may_leave_although_aws_refuses_what_another_one_wants(world: World) -> None:
    leaving, staying = ingress("r1", group__name="refused"), ingress("r2", group__name="refused")
    await world.apply(leaving, staying)
    await reconciled(world, leaving, staying)
    missing = "arn:aws:acm:us-west-2:123456789012:certificate/11111111-2222-3333-4444-555555555555"
    https = {f"{PREFIX}listen-ports": '[{"HTTP": 80}, {"HTTPS": 443}]', f"{PREFIX}certificate-arn": missing}
    await world.edit("Ingress", "shop", "r2", {"metadata": {"annotations": https}})
    await told(world, "r2", "FailedDeployModel", "CertificateNotFound")

    await world.delete(leaving)

    account = world.stack.account
    arn = load_balancers(world)["refused"]["LoadBalancerArn"]
    [listener] = account.call("elbv2", "DescribeListeners", {"LoadBalancerArn": arn})["Listeners"]
    rules = account.call("elbv2", "DescribeRules", {"ListenerArn": listener["ListenerArn"]})["Rules"]
    assert ["r2.example.com" in str(rule["Conditions"]) for rule in rules if not rule["IsDefault"]] == [True]


async def test_who_loses_a_conflict_is_told_who_won(world: World) -> None:
    winner = ingress("w1", group__name="fight", group__order="1", listen_ports='[{"HTTP": 80}]')
    loser = ingress("w2", group__name="fight", group__order="2", listen_ports='[{"HTTPS": 80}, {"HTTP": 81}]')
    loser["metadata"]["annotations"][f"{PREFIX}certificate-arn"] = world.certificate("w2.example.com")
    await world.apply(winner, loser)
    await reconciled(world, winner)

    await told(world, "w2", "FailedBuildModel", "HTTP at Ingress shop/w1, which comes first in the group")


async def test_an_ingress_that_moves_to_another_group_bears_the_new_finalizer_alone(world: World) -> None:
    moving, staying = ingress("m1", group__name="old"), ingress("m2", group__name="old")
    await world.apply(moving, staying)
    await reconciled(world, moving, staying)
    await world.edit("Ingress", "shop", "m1", {"metadata": {"annotations": {f"{PREFIX}group.name": "new"}}})

    async def moved() -> bool:
        found = await world.get("Ingress", "shop", "m1")
        return bool(found["metadata"]["finalizers"] == ["group.ingress.k8s.aws/new"]) and "new" in load_balancers(world)

    await world.until(moved, "the new group has it, the old one has let it go")
    assert "old" in load_balancers(world)


async def test_the_last_member_takes_the_load_balancer_along(world: World) -> None:
    only = ingress("o1")
    await world.apply(only)
    await reconciled(world, only)
    assert "shop/o1" in load_balancers(world)
    await world.delete(only)
    assert "shop/o1" not in load_balancers(world)


async def test_a_missing_class_is_told_where_the_ingress_is(world: World) -> None:
    lost = ingress("c1", class_name="nowhere")
    await world.apply(lost)
    await told(world, "c1", "FailedLoadGroupID", "IngressClass nowhere does not exist")


async def test_a_misspelt_annotation_is_told_once_on_the_object_that_has_it(world: World) -> None:
    web = ingress("u1", schem="internal")
    web["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]["name"] = "misspelt"
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "misspelt", "namespace": "shop", "annotations": {f"{PREFIX}healthcheck-pth": "/"}},
        "spec": {"ports": [{"port": 80, "targetPort": 8080}]},
    }
    await world.apply(service, web)
    await told(world, "u1", "UnknownAnnotation", "did you mean scheme?")
    await told(world, "misspelt", "UnknownAnnotation", "did you mean healthcheck-path?", kind="Service")
    before = await world.successes("Ingress", "shop", "u1")
    await world.edit("Ingress", "shop", "u1", {"metadata": {"annotations": {f"{PREFIX}healthcheck-path": "/ok"}}})
    await world.reconciled("Ingress", "shop", "u1", before=before)

    async def count() -> int:
        [event] = [e for e in await events(world, "Ingress", "u1") if e["reason"] == "UnknownAnnotation"]
        return int(event.get("count") or 1)

    assert await count() == 1

    await world.edit("Ingress", "shop", "u1", {"spec": {"tls": [{"hosts": ["u1.example.com"]}]}})

    async def again() -> bool:
        return await count() == 2

    await world.until(again, "a new generation is warned again")


async def test_the_shared_security_group_goes_when_nobody_uses_it_any_more(world: World) -> None:
    def shared() -> list[Any]:
        groups = world.stack.account.call("ec2", "DescribeSecurityGroups", {})["SecurityGroups"]
        return [each for each in groups if "Shared Backend" in each["Description"]]

    await world.delete(*(await world.client.list(KINDS["Ingress"])).items)
    assert not shared()
    own = ingress("b1")
    await world.apply(own)
    await reconciled(world, own)
    assert shared()
    given = world.stack.account.call(
        "ec2", "CreateSecurityGroup", {"GroupName": "own", "Description": "own", "VpcId": world.stack.vpc_id}
    )
    await world.edit(
        "Ingress", "shop", "b1", {"metadata": {"annotations": {f"{PREFIX}security-groups": given["GroupId"]}}}
    )

    async def gone() -> bool:
        return not shared()

    await world.until(gone, "the load balancer has groups of its own, so the shared one goes")
