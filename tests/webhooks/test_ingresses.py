"""Ingresses and IngressClassParams on their way in: the rules are tested in tests/mapping/ingress/test_admission.py."""

from typing import Any

import pytest

from albc.mapping.settings import MappingSettings
from albc.mapping.snapshot import Snapshot
from albc.webhooks.ingresses import validate_class_params, validate_ingress
from albc.webhooks.review import ALLOWED, Denied

SETTINGS = MappingSettings(
    cluster_name="c", disable_ingress_class_annotation=True, disable_ingress_group_name_annotation=True
)
OURS = {"kubernetes.io/ingress.class": "alb"}
GROUP = {"alb.ingress.kubernetes.io/group.name": "g"}
CONDITIONS = {"alb.ingress.kubernetes.io/conditions.web": "["}


def ingress(class_name: str | None = None, **annotations: str) -> dict[str, Any]:
    path = {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "web", "port": {"number": 80}}}}
    spec: dict[str, Any] = {"rules": [{"http": {"paths": [path]}}]}
    if class_name is not None:
        spec["ingressClassName"] = class_name
    return {"metadata": {"name": "web", "namespace": "shop", "annotations": annotations}, "spec": spec}


@pytest.mark.parametrize(
    ("new", "old", "check"),
    [
        (ingress("gone"), None, "checkIngressClass"),
        (ingress(**OURS), None, "checkIngressClassAnnotationUsage"),
        (ingress(**OURS, **GROUP), ingress(**OURS), "checkGroupNameAnnotationUsage"),
        (ingress("gone", **OURS), ingress(**OURS), "checkIngressClassUsage"),
        (ingress(**OURS, **CONDITIONS), ingress(**OURS), "checkIngressAnnotationConditions"),
    ],
)
def test_each_rule_refuses_under_its_own_name(review: Any, new: Any, old: Any, check: str) -> None:
    verdict = validate_ingress(review(new, old), Snapshot(), SETTINGS)

    assert isinstance(verdict, Denied)
    assert verdict.check == check


def test_what_stands_may_stay_and_go(review: Any) -> None:
    old = ingress(**OURS, **GROUP)

    assert validate_ingress(review(old, old), Snapshot(), SETTINGS) == ALLOWED
    assert validate_ingress(review(None, old, operation="DELETE"), Snapshot(), SETTINGS) == ALLOWED


@pytest.mark.parametrize(
    ("spec", "message", "check"),
    [
        (
            {"inboundCIDRs": ["10.0.0.1"]},
            'spec.inboundCIDRs[0]: Invalid value: "10.0.0.1": Could not be parsed as a CIDR '
            '(did you mean "10.0.0.1/32")',
            "checkInboundCIDRs",
        ),
        ({"subnets": {}}, "spec.subnets: Required value: must have either `ids` or `tags`", "checkSubnetSelectors"),
    ],
)
def test_class_parameters_are_refused_by_field(review: Any, spec: Any, message: str, check: str) -> None:
    verdict = validate_class_params(review({"metadata": {"name": "alb"}, "spec": spec}))

    assert verdict == Denied(message, check)


def test_all_faults_of_class_parameters_are_told_at_once(review: Any) -> None:
    verdict = validate_class_params(review({"metadata": {"name": "alb"}, "spec": {"inboundCIDRs": ["a", "b"]}}))

    assert isinstance(verdict, Denied)
    assert verdict.message.startswith("[spec.inboundCIDRs[0]: ")
    assert "spec.inboundCIDRs[1]: " in verdict.message


def test_sound_class_parameters_are_taken(review: Any) -> None:
    asked = review({"metadata": {"name": "alb"}, "spec": {"inboundCIDRs": ["10.0.0.0/8"]}})

    assert validate_class_params(asked) == ALLOWED
