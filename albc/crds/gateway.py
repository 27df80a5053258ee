"""The custom resources that refine Gateway API objects, group `gateway.k8s.aws` (spec/gateway-crds.md §2–4).

`LoadBalancerConfiguration` says what a Gateway's load balancer is like, `TargetGroupConfiguration` what a Service's
target groups are like, `ListenerRuleConfiguration` what a route's rule does beyond forwarding. Defaults are those of
the CRD, so an object that never saw an API server reads the same. `None` is "not set", which merging tells from
"set to an empty list" (`albc.mapping.gateway.merging`).
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from albc.crds.base import CRDModel, CustomResource
from albc.crds.schema import Int32, Int64, OnOff, Selector, cel

GATEWAY_CONFIGURATION_GROUP = "gateway.k8s.aws"

Scheme = Literal["internal", "internet-facing"]
LoadBalancerIPAddressType = Literal["ipv4", "dualstack", "dualstack-without-public-ipv4"]
MergingMode = Literal["prefer-gateway", "prefer-gateway-class"]


class Attribute(CRDModel):
    """A load balancer, listener or target group attribute, by AWS's key."""

    key: str
    value: str


class ConfigurationStatus(CRDModel):
    """Kept for compatibility of the schema; nobody writes it."""

    observed_gateway_configuration_generation: Int64 | None = None
    observed_gateway_class_configuration_generation: Int64 | None = None


# --- LoadBalancerConfiguration ---------------------------------------------------------------------------------------


class SubnetConfiguration(CRDModel):
    identifier: str | None = None
    """Subnet id, or the value of its Name tag."""
    eip_allocation: str | None = None
    private_ipv4_allocation: str | None = Field(default=None, alias="privateIPv4Allocation")
    ipv6_allocation: str | None = None
    source_nat_ipv6_prefix: str | None = Field(default=None, alias="sourceNatIPv6Prefix")


class MutualAuthentication(CRDModel):
    model_config = ConfigDict(
        json_schema_extra=cel(
            (
                "self.mode != 'verify' || has(self.trustStore)",
                "trustStore is required when mutualAuthentication mode is 'verify'",
            ),
            *(
                (
                    f"self.mode == 'verify' || !has(self.{field})",
                    f"Mutual Authentication mode 'off' or 'passthrough' does not support '{field}'",
                )
                for field in ("trustStore", "ignoreClientCertificateExpiry", "advertiseTrustStoreCaNames")
            ),
        )
    )

    mode: Literal["off", "passthrough", "verify"]
    trust_store: str | None = None
    """Name or ARN."""
    ignore_client_certificate_expiry: bool | None = None
    advertise_trust_store_ca_names: OnOff | None = None


class ListenerConfiguration(CRDModel):
    protocol_port: Annotated[
        str,
        Field(
            pattern=(
                r"^(HTTP|HTTPS|TLS|TCP|UDP|TCP_UDP)?:"
                r"(6553[0-5]|655[0-2]\d|65[0-4]\d{2}|6[0-4]\d{3}|[1-5]\d{4}|[1-9]\d{0,3})?$"
            )
        ),
    ]
    """The effective protocol and the port of the listener that this is for, such as `HTTPS:443`."""
    default_certificate: str | None = None
    certificates: tuple[str, ...] | None = None
    ssl_policy: str | None = None
    alpn_policy: Literal["HTTP1Only", "HTTP2Only", "HTTP2Optional", "HTTP2Preferred", "None"] = "None"
    target_group_stickiness: bool | None = None
    mutual_authentication: MutualAuthentication | None = None
    listener_attributes: tuple[Attribute, ...] | None = None
    quic_enabled: bool | None = None


class MinimumLoadBalancerCapacity(CRDModel):
    capacity_units: Int32


class WAFv2(CRDModel):
    web_acl: str = Field(alias="webACL")
    """ARN."""


class Shield(CRDModel):
    enabled: bool = False


class DefaultTargetGroupConfigurationReference(CRDModel):
    name: str


class LoadBalancerConfigurationSpec(CRDModel):
    merging_mode: MergingMode | None = None
    load_balancer_name: Annotated[str, Field(min_length=1, max_length=32)] | None = None
    scheme: Scheme | None = None
    ip_address_type: LoadBalancerIPAddressType | None = None
    enforce_security_group_inbound_rules_on_private_link_traffic: str | None = None
    customer_owned_ipv4_pool: str | None = None
    ipv4_ipam_pool_id: str | None = Field(default=None, alias="ipv4IPAMPoolId")
    load_balancer_subnets: tuple[SubnetConfiguration, ...] | None = None
    load_balancer_subnets_selector: Mapping[str, tuple[str, ...]] | None = None
    listener_configurations: tuple[ListenerConfiguration, ...] | None = None
    disable_security_group: bool | None = None
    security_groups: tuple[str, ...] | None = None
    security_group_prefixes: tuple[str, ...] | None = None
    source_ranges: tuple[str, ...] | None = None
    load_balancer_attributes: tuple[Attribute, ...] | None = None
    tags: Mapping[str, str] | None = None
    enable_icmp: bool | None = Field(default=None, alias="enableICMP")
    manage_backend_security_group_rules: bool | None = None
    minimum_load_balancer_capacity: MinimumLoadBalancerCapacity | None = None
    waf_v2: WAFv2 | None = None
    shield_configuration: Shield | None = None
    default_target_group_configuration: DefaultTargetGroupConfigurationReference | None = None


