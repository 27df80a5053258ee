"""The Helm chart: an existing values.yaml works, wrong values are refused, what comes out is what albc runs with."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from albc.cli import app
from albc.mapping.settings import MappingSettings
from albc.settings import Settings
from albc.webhooks.handlers import WebhookSettings
from albc.webhooks.handlers import webhooks as served_webhooks
from tests.manifests.conftest import BIN, CHART, ROOT, Objects, Refused, Render

CONTROLLER = "aws-load-balancer-controller"
# One value that is a flag, and what it becomes.
FLAGS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"ingressClass": "web"}, {"ingress_class": "web"}),
    ({"region": "eu-west-1", "vpcId": "vpc-1"}, {"aws_region": "eu-west-1", "aws_vpc_id": "vpc-1"}),
    ({"vpcTags": {"b": "1", "a": "2"}}, {"aws_vpc_tags": (("a", "2"), ("b", "1"))}),
    ({"defaultTags": {"team": "web"}}, {"default_tags": (("team", "web"),)}),
    ({"externalManagedTags": ["x", "y"]}, {"external_managed_tags": ("x", "y")}),
    ({"awsMaxRetries": 5, "maxTargetsPerTargetGroup": 7}, {"aws_max_retries": 5, "max_targets_per_target_group": 7}),
    ({"enableShield": False, "enableWaf": False}, {"enable_shield": False, "enable_waf": False}),
    ({"enableWafv2": True}, {"enable_wafv2": True}),
    ({"disableIngressClassAnnotation": True}, {"disable_ingress_class_annotation": True}),
    ({"disableIngressGroupNameAnnotation": True}, {"disable_ingress_group_name_annotation": True}),
    ({"tolerateNonExistentBackendAction": False}, {"tolerate_non_existent_backend_action": False}),
    ({"disableRestrictedSecurityGroupRules": True}, {"disable_restricted_sg_rules": True}),
    ({"defaultTargetType": "ip"}, {"default_target_type": "ip"}),
    ({"defaultLoadBalancerScheme": "internet-facing"}, {"default_load_balancer_scheme": "internet-facing"}),
    ({"syncPeriod": "1h30m", "logLevel": "debug"}, {"sync_period": 5400.0, "log_level": "debug"}),
    ({"targetgroupbindingRequeueDuration": "20s"}, {"targetgroupbinding_requeue_duration": 20.0}),
    ({"globalAcceleratorMaxConcurrentReconciles": 2}, {"globalaccelerator_max_concurrent_reconciles": 2}),
    ({"controllerConfig": {"featureGates": {"EnableRGTAPI": True}}}, {"feature_gates": (("EnableRGTAPI", True),)}),
    ({"certManagement": {"defaultPCAARN": "arn:x"}}, {"default_pca_arn": "arn:x"}),
    (
        {"certDiscovery": {"allowedCertificateAuthorityARNs": "arn:x,arn:y"}},
        {"allowed_certificate_authority_arns": ("arn:x", "arn:y")},
    ),
    ({"serviceTargetENISGTags": "a=b"}, {"service_target_eni_security_group_tags": (("a", "b"),)}),
    ({"webhookBindPort": 9999, "metricsBindAddr": ":9090"}, {"webhook_bind_port": 9999, "metrics_bind_addr": ":9090"}),
    ({"watchNamespace": "shop"}, {"watch_namespace": "shop"}),
    ({"nameOverride": "edge"}, {"webhook_certificates": "managed", "webhook_name_prefix": "edge"}),
    ({"enableCertManager": True}, {"webhook_certificates": "files"}),
]


def container(objects: Objects, name: str = CONTROLLER) -> Any:
    return objects["Deployment", name]["spec"]["template"]["spec"]["containers"][0]


def settings(objects: Objects, name: str = CONTROLLER) -> Settings:
    """As the process reads its arguments, after the image's own `albc run`."""
    _, bound, *_ = app.parse_args(["run", *container(objects, name)["args"]], exit_on_error=False)
    found: Settings = bound.arguments["settings"]
    return found


def test_defaults_are_the_flags_defaults(render: Render) -> None:
    expected = Settings(cluster_name="prod", webhook_certificates="managed")

    assert settings(render()) == expected


@pytest.mark.parametrize(("values", "expected"), FLAGS, ids=[next(iter(values)) for values, _ in FLAGS])
def test_a_value_becomes_its_flag(render: Render, values: dict[str, Any], expected: dict[str, Any]) -> None:
    name = "aws-load-balancer-controller" if "nameOverride" not in values else f"{CONTROLLER}-edge"

    found = settings(render(**values), name)

    assert {field: getattr(found, field) for field in expected} == expected


