"""Security policies of TLS listeners, and the account's limits."""

from albc.local.aws.errors import ApiError
from albc.local.aws.services.operation import Answer, Operations, Params, page
from albc.local.aws.state import State

DEFAULT_SSL_POLICY = "ELBSecurityPolicy-2016-08"

_TLS13 = ("TLS13-1-3", "TLS13-1-2-Res", "TLS13-1-2", "TLS13-1-2-Ext1", "TLS13-1-2-Ext2", "TLS13-1-1", "TLS13-1-0")
_FIPS = ("TLS13-1-3", "TLS13-1-2-Res", "TLS13-1-2", "TLS13-1-2-Ext0", "TLS13-1-2-Ext1", "TLS13-1-2-Ext2", "TLS13-1-1")
_OLD = ("TLS-1-2-Ext-2018-06", "TLS-1-2-2017-01", "TLS-1-1-2017-01", "2016-08", "2015-05", "TLS-1-0-2015-04")
_FORWARD_SECRECY = ("FS-1-2-Res-2020-10", "FS-1-2-Res-2019-08", "FS-1-2-2019-08", "FS-1-1-2019-08", "FS-2018-06")

SSL_POLICIES = (
    *(f"ELBSecurityPolicy-{name}-2021-06" for name in _TLS13),
    *(f"ELBSecurityPolicy-{name}-PQ-2025-09" for name in _TLS13),
    *(f"ELBSecurityPolicy-{name}-FIPS-2023-04" for name in (*_FIPS, "TLS13-1-0")),
    *(f"ELBSecurityPolicy-{name}-FIPS-PQ-2025-09" for name in (*_FIPS, "TLS13-1-0")),
    *(f"ELBSecurityPolicy-{name}" for name in (*_OLD, *_FORWARD_SECRECY)),
)
"""Names of the predefined policies (user guides, "Security policies")."""


def check_ssl_policy(name: str) -> None:
    if name not in SSL_POLICIES:
        raise ApiError("SSLPolicyNotFound", f"SSL policy '{name}' not found")


def describe_ssl_policies(_state: State, params: Params) -> Answer:
    wanted = params.get("Names") or SSL_POLICIES
    for name in wanted:
        check_ssl_policy(name)
    shown, marker = page(wanted, str, params.get("PageSize", 400), params.get("Marker"))
    return {"SslPolicies": [{"Name": name, "SslProtocols": _protocols(name)} for name in shown], "NextMarker": marker}


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


def _protocols(policy: str) -> list[str]:
    versions = ["TLSv1.3"] if "TLS13" in policy else []
    if "TLS13-1-3" in policy:
        return versions
    versions.append("TLSv1.2")
    if "-1-2-" not in policy and "-2021-06" not in policy.replace("TLS13-1-1", "").replace("TLS13-1-0", "TLS13"):
        versions.append("TLSv1.1")
    return versions


OPERATIONS: Operations = {
    "DescribeSSLPolicies": describe_ssl_policies,
    "DescribeAccountLimits": describe_account_limits,
}
