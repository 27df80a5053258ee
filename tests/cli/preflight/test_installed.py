"""What is read off the controller that runs now."""

from typing import Any

import msgspec

from albc.cli.preflight.findings import Level
from albc.cli.preflight.installed import Deployment, Installed, find, judge


def deployment(
    name: str = "aws-load-balancer-controller", label: str = "aws-load-balancer-controller", **spec: Any
) -> Deployment:
    container = {"name": "aws-load-balancer-controller", "image": "example.com/controller:v3.5.0", "args": []}
    pod = {"serviceAccountName": "lbc", "containers": [container]} | spec
    obj = {
        "metadata": {"name": name, "namespace": "kube-system", "labels": {"app.kubernetes.io/name": label}},
        "spec": {"template": {"spec": pod}},
    }
    return msgspec.convert(obj, Deployment)


def with_args(*arguments: str) -> Installed:
    container = {"name": "aws-load-balancer-controller", "image": "i", "args": arguments}
    found = find([deployment(containers=[container])])
    assert found is not None
    return found


def test_the_deployment_is_known_by_its_label() -> None:
    found = find([deployment("other", "nginx"), deployment()])

    assert found is not None
    assert (found.namespace, found.name, found.image) == (
        "kube-system",
        "aws-load-balancer-controller",
        "example.com/controller:v3.5.0",
    )
    assert found.user == "system:serviceaccount:kube-system:lbc"


def test_without_one_there_is_nothing_to_carry_over() -> None:
    assert find([deployment("other", "nginx")]) is None
    assert [finding.level for finding in judge(None)] == [Level.OK]


def test_side_cars_are_not_the_controller() -> None:
    containers = [
        {"name": "proxy", "args": ["--x"]},
        {"name": "aws-load-balancer-controller", "args": ["--enable-waf"]},
    ]

    found = find([deployment(containers=containers)])

    assert found is not None
    assert found.flags == ("--enable-waf",)


def test_flags_are_carried_over_as_they_stand() -> None:
    found = with_args("--cluster-name=prod", "-enable-waf=false", "--default-tags=a=b,c=d")

    assert found.flags == ("--cluster-name=prod", "--enable-waf=false", "--default-tags=a=b,c=d")
    assert found.unknown == ()


def test_a_value_may_be_the_next_argument_but_a_switch_has_none() -> None:
    found = with_args("--cluster-name", "prod", "--enable-waf", "stray", "--nobody-knows", "this")

    assert found.flags == ("--cluster-name=prod", "--enable-waf")
    assert found.unknown == ("--nobody-knows=this",)


def test_a_flag_that_albc_has_not_is_told() -> None:
    found = with_args("--cluster-name=prod", "--aws-vpc-cache-ttl=5m")

    (told,) = [finding for finding in judge(found) if finding.level is Level.WARNING]
    assert "--aws-vpc-cache-ttl=5m" in told.text


def test_accelerators_that_nobody_would_look_after_are_told() -> None:
    found = with_args("--cluster-name=prod", "--feature-gates=EnableRGTAPI=true,GlobalAcceleratorController=true")

    (told,) = [finding for finding in judge(found) if finding.level is Level.WARNING]
    assert "albc has no Global Accelerator" in told.text
    assert all(one.level is Level.OK for one in judge(with_args("--feature-gates=GlobalAcceleratorController=false")))