def test_every_value_of_the_references_chart_is_there() -> None:
    names = (ROOT / "tests" / "manifests" / "reference_values.txt").read_text(encoding="utf-8").split()
    values = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))

    def has(name: str) -> bool:
        found = values
        for part in name.split("."):
            if part not in found:
                return False
            found = found[part]
        return True

    assert [name for name in names if not has(name)] == []


def test_every_value_has_a_schema_and_no_other() -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    schema = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))

    assert set(schema["properties"]) - {"global"} == set(values)
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"clusterName": None}, "Chart cannot be installed without a valid clusterName!"),
        ({"replicas": 3}, "replicas is not allowed"),
        ({"logLevel": "loud"}, "logLevel"),
        ({"replicaCount": "two"}, "replicaCount"),
        ({"enableWaf": "yes"}, "enableWaf"),
        ({"podMutatorWebhookConfig": {"failurePolicy": "Maybe"}}, "podMutatorWebhookConfig.failurePolicy"),
        ({"syncPeriod": "10"}, "syncPeriod"),
        ({"backendSecurityGroup": "my-group"}, "backendSecurityGroup"),
    ],
)
def test_wrong_values_are_refused_by_name(render: Render, values: dict[str, Any], message: str) -> None:
    with pytest.raises(Refused, match=message):
        render(**values)


def test_names_and_selector_are_those_of_an_installed_reference(render: Render) -> None:
    objects = render()

    assert objects["Deployment", CONTROLLER]["spec"]["selector"]["matchLabels"] == {
        "app.kubernetes.io/name": CONTROLLER,
        "app.kubernetes.io/instance": CONTROLLER,
    }
    for key in (
        ("Service", "aws-load-balancer-webhook-service"),
        ("MutatingWebhookConfiguration", "aws-load-balancer-webhook"),
        ("ValidatingWebhookConfiguration", "aws-load-balancer-webhook"),
        ("ClusterRole", f"{CONTROLLER}-role"),
        ("Role", f"{CONTROLLER}-leader-election-role"),
        ("ServiceAccount", CONTROLLER),
        ("IngressClass", "alb"),
        ("IngressClassParams", "alb"),
    ):
        assert key in objects, key


def test_rendering_twice_gives_the_same(render: Render) -> None:
    assert render() == render()


def test_the_container_has_no_rights_it_does_not_need(render: Render) -> None:
    context = container(render())["securityContext"]

    assert context["readOnlyRootFilesystem"]
    assert context["runAsNonRoot"]
    assert not context["allowPrivilegeEscalation"]
    assert context["capabilities"] == {"drop": ["ALL"]}


def test_extras_come_when_asked_for(render: Render) -> None:
    objects = render(
        autoscaling={"enabled": True, "maxReplicas": 4},
        podDisruptionBudget={"maxUnavailable": 1},
        serviceMonitor={"enabled": True},
        networkPolicy={"enabled": True},
    )

    assert objects["HorizontalPodAutoscaler", CONTROLLER]["spec"]["maxReplicas"] == 4
    assert "replicas" not in objects["Deployment", CONTROLLER]["spec"]
    assert objects["PodDisruptionBudget", CONTROLLER]["spec"]["maxUnavailable"] == 1
    assert objects["ServiceMonitor", CONTROLLER]["spec"]["endpoints"][0]["port"] == "metrics-server"
    assert objects["Service", CONTROLLER]["spec"]["ports"][0]["port"] == 8080
    assert objects["NetworkPolicy", CONTROLLER]["spec"]["policyTypes"] == ["Ingress"]


def test_no_budget_for_a_single_replica(render: Render) -> None:
    objects = render(replicaCount=1, podDisruptionBudget={"maxUnavailable": 1})

    assert ("PodDisruptionBudget", CONTROLLER) not in objects


# Webhooks


def webhooks(objects: Objects) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for kind in ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"):
        found |= {webhook["name"]: webhook for webhook in objects[kind, "aws-load-balancer-webhook"]["webhooks"]}
    return found


@pytest.mark.parametrize("target_control", [True, False])
def test_the_paths_that_are_served_are_registered_and_no_others(render: Render, target_control: bool) -> None:
    unused: Any = None
    settings = WebhookSettings(MappingSettings(cluster_name="prod"), True, "", target_control)
    gate = {"controllerConfig": {"featureGates": {"ALBTargetControlAgent": target_control}}}

    registered = {webhook["clientConfig"]["service"]["path"] for webhook in webhooks(render(**gate)).values()}

    assert registered == {served.path for served in served_webhooks(unused, settings, unused, unused)}


