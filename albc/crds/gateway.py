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
    """Allocation id of an elastic address. NLB, internet-facing."""
    private_ipv4_allocation: str | None = Field(default=None, alias="privateIPv4Allocation")
    """Address out of the subnet. NLB, internal."""
    ipv6_allocation: str | None = None
    """Address out of the subnet. NLB, dual-stack."""
    source_nat_ipv6_prefix: str | None = Field(default=None, alias="sourceNatIPv6Prefix")
    """A /80 of the subnet, or `auto_assigned`. NLB, dual-stack."""


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
    """`passthrough` hands client certificates on, `verify` checks them."""
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
    """ARN of the certificate for clients without SNI."""
    certificates: tuple[str, ...] | None = None
    """ARNs of certificates that are chosen by SNI."""
    ssl_policy: str | None = None
    """TLS security policy by AWS's name; without it flag `--default-ssl-policy`."""
    alpn_policy: Literal["HTTP1Only", "HTTP2Only", "HTTP2Optional", "HTTP2Preferred", "None"] = "None"
    """Of TLS listeners of an NLB."""
    target_group_stickiness: bool | None = None
    """Whether a client keeps its target group. NLB."""
    mutual_authentication: MutualAuthentication | None = None
    """Client certificates. HTTPS listeners of an ALB."""
    listener_attributes: tuple[Attribute, ...] | None = None
    """By AWS's keys."""
    quic_enabled: bool | None = None
    """Makes UDP QUIC, and TCP_UDP TCP_QUIC. NLB."""


class MinimumLoadBalancerCapacity(CRDModel):
    capacity_units: Int32
    """Load balancer capacity units; 0 ends the reservation."""


class WAFv2(CRDModel):
    web_acl: str = Field(alias="webACL")
    """ARN."""


class Shield(CRDModel):
    enabled: bool = False


class DefaultTargetGroupConfigurationReference(CRDModel):
    name: str
    """In the namespace of this object, and without `targetReference`."""


class LoadBalancerConfigurationSpec(CRDModel):
    merging_mode: MergingMode | None = None
    """Whose setting wins where class and Gateway both have one; read on the class's.

    Without it `prefer-gateway-class`.
    """
    load_balancer_name: Annotated[str, Field(min_length=1, max_length=32)] | None = None
    """Without it computed from namespace, name and cluster."""
    scheme: Scheme | None = None
    """Without it flag `--default-load-balancer-scheme`."""
    ip_address_type: LoadBalancerIPAddressType | None = None
    """Without it `ipv4`."""
    enforce_security_group_inbound_rules_on_private_link_traffic: str | None = None
    """`on` or `off`. NLB."""
    customer_owned_ipv4_pool: str | None = None
    """Pool of customer-owned addresses on Outposts. ALB."""
    ipv4_ipam_pool_id: str | None = Field(default=None, alias="ipv4IPAMPoolId")
    """IPAM pool of public addresses. ALB."""
    load_balancer_subnets: tuple[SubnetConfiguration, ...] | None = None
    """The subnets, one for each zone. Without them and a selector they are found by their role tags."""
    load_balancer_subnets_selector: Mapping[str, tuple[str, ...]] | None = None
    """The subnets by their tags: for each key the values that are accepted."""
    listener_configurations: tuple[ListenerConfiguration, ...] | None = None
    """What a listener of the Gateway is like beyond what the Gateway says."""
    disable_security_group: bool | None = None
    """An NLB without security groups."""
    security_groups: tuple[str, ...] | None = None
    """By id, or by the value of their `Name` tag, in place of the one that albc makes."""
    security_group_prefixes: tuple[str, ...] | None = None
    """Prefix lists that may reach the listeners."""
    source_ranges: tuple[str, ...] | None = None
    """Address ranges that may reach the listeners; without it all, empty none."""
    load_balancer_attributes: tuple[Attribute, ...] | None = None
    """By AWS's keys; those of class and Gateway are joined."""
    tags: Mapping[str, str] | None = None
    """Of load balancer, security group and listeners; those of class and Gateway are joined."""
    enable_icmp: bool | None = Field(default=None, alias="enableICMP")
    """Lets ICMP through for path MTU discovery."""
    manage_backend_security_group_rules: bool | None = None
    """With security groups of your own: whether albc opens the targets' ports."""
    minimum_load_balancer_capacity: MinimumLoadBalancerCapacity | None = None
    """Reserved capacity."""
    waf_v2: WAFv2 | None = None
    """ALB."""
    shield_configuration: Shield | None = None
    """Shield Advanced. ALB."""
    default_target_group_configuration: DefaultTargetGroupConfigurationReference | None = None
    """What target groups are like that no TargetGroupConfiguration speaks of."""


class LoadBalancerConfiguration(CustomResource):
    spec: LoadBalancerConfigurationSpec = LoadBalancerConfigurationSpec()
    status: ConfigurationStatus = ConfigurationStatus()


# --- TargetGroupConfiguration ----------------------------------------------------------------------------------------


class TargetReference(CRDModel):
    group: str = ""
    kind: str = "Service"
    """`Service`, or `Gateway` for an ALB behind an NLB."""
    name: str
    """In the namespace of this object."""


class HealthCheckMatcher(CRDModel):
    http_code: str | None = None
    """Such as `200` or `200-299`."""
    grpc_code: str | None = None
    """Such as `0` or `0-99`."""