class LoadBalancerConfiguration(CustomResource):
    spec: LoadBalancerConfigurationSpec = LoadBalancerConfigurationSpec()
    status: ConfigurationStatus = ConfigurationStatus()


# --- TargetGroupConfiguration ----------------------------------------------------------------------------------------


class TargetReference(CRDModel):
    group: str = ""
    kind: str = "Service"
    name: str


class HealthCheckMatcher(CRDModel):
    http_code: str | None = None
    grpc_code: str | None = None


class HealthCheckConfiguration(CRDModel):
    healthy_threshold_count: Int32 | None = None
    health_check_interval: Int32 | None = None
    """Seconds."""
    health_check_path: str | None = None
    health_check_port: str | None = None
    """A number, `traffic-port`, or the name of a Service port."""
    health_check_protocol: Literal["HTTP", "HTTPS", "TCP"] | None = None
    health_check_timeout: Int32 | None = None
    """Seconds."""
    unhealthy_threshold_count: Int32 | None = None
    matcher: HealthCheckMatcher | None = None


class TargetGroupProps(CRDModel):
    target_group_name: str | None = None
    ip_address_type: Literal["ipv4", "ipv6"] | None = None
    health_check_config: HealthCheckConfiguration | None = None
    node_selector: Selector | None = None
    target_group_attributes: tuple[Attribute, ...] | None = None
    target_type: Literal["instance", "ip"] | None = None
    protocol: Literal["HTTP", "HTTPS", "TCP", "TLS", "UDP", "TCP_UDP"] | None = None
    protocol_version: Literal["HTTP1", "HTTP2", "GRPC"] | None = None
    target_control_port: Int32 | None = None
    enable_multi_cluster: bool | None = None
    tags: Mapping[str, str] | None = None


class RouteIdentifier(CRDModel):
    kind: str | None = None
    namespace: str | None = None
    name: str | None = None


class RouteConfiguration(CRDModel):
    route_identifier: RouteIdentifier
    target_group_props: TargetGroupProps


class TargetGroupConfigurationSpec(CRDModel):
    target_reference: TargetReference | None = None
    default_configuration: TargetGroupProps | None = None
    route_configurations: tuple[RouteConfiguration, ...] | None = None


class TargetGroupConfiguration(CustomResource):
    spec: TargetGroupConfigurationSpec = TargetGroupConfigurationSpec()
    status: ConfigurationStatus = ConfigurationStatus()


# --- ListenerRuleConfiguration ---------------------------------------------------------------------------------------

OnUnauthenticatedRequest = Literal["deny", "allow", "authenticate"]
ExtraParams = Annotated[Mapping[str, str], Field(max_length=10)]
SessionTimeout = Annotated[Int64, Field(ge=1, le=604800)]


class StickinessConfiguration(CRDModel):
    duration_seconds: Annotated[Int32, Field(ge=1, le=604800)] = 3600
    enabled: bool = False


class ForwardConfiguration(CRDModel):
    target_group_stickiness_config: StickinessConfiguration = StickinessConfiguration()


class RedirectConfiguration(CRDModel):
    query: str = "#{query}"


class FixedResponseConfiguration(CRDModel):
    status_code: Annotated[
        Int32,
        Field(
            json_schema_extra=cel(
                (
                    "(self >= 200 && self <= 299) || (self >= 400 && self <= 599)",
                    "StatusCode must be a valid HTTP status code in the 2XX, 4XX, or 5XX range",
                )
            )
        ),
    ]
    content_type: Literal["text/plain", "text/css", "text/html", "application/javascript", "application/json"] = (
        "text/plain"
    )
    message_body: str | None = None


class AuthenticateCognitoConfiguration(CRDModel):
    user_pool_arn: str
    user_pool_client_id: str
    user_pool_domain: str
    authentication_request_extra_params: ExtraParams | None = None
    on_unauthenticated_request: OnUnauthenticatedRequest = "authenticate"
    scope: str = "openid"
    session_cookie_name: str = "AWSELBAuthSessionCookie"
    session_timeout: SessionTimeout = 604800


