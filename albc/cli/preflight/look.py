"""Reads the cluster and the account for a preflight, with reading calls only."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

import anyio

from albc.aws.calls import Aws
from albc.aws.services import iam_action
from albc.cli.aws_account import reading_account
from albc.cli.connections import kubernetes_connection, reach_kubernetes, told_as_usage
from albc.cli.preflight.checks import Quota
from albc.cli.preflight.installed import Deployment, Installed, find
from albc.controllers.rights import RIGHTS
from albc.errors import Forbidden
from albc.kube.client import Client
from albc.kube.objects.meta import KubeObject, Struct
from albc.kube.resource import Resource
from albc.settings import Settings

DEPLOYMENTS: Final = Resource("apps", "v1", "Deployment", "deployments", True, Deployment)
AT_ONCE: Final = 16

PROBES: Final[tuple[tuple[str, str, Mapping[str, Any]], ...]] = (
    ("ec2", "describe_availability_zones", {}),
    ("ec2", "describe_instances", {"MaxResults": 5}),
    ("ec2", "describe_network_interfaces", {"MaxResults": 5}),
    ("ec2", "describe_route_tables", {"MaxResults": 5}),
    ("ec2", "describe_security_groups", {"MaxResults": 5}),
    ("ec2", "describe_subnets", {"MaxResults": 5}),
    ("ec2", "describe_vpcs", {"MaxResults": 5}),
    ("elbv2", "describe_load_balancers", {"PageSize": 1}),
    ("elbv2", "describe_target_groups", {"PageSize": 1}),
    ("elbv2", "describe_trust_stores", {"PageSize": 1}),
    ("acm", "list_certificates", {"MaxItems": 1}),
    ("wafv2", "list_web_acls", {"Scope": "REGIONAL", "Limit": 1}),
    ("shield", "get_subscription_state", {}),
)
"""Reading calls that need to know nothing. What they answer does not matter, only whether they are allowed."""


class _Verdict(Struct, frozen=True, kw_only=True):
    allowed: bool = False


class AccessReview(KubeObject, frozen=True, kw_only=True):
    status: _Verdict = _Verdict()


_ACCESS_REVIEWS: Final = Resource(
    "authorization.k8s.io", "v1", "SubjectAccessReview", "subjectaccessreviews", False, AccessReview
)


# The cluster


@asynccontextmanager
async def cluster(kubeconfig: str) -> AsyncIterator[Client]:
    """Writes nothing: an access review is a question, though it is posted."""
    connection = await kubernetes_connection(kubeconfig)
    async with Client(connection) as client:
        await reach_kubernetes(client)
        yield client


async def installed(client: Client) -> Installed | None:
    with told_as_usage("cannot read Deployments"):
        return find((await client.list(DEPLOYMENTS)).items)


async def missing_rights(client: Client, user: str) -> list[str]:
    """What of albc's ClusterRole the user may not do, as `patch services/status`."""
    questions = [
        (group, resource, verb) for group, resources, verbs in RIGHTS for resource in resources for verb in verbs
    ]
    limiter, missing = anyio.CapacityLimiter(AT_ONCE), set[tuple[str, str, str]]()

    async def ask(question: tuple[str, str, str]) -> None:
        async with limiter:
            if not await _allowed(client, user, *question):
                missing.add(question)

    with told_as_usage("cannot ask for the rights of the controller"):
        async with anyio.create_task_group() as asking:
            for question in questions:
                asking.start_soon(ask, question)
    return [
        f"{verb} {_qualified(group, resource)}"
        for group, resource, verb in questions
        if (group, resource, verb) in missing
    ]


async def _allowed(client: Client, user: str, group: str, resource: str, verb: str) -> bool:
    resource, _, subresource = resource.partition("/")
    attributes = {"group": group, "resource": resource, "subresource": subresource, "verb": verb}
    groups = ["system:authenticated", "system:serviceaccounts"]
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {"user": user, "groups": groups, "resourceAttributes": attributes},
    }
    return (await client.create(_ACCESS_REVIEWS, review)).status.allowed


def _qualified(group: str, resource: str) -> str:
    return f"{resource} of {group}" if group else resource


# The account


@dataclass(frozen=True)
class Account:
    """What an account says of itself."""

    caller: str
    refused: tuple[str, ...]
    subnets: tuple[Mapping[str, Any], ...]
    interfaces: tuple[Mapping[str, Any], ...]
    tagged_groups: tuple[str, ...]
    quotas: tuple[Quota, ...]


async def account(settings: Settings) -> Account:
    with told_as_usage("cannot look at the account"):
        async with reading_account(settings) as (aws, _, vpc_id):
            return Account(
                caller=(await aws.call("sts", "get_caller_identity"))["Arn"],
                refused=tuple(await _refused(aws)),
                subnets=tuple(await _of_vpc(aws, vpc_id, "describe_subnets", "Subnets")),
                interfaces=tuple(await _of_vpc(aws, vpc_id, "describe_network_interfaces", "NetworkInterfaces")),
                tagged_groups=tuple(await _tagged_groups(aws, vpc_id, settings.cluster_name)),
                quotas=tuple(await _quotas(aws)),
            )


async def _refused(aws: Aws) -> list[str]:
    refused = []
    for service, operation, parameters in PROBES:
        try:
            await aws.call(service, operation, **parameters)
        except Forbidden:
            refused.append(iam_action(service, operation_name(operation)))
    return refused


def operation_name(method: str) -> str:
    """AWS's name of an operation: `ListWebACLs` for `list_web_acls`."""
    return "".join(part.capitalize() for part in method.split("_")).replace("WebAcls", "WebACLs")


async def _of_vpc(aws: Aws, vpc_id: str, operation: str, result: str) -> list[Mapping[str, Any]]:
    """Nothing, if it may not be read: that is told by the probes."""
    with suppress(Forbidden):
        return await aws.paginate("ec2", operation, result, Filters=[{"Name": "vpc-id", "Values": [vpc_id]}])
    return []


async def _tagged_groups(aws: Aws, vpc_id: str, cluster_name: str) -> list[str]:
    filters = [
        {"Name": "vpc-id", "Values": [vpc_id]},
        {"Name": "tag-key", "Values": [f"kubernetes.io/cluster/{cluster_name}"]},
    ]
    with suppress(Forbidden):
        groups = await aws.paginate("ec2", "describe_security_groups", "SecurityGroups", Filters=filters)
        return sorted(group["GroupId"] for group in groups)
    return []


async def _quotas(aws: Aws) -> list[Quota]:
    """Those of a Region. What one load balancer may hold is told when it is exceeded, on the object that does."""
    with suppress(Forbidden):
        limits = await aws.paginate("elbv2", "describe_account_limits", "Limits")
        balancers = await aws.paginate("elbv2", "describe_load_balancers", "LoadBalancers")
        groups = await aws.paginate("elbv2", "describe_target_groups", "TargetGroups")
        used = {f"{kind}-load-balancers": _count(balancers, kind) for kind in ("application", "network")}
        used["target-groups"] = len(groups)
        return [Quota(each["Name"], int(each["Max"]), used[each["Name"]]) for each in limits if each["Name"] in used]
    return []


def _count(balancers: Sequence[Mapping[str, Any]], kind: str) -> int:
    return sum(balancer["Type"] == kind for balancer in balancers)
