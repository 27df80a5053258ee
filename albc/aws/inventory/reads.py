"""What the inventory asks AWS, and how an answer becomes a record. Reading calls only."""

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Final

from albc.aws.calls import Aws
from albc.aws.facts.parse import tag_map
from albc.aws.facts.questions import CERTIFICATE_KEY_TYPES
from albc.aws.inventory.records import ListenerRecord, RuleRecord, Shape, attribute_map
from albc.aws.together import together
from albc.errors import NotFound
from albc.model.inventory import ActualProtection

PAGE_SIZE: Final = 100
"""A page of 100 load balancers holds the event loop for 12 ms, one of 400 for 47 ms."""
TAGS_AT_ONCE: Final = 20
ARNS_AT_ONCE: Final = 20


class Reads:
    """Questions about one account and Region."""

    def __init__(self, aws: Aws, *, listener_tags: bool) -> None:
        self._aws = aws
        self._listener_tags = listener_tags

    async def load_balancers(self) -> list[Shape]:
        """All of the account."""
        return await self._list("describe_load_balancers", "LoadBalancers", PageSize=PAGE_SIZE)

    async def account_limits(self) -> dict[str, int]:
        """Quotas of Elastic Load Balancing, by AWS's names."""
        found = await self._list("describe_account_limits", "Limits")
        return {limit["Name"]: int(limit["Max"]) for limit in found if limit.get("Max", "").isdigit()}

    async def vpc_quotas(self) -> dict[str, int]:
        """Quotas of Amazon VPC, by the codes of Service Quotas."""
        found = await self._aws.paginate("service-quotas", "list_service_quotas", "Quotas", ServiceCode="vpc")
        return {quota["QuotaCode"]: int(quota["Value"]) for quota in found if "Value" in quota}

    async def count_security_groups(self) -> int:
        """All of the account and Region, whoever's they are."""
        return len(await self._aws.paginate("ec2", "describe_security_groups", "SecurityGroups", MaxResults=PAGE_SIZE))

    async def tagged(self, resource_type: str, tag: tuple[str, str]) -> dict[str, dict[str, str]]:
        """Tags by ARN of what bears the tag, from the Resource Groups Tagging API."""
        found = await self._aws.paginate(
            "resourcegroupstaggingapi",
            "get_resources",
            "ResourceTagMappingList",
            TagFilters=[{"Key": tag[0], "Values": [tag[1]]}],
            ResourceTypeFilters=[f"elasticloadbalancing:{resource_type}"],
        )
        return {one["ResourceARN"]: tag_map(one.get("Tags")) for one in found}

    async def load_balancers_of(self, arns: Sequence[str]) -> list[Shape]:
        """Those of the ARNs that exist."""
        return await self._some("describe_load_balancers", "LoadBalancers", "LoadBalancerArns", arns)

    async def target_groups_of(self, arns: Sequence[str]) -> list[Shape]:
        return await self._some("describe_target_groups", "TargetGroups", "TargetGroupArns", arns)

    async def load_balancer(self, arn: str) -> Shape | None:
        """One, or None when it is gone."""
        try:
            found = await self._list("describe_load_balancers", "LoadBalancers", LoadBalancerArns=[arn])
        except NotFound:
            return None
        return found[0] if found else None

    async def load_balancer_named(self, name: str) -> Shape | None:
        try:
            found = await self._list("describe_load_balancers", "LoadBalancers", Names=[name])
        except NotFound:
            return None
        return found[0] if found else None

    async def target_groups(self) -> list[Shape]:
        """All of the account."""
        return await self._list("describe_target_groups", "TargetGroups", PageSize=PAGE_SIZE)

    async def target_group_named(self, name: str) -> Shape | None:
        try:
            found = await self._list("describe_target_groups", "TargetGroups", Names=[name])
        except NotFound:
            return None
        return found[0] if found else None

    async def security_groups(self, vpc_id: str, tags: Iterable[tuple[str, str]]) -> list[Shape]:
        """Those of the VPC that bear all of the tags."""
        filters = [{"Name": "vpc-id", "Values": [vpc_id]}]
        filters += [{"Name": f"tag:{key}", "Values": [value]} for key, value in tags]
        found = await self._aws.paginate("ec2", "describe_security_groups", "SecurityGroups", Filters=filters)
        return [dict(group) for group in found]

    async def security_group(self, id: str) -> Shape | None:
        filters = [{"Name": "group-id", "Values": [id]}]
        found = await self._aws.paginate("ec2", "describe_security_groups", "SecurityGroups", Filters=filters)
        return dict(found[0]) if found else None

    async def security_groups_that_name(self, vpc_id: str, id: str) -> list[Shape]:
        """Those of the VPC with an inbound rule whose source is this group."""
        filters = [{"Name": "vpc-id", "Values": [vpc_id]}, {"Name": "ip-permission.group-id", "Values": [id]}]
        found = await self._aws.paginate("ec2", "describe_security_groups", "SecurityGroups", Filters=filters)
        return [dict(group) for group in found]

    async def security_group_named(self, vpc_id: str, name: str) -> Shape | None:
        filters = [{"Name": "vpc-id", "Values": [vpc_id]}, {"Name": "group-name", "Values": [name]}]
        found = await self._aws.paginate("ec2", "describe_security_groups", "SecurityGroups", Filters=filters)
        return dict(found[0]) if found else None

    async def certificates(self) -> list[Shape]:
        """All of the account, in their short form."""
        found = await self._aws.paginate(
            "acm", "list_certificates", "CertificateSummaryList", Includes={"keyTypes": list(CERTIFICATE_KEY_TYPES)}
        )
        return [dict(certificate) for certificate in found]

    async def certificate(self, arn: str) -> Shape:
        return dict((await self._aws.call("acm", "describe_certificate", CertificateArn=arn))["Certificate"])

    async def certificate_tags(self, arn: str) -> dict[str, str]:
        return tag_map((await self._aws.call("acm", "list_tags_for_certificate", CertificateArn=arn)).get("Tags"))

    async def tags(self, arns: Sequence[str]) -> dict[str, dict[str, str]]:
        """Of ELBv2 resources, by ARN. One that has gone meanwhile is left out."""
        chunks = [arns[start : start + TAGS_AT_ONCE] for start in range(0, len(arns), TAGS_AT_ONCE)]
        found: dict[str, dict[str, str]] = {}
        for part in await together([partial(self._tags, chunk) for chunk in chunks]):
            found |= part
        return found

    async def load_balancer_attributes(self, arn: str) -> dict[str, str]:
        answer = await self._aws.call("elbv2", "describe_load_balancer_attributes", LoadBalancerArn=arn)
        return attribute_map(answer["Attributes"])

    async def target_group_attributes(self, arn: str) -> dict[str, str]:
        answer = await self._aws.call("elbv2", "describe_target_group_attributes", TargetGroupArn=arn)
        return attribute_map(answer["Attributes"])

    async def listener_attributes(self, arn: str) -> dict[str, str]:
        answer = await self._aws.call("elbv2", "describe_listener_attributes", ListenerArn=arn)
        return attribute_map(answer["Attributes"])

    async def listener_certificates(self, arn: str) -> set[str]:
        """Those for SNI, without the default one's own entry."""
        found = await self._list("describe_listener_certificates", "Certificates", ListenerArn=arn)
        return {one["CertificateArn"] for one in found if not one.get("IsDefault")}

    async def listeners(self, load_balancer_arn: str) -> dict[str, ListenerRecord]:
        """Of one load balancer, with their rules and all tags."""
        shapes = await self._list("describe_listeners", "Listeners", LoadBalancerArn=load_balancer_arn)
        arns = [shape["ListenerArn"] for shape in shapes]
        rules = dict(zip(arns, await together([partial(self._rules, arn) for arn in arns]), strict=True))
        tags: dict[str, dict[str, str]] = {}
        if self._listener_tags:
            tags = await self.tags([*arns, *(rule["RuleArn"] for one in rules.values() for rule in one)])
        return {
            shape["ListenerArn"]: ListenerRecord(
                shape,
                tags.get(shape["ListenerArn"], {}),
                rules={
                    rule["RuleArn"]: RuleRecord(rule, tags.get(rule["RuleArn"], {}))
                    for rule in rules[shape["ListenerArn"]]
                },
            )
            for shape in shapes
        }

    async def targets(self, target_group_arn: str) -> tuple[str, ...]:
        answer = await self._aws.call("elbv2", "describe_target_health", TargetGroupArn=target_group_arn)
        draining = "draining"
        return tuple(
            one["Target"]["Id"]
            for one in answer["TargetHealthDescriptions"]
            if one.get("TargetHealth", {}).get("State") != draining
        )

    async def target_states(self, target_group_arn: str) -> Counter[str]:
        """How many targets are `healthy`, `initial`, …."""
        answer = await self._aws.call("elbv2", "describe_target_health", TargetGroupArn=target_group_arn)
        healths = (one.get("TargetHealth", {}) for one in answer["TargetHealthDescriptions"])
        return Counter(health.get("State", "") for health in healths)

    async def capacity_units(self, arn: str) -> int:
        answer = await self._aws.call("elbv2", "describe_capacity_reservation", LoadBalancerArn=arn)
        return int((answer.get("MinimumLoadBalancerCapacity") or {}).get("CapacityUnits", 0))

    async def web_acl_arn(self, arn: str) -> str:
        """Of WAFv2; "" for none."""
        try:
            answer = await self._aws.call("wafv2", "get_web_acl_for_resource", ResourceArn=arn)
        except NotFound:
            return ""
        return str((answer.get("WebACL") or {}).get("ARN", ""))

    async def classic_web_acl_id(self, arn: str) -> str:
        try:
            answer = await self._aws.call("waf-regional", "get_web_acl_for_resource", ResourceArn=arn)
        except NotFound:
            return ""
        return str((answer.get("WebACLSummary") or {}).get("WebACLId", ""))

    async def protections(self, arn: str) -> tuple[ActualProtection, ...]:
        try:
            answer = await self._aws.call("shield", "describe_protection", ResourceArn=arn)
        except NotFound:
            return ()
        protection = answer["Protection"]
        return (ActualProtection(id=protection["Id"], name=protection.get("Name", "")),)

    async def shield_subscribed(self) -> bool:
        answer = await self._aws.call("shield", "get_subscription_state")
        return bool(answer["SubscriptionState"] == "ACTIVE")

    async def _rules(self, listener_arn: str) -> list[Shape]:
        rules = await self._list("describe_rules", "Rules", ListenerArn=listener_arn, PageSize=PAGE_SIZE)
        return [rule for rule in rules if not rule.get("IsDefault")]

    async def _tags(self, arns: Sequence[str]) -> dict[str, dict[str, str]]:
        try:
            answer = await self._aws.call("elbv2", "describe_tags", ResourceArns=list(arns))
        except NotFound:
            # One that is gone fails the whole call; alone, each is there or not.
            if len(arns) == 1:
                return {}
            parts = await together([partial(self._tags, [arn]) for arn in arns])
            return {arn: tags for part in parts for arn, tags in part.items()}
        return {one["ResourceArn"]: tag_map(one.get("Tags")) for one in answer["TagDescriptions"]}

    async def _some(self, operation: str, result: str, parameter: str, arns: Sequence[str]) -> list[Shape]:
        """One that is gone fails a whole call, so that its chunk is asked for one by one."""
        chunks = [arns[start : start + ARNS_AT_ONCE] for start in range(0, len(arns), ARNS_AT_ONCE)]

        async def one(chunk: Sequence[str]) -> list[Shape]:
            try:
                return await self._list(operation, result, **{parameter: list(chunk)})
            except NotFound:
                if len(chunk) == 1:
                    return []
                return [shape for part in await together([partial(one, [arn]) for arn in chunk]) for shape in part]

        return [shape for part in await together([partial(one, chunk) for chunk in chunks]) for shape in part]

    async def _list(self, operation: str, result: str, **params: object) -> list[Shape]:
        return [dict(element) for element in await self._aws.paginate("elbv2", operation, result, **params)]
