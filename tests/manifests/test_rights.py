"""What the shipped manifests allow albc to do: what its code calls, and no more."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import pytest

from albc.controllers.rights import as_yaml, by_resource
from tests.manifests.conftest import CHART, Objects, Render
from tests.manifests.rights import Right, needed

NAME = "aws-load-balancer-controller"
IN_ITS_NAMESPACE = {("coordination.k8s.io", "leases")}
ADMISSION = "admissionregistration.k8s.io"
WEBHOOKS = ("mutatingwebhookconfigurations", "validatingwebhookconfigurations")
SECRETS = ("", "secrets")


def granted(role: Any) -> Mapping[Right, frozenset[str]]:
    found: dict[Right, set[str]] = defaultdict(set)
    for rule in role["rules"]:
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                found[group, resource].update(rule["verbs"])
    return {right: frozenset(verbs) for right, verbs in found.items()}


@pytest.fixture(scope="module")
def objects(render: Render) -> Objects:
    return render()


def test_the_rights_are_what_the_code_calls_and_no_more() -> None:
    elsewhere = {SECRETS, *IN_ITS_NAMESPACE, *((ADMISSION, resource) for resource in WEBHOOKS)}

    assert by_resource() == {right: verbs for right, verbs in needed().items() if right not in elsewhere}


def test_the_cluster_role_grants_these_rights(objects: Objects) -> None:
    by_name = dict.fromkeys(((ADMISSION, resource) for resource in WEBHOOKS), frozenset({"get", "patch"}))

    assert granted(objects["ClusterRole", f"{NAME}-role"]) == {**by_resource(), **by_name}


def test_the_committed_rules_are_what_is_written() -> None:
    assert (CHART / "rbac" / "cluster-role.yaml").read_text(encoding="utf-8") == as_yaml(), "run: make manifests"


def test_webhook_configurations_are_written_by_name_only(objects: Objects) -> None:
    (rule,) = [rule for rule in objects["ClusterRole", f"{NAME}-role"]["rules"] if WEBHOOKS[0] in rule["resources"]]

    assert rule["resourceNames"] == ["aws-load-balancer-webhook"]


def test_the_role_is_for_the_lease_and_the_webhooks_certificate(objects: Objects) -> None:
    role = objects["Role", f"{NAME}-leader-election-role"]

    assert granted(role) == {
        ("coordination.k8s.io", "leases"): needed()["coordination.k8s.io", "leases"],
        SECRETS: frozenset({"create", "get", "update"}),
    }
    named = {rule["resources"][0]: rule["resourceNames"] for rule in role["rules"] if "resourceNames" in rule}
    assert named == {
        "leases": ["aws-load-balancer-controller-leader"],
        "secrets": ["aws-load-balancer-tls"],
    }


def test_with_certificates_from_elsewhere_no_secret_and_no_configuration_is_touched(render: Render) -> None:
    objects = render(enableCertManager=True)

    assert SECRETS not in granted(objects["Role", f"{NAME}-leader-election-role"])
    assert (ADMISSION, WEBHOOKS[0]) not in granted(objects["ClusterRole", f"{NAME}-role"])


def test_all_secrets_are_read_only_if_the_user_says_so(render: Render) -> None:
    generous = render(clusterSecretsPermissions={"allowAllSecrets": True})

    assert SECRETS not in granted(render()["ClusterRole", f"{NAME}-role"])
    assert granted(generous["ClusterRole", f"{NAME}-role"])[SECRETS] == {"get", "list", "watch"}
