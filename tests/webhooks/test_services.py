"""Services get our class (spec/service.md A2)."""

from typing import Any

import pytest

from albc.webhooks.services import mutate_service

OURS = "service.k8s.aws/nlb"


def service(**spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "web", "annotations": {"a": "b"}}, "spec": {"type": "LoadBalancer"} | spec}


@pytest.mark.parametrize("empty", [{}, {"loadBalancerClass": ""}, {"loadBalancerClass": None}])
def test_a_new_load_balancer_without_class_gets_ours(review: Any, admitted: Any, empty: dict[str, Any]) -> None:
    asked = review(service(**empty))

    assert admitted(asked, mutate_service(asked, OURS))["spec"]["loadBalancerClass"] == OURS


def test_a_class_that_is_there_stays(review: Any, admitted: Any) -> None:
    asked = review(service(loadBalancerClass="example.com/other"))

    assert admitted(asked, mutate_service(asked, OURS)) == asked.object


def test_other_types_stay_as_they_are(review: Any, admitted: Any) -> None:
    asked = review(service(type="NodePort"))

    assert admitted(asked, mutate_service(asked, OURS)) == asked.object


@pytest.mark.parametrize(
    ("before", "after", "then"),
    [
        ("example.com/a", "", "example.com/a"),
        ("example.com/a", "example.com/b", "example.com/b"),
        ("", "", ""),
    ],
)
def test_an_update_never_loses_a_class_and_never_gives_one(
    review: Any, admitted: Any, before: str, after: str, then: str
) -> None:
    asked = review(service(loadBalancerClass=after), service(loadBalancerClass=before))

    assert admitted(asked, mutate_service(asked, OURS))["spec"]["loadBalancerClass"] == then
