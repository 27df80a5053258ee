"""What users install, and what an API server then holds their objects to."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from albc.crds.manifests import DEFINITIONS, Definition, as_yaml, manifest

Verdict = Callable[[dict[str, Any], Any], list[str]]

FOLDER = Path(__file__).parents[2] / "deploy" / "crds"
BY_KIND = {definition.resource.kind: definition for definition in DEFINITIONS}


def versions(kind: str) -> dict[str, Any]:
    return {version["name"]: version for version in manifest(BY_KIND[kind])["spec"]["versions"]}


def spec_of(kind: str, version: str) -> dict[str, Any]:
    schema: dict[str, Any] = versions(kind)[version]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    return schema


@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda definition: definition.name)
def test_the_committed_manifest_is_what_the_models_print(definition: Definition) -> None:
    assert (FOLDER / f"{definition.name}.yaml").read_text() == as_yaml(definition)


def test_there_is_no_committed_manifest_without_a_model() -> None:
    assert {path.stem for path in FOLDER.glob("*.aws.yaml")} == {definition.name for definition in DEFINITIONS}


@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda definition: definition.name)
def test_every_schema_is_structural(definition: Definition) -> None:
    def check(schema: dict[str, Any], path: str) -> None:
        assert "type" in schema or schema.get("x-kubernetes-int-or-string"), path
        assert not {"$ref", "title", "allOf", "oneOf", "const"} & schema.keys(), path
        for name, child in schema.get("properties", {}).items():
            check(child, f"{path}.{name}")
        for key in ("items", "additionalProperties"):
            if key in schema:
                check(schema[key], f"{path}.{key}")

    for version in manifest(definition)["spec"]["versions"]:
        check(version["schema"]["openAPIV3Schema"], version["name"])


def test_exactly_one_version_is_stored() -> None:
    for definition in DEFINITIONS:
        assert [version["storage"] for version in manifest(definition)["spec"]["versions"]].count(True) == 1


@pytest.mark.parametrize("kind", ["LoadBalancerConfiguration", "TargetGroupConfiguration", "ListenerRuleConfiguration"])
def test_v1beta1_of_the_gateway_kinds_is_served_with_a_warning_and_the_same_schema(kind: str) -> None:
    served = versions(kind)

    assert served["v1beta1"]["schema"] == served["v1"]["schema"]
    assert served["v1beta1"]["deprecated"]
    assert (
        served["v1beta1"]["deprecationWarning"]
        == f"gateway.k8s.aws/v1beta1 {kind} is deprecated; use gateway.k8s.aws/v1 instead"
    )


def test_v1alpha1_of_target_group_bindings_lacks_the_later_fields() -> None:
    later = {"targetGroupProtocol", "nodeSelector", "ipAddressType", "vpcID"}

    old, new = (spec_of("TargetGroupBinding", version)["properties"].keys() for version in ("v1alpha1", "v1beta1"))

    assert new - old == later
    status = versions("TargetGroupBinding")["v1alpha1"]["schema"]["openAPIV3Schema"]["properties"]["status"]
    assert status["properties"].keys() == {"observedGeneration"}


def test_ingress_class_params_are_cluster_scoped_and_have_no_status() -> None:
    definition = manifest(BY_KIND["IngressClassParams"])["spec"]

    assert definition["scope"] == "Cluster"
    assert definition["names"]["singular"] == "ingressclassparam"
    assert "subresources" not in definition["versions"][0]


def test_the_table_of_target_group_bindings_shows_service_and_target_type() -> None:
    columns = versions("TargetGroupBinding")["v1beta1"]["additionalPrinterColumns"]

    assert [(column["name"], column["jsonPath"], column.get("priority", 0)) for column in columns] == [
        ("SERVICE-NAME", ".spec.serviceRef.name", 0),
        ("SERVICE-PORT", ".spec.serviceRef.port", 0),
        ("TARGET-TYPE", ".spec.targetType", 0),
        ("ARN", ".spec.targetGroupARN", 1),
        ("NAME", ".spec.targetGroupName", 2),
        ("AGE", ".metadata.creationTimestamp", 0),
    ]


def test_a_target_group_binding_gets_no_defaults_from_the_api_server() -> None:
    def defaults(schema: dict[str, Any]) -> list[Any]:
        children = [*schema.get("properties", {}).values(), *([schema["items"]] if "items" in schema else [])]
        own = [schema["default"]] if "default" in schema else []
        return own + [default for child in children for default in defaults(child)]

    assert defaults(spec_of("TargetGroupBinding", "v1beta1")) == []


def test_an_action_gets_its_defaults_from_the_api_server() -> None:
    action = spec_of("ListenerRuleConfiguration", "v1")["properties"]["actions"]["items"]["properties"]

    assert action["redirectConfig"]["properties"]["query"]["default"] == "#{query}"
    assert action["fixedResponseConfig"]["properties"]["contentType"]["default"] == "text/plain"
    assert action["authenticateOIDCConfig"]["properties"]["sessionTimeout"] == {
        "default": 604800,
        "format": "int64",
        "maximum": 604800,
        "minimum": 1,
        "type": "integer",
    }
    stickiness = action["forwardConfig"]["properties"]["targetGroupStickinessConfig"]
    assert stickiness["default"] == {"durationSeconds": 3600, "enabled": False}


FIXED = {"type": "fixed-response", "fixedResponseConfig": {"statusCode": 403}}
FORWARD = {"type": "forward", "forwardConfig": {}}
JWT = {"type": "jwt-validation", "jwtValidationConfig": {"issuer": "https://id", "jwksEndpoint": "https://id/keys"}}
COGNITO = {
    "type": "authenticate-cognito",
    "authenticateCognitoConfig": {"userPoolArn": "arn:p", "userPoolClientId": "c", "userPoolDomain": "d"},
}


@pytest.mark.parametrize(
    ("spec", "refusal"),
    [
        ({"actions": [FIXED]}, []),
        ({"actions": [JWT, FORWARD]}, []),
        (
            {"actions": [JWT, COGNITO]},
            [
                "At most one pre-routing action (authenticate-oidc, authenticate-cognito, or jwt-validation) can be "
                "specified"
            ],
        ),
        (
            {"actions": [FIXED, FORWARD]},
            ["At most one routing action (fixed-response or forward or redirect) can be specified"],
        ),
        (
            {"actions": [{"type": "forward"}]},
            ["forwardConfig must be specified only when type is 'forward'"],
        ),
        (
            {"actions": [{**FIXED, "redirectConfig": {}}]},
            ["redirectConfig must be specified only when type is 'redirect'"],
        ),
        (
            {"actions": [{"type": "fixed-response", "fixedResponseConfig": {"statusCode": 301}}]},
            ["StatusCode must be a valid HTTP status code in the 2XX, 4XX, or 5XX range"],
        ),
        (
            {"conditions": [{"field": "source-ip"}]},
            ["sourceIPConfig must be specified only when field is 'source-ip'"],
        ),
    ],
)
def test_listener_rule_actions_that_do_not_go_together_are_refused(
    refusals: Verdict, spec: Any, refusal: list[str]
) -> None:
    assert refusals(manifest(BY_KIND["ListenerRuleConfiguration"]), spec) == refusal


@pytest.mark.parametrize(
    ("mutual", "refusal"),
    [
        ({"mode": "verify", "trustStore": "clients"}, []),
        ({"mode": "passthrough"}, []),
        ({"mode": "verify"}, ["trustStore is required when mutualAuthentication mode is 'verify'"]),
        (
            {"mode": "off", "trustStore": "clients"},
            ["Mutual Authentication mode 'off' or 'passthrough' does not support 'trustStore'"],
        ),
        (
            {"mode": "passthrough", "ignoreClientCertificateExpiry": True},
            ["Mutual Authentication mode 'off' or 'passthrough' does not support 'ignoreClientCertificateExpiry'"],
        ),
        (
            {"mode": "off", "advertiseTrustStoreCaNames": "on"},
            ["Mutual Authentication mode 'off' or 'passthrough' does not support 'advertiseTrustStoreCaNames'"],
        ),
    ],
)
def test_mutual_authentication_is_held_to_its_mode(refusals: Verdict, mutual: Any, refusal: list[str]) -> None:
    listener = {"protocolPort": "HTTPS:443", "alpnPolicy": "None", "mutualAuthentication": mutual}

    assert refusals(manifest(BY_KIND["LoadBalancerConfiguration"]), {"listenerConfigurations": [listener]}) == refusal


@pytest.mark.parametrize("accepted", ["HTTPS:443", "TCP_UDP:65535", ":80", "TLS:"])
def test_a_listener_configuration_names_protocol_and_port(refusals: Verdict, accepted: str) -> None:
    definition = manifest(BY_KIND["LoadBalancerConfiguration"])

    assert refusals(definition, {"listenerConfigurations": [{"protocolPort": accepted}]}) == []


@pytest.mark.parametrize("refused", ["QUIC:443", "HTTPS:65536", "https:443", "443"])
def test_a_protocol_or_port_that_no_listener_can_have_is_refused(refusals: Verdict, refused: str) -> None:
    definition = manifest(BY_KIND["LoadBalancerConfiguration"])

    assert refusals(definition, {"listenerConfigurations": [{"protocolPort": refused}]}) != []


def test_both_spellings_of_prefix_lists_in_class_parameters_are_refused(refusals: Verdict) -> None:
    spec = {"prefixListsIDs": ["pl-1"], "PrefixListsIDs": ["pl-2"]}

    assert refusals(manifest(BY_KIND["IngressClassParams"]), spec) == [
        "cannot specify both 'prefixListsIDs' and 'PrefixListsIDs' fields"
    ]
