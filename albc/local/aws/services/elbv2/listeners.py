"""Listeners: create, describe, modify, delete."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from albc.local.aws.errors import ApiError
from albc.local.aws.ids import hex_id
from albc.local.aws.services.elbv2 import actions, attributes, certificates, describe, lookup, policies, tags
from albc.local.aws.services.elbv2.load_balancers import remove_listener
from albc.local.aws.services.operation import Answer, Operations, Params, page
from albc.local.aws.state import State
from albc.local.aws.state.load_balancing import Listener, LoadBalancer

PROTOCOLS = {
    "application": ("HTTP", "HTTPS"),
    "network": ("TCP", "TLS", "UDP", "TCP_UDP", "QUIC", "TCP_QUIC"),
}
SECURE = ("HTTPS", "TLS")
DATAGRAMS = ("UDP", "TCP_UDP", "QUIC", "TCP_QUIC")
ALPN_POLICIES = ("HTTP1Only", "HTTP2Only", "HTTP2Optional", "HTTP2Preferred", "None")


@dataclass(frozen=True, slots=True)
class Settings:
    """What a listener is set to, as AWS keeps it."""

    port: int
    protocol: str
    default_actions: tuple[Mapping[str, Any], ...]
    certificate: str | None
    ssl_policy: str | None
    alpn_policy: tuple[str, ...]
    mutual_authentication: Mapping[str, Any] | None

    def apply(self, listener: Listener) -> None:
        listener.port = self.port
        listener.protocol = self.protocol
        listener.default_actions = self.default_actions
        listener.certificate = self.certificate
        listener.ssl_policy = self.ssl_policy
        listener.alpn_policy = self.alpn_policy
        listener.mutual_authentication = self.mutual_authentication


def create_listener(state: State, params: Params) -> Answer:
    balancer = lookup.load_balancer(state, params["LoadBalancerArn"])
    for key, word in (("Protocol", "protocol"), ("Port", "port")):
        if key not in params:
            raise ApiError("ValidationError", f"A listener {word} must be specified")
    settings = _settings(state, balancer, params)
    tag_set = tags.checked(state, params)
    siblings = state.load_balancing.listeners_of(balancer.arn)
    if twin := next((each for each in siblings if each.port == settings.port), None):
        if _settings_of(twin) != settings or twin.tags != tag_set:
            raise ApiError(
                "DuplicateListener", f"A listener already exists on this port for this load balancer '{balancer.arn}'"
            )
        return {"Listeners": [describe.listener(twin)]}
    if len(siblings) >= state.options.quotas.listeners_per_load_balancer:
        raise ApiError("TooManyListeners", "The maximum number of listeners on this load balancer has been reached")
    suffix = hex_id("listener", balancer.arn, settings.port, state.next_serial(), digits=16)
    arn = f"{balancer.arn.replace(':loadbalancer/', ':listener/')}/{suffix}"
    rule_suffix = hex_id("default-rule", arn, digits=16)
    listener = Listener(
        arn=arn,
        load_balancer_arn=balancer.arn,
        port=settings.port,
        protocol=settings.protocol,
        default_actions=settings.default_actions,
        created_at=state.clock(),
        attributes=attributes.defaults(attributes.of_listener(settings.protocol)),
        tags=tag_set,
        default_rule_arn=f"{arn.replace(':listener/', ':listener-rule/')}/{rule_suffix}",
    )
    settings.apply(listener)
    state.load_balancing.listeners[arn] = listener
    state.load_balancing.refresh_users(state.clock())
    return {"Listeners": [describe.listener(listener)]}


def describe_listeners(state: State, params: Params) -> Answer:
    arn, arns = params.get("LoadBalancerArn"), params.get("ListenerArns")
    if bool(arn) == bool(arns):
        raise ApiError("ValidationError", "You must specify either listener ARNs or a load balancer ARN")
    if arns:
        found = [lookup.listener(state, each) for each in dict.fromkeys(arns)]
    else:
        balancer = lookup.load_balancer(state, params["LoadBalancerArn"], reading=True)
        held = state.load_balancing.listeners_of(balancer.arn)
        found = [listener for listener in held if state.visible(listener.created_at)]
    shown, marker = page(found, lambda each: each.arn, params.get("PageSize", 400), params.get("Marker"))
    return {"Listeners": [describe.listener(listener) for listener in shown], "NextMarker": marker}


def modify_listener(state: State, params: Params) -> Answer:
    listener = lookup.listener(state, params["ListenerArn"])
    balancer = lookup.load_balancer(state, listener.load_balancer_arn)
    settings = _settings(state, balancer, params, listener)
    siblings = state.load_balancing.listeners_of(balancer.arn)
    if any(each.port == settings.port and each is not listener for each in siblings):
        raise ApiError(
            "DuplicateListener", f"A listener already exists on this port for this load balancer '{balancer.arn}'"
        )
    was_secure = listener.protocol in SECURE
    settings.apply(listener)
    attributes.carry_over(listener)
    if was_secure and settings.protocol not in SECURE:
        listener.extra_certificates = ()
    state.load_balancing.refresh_users(state.clock())
    return {"Listeners": [describe.listener(listener)]}


def delete_listener(state: State, params: Params) -> Answer:
    listener = lookup.listener(state, params["ListenerArn"])
    if state.load_balancing.is_target(listener.load_balancer_arn, listener.port):
        raise ApiError(
            "ResourceInUse",
            f"Listener '{listener.arn}' cannot be deleted: a Network Load Balancer forwards to its port",
        )
    remove_listener(state, listener.arn)
    state.load_balancing.refresh_users(state.clock())
    return {}


def _settings_of(listener: Listener) -> Settings:
    return Settings(
        listener.port,
        listener.protocol,
        listener.default_actions,
        listener.certificate,
        listener.ssl_policy,
        listener.alpn_policy,
        listener.mutual_authentication,
    )


def _settings(state: State, balancer: LoadBalancer, params: Params, current: Listener | None = None) -> Settings:
    """The settings that a request leads to; what it does not name stays as `current` has it."""
    protocol = params.get("Protocol") or (current.protocol if current else "")
    if protocol not in PROTOCOLS[balancer.type]:
        allowed = ", ".join(PROTOCOLS[balancer.type])
        raise ApiError("ValidationError", f"Listener protocol '{protocol}' must be one of '{allowed}'")
    if (
        protocol in DATAGRAMS
        and balancer.ip_address_type == "dualstack"
        and balancer.enable_prefix_for_source_nat != "on"
    ):
        raise ApiError(
            "InvalidConfigurationRequest", f"{protocol} listeners of a dualstack load balancer need source NAT prefixes"
        )
    held = current.default_actions if current else ()
    wanted = params.get("DefaultActions")
    default_actions = actions.checked(state, balancer, protocol, held if wanted is None else wanted, held)
    secure = protocol in SECURE
    if not secure:
        _refuse_secure_settings(params, protocol)
    return Settings(
        port=params.get("Port") or (current.port if current else 0),
        protocol=protocol,
        default_actions=default_actions,
        certificate=certificates.default_of(state, params, protocol, current) if secure else None,
        ssl_policy=_ssl_policy(params, current) if secure else None,
        alpn_policy=_alpn_policy(params, protocol, current),
        mutual_authentication=_mutual_authentication(state, params, protocol, current),
    )


def _refuse_secure_settings(params: Params, protocol: str) -> None:
    for key in ("Certificates", "SslPolicy"):
        if params.get(key):
            raise ApiError("ValidationError", f"{key} cannot be specified for {protocol} listeners")


def _ssl_policy(params: Params, current: Listener | None) -> str:
    name = params.get("SslPolicy") or (current and current.ssl_policy) or policies.DEFAULT_SSL_POLICY
    policies.check_ssl_policy(name)
    return str(name)


def _alpn_policy(params: Params, protocol: str, current: Listener | None) -> tuple[str, ...]:
    wanted = params.get("AlpnPolicy")
    if wanted is None:
        return current.alpn_policy if current and protocol == "TLS" else ()
    if protocol != "TLS":
        raise ApiError("ValidationError", f"ALPN policies cannot be specified for {protocol} listeners")
    if len(wanted) != 1 or wanted[0] not in ALPN_POLICIES:
        raise ApiError("ALPNPolicyNotFound", f"ALPN policy must be one of {', '.join(ALPN_POLICIES)}, not {wanted}")
    return tuple(wanted)


def _mutual_authentication(
    state: State, params: Params, protocol: str, current: Listener | None
) -> Mapping[str, Any] | None:
    wanted = params.get("MutualAuthentication")
    if protocol != "HTTPS":
        if wanted and wanted.get("Mode", "off") != "off":
            raise ApiError("ValidationError", f"Mutual authentication cannot be specified for {protocol} listeners")
        return None
    if wanted is None:
        return (current and current.mutual_authentication) or {"Mode": "off"}
    mode = wanted.get("Mode", "off")
    if mode not in ("off", "passthrough", "verify"):
        raise ApiError(
            "ValidationError", f"Mutual authentication mode '{mode}' must be one of 'off, passthrough, verify'"
        )
    if mode != "verify":
        if extra := [key for key in wanted if key != "Mode" and wanted[key]]:
            raise ApiError(
                "ValidationError", f"{extra[0]} cannot be specified with mutual authentication mode '{mode}'"
            )
        return {"Mode": mode}
    if not wanted.get("TrustStoreArn"):
        raise ApiError("ValidationError", "A trust store must be specified with mutual authentication mode 'verify'")
    lookup.trust_store(state, wanted["TrustStoreArn"])
    return {
        "Mode": mode,
        "TrustStoreArn": wanted["TrustStoreArn"],
        "IgnoreClientCertificateExpiry": wanted.get("IgnoreClientCertificateExpiry", False),
        "TrustStoreAssociationStatus": "active",
        "AdvertiseTrustStoreCaNames": wanted.get("AdvertiseTrustStoreCaNames", "off"),
    }


OPERATIONS: Operations = {
    "CreateListener": create_listener,
    "DescribeListeners": describe_listeners,
    "ModifyListener": modify_listener,
    "DeleteListener": delete_listener,
}
