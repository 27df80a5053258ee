"""Find a thing by its ARN, or answer as AWS does when it is not there."""

from albc.local.aws.errors import ApiError
from albc.local.aws.state import State
from albc.local.aws.state.load_balancing import Listener, LoadBalancer, Rule, TargetGroup, TrustStore


def load_balancer(state: State, arn: str, *, reading: bool = False) -> LoadBalancer:
    """A load balancer; reading calls do not find one that is too fresh (`consistency_seconds`)."""
    found = state.load_balancing.load_balancers.get(arn)
    if found is None or (reading and not state.visible(found.created_at)):
        raise _absent("load balancer", "LoadBalancerNotFound", arn, ":loadbalancer/")
    return found


def target_group(state: State, arn: str, *, reading: bool = False) -> TargetGroup:
    found = state.load_balancing.target_groups.get(arn)
    if found is None or (reading and not state.visible(found.created_at)):
        raise _absent("target group", "TargetGroupNotFound", arn, ":targetgroup/")
    return found


def listener(state: State, arn: str) -> Listener:
    """A listener; a fresh one is not found by any call for a while, as on AWS right after CreateListener."""
    found = state.load_balancing.listeners.get(arn)
    if found is None or not state.visible(found.created_at):
        raise _absent("listener", "ListenerNotFound", arn, ":listener/")
    return found


def rule(state: State, arn: str, *, reading: bool = False) -> Rule:
    """A rule that is not a default one."""
    found = state.load_balancing.rules.get(arn)
    if found is None or (reading and not state.visible(found.created_at)):
        raise _absent("rule", "RuleNotFound", arn, ":listener-rule/")
    return found


def listener_of_default_rule(state: State, arn: str) -> Listener | None:
    """The listener whose default rule has this ARN."""
    return next((each for each in state.load_balancing.listeners.values() if each.default_rule_arn == arn), None)


def trust_store(state: State, arn: str) -> TrustStore:
    found = state.load_balancing.trust_stores.get(arn)
    if found is None:
        raise ApiError("TrustStoreNotFound", f"Trust store '{arn}' not found")
    return found


def _absent(kind: str, code: str, arn: str, marker: str) -> ApiError:
    if not arn.startswith("arn:") or marker not in arn:
        return ApiError("ValidationError", f"'{arn}' is not a valid {kind} ARN")
    return ApiError(code, f"One or more {kind}s not found")
