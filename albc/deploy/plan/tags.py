"""Tags of everything that has tags (spec/aws.md §3.3): add, then remove, one call each, and only keys that are ours."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from albc.deploy.plan.operation import Operation, ResourceID, Verb
from albc.deploy.plan.scope import Scope
from albc.deploy.values import tag_list
from albc.errors import Invalid

Tags: TypeAlias = Mapping[str, str]
Call: TypeAlias = tuple[str, str, Mapping[str, Any]]
"""Service, action and parameters."""


def legacy_keys(cluster_name: str) -> frozenset[str]:
    """Tags of the ingress controller of old, on load balancers, target groups and security groups."""
    return frozenset(
        {
            f"kubernetes.io/cluster/{cluster_name}",
            "kubernetes.io/cluster-name",
            "kubernetes.io/namespace",
            "kubernetes.io/ingress-name",
            "kubernetes.io/service-name",
            "kubernetes.io/service-port",
            "ingress.k8s.aws/cluster",
        }
    )


def elbv2_tags(scope: Scope, resource: ResourceID, arn: str, wanted: Tags, actual: Tags) -> list[Operation]:
    """Of a load balancer or target group."""
    left_alone = scope.settings.external_managed_tags | legacy_keys(scope.settings.cluster_name)
    return _elbv2(resource, arn, _difference(wanted, actual, left_alone))


def listener_tags(scope: Scope, resource: ResourceID, arn: str, wanted: Tags, actual: Tags) -> list[Operation]:
    """Of a listener or rule; nothing with the gate ListenerRulesTagging off."""
    if not scope.settings.listener_rules_tagging:
        return []
    return _elbv2(resource, arn, _difference(wanted, actual, scope.settings.external_managed_tags))


def ec2_tags(scope: Scope, resource: ResourceID, id: str, wanted: Tags, actual: Tags) -> list[Operation]:
    """Of a security group."""
    left_alone = scope.settings.external_managed_tags | legacy_keys(scope.settings.cluster_name)
    wrong, extra = _difference(wanted, actual, left_alone)
    return [
        *_set(resource, id, wrong, ("ec2", "create_tags", {"Resources": [id], "Tags": tag_list(wrong)})),
        *_drop(resource, id, extra, ("ec2", "delete_tags", {"Resources": [id], "Tags": tag_list(extra)})),
    ]


def cluster_tag(scope: Scope, resource: ResourceID, id: str, wanted: Tags, actual: Tags) -> list[Operation]:
    """The tag of old by which the cluster owns the security group of a Classic Load Balancer (spec/service.md B6): put
    back where it is missing.

    Raises `Invalid` for another value than ours: somebody shares the group, or says that it is another's.
    """
    key = f"kubernetes.io/cluster/{scope.settings.cluster_name}"
    expected, found = wanted.get(key, ""), actual.get(key, "")
    if found == expected or key in scope.settings.external_managed_tags:
        return []
    if found:
        raise Invalid(
            f'resource "{id}" has tag belonging to another cluster: "{key}"="{found}" (expected "{expected}"); '
            "correct the tag or remove it"
        )
    missing = {key: expected}
    return [*_set(resource, id, missing, ("ec2", "create_tags", {"Resources": [id], "Tags": tag_list(missing)}))]


def _elbv2(resource: ResourceID, arn: str, change: tuple[Tags, Tags]) -> list[Operation]:
    wrong, extra = change
    return [
        *_set(resource, arn, wrong, ("elbv2", "add_tags", {"ResourceArns": [arn], "Tags": tag_list(wrong)})),
        *_drop(resource, arn, extra, ("elbv2", "remove_tags", {"ResourceArns": [arn], "TagKeys": sorted(extra)})),
    ]


def _set(resource: ResourceID, target: str, wrong: Tags, call: Call) -> Iterator[Operation]:
    if wrong:
        because = f"tags {', '.join(sorted(wrong))} are missing or differ"
        yield replace(_operation(resource, target, call, because), after=wrong)


def _drop(resource: ResourceID, target: str, extra: Tags, call: Call) -> Iterator[Operation]:
    if extra:
        because = f"tags {', '.join(sorted(extra))} are not wanted"
        yield replace(_operation(resource, target, call, because), before=extra)


def _operation(resource: ResourceID, target: str, call: Call, because: str) -> Operation:
    service, action, params = call
    return Operation(
        verb=Verb.MODIFY,
        resource=resource,
        service=service,
        action=action,
        params=params,
        target=target,
        because=because,
    )


def _difference(wanted: Tags, actual: Tags, left_alone: frozenset[str]) -> tuple[Tags, Tags]:
    """(missing or different, not wanted)."""

    def ours(key: str) -> bool:
        return not key.startswith("aws:") and key not in left_alone

    wrong = {key: value for key, value in wanted.items() if actual.get(key) != value and ours(key)}
    extra = {key: value for key, value in actual.items() if key not in wanted and ours(key)}
    return wrong, extra
