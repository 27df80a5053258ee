"""What AWS refuses in ELBv2, with its error codes; a refused call changes nothing.

What has a story of its own is told in the files beside this one; here are the rules that are one line each.
"""

from collections.abc import Callable
from typing import Any

import pytest
from aws_things import REPLY, Params, Things, gone, things_in

from albc.local.aws import Account, AccountOptions, ApiError, ManualClock, Quotas, instance_id

OIDC: dict[str, Any] = {
    "Type": "authenticate-oidc",
    "AuthenticateOidcConfig": {
        "Issuer": "https://id.example.com",
        "AuthorizationEndpoint": "https://id.example.com/a",
        "TokenEndpoint": "https://id.example.com/t",
        "UserInfoEndpoint": "https://id.example.com/u",
        "ClientId": "albc",
        "ClientSecret": "secret",
    },
}
NO_SECRET = {key: value for key, value in OIDC["AuthenticateOidcConfig"].items() if key != "ClientSecret"}
REWRITE = {"Type": "url-rewrite", "UrlRewriteConfig": {"Rewrites": [{"Regex": "a", "Replace": "b"}]}}
NO_SUCH = {"Key": "no.such", "Value": "1"}


@pytest.fixture
def things() -> Things:
    return things_in(Account(AccountOptions(active_seconds=0), clock=ManualClock()))


Case = tuple[str, Callable[[Things], Params], str]

ACTIONS: tuple[Case, ...] = (
    ("CreateRule", lambda t: t.create_rule(), "ValidationError"),
    ("CreateRule", lambda t: t.create_rule({**REPLY, "RedirectConfig": {"StatusCode": "HTTP_301"}}), "ValidationError"),
    ("CreateRule", lambda t: t.create_rule({"Type": "redirect"}), "ValidationError"),
    ("CreateRule", lambda t: t.create_rule(t.forward(t.web), REPLY), "ValidationError"),
    (
        "CreateRule",
        lambda t: t.create_rule({**REPLY, "Order": 1}, {**t.forward(t.web), "Order": 2}),
        "InvalidLoadBalancerAction",
    ),
    (
        "CreateListener",
        lambda t: t.create_listener(
            t.alb,
            "HTTPS",
            {**OIDC, "Order": 1},
            {**OIDC, "Order": 2},
            {**REPLY, "Order": 3},
            Certificates=[{"CertificateArn": t.certificate}],
        ),
        "TooManyActions",
    ),
    ("CreateRule", lambda t: t.create_rule(t.forward()), "ValidationError"),
    ("CreateRule", lambda t: t.create_rule(t.forward(t.web, t.web)), "ValidationError"),
    ("CreateRule", lambda t: t.create_rule({**t.forward(t.web), "TargetGroupArn": t.instances}), "ValidationError"),
    ("CreateRule", lambda t: t.create_rule(t.forward(gone(t.web))), "TargetGroupNotFound"),
    ("CreateRule", lambda t: t.create_rule(t.forward(t.tcp)), "IncompatibleProtocols"),
    (
        "CreateRule",
        lambda t: t.create_rule(t.forward(t.web, TargetGroupStickinessConfig={"Enabled": True})),
        "ValidationError",
    ),
    (
        "CreateRule",
        lambda t: t.create_rule(t.forward(t.web, TargetGroupStickinessConfig={"DurationSeconds": 604801})),
        "ValidationError",
    ),
    (
        "CreateRule",
        lambda t: t.create_rule({"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_301", "Protocol": "FTP"}}),
        "ValidationError",
    ),
    (
        "CreateRule",
        lambda t: t.create_rule(
            {"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_301", "Protocol": "HTTP", "Port": "81"}},
            ListenerArn=t.secure,
        ),
        "InvalidLoadBalancerAction",
    ),
    (
        "CreateRule",
        lambda t: t.create_rule({"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_301", "Path": "x"}}),
        "ValidationError",
    ),
    (
        "CreateListener",
        lambda t: t.create_listener(
            t.alb,
            "HTTPS",
            {
                "Type": "authenticate-oidc",
                "Order": 1,
                "AuthenticateOidcConfig": {**NO_SECRET, "UseExistingClientSecret": True},
            },
            {**REPLY, "Order": 2},
            Certificates=[{"CertificateArn": t.certificate}],
        ),
        "ValidationError",
    ),
)

RULES: tuple[Case, ...] = (
    ("DescribeRules", lambda t: {"ListenerArn": t.front, "RuleArns": [t.rule]}, "ValidationError"),
    ("DescribeRules", lambda t: {}, "ValidationError"),
    (
        "CreateRule",
        lambda t: t.create_rule(REPLY, Conditions=[{"Field": "path-pattern", "Values": ["/*a*b*c*", "/*d*e*f*"]}]),
        "ValidationError",
    ),
    (
        "CreateRule",
        lambda t: t.create_rule(
            REPLY, Conditions=[{"Field": "source-ip", "SourceIpConfig": {"Values": ["192.0.2.1"]}}]
        ),
        "ValidationError",
    ),
    (
        "CreateRule",
        lambda t: t.create_rule(t.forward(t.web), Transforms=[{"Type": "url-rewrite"}]),
        "ValidationError",
    ),
    (
        "CreateRule",
        lambda t: t.create_rule(t.forward(t.web), Transforms=2 * [REWRITE]),
        "ValidationError",
    ),
    ("ModifyRule", lambda t: {"RuleArn": t.rule, "Transforms": [REWRITE], "ResetTransforms": True}, "ValidationError"),
    ("ModifyRule", lambda t: {"RuleArn": gone(t.rule), "Actions": [REPLY]}, "RuleNotFound"),
    ("CreateRule", lambda t: t.create_rule(REPLY, ListenerArn=gone(t.front)), "ListenerNotFound"),
)

LISTENERS: tuple[Case, ...] = (
    ("DescribeListeners", lambda t: {"LoadBalancerArn": t.alb, "ListenerArns": [t.front]}, "ValidationError"),
    ("CreateListener", lambda t: {"LoadBalancerArn": t.alb, "DefaultActions": [REPLY], "Port": 81}, "ValidationError"),
    ("CreateListener", lambda t: t.create_listener(gone(t.alb), "HTTP", REPLY), "LoadBalancerNotFound"),
    ("CreateListener", lambda t: t.create_listener(t.alb, "TCP", REPLY), "ValidationError"),
    ("CreateListener", lambda t: t.create_listener(t.nlb, "TCP", REPLY), "InvalidLoadBalancerAction"),
    (
        "CreateListener",
        lambda t: t.create_listener(
            t.nlb,
            "TLS",
            t.forward(t.tcp),
            Certificates=[{"CertificateArn": t.certificate}],
            AlpnPolicy=["HTTP9Only"],
        ),
        "ALPNPolicyNotFound",
    ),
    (
        "CreateListener",
        lambda t: t.create_listener(t.alb, "HTTP", REPLY, MutualAuthentication={"Mode": "verify"}),
        "ValidationError",
    ),
    ("ModifyListener", lambda t: {"ListenerArn": t.secure, "MutualAuthentication": {"Mode": "on"}}, "ValidationError"),
    (
        "ModifyListener",
        lambda t: {
            "ListenerArn": t.secure,
            "MutualAuthentication": {"Mode": "off", "IgnoreClientCertificateExpiry": True},
        },
        "ValidationError",
    ),
    (
        "AddListenerCertificates",
        lambda t: {"ListenerArn": t.front, "Certificates": [{"CertificateArn": t.certificate}]},
        "InvalidConfigurationRequest",
    ),
    (
        "ModifyListenerAttributes",
        lambda t: {
            "ListenerArn": t.front,
            "Attributes": 2 * [{"Key": "routing.http.response.server.enabled", "Value": "false"}],
        },
        "ValidationError",
    ),
)

LOAD_BALANCERS: tuple[Case, ...] = (
    ("DescribeLoadBalancers", lambda t: {"LoadBalancerArns": [t.alb], "Names": ["shop"]}, "ValidationError"),
    ("DescribeLoadBalancers", lambda t: {"Names": [f"a{number}" for number in range(21)]}, "ValidationError"),
    ("DescribeLoadBalancers", lambda t: {"LoadBalancerArns": [t.alb, gone(t.alb)]}, "LoadBalancerNotFound"),
    (
        "CreateLoadBalancer",
        lambda t: {"Name": "a", "Type": "gateway", "Subnets": list(t.subnets)},
        "InvalidConfigurationRequest",
    ),
    (
        "CreateLoadBalancer",
        lambda t: {"Name": "a", "Subnets": list(t.subnets), "EnablePrefixForIpv6SourceNat": "on"},
        "InvalidConfigurationRequest",
    ),
    (
        "CreateLoadBalancer",
        lambda t: {"Name": "a", "Subnets": list(t.subnets), "SubnetMappings": [{"SubnetId": t.subnets[0]}]},
        "ValidationError",
    ),
    (
        "CreateLoadBalancer",
        lambda t: {
            "Name": "a",
            "SubnetMappings": [{"SubnetId": each, "AllocationId": "eipalloc-1"} for each in t.subnets],
        },
        "ValidationError",
    ),
    (
        "CreateLoadBalancer",
        lambda t: (
            {"Name": "a", "Type": "network", "Scheme": "internal"}
            | {"SubnetMappings": [{"SubnetId": t.subnets[0], "AllocationId": "eipalloc-1"}]}
        ),
        "InvalidConfigurationRequest",
    ),
    (
        "CreateLoadBalancer",
        lambda t: (
            {"Name": "a", "Type": "network"}
            | {"SubnetMappings": [{"SubnetId": t.subnets[0], "PrivateIPv4Address": "127.18.0.99"}]}
        ),
        "InvalidConfigurationRequest",
    ),
    (
        "CreateLoadBalancer",
        lambda t: (
            {"Name": "a", "Type": "network"}
            | {"SubnetMappings": [{"SubnetId": t.subnets[0], "IPv6Address": "fd00::1"}]}
        ),
        "InvalidConfigurationRequest",
    ),
    ("SetSecurityGroups", lambda t: {"LoadBalancerArn": t.alb, "SecurityGroups": []}, "ValidationError"),
    (
        "SetSecurityGroups",
        lambda t: {"LoadBalancerArn": t.alb, "SecurityGroups": ["sg-gone"]},
        "InvalidConfigurationRequest",
    ),
    (
        "SetSecurityGroups",
        lambda t: {
            "LoadBalancerArn": t.alb,
            "SecurityGroups": list(t.security_groups),
            "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic": "off",
        },
        "InvalidConfigurationRequest",
    ),
    (
        "SetSubnets",
        lambda t: {"LoadBalancerArn": t.alb, "Subnets": list(t.subnets), "EnablePrefixForIpv6SourceNat": "off"},
        "InvalidConfigurationRequest",
    ),
    (
        "SetSubnets",
        lambda t: {"LoadBalancerArn": t.nlb, "Subnets": list(t.subnets), "EnablePrefixForIpv6SourceNat": "on"},
        "InvalidConfigurationRequest",
    ),
    ("SetIpAddressType", lambda t: {"LoadBalancerArn": t.alb, "IpAddressType": "dualstack"}, "ValidationError"),
    (
        "ModifyIpPools",
        lambda t: {"LoadBalancerArn": t.internal, "IpamPools": {"Ipv4IpamPoolId": "ipam-pool-1"}},
        "InvalidConfigurationRequest",
    ),
    ("ModifyCapacityReservation", lambda t: {"LoadBalancerArn": t.alb}, "ValidationError"),
    (
        "ModifyCapacityReservation",
        lambda t: {"LoadBalancerArn": t.alb, "MinimumLoadBalancerCapacity": {"CapacityUnits": 1}},
        "ValidationError",
    ),
    (
        "ModifyCapacityReservation",
        lambda t: {"LoadBalancerArn": t.alb, "MinimumLoadBalancerCapacity": {"CapacityUnits": 10**6}},
        "CapacityUnitsLimitExceeded",
    ),
    (
        "ModifyLoadBalancerAttributes",
        lambda t: {"LoadBalancerArn": t.alb, "Attributes": [{"Key": "no.such", "Value": "1"}]},
        "ValidationError",
    ),
)

TARGET_GROUPS: tuple[Case, ...] = (
    ("DescribeTargetGroups", lambda t: {"Names": ["web"], "TargetGroupArns": [t.web]}, "ValidationError"),
    ("CreateTargetGroup", lambda t: {"Name": "f", "TargetType": "lambda"}, "InvalidConfigurationRequest"),
    ("CreateTargetGroup", lambda t: {"Name": "f", "Protocol": "HTTP", "VpcId": t.vpc}, "ValidationError"),
    ("CreateTargetGroup", lambda t: t.create_group(VpcId="vpc-gone"), "ValidationError"),
    ("CreateTargetGroup", lambda t: t.create_group(Protocol="GENEVE"), "UnsupportedProtocol"),
    ("CreateTargetGroup", lambda t: t.create_group(Protocol="TCP", TargetControlPort=1), "ValidationError"),
    ("CreateTargetGroup", lambda t: t.create_group(Protocol="TCP", ProtocolVersion="HTTP2"), "ValidationError"),
    ("CreateTargetGroup", lambda t: t.create_group(TargetType="alb"), "ValidationError"),
    ("ModifyTargetGroupAttributes", lambda t: {"TargetGroupArn": t.web, "Attributes": [NO_SUCH]}, "ValidationError"),
    (
        "RegisterTargets",
        lambda t: {"TargetGroupArn": t.quic, "Targets": [{"Id": instance_id("a"), "QuicServerId": "0x1"}]},
        "ValidationError",
    ),
    (
        "RegisterTargets",
        lambda t: {"TargetGroupArn": t.instances, "Targets": [{"Id": instance_id("a"), "AvailabilityZone": "all"}]},
        "ValidationError",
    ),
    ("RegisterTargets", lambda t: {"TargetGroupArn": t.instances, "Targets": [{"Id": "i-gone"}]}, "InvalidTarget"),
    ("RegisterTargets", lambda t: {"TargetGroupArn": t.web, "Targets": [{"Id": "10.9.9.9"}]}, "ValidationError"),
    ("DeregisterTargets", lambda t: {"TargetGroupArn": gone(t.web), "Targets": []}, "TargetGroupNotFound"),
)


@pytest.mark.parametrize(
    ("operation", "params", "code"), [*ACTIONS, *RULES, *LISTENERS, *LOAD_BALANCERS, *TARGET_GROUPS]
)
def test_it_is_refused_and_nothing_is_changed(
    things: Things, operation: str, params: Callable[[Things], Params], code: str
) -> None:
    before = things.account.snapshot()
    with pytest.raises(ApiError) as refused:
        things.account.call("elbv2", operation, params(things))
    assert refused.value.code == code
    assert things.account.snapshot() == before


QUOTAS: tuple[tuple[str, Callable[[Things], tuple[str, Params]], str], ...] = (
    ("application_load_balancers", lambda t: ("CreateLoadBalancer", {"Name": "b", "Subnets": list(t.subnets)}),
     "TooManyLoadBalancers"),
    ("network_load_balancers",
     lambda t: ("CreateLoadBalancer", {"Name": "b", "Type": "network", "Subnets": list(t.subnets)}),
     "TooManyLoadBalancers"),
    ("target_groups", lambda t: ("CreateTargetGroup", t.create_group()), "TooManyTargetGroups"),
    ("listeners_per_load_balancer", lambda t: ("CreateListener", t.create_listener(t.alb, "HTTP", REPLY)),
     "TooManyListeners"),
    ("rules_per_application_load_balancer", lambda t: ("CreateRule", t.create_rule(REPLY)), "TooManyRules"),
    ("certificates_per_load_balancer",
     lambda t: ("AddListenerCertificates", {"ListenerArn": t.secure, "Certificates": [{"CertificateArn": other(t)}]}),
     "TooManyCertificates"),
    ("targets_per_target_group",
     lambda t: ("RegisterTargets", {"TargetGroupArn": t.web, "Targets": [{"Id": "127.19.0.20"}]}), "TooManyTargets"),
    ("target_groups_per_application_load_balancer", lambda t: ("CreateRule", t.create_rule(t.forward(t.web))),
     "TooManyUniqueTargetGroupsPerLoadBalancer"),
    ("target_groups_per_action", lambda t: ("CreateRule", t.create_rule(t.forward(t.web))), "TooManyTargetGroups"),
    ("tags_per_resource", lambda t: ("AddTags", {"ResourceArns": [t.web], "Tags": [{"Key": "a", "Value": "b"}]}),
     "TooManyTags"),
    ("security_groups_per_load_balancer",
     lambda t: ("SetSecurityGroups", {"LoadBalancerArn": t.alb, "SecurityGroups": list(t.security_groups)}),
     "InvalidConfigurationRequest"),
)  # fmt: skip
"""The quota that is set to what there is already, the call that is one too many, and AWS's answer."""

HELD = {
    "application_load_balancers": 2,
    "network_load_balancers": 1,
    "target_groups": 4,
    "listeners_per_load_balancer": 2,
    "rules_per_application_load_balancer": 1,
    "security_groups_per_load_balancer": 1,
}
"""What `things_in` makes of each; nothing of the others."""


def other(things: Things) -> str:
    """A second certificate; gives its ARN."""
    return str(things.account.call("acm", "RequestCertificate", {"DomainName": "b.example.com"})["CertificateArn"])


@pytest.mark.parametrize(("quota", "one_more", "code"), QUOTAS)
def test_a_quota_that_is_used_up_refuses_one_more(
    quota: str, one_more: Callable[[Things], tuple[str, Params]], code: str
) -> None:
    limits = Quotas(**{quota: HELD.get(quota, 0)})
    things = things_in(Account(AccountOptions(active_seconds=0, quotas=limits), clock=ManualClock()))
    with pytest.raises(ApiError) as refused:
        things.account.call("elbv2", *one_more(things))
    assert refused.value.code == code
