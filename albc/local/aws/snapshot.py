"""The account as a data plane sees it: the items of the Describe operations, and where each thing really is."""

from typing import Any

from albc.local.aws.services.elb import traffic
from albc.local.aws.services.elbv2 import describe
from albc.local.aws.services.elbv2.health import forget_drained
from albc.local.aws.state import State
from albc.local.aws.state.load_balancing import Listener, LoadBalancing, TargetGroup
from albc.local.dataplane.snapshot import Snapshot


def snapshot_of(state: State) -> Snapshot:
    """Everything that decides where a connection goes, at this moment."""
    held = state.load_balancing
    classic = list(state.classic.values())
    for group in held.target_groups.values():
        forget_drained(state, group)
    return Snapshot(
        load_balancers=tuple(
            {
                **describe.load_balancer(state, balancer),
                "Address": balancer.address,
                "Attributes": dict(balancer.attributes),
            }
            for balancer in held.load_balancers.values()
        )
        + tuple(map(traffic.load_balancer, classic)),
        listeners=_listeners(held) | {balancer.arn: traffic.listeners(balancer) for balancer in classic},
        rules=_rules(held),
        target_groups={
            arn: {**describe.target_group(state, group), "Attributes": dict(group.attributes)}
            for arn, group in held.target_groups.items()
        }
        | {arn: item for balancer in classic for arn, item in traffic.target_groups(balancer).items()},
        targets={arn: _targets(group) for arn, group in held.target_groups.items()}
        | {arn: items for balancer in classic for arn, items in traffic.targets(state, balancer)},
        certificates={
            certificate.arn: (certificate.chain, certificate.key)
            for certificate in state.certificates.all()
            if certificate.status == "ISSUED"
        },
        security_groups={
            group.group_id: group.describe(state.options) for group in state.network.security_groups.values()
        },
    )


def _listeners(held: LoadBalancing) -> dict[str, tuple[dict[str, Any], ...]]:
    found: dict[str, list[dict[str, Any]]] = {arn: [] for arn in held.load_balancers}
    for listener in held.listeners.values():
        found[listener.load_balancer_arn].append(_listener(listener))
    return {arn: tuple(items) for arn, items in found.items()}


def _rules(held: LoadBalancing) -> dict[str, tuple[dict[str, Any], ...]]:
    found: dict[str, list[dict[str, Any]]] = {arn: [] for arn in held.listeners}
    for rule in sorted(held.rules.values(), key=lambda rule: rule.priority):
        found[rule.listener_arn].append(describe.rule(rule))
    return {arn: (*items, describe.default_rule(held.listeners[arn])) for arn, items in found.items()}


def _listener(listener: Listener) -> dict[str, Any]:
    default = [{"CertificateArn": listener.certificate, "IsDefault": True}] if listener.certificate else []
    extra = [{"CertificateArn": arn, "IsDefault": False} for arn in listener.extra_certificates]
    return {
        **describe.listener(listener),
        "Certificates": [*default, *extra],
        "Attributes": dict(listener.attributes),
    }


def _targets(group: TargetGroup) -> tuple[dict[str, Any], ...]:
    return tuple(
        {
            "Id": target.key.target_id,
            "Port": target.key.port,
            "AvailabilityZone": target.key.zone or target.zone,
            "State": "registered" if target.draining_until is None else "draining",
            "Address": target.address,
        }
        for target in group.targets.values()
    )