class SecretReference(CRDModel):
    name: str


class AuthenticateOIDCConfiguration(CRDModel):
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    user_info_endpoint: str
    secret: SecretReference
    authentication_request_extra_params: ExtraParams | None = None
    on_unauthenticated_request: OnUnauthenticatedRequest = "authenticate"
    scope: str = "openid"
    session_cookie_name: str = "AWSELBAuthSessionCookie"
    session_timeout: SessionTimeout = 604800
    use_existing_client_secret: bool | None = None


class AdditionalClaim(CRDModel):
    format: Literal["single-string", "string-array", "space-separated-values"]
    name: Annotated[str, Field(min_length=1)]
    values: Annotated[tuple[Annotated[str, Field(max_length=256)], ...], Field(min_length=1, max_length=10)]


class JWTValidationConfiguration(CRDModel):
    issuer: Annotated[str, Field(max_length=256)]
    jwks_endpoint: Annotated[str, Field(max_length=256)]
    additional_claims: tuple[AdditionalClaim, ...] | None = None


class Action(CRDModel):
    model_config = ConfigDict(
        json_schema_extra=cel(
            *(
                (
                    f"has(self.{block}) == (self.type == '{type_}')",
                    f"{block} must be specified only when type is '{type_}'",
                )
                for block, type_ in (
                    ("forwardConfig", "forward"),
                    ("redirectConfig", "redirect"),
                    ("fixedResponseConfig", "fixed-response"),
                    ("authenticateCognitoConfig", "authenticate-cognito"),
                    ("authenticateOIDCConfig", "authenticate-oidc"),
                    ("jwtValidationConfig", "jwt-validation"),
                )
            )
        )
    )

    type: Literal[
        "forward", "fixed-response", "redirect", "authenticate-cognito", "authenticate-oidc", "jwt-validation"
    ]
    forward_config: ForwardConfiguration | None = None
    redirect_config: RedirectConfiguration | None = None
    fixed_response_config: FixedResponseConfiguration | None = None
    authenticate_cognito_config: AuthenticateCognitoConfiguration | None = None
    authenticate_oidc_config: AuthenticateOIDCConfiguration | None = Field(default=None, alias="authenticateOIDCConfig")
    jwt_validation_config: JWTValidationConfiguration | None = None


class SourceIPConfiguration(CRDModel):
    values: Annotated[tuple[str, ...], Field(min_length=1)]


class ListenerRuleCondition(CRDModel):
    model_config = ConfigDict(
        json_schema_extra=cel(
            (
                "has(self.sourceIPConfig) == (self.field == 'source-ip')",
                "sourceIPConfig must be specified only when field is 'source-ip'",
            )
        )
    )

    field: Literal["source-ip"]
    match_indexes: tuple[int, ...] | None = None
    source_ip_config: SourceIPConfiguration | None = Field(default=None, alias="sourceIPConfig")


_PRE_ROUTING = "['authenticate-oidc', 'authenticate-cognito', 'jwt-validation']"
_ROUTING = "['fixed-response', 'forward', 'redirect']"


class ListenerRuleConfigurationSpec(CRDModel):
    model_config = ConfigDict(
        json_schema_extra=cel(
            (
                "!has(self.actions) || size(self.actions) > 0",
                "At least one action must be specified if actions field is present",
            ),
            (
                f"!has(self.actions) || self.actions.all(a, a.type in {_PRE_ROUTING} || a.type in {_ROUTING})",
                "Only forward, redirect, authenticate-oidc, authenticate-cognito, jwt-validation, and fixed-response "
                "action types are supported",
            ),
            (
                f"!has(self.actions) || size(self.actions.filter(a, a.type in {_PRE_ROUTING})) <= 1",
                "At most one pre-routing action (authenticate-oidc, authenticate-cognito, or jwt-validation) can be "
                "specified",
            ),
            (
                f"!has(self.actions) || size(self.actions.filter(a, a.type in {_ROUTING})) <= 1",
                "At most one routing action (fixed-response or forward or redirect) can be specified",
            ),
        )
    )

    actions: Annotated[tuple[Action, ...], Field(min_length=1, max_length=2)] | None = None
    conditions: Annotated[tuple[ListenerRuleCondition, ...], Field(min_length=1)] | None = None
    tags: Mapping[str, str] | None = None


class ListenerRuleConfigurationStatus(CRDModel):
    observed_generation: Int64 | None = None
    accepted: bool | None = None
    message: str | None = None


class ListenerRuleConfiguration(CustomResource):
    spec: ListenerRuleConfigurationSpec = ListenerRuleConfigurationSpec()
    status: ListenerRuleConfigurationStatus = ListenerRuleConfigurationStatus()