def test_side_car_webhooks_are_there_only_if_they_are_served(render: Render) -> None:
    gate = {"controllerConfig": {"featureGates": {"ALBTargetControlAgent": True}}}
    side_cars = {"alb-target-control.namespace.elbv2.k8s.aws", "alb-target-control.object.elbv2.k8s.aws"}

    assert not side_cars & set(webhooks(render()))
    assert side_cars <= set(webhooks(render(**gate)))


@pytest.mark.parametrize(
    ("values", "policy"),
    [
        ({}, "Ignore"),
        ({"disableIngressClassAnnotation": True}, "Fail"),
        ({"disableIngressGroupNameAnnotation": True}, "Fail"),
        ({"webhookConfig": {"ingressValdationFailurePolicy": "Fail"}}, "Fail"),
    ],
)
def test_ingresses_pass_a_webhook_that_is_down_unless_it_holds_a_policy(
    render: Render, values: dict[str, Any], policy: str
) -> None:
    assert webhooks(render(**values))["vingress.elbv2.k8s.aws"]["failurePolicy"] == policy


def test_older_api_servers_get_no_match_conditions(render: Render) -> None:
    narrowed = webhooks(render("--kube-version", "1.30.0"))
    plain = webhooks(render("--kube-version", "1.24.0"))

    assert "matchConditions" in narrowed["mservice.elbv2.k8s.aws"]
    assert not any("matchConditions" in webhook for webhook in plain.values())


def test_webhooks_can_be_left_out(render: Render) -> None:
    found = webhooks(render(enableServiceMutatorWebhook=False, webhookConfig={"disableIngressValidation": True}))

    assert "mservice.elbv2.k8s.aws" not in found
    assert "vingress.elbv2.k8s.aws" not in found


def test_cert_manager_makes_the_certificates_if_asked(render: Render) -> None:
    objects = render(enableCertManager=True)

    assert objects["Certificate", "aws-load-balancer-serving-cert"]["spec"]["secretName"] == "aws-load-balancer-tls"
    annotations = objects["MutatingWebhookConfiguration", "aws-load-balancer-webhook"]["metadata"]["annotations"]
    assert annotations["cert-manager.io/inject-ca-from"] == "kube-system/aws-load-balancer-serving-cert"
    volumes = objects["Deployment", CONTROLLER]["spec"]["template"]["spec"]["volumes"]
    assert volumes[0]["secret"]["secretName"] == "aws-load-balancer-tls"


def test_certificates_can_be_given(render: Render) -> None:
    objects = render(webhookTLS={"caCert": "a", "cert": "b", "key": "c"})

    assert objects["Secret", "aws-load-balancer-tls"]["data"] == {
        "ca.crt": "YQ==",
        "tls.crt": "Yg==",
        "tls.key": "Yw==",
    }
    assert webhooks(objects)["mpod.elbv2.k8s.aws"]["clientConfig"]["caBundle"] == "YQ=="


# What is committed


def test_the_plain_manifests_are_what_the_chart_renders_to(render: Render) -> None:
    text = (ROOT / "deploy" / "kustomize" / "albc.yaml").read_text(encoding="utf-8")
    plain = {(obj["kind"], obj["metadata"]["name"]): obj for obj in yaml.safe_load_all(text) if obj}

    assert plain == render(clusterName="your-cluster-name", creator="kustomize"), "run: make manifests"


def test_kustomize_builds_them_with_the_crds() -> None:
    line = [str(BIN / "kubectl"), "kustomize", str(ROOT / "deploy" / "kustomize")]

    done = subprocess.run(line, capture_output=True, text=True, check=True)

    kinds = [obj["kind"] for obj in yaml.safe_load_all(done.stdout)]
    assert kinds.count("CustomResourceDefinition") == len(list((ROOT / "deploy" / "crds").glob("*.aws.yaml")))
    assert "Deployment" in kinds


def test_the_chart_has_the_crds() -> None:
    def texts(folder: Path) -> dict[str, str]:
        return {file.name: file.read_text(encoding="utf-8") for file in folder.glob("*.aws.yaml")}

    assert texts(CHART / "crds") == texts(ROOT / "deploy" / "crds"), "run: make manifests"


def test_helm_finds_nothing_wrong_with_it() -> None:
    line = [str(BIN / "helm"), "lint", "--strict", str(CHART), "--set", "clusterName=prod"]

    done = subprocess.run(line, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout
