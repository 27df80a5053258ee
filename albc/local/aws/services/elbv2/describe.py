"""Things as the Describe operations show them."""

from collections.abc import Mapping
from typing import Any

from albc.local.aws.services.operation import present
from albc.local.aws.state import State
from albc.local.aws.state.load_balancing import Listener, LoadBalancer, Rule, TargetGroup, ZoneMapping

Item = dict[str, Any]


def load_balancer(state: State, balancer: LoadBalancer) -> Item:
    """A DescribeLoadBalancers item."""
    code = "active" if state.clock() >= balancer.active_at else "provisioning"
    return present(
        {
            "LoadBalancerArn": balancer.arn,
            "DNSName": balancer.dns_name,
            "CanonicalHostedZoneId": balancer.canonical_hosted_zone_id,
            "CreatedTime": balancer.created_at,
            "LoadBalancerName": balancer.name,
            "Scheme": balancer.scheme,
            "VpcId": balancer.vpc_id,
            "State": {"Code": code},
            "Type": balancer.type,
            "AvailabilityZones": zones(balancer),
            "SecurityGroups": list(balancer.security_groups) or None,
            "IpAddressType": balancer.ip_address_type,
            "CustomerOwnedIpv4Pool": balancer.customer_owned_pool,
            "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic": balancer.enforce_inbound_rules_on_private_link,
            "EnablePrefixForIpv6SourceNat": balancer.enable_prefix_for_source_nat,
            "IpamPools": {"Ipv4IpamPoolId": balancer.ipam_pool} if balancer.ipam_pool else None,
        }
    )


def zones(balancer: LoadBalancer) -> list[Item]:
    """The `AvailabilityZones` of a load balancer."""
    return [_zone(balancer, zone) for zone in balancer.zones]


def _zone(balancer: LoadBalancer, zone: ZoneMapping) -> Item:
    addresses: list[Item] = []
    if zone.allocation_id:
        addresses.append({"IpAddress": zone.public_ip, "AllocationId": zone.allocation_id})
    if zone.fixed_private_ip:
        addresses.append({"PrivateIPv4Address": zone.private_ip})
    if zone.ipv6_address and balancer.type == "network":
        addresses.append({"IPv6Address": zone.ipv6_address})
    return present(
        {
            "ZoneName": zone.zone,
            "SubnetId": zone.subnet_id,
            "LoadBalancerAddresses": addresses,
            "SourceNatIpv6Prefixes": [zone.source_nat_prefix] if zone.source_nat_prefix else None,
        }
    )


def listener(listener: Listener) -> Item:
    """A DescribeListeners item: its default certificate only."""
    return present(
        {
            "ListenerArn": listener.arn,
            "LoadBalancerArn": listener.load_balancer_arn,
            "Port": listener.port,
            "Protocol": listener.protocol,
            "Certificates": [{"CertificateArn": listener.certificate}] if listener.certificate else None,
            "SslPolicy": listener.ssl_policy,
            "DefaultActions": [shown_action(action) for action in listener.default_actions],
            "AlpnPolicy": list(listener.alpn_policy) or None,
            "MutualAuthentication": listener.mutual_authentication,
        }
    )


def rule(rule: Rule) -> Item:
    """A DescribeRules item."""
    return {
        "RuleArn": rule.arn,
        "Priority": str(rule.priority),
        "Conditions": list(rule.conditions),
        "Actions": [shown_action(action) for action in rule.actions],
        "IsDefault": False,
        "Transforms": list(rule.transforms),
    }


def default_rule(listener: Listener) -> Item:
    """The DescribeRules item of a listener's default rule."""
    return {
        "RuleArn": listener.default_rule_arn,
        "Priority": "default",
        "Conditions": [],
        "Actions": [shown_action(action) for action in listener.default_actions],
        "IsDefault": True,
        "Transforms": [],
    }


def target_group(state: State, group: TargetGroup) -> Item:
    """A DescribeTargetGroups item."""
    return {
        "TargetGroupArn": group.arn,
        "TargetGroupName": group.name,
        "VpcId": group.vpc_id,
        **group.settings,
        "LoadBalancerArns": sorted(state.load_balancing.users_of(group.arn)),
    }


def attributes(values: Mapping[str, str]) -> Item:
    """The answer of the operations on attributes."""
    return {"Attributes": [{"Key": key, "Value": value} for key, value in values.items()]}


def shown_action(action: Mapping[str, Any]) -> Mapping[str, Any]:
    """An action without what AWS keeps to itself."""
    config = action.get("AuthenticateOidcConfig")
    if not config:
        return action
    return {**action, "AuthenticateOidcConfig": {k: v for k, v in config.items() if k != "ClientSecret"}}
