"""The health of targets: what a data plane reported, or what the time since registration says.

A target of a group that no load balancer uses is `unused`; from then on it is `initial`, `healthy` or `unhealthy`, and
after its deregistration `draining` until the group's delay is over. Reasons are AWS's (`TargetHealth.Reason`).
"""

from typing import Any

from albc.local.aws.state import State
from albc.local.aws.state.load_balancing import Report, Target, TargetGroup

INITIAL_CHECKS = "Elb.InitialHealthChecking"

DESCRIPTIONS = {
    "Elb.RegistrationInProgress": "Target registration is in progress",
    INITIAL_CHECKS: "Initial health checks in progress",
    "Target.FailedHealthChecks": "Health checks failed",
    "Target.Timeout": "Request timed out",
    "Target.ResponseCodeMismatch": "Health checks failed with these codes",
    "Target.NotRegistered": "Target is not registered to the target group",
    "Target.NotInUse": "Target group is not configured to receive traffic from the load balancer",
    "Target.DeregistrationInProgress": "Target deregistration is in progress",
    "Target.InvalidState": "Target is in the stopped state",
}


def of_target(state: State, group: TargetGroup, target: Target) -> dict[str, Any]:
    """The `TargetHealth` of a registered target now."""
    if target.draining_until is not None:
        return _health("draining", "Target.DeregistrationInProgress")
    if group.in_use_since is None:
        return _health("unused", "Target.NotInUse")
    if group.target_type == "instance":
        running = state.network.instances[target.key.target_id]["State"]["Name"] == "running"
        if not running:
            return _health("unused", "Target.InvalidState")
    if target.zone is not None and not _zone_in_use(state, group, target.zone):
        text = "Target is in an Availability Zone that is not enabled for the load balancer"
        return {**_health("unused", "Target.NotInUse"), "Description": text}
    if target.report is not None:
        return _reported(target.report)
    age = state.clock() - max(target.registered_at, group.in_use_since)
    if age >= state.options.health_seconds:
        return {"State": "healthy"}
    return _health(
        "initial", "Elb.RegistrationInProgress" if age < state.options.health_seconds / 2 else INITIAL_CHECKS
    )


def not_registered() -> dict[str, Any]:
    """The `TargetHealth` of something that the group does not have."""
    return _health("unused", "Target.NotRegistered")


def forget_drained(state: State, group: TargetGroup) -> None:
    """Remove the targets whose deregistration delay is over."""
    now = state.clock()
    for key, target in list(group.targets.items()):
        if target.draining_until is not None and now >= target.draining_until:
            del group.targets[key]


def report(state: State, group_arn: str, target_id: str, port: int, *, healthy: bool, reason: str) -> None:
    """Keep what a probe found, for every target of this id and port; unknown ones are ignored."""
    group = state.load_balancing.target_groups.get(group_arn)
    for key, target in group.targets.items() if group else ():
        if key.target_id == target_id and key.port == port:
            target.report = Report(healthy, reason)


def _reported(found: Report) -> dict[str, Any]:
    if found.healthy:
        return {"State": "healthy"}
    if found.reason == INITIAL_CHECKS:
        return _health("initial", INITIAL_CHECKS)
    return _health("unhealthy", found.reason or "Target.FailedHealthChecks")


def _health(code: str, reason: str) -> dict[str, Any]:
    return {"State": code, "Reason": reason, "Description": DESCRIPTIONS.get(reason, "Health checks failed")}


def _zone_in_use(state: State, group: TargetGroup, zone: str) -> bool:
    users = (state.load_balancing.load_balancers[arn] for arn in state.load_balancing.users_of(group.arn))
    return any(zone == mapping.zone for user in users for mapping in user.zones)