class HealthCheckConfiguration(CRDModel):
    healthy_threshold_count: Int32 | None = None
    """Checks that must pass before a target is healthy."""
    health_check_interval: Int32 | None = None
    """Seconds."""
    health_check_path: str | None = None
    health_check_port: str | None = None
    """A number, `traffic-port`, or the name of a Service port."""
    health_check_protocol: Literal["HTTP", "HTTPS", "TCP"] | None = None
    health_check_timeout: Int32 | None = None
    """Seconds."""
    unhealthy_threshold_count: Int32 | None = None
    """Checks that must fail before a target is unhealthy."""
    matcher: HealthCheckMatcher | None = None
    """Status codes of a passed check."""


class TargetGroupProps(CRDModel):
    target_group_name: str | None = None
    """Without it computed."""
    ip_address_type: Literal["ipv4", "ipv6"] | None = None
    health_check_config: HealthCheckConfiguration | None = None
    """Taken whole: route and default are not joined."""
    node_selector: Selector | None = None
    """With target type `instance`: the nodes that are targets."""
    target_group_attributes: tuple[Attribute, ...] | None = None
    """By AWS's keys."""
    target_type: Literal["instance", "ip"] | None = None
    """Without it flag `--default-target-type`."""
    protocol: Literal["HTTP", "HTTPS", "TCP", "TLS", "UDP", "TCP_UDP"] | None = None
    """How targets are spoken to; without it as the listener and the route say."""
    protocol_version: Literal["HTTP1", "HTTP2", "GRPC"] | None = None
    """ALB."""
    target_control_port: Int32 | None = None
    """Port of the target control agent. ALB, target type `ip`."""
    enable_multi_cluster: bool | None = None
    """Whether target groups are shared with other clusters."""
    tags: Mapping[str, str] | None = None
    """Of the target groups."""


class RouteIdentifier(CRDModel):
    kind: str | None = None
    namespace: str | None = None
    name: str | None = None


class RouteConfiguration(CRDModel):
    route_identifier: RouteIdentifier
    """The route by kind, namespace and name; what is left out fits all."""
    target_group_props: TargetGroupProps


class TargetGroupConfigurationSpec(CRDModel):
    target_reference: TargetReference | None = None
    """Whose target groups. Without it this can only be a default of a LoadBalancerConfiguration."""
    default_configuration: TargetGroupProps | None = None
    """For every route."""
    route_configurations: tuple[RouteConfiguration, ...] | None = None
    """For one route, or several."""


class TargetGroupConfiguration(CustomResource):
    spec: TargetGroupConfigurationSpec = TargetGroupConfigurationSpec()
    status: ConfigurationStatus = ConfigurationStatus()


# --- ListenerRuleConfiguration ---------------------------------------------------------------------------------------

OnUnauthenticatedRequest = Literal["deny", "allow", "authenticate"]
ExtraParams = Annotated[Mapping[str, str], Field(max_length=10)]
SessionTimeout = Annotated[Int64, Field(ge=1, le=604800)]


class StickinessConfiguration(CRDModel):
    duration_seconds: Annotated[Int32, Field(ge=1, le=604800)] = 3600
    """How long a client keeps its target group."""
    enabled: bool = False


class ForwardConfiguration(CRDModel):
    target_group_stickiness_config: StickinessConfiguration = StickinessConfiguration()


class RedirectConfiguration(CRDModel):
    query: str = "#{query}"
    """Query of the redirect; the route's filter says the rest."""


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
    """Seconds."""


class SecretReference(CRDModel):
    name: str
    """A Secret in the namespace of this object, with `clientID` and `clientSecret`."""


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
    """Seconds."""
    use_existing_client_secret: bool | None = None
    """Not read."""


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
    """Which of the blocks below is given."""
    forward_config: ForwardConfiguration | None = None
    """How the route's backends are forwarded to."""
    redirect_config: RedirectConfiguration | None = None
    """Beside a redirect filter of the route."""
    fixed_response_config: FixedResponseConfiguration | None = None
    """Answers in place of backends."""
    authenticate_cognito_config: AuthenticateCognitoConfiguration | None = None
    """Signs users in at a Cognito user pool. HTTPS only."""
    authenticate_oidc_config: AuthenticateOIDCConfiguration | None = Field(default=None, alias="authenticateOIDCConfig")
    """Signs users in at an OpenID provider. HTTPS only."""
    jwt_validation_config: JWTValidationConfiguration | None = None
    """Lets only valid tokens pass. HTTPS only."""


class SourceIPConfiguration(CRDModel):
    values: Annotated[tuple[str, ...], Field(min_length=1)]
    """Address ranges."""


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
    """Which matches of the route's rule, counted from 0; without it all."""
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
    """At most one that signs in or checks, and one that answers or sends on."""
    conditions: Annotated[tuple[ListenerRuleCondition, ...], Field(min_length=1)] | None = None
    """Beside those of the route."""
    tags: Mapping[str, str] | None = None
    """Of the rules."""


class ListenerRuleConfigurationStatus(CRDModel):
    observed_generation: Int64 | None = None
    accepted: bool | None = None
    message: str | None = None


class ListenerRuleConfiguration(CustomResource):
    spec: ListenerRuleConfigurationSpec = ListenerRuleConfigurationSpec()
    status: ListenerRuleConfigurationStatus = ListenerRuleConfigurationStatus()
