"""`albc plan -f … --facts …`: what a user reads, without a cluster and without AWS."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from albc.cli.usage import UsageError

Plan = Callable[..., tuple[int, str]]


def test_the_tree_leads_from_the_load_balancer_to_the_service(plan: Plan, shop: str) -> None:
    _, shown = plan(shop)
    balancer, listener, rule = (
        shown.index(word) for word in ("LoadBalancer k8s-shop-web", "Listener HTTPS:443", "1: ")
    )
    assert balancer < listener < rule
    assert "host web.example.com" in shown
    assert "then Service shop/web:80" in shown
    assert "TargetGroupBinding shop/k8s-shop-web" in shown


def test_the_diff_lists_operations_in_the_order_of_the_plan(plan: Plan, shop: str) -> None:
    _, document = plan(shop, "json")
    _, shown = plan(shop, "diff")
    (stack,) = json.loads(document)["stacks"]
    expected = [f"{one['action']}: {one['because']}" for one in stack["operations"]]
    places = [shown.index(line, 0) for line in dict.fromkeys(expected)]
    assert places == sorted(places)


@pytest.mark.parametrize("output", ["tree", "diff", "json", "stack-json"])
def test_no_output_holds_a_secret(plan: Plan, shop: str, output: str) -> None:
    _, shown = plan(shop, output)
    assert "top-secret" not in shown
    assert "my-client" not in shown


def test_what_the_listener_keeps_secret_is_said_to_be_so(plan: Plan, shop: str) -> None:
    assert "[REDACTED]" in plan(shop, "diff")[1]


def test_the_shared_security_group_is_told_and_not_made(plan: Plan, shop: str, fresh_account: Path) -> None:
    _, shown = plan(shop, facts=fresh_account)
    assert "the security group k8s-traffic-prod-" in shown
    assert "would be created" in shown


def test_a_shared_security_group_that_exists_is_not_announced(plan: Plan, shop: str) -> None:
    assert "would be created" not in plan(shop)[1]


def test_exit_status_2_says_that_something_would_change(plan: Plan, shop: str) -> None:
    assert plan(shop)[0] == 2


def test_exit_status_1_says_that_there_is_a_problem(plan: Plan, shop: str, bad: str) -> None:
    status, shown = plan(shop + bad)
    assert status == 1
    assert "Ingress shop/bad: FailedBuildModel" in shown


def test_exit_status_0_says_that_nothing_is_to_be_done(plan: Plan) -> None:
    status, shown = plan("apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n")
    assert status == 0
    assert "Plan: no changes." in shown


def test_text_of_users_cannot_move_the_cursor_of_a_terminal(plan: Plan, shop: str, bad: str) -> None:
    for output in ("tree", "diff"):
        assert "\x1b" not in plan(shop + bad, output)[1]


def test_each_resource_is_counted_once(plan: Plan, shop: str) -> None:
    _, document = plan(shop, "json")
    read = json.loads(document)
    resources = {(one["resource"]["type"], one["resource"]["id"]) for one in read["stacks"][0]["operations"]}
    assert sum(read["summary"].values()) == len(resources)


def test_the_same_input_gives_the_same_bytes(plan: Plan, shop: str) -> None:
    assert plan(shop, "json") == plan("---".join(reversed(shop.split("---"))), "json")


def test_a_gateway_family_that_is_switched_off_is_not_planned(plan: Plan) -> None:
    gateway = """
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: alb}
spec: {controllerName: gateway.k8s.aws/alb}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: shop}
spec:
  gatewayClassName: alb
  listeners: [{name: http, protocol: HTTP, port: 80}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec:
  parentRefs: [{name: edge}]
  rules: [{backendRefs: []}]
"""
    assert "Gateway shop/edge" in plan(gateway)[1]
    assert "Gateway shop/edge" not in plan(gateway, feature_gates=(("ALBGatewayAPI", False),))[1]


def test_without_a_vpc_that_is_named_or_alone_the_flag_is_asked_for(plan: Plan, shop: str) -> None:
    with pytest.raises(UsageError, match=r"2 VPCs .*\(vpc-\w+, vpc-\w+\); name one with --aws-vpc-id"):
        plan(shop, aws_vpc_id="")


def test_an_unknown_output_is_refused_with_those_there_are(plan: Plan, shop: str) -> None:
    with pytest.raises(UsageError, match="tree, diff, json, stack-json"):
        plan(shop, "yaml")


def test_offline_no_sdk_and_no_client_is_imported() -> None:
    code = (
        "import sys, albc.cli.plan.offline, albc.cli.plan.diff, albc.cli.plan.tree, albc.cli.plan.document;"
        "print([name for name in ('botocore', 'aiobotocore', 'aiohttp', 'kr8s') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_bad_file_is_one_line_and_exit_status_2(tmp_path: Path) -> None:
    file = tmp_path / "web.yaml"
    file.write_text("kind: Service\nkind: Service\n", encoding="utf-8")
    command = [sys.executable, "-m", "albc", "plan", "-f", str(file), "--facts", str(file), "--cluster-name", "prod"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f'albc: {file} is no YAML: the key "kind" stands twice in line 2, column 1\n'


@pytest.mark.parametrize(
    "content",
    ["", "{}", "[]", '{"api": 5}', '{"api": {"ec2": {"DescribeVpcs": [1]}}}', "[" * 100_000, '{"api": {"ec2": []}}'],
)
def test_facts_of_another_shape_are_one_line_that_names_the_file(
    plan: Plan, shop: str, tmp_path: Path, content: str
) -> None:
    facts = tmp_path / "wrong.json"
    facts.write_text(content, encoding="utf-8")
    with pytest.raises(UsageError, match=r"^[^\n]*wrong\.json[^\n]*$"):
        plan(shop, facts=facts)


def test_what_cannot_be_planned_is_a_problem_of_its_object(plan: Plan, shop: str) -> None:
    weighted = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: split
  namespace: shop
  annotations:
    alb.ingress.kubernetes.io/target-type: ip
    alb.ingress.kubernetes.io/actions.split: >-
      {"type": "forward", "forwardConfig": {"targetGroups": [
        {"serviceName": "web", "servicePort": 80, "weight": 1},
        {"targetGroupARN": "arn:aws:elasticloadbalancing:us-west-2:1:targetgroup/x/1", "weight": 1}]}}
spec:
  ingressClassName: alb
  defaultBackend: {service: {name: split, port: {name: use-annotation}}}
"""
    status, shown = plan(f"{shop}---{weighted}", feature_gates=(("WeightedTargetGroups", False),))
    assert status == 1
    assert "Ingress shop/split: FailedDeployModel: " in shown
    assert "Ingress shop/web" in shown
