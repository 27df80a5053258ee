"""Security policies of TLS listeners, and the account's limits."""

from albc.local.aws.errors import ApiError
from albc.local.aws.services.operation import Answer, Operations, Params, page
from albc.local.aws.services.ssl_policies import SSL_POLICIES, protocols_of
from albc.local.aws.state import State

DEFAULT_SSL_POLICY = "ELBSecurityPolicy-2016-08"


def check_ssl_policy(name: str) -> None:
    if name not in SSL_POLICIES:
        raise ApiError("SSLPolicyNotFound", f"SSL policy '{name}' not found")


def describe_ssl_policies(_state: State, params: Params) -> Answer:
    wanted = params.get("Names") or SSL_POLICIES
    for name in wanted:
        check_ssl_policy(name)
    shown, marker = page(wanted, str, params.get("PageSize", 400), params.get("Marker"))
    return {"SslPolicies": [{"Name": name, "SslProtocols": protocols_of(name)} for name in shown], "NextMarker": marker}


def describe_account_limits(state: State, params: Params) -> Answer:
    quotas = state.options.quotas
    limits = {
        "application-load-balancers": quotas.application_load_balancers,
        "network-load-balancers": quotas.network_load_balancers,
        "target-groups": quotas.target_groups,
        "targets-per-target-group": quotas.targets_per_target_group,
        "listeners-per-application-load-balancer": quotas.listeners_per_load_balancer,
        "listeners-per-network-load-balancer": quotas.listeners_per_load_balancer,
        "rules-per-application-load-balancer": quotas.rules_per_application_load_balancer,
        "certificates-per-application-load-balancer": quotas.certificates_per_load_balancer,
        "certificates-per-network-load-balancer": quotas.certificates_per_load_balancer,
        "target-groups-per-application-load-balancer": quotas.target_groups_per_application_load_balancer,
        "target-groups-per-action-on-application-load-balancer": quotas.target_groups_per_action,
        "condition-values-per-alb-rule": quotas.condition_values_per_rule,
        "condition-wildcards-per-alb-rule": quotas.wildcards_per_rule,
    }
    shown, marker = page(limits, str, params.get("PageSize", 400), params.get("Marker"))
    return {"Limits": [{"Name": name, "Max": str(limits[name])} for name in shown], "NextMarker": marker}


OPERATIONS: Operations = {
    "DescribeSSLPolicies": describe_ssl_policies,
    "DescribeAccountLimits": describe_account_limits,
}
