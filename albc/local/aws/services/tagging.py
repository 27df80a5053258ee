"""Resource Groups Tagging API: what bears which tags, across services."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from albc.local.aws.errors import ApiError
from albc.local.aws.services.ec2 import kinds
from albc.local.aws.services.operation import Answer, Operations, Params, page
from albc.local.aws.state import State
from albc.local.aws.state.load_balancing import LoadBalancer, TargetGroup
from albc.local.aws.state.network import tag_dict, tag_list

PAGE_SIZE = 50
MAX_ARNS = 100


@dataclass(frozen=True, slots=True)
class Tagged:
    """Something with tags; `kind` is its resource type (`elasticloadbalancing:loadbalancer/app`)."""

    arn: str
    kind: str
    tags: dict[str, str]


def get_resources(state: State, params: Params) -> Answer:
    arns, types, wanted = params.get("ResourceARNList"), params.get("ResourceTypeFilters"), params.get("TagFilters")
    if arns and (types or wanted):
        raise ApiError("InvalidParameterException", "A list of ARNs cannot be combined with filters")
    if arns and len(arns) > MAX_ARNS:
        raise ApiError("InvalidParameterException", f"At most {MAX_ARNS} ARNs can be given")
    found = [
        each
        for each in _everything(state)
        if each.tags
        and (not arns or each.arn in arns)
        and (
            not types or any(each.kind == type_ or each.kind.startswith((f"{type_}/", f"{type_}:")) for type_ in types)
        )
        and all(_passes(each.tags, tag_filter) for tag_filter in wanted or ())
    ]
    shown, token = page(
        found,
        lambda each: each.arn,
        params.get("ResourcesPerPage", PAGE_SIZE),
        params.get("PaginationToken"),
        code="InvalidParameterException",
    )
    mappings = [{"ResourceARN": each.arn, "Tags": tag_list(each.tags)} for each in shown]
    return {"ResourceTagMappingList": mappings, "PaginationToken": token or ""}


def _passes(tags: dict[str, str], tag_filter: dict[str, Any]) -> bool:
    key, values = tag_filter.get("Key", ""), tag_filter.get("Values") or ()
    return key in tags and (not values or tags[key] in values)


def _everything(state: State) -> Iterator[Tagged]:
    held = state.load_balancing
    for balancer in (*held.load_balancers.values(), *state.lingering(LoadBalancer)):
        if state.visible(balancer.created_at):
            kind = "app" if balancer.type == "application" else "net"
            yield Tagged(balancer.arn, f"elasticloadbalancing:loadbalancer/{kind}", balancer.tags)
    for group in (*held.target_groups.values(), *state.lingering(TargetGroup)):
        if state.visible(group.created_at):
            yield Tagged(group.arn, "elasticloadbalancing:targetgroup", group.tags)
    for listener in held.listeners.values():
        if state.visible(listener.created_at):
            kind = listener.arn.split("/")[1]
            yield Tagged(listener.arn, f"elasticloadbalancing:listener/{kind}", listener.tags)
            yield Tagged(
                listener.default_rule_arn, f"elasticloadbalancing:listener-rule/{kind}", listener.default_rule_tags
            )
    for rule in held.rules.values():
        if state.visible(rule.created_at):
            yield Tagged(rule.arn, "elasticloadbalancing:listener-rule/app", rule.tags)
    for classic in state.classic.values():
        yield Tagged(classic.arn, "elasticloadbalancing:loadbalancer", classic.tags)
    for certificate in state.certificates.all():
        yield Tagged(certificate.arn, "acm:certificate", certificate.tags)
    for kind_ in kinds.KINDS:
        for item_id, item in kind_.items(state).items():
            tags = tag_dict(item.get(kind_.tags_key) or ())
            yield Tagged(
                state.options.arn("ec2", f"{kind_.resource_type}/{item_id}"), f"ec2:{kind_.resource_type}", tags
            )


OPERATIONS: Operations = {"GetResources": get_resources}
