"""Security groups: create, delete, and their ingress rules one by one."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from albc.local.aws.errors import ApiError
from albc.local.aws.ids import hex_id
from albc.local.aws.services.ec2 import kinds, tags
from albc.local.aws.services.operation import Answer, Operations, Params, page, present
from albc.local.aws.state import State
from albc.local.aws.state.network import SecurityGroup, SecurityGroupRule, rules_of, tag_list

ALLOWED = r"[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]"
"""Characters of names and descriptions."""

WITH_PORTS = ("tcp", "udp")
MAX_PORT = 65535


def create_security_group(state: State, params: Params) -> Answer:
    network, name, description = state.network, params["GroupName"], params["Description"]
    vpc_id = params.get("VpcId", "")
    if vpc_id not in network.vpcs:
        raise kinds.VPC.absent(vpc_id)
    if not re.fullmatch(ALLOWED + "{1,255}", name) or name.startswith("sg-"):
        raise ApiError("InvalidParameterValue", f"Invalid security group name '{name}'")
    if name == "default":
        raise ApiError("InvalidGroup.Reserved", "The security group 'default' is reserved")
    if not re.fullmatch(ALLOWED + "{1,255}", description):
        raise ApiError("InvalidParameterValue", f"Invalid security group description '{description}'")
    tag_set = tags.from_specifications(params, "security-group")
    in_vpc = [group for group in network.security_groups.values() if group.vpc_id == vpc_id]
    if any(group.name == name for group in in_vpc):
        raise ApiError("InvalidGroup.Duplicate", f"The security group '{name}' already exists for VPC '{vpc_id}'")
    if len(network.security_groups) >= state.options.quotas.security_groups_per_region:
        raise ApiError("SecurityGroupLimitExceeded", "The maximum number of security groups has been reached")
    everywhere = [SecurityGroupRule("-1", None, None, "IpRanges", "0.0.0.0/0")]
    if any(block.version == 6 for block in network.cidrs_of(vpc_id)):
        everywhere.append(SecurityGroupRule("-1", None, None, "Ipv6Ranges", "::/0"))
    group = SecurityGroup(
        group_id=f"sg-{hex_id('sg', vpc_id, name, state.next_serial())}",
        name=name,
        description=description,
        vpc_id=vpc_id,
        owner_id=state.options.account_id,
        created_at=state.clock(),
        tags=tag_set,
        egress={rule: rule for rule in everywhere},
    )
    network.security_groups[group.group_id] = group
    described = group.describe(state.options)
    return {"GroupId": group.group_id, "Tags": described["Tags"], "SecurityGroupArn": described["SecurityGroupArn"]}


def delete_security_group(state: State, params: Params) -> Answer:
    state.network.release_due(state.clock())
    group = _find(state, params)
    if group.name == "default":
        raise ApiError(
            "CannotDelete", f'the specified group: "{group.group_id}" name: "default" cannot be deleted by a user'
        )
    in_use = any(
        each["GroupId"] == group.group_id
        for interface in state.network.interfaces.values()
        for each in interface.get("Groups", ())
    )
    named = any(
        rule.source == group.group_id
        for other in state.network.security_groups.values()
        if other is not group
        for rule in (*other.ingress, *other.egress)
    )
    if in_use or named:
        raise ApiError("DependencyViolation", f"resource {group.group_id} has a dependent object")
    del state.network.security_groups[group.group_id]
    return {"Return": True, "GroupId": group.group_id}


def authorize_security_group_ingress(state: State, params: Params) -> Answer:
    group = _find(state, params)
    wanted = list(_rules(state, group, params))
    for rule in wanted:
        if rule in group.ingress:
            raise ApiError("InvalidPermission.Duplicate", f'the specified rule "{_told(rule)}" already exists')
    after = {**group.ingress, **{rule: rule for rule in wanted}}
    limit = state.options.quotas.rules_per_security_group
    if max(_weights(state, after)) > limit:
        raise ApiError(
            "RulesPerSecurityGroupLimitExceeded", "The maximum number of rules per security group has been reached."
        )
    group.ingress = after
    return {"Return": True, "SecurityGroupRules": [_described(group, rule) for rule in wanted]}


def revoke_security_group_ingress(state: State, params: Params) -> Answer:
    group = _find(state, params)
    unwanted = list(_rules(state, group, params, checking=False))
    for rule in unwanted:
        if rule not in group.ingress:
            raise ApiError("InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
    group.ingress = {rule: rule for rule in group.ingress.values() if rule not in unwanted}
    return {"Return": True}


def get_security_groups_for_vpc(state: State, params: Params) -> Answer:
    vpc_id = params["VpcId"]
    if vpc_id not in state.network.vpcs:
        raise kinds.VPC.absent(vpc_id)
    in_vpc = {**params, "Filters": [*(params.get("Filters") or ()), {"Name": "vpc-id", "Values": [vpc_id]}]}
    shown, token = page(
        kinds.SECURITY_GROUP.chosen(state, in_vpc),
        lambda item: str(item["GroupId"]),
        params.get("MaxResults") or kinds.PAGE_SIZE,
        params.get("NextToken"),
        code="InvalidParameterValue",
    )
    keys = ("Description", "GroupName", "OwnerId", "GroupId", "Tags")
    items = [{**{key: item[key] for key in keys}, "PrimaryVpcId": vpc_id} for item in shown]
    return {"SecurityGroupForVpcs": items, "NextToken": token}


def _find(state: State, params: Params) -> SecurityGroup:
    group_id = params.get("GroupId")
    if not group_id:
        raise ApiError("MissingParameter", "The request must contain the parameter groupId")
    if group_id not in state.network.security_groups:
        raise ApiError("InvalidGroup.NotFound", f"The security group '{group_id}' does not exist")
    return state.network.security_groups[group_id]


def _rules(state: State, group: SecurityGroup, params: Params, *, checking: bool = True) -> Iterator[SecurityGroupRule]:
    permissions = params.get("IpPermissions")
    if not permissions:
        raise ApiError("MissingParameter", "The request must contain the parameter ipPermissions")
    rules = list(rules_of(permissions, group.group_id))
    if not rules:
        raise ApiError(
            "InvalidParameterValue", "Each permission must name a source: a CIDR block, prefix list or group"
        )
    if len(set(rules)) != len(rules):
        raise ApiError("InvalidParameterValue", "The same permission must not appear multiple times")
    for rule in rules:
        if checking:
            _check(state, rule)
        yield rule


def _check(state: State, rule: SecurityGroupRule) -> None:
    if rule.protocol in WITH_PORTS:
        if rule.from_port is None or rule.to_port is None:
            raise ApiError(
                "InvalidParameterValue",
                "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.",
            )
        for port in (rule.from_port, rule.to_port):
            if not 0 <= port <= MAX_PORT:
                raise ApiError("InvalidParameterValue", f"Invalid value '{port}' for portRange: not a port")
        if rule.from_port > rule.to_port:
            raise ApiError(
                "InvalidParameterValue", f"Invalid {rule.protocol} range ({rule.from_port} - {rule.to_port})"
            )
    if rule.kind == "UserIdGroupPairs" and rule.source not in state.network.security_groups:
        raise ApiError("InvalidGroup.NotFound", f"The security group '{rule.source}' does not exist")
    if rule.kind == "PrefixListIds" and rule.source not in state.network.prefix_lists:
        raise ApiError("InvalidPrefixListID.NotFound", f"The prefix list ID '{rule.source}' does not exist")
    expected = {"IpRanges": 4, "Ipv6Ranges": 6}.get(rule.kind)
    if expected and (":" in rule.source) != (expected == 6):
        raise ApiError("InvalidParameterValue", f"CIDR block {rule.source} is not an IPv{expected} block")
    if rule.description and not re.fullmatch(ALLOWED + "{0,255}", rule.description):
        raise ApiError("InvalidParameterValue", f"Invalid rule description '{rule.description}'")


def _weights(state: State, rules: Iterable[SecurityGroupRule]) -> tuple[int, int]:
    """What rules count against the quota, for IPv4 and for IPv6; a prefix list counts its largest size for both."""
    v4 = v6 = 0
    for rule in rules:
        size = state.network.prefix_lists[rule.source]["MaxEntries"] if rule.kind == "PrefixListIds" else 1
        v4 += size * (rule.kind != "Ipv6Ranges")
        v6 += size * (rule.kind != "IpRanges")
    return v4, v6


def _told(rule: SecurityGroupRule) -> str:
    ports = "" if rule.from_port is None else f", from port: {rule.from_port}, to port: {rule.to_port}"
    return f"peer: {rule.source}, {rule.protocol.upper()}{ports}, ALLOW"


def _described(group: SecurityGroup, rule: SecurityGroupRule) -> dict[str, Any]:
    sources: dict[str, dict[str, Any]] = {
        "IpRanges": {"CidrIpv4": rule.source},
        "Ipv6Ranges": {"CidrIpv6": rule.source},
        "PrefixListIds": {"PrefixListId": rule.source},
        "UserIdGroupPairs": {"ReferencedGroupInfo": {"GroupId": rule.source, "UserId": group.owner_id}},
    }
    parts = (rule.protocol, rule.from_port, rule.to_port, rule.source)
    return present(
        {
            "SecurityGroupRuleId": f"sgr-{hex_id('sgr', group.group_id, *parts)}",
            "GroupId": group.group_id,
            "GroupOwnerId": group.owner_id,
            "IsEgress": False,
            "IpProtocol": rule.protocol,
            "FromPort": -1 if rule.from_port is None else rule.from_port,
            "ToPort": -1 if rule.to_port is None else rule.to_port,
            **sources[rule.kind],
            "Description": rule.description,
            "Tags": tag_list({}),
        }
    )


OPERATIONS: Operations = {
    "DescribeSecurityGroups": kinds.SECURITY_GROUP.describe(),
    "CreateSecurityGroup": create_security_group,
    "DeleteSecurityGroup": delete_security_group,
    "AuthorizeSecurityGroupIngress": authorize_security_group_ingress,
    "RevokeSecurityGroupIngress": revoke_security_group_ingress,
    "GetSecurityGroupsForVpc": get_security_groups_for_vpc,
}
