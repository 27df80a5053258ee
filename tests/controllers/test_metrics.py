"""What dashboards see of target groups."""

import pytest

from albc.controllers.metrics import show_drift, show_headroom, show_target_groups
from albc.crds.resources import TARGET_GROUP_BINDINGS
from albc.crds.target_group_binding import TargetGroupBinding
from albc.engine.store import ObjectKey, Store
from albc.telemetry.metrics import Metrics

ARN = "arn:aws:elasticloadbalancing:us-west-2:111122223333:targetgroup/k8s-shop-web/0123456789abcdef"


def binding(**labels: str) -> TargetGroupBinding:
    return TARGET_GROUP_BINDINGS.convert(
        {
            "metadata": {"name": "k8s-shop-web", "namespace": "shop", "labels": labels},
            "spec": {"targetGroupARN": ARN, "serviceRef": {"name": "web", "port": 80}, "targetType": "ip"},
        }
    )


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def bindings() -> Store[TargetGroupBinding]:
    return Store("targetgroupbindings")


def shown(metrics: Metrics, name: str) -> list[str]:
    return [line for line in metrics.render().decode().splitlines() if line.startswith(name)]


def test_a_target_group_shows_for_as_long_as_its_binding_is_there(
    metrics: Metrics, bindings: Store[TargetGroupBinding]
) -> None:
    show_target_groups(metrics.meter, bindings)
    bindings.put(binding(**{"ingress.k8s.aws/stack": "web"}))
    assert shown(metrics, "aws_target_group_info{") == [
        'aws_target_group_info{namespace="shop",service="web",'
        'target_group="targetgroup/k8s-shop-web/0123456789abcdef"} 1.0'
    ]
    bindings.remove(ObjectKey("shop", "k8s-shop-web"))
    assert shown(metrics, "aws_target_group_info{") == []


def test_a_binding_that_a_person_made_is_not_shown(metrics: Metrics, bindings: Store[TargetGroupBinding]) -> None:
    show_target_groups(metrics.meter, bindings)
    bindings.put(binding(team="web"))
    assert shown(metrics, "aws_target_group_info{") == []


def test_what_a_quota_leaves_shows_by_its_name(metrics: Metrics) -> None:
    show_headroom(metrics.meter, lambda: {"target-groups": 7})

    [line] = shown(metrics, "awslbc_quota_headroom{")
    assert 'quota="target-groups"' in line
    assert line.endswith(" 7.0")


def test_what_others_changed_in_aws_is_counted(metrics: Metrics) -> None:
    show_drift(metrics.meter, lambda: 3)

    [line] = shown(metrics, "awslbc_drift_total")
    assert line.endswith(" 3.0")
